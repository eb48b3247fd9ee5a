//! What goes wrong with the datagrams of a farm's BMC.

use super::counts::FarmCounts;
use super::dice::Dice;
use crate::bmc::controller::Outgoing;
use std::time::Duration;

/// Is what goes wrong between a client and a BMC of a farm. Chances are from 0 (never) to 1 (always), and fall by the farm's seed.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum FarmFault {
    /// Nothing ever comes back.
    BlackHole,
    /// An answer comes so much later.
    Late {
        /// How much later.
        by: Duration,
        /// How likely that is, for each answer.
        chance: f64,
    },
    /// An answer comes twice.
    Twice {
        /// How likely that is, for each answer.
        chance: f64,
    },
    /// A datagram is lost on its way to the BMC, which does nothing then.
    LostIn {
        /// How likely that is, for each datagram.
        chance: f64,
    },
    /// An answer is lost on its way back: the BMC has done what it was told.
    LostOut {
        /// How likely that is, for each answer.
        chance: f64,
    },
}

/// Says whether a datagram is lost before the BMC sees it.
pub(super) fn swallow(faults: &[FarmFault], dice: &mut Dice) -> bool {
    faults.iter().any(|fault| match fault {
        FarmFault::BlackHole => true,
        FarmFault::LostIn { chance } => dice.happens(*chance),
        _ => false,
    })
}

/// Returns an answer as the faults have it; it may be lost.
pub(super) fn bend(
    faults: &[FarmFault],
    dice: &mut Dice,
    counts: &mut FarmCounts,
    mut answer: Outgoing,
) -> Option<Outgoing> {
    for fault in faults {
        match *fault {
            FarmFault::LostOut { chance } if dice.happens(chance) => {
                counts.lost_out += 1;
                return None;
            }
            FarmFault::Late { by, chance } if dice.happens(chance) => {
                counts.late += 1;
                answer.delay += by;
            }
            FarmFault::Twice { chance } if dice.happens(chance) => {
                counts.twice += 1;
                answer.copies += 1;
            }
            _ => {}
        }
    }
    Some(answer)
}
