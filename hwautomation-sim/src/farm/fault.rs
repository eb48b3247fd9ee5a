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

/// The faults of one BMC, and the dice that they fall by.
#[derive(Debug)]
pub(super) struct Trouble {
    faults: Vec<FarmFault>,
    dice: Dice,
}

impl Trouble {
    pub(super) fn new(dice: Dice) -> Self {
        Self { faults: Vec::new(), dice }
    }

    pub(super) fn add(&mut self, fault: FarmFault) {
        self.faults.push(fault);
    }

    pub(super) fn faults(&self) -> &[FarmFault] {
        &self.faults
    }

    /// Says whether a datagram is lost before the BMC sees it.
    pub(super) fn swallows(&mut self) -> bool {
        let dice = &mut self.dice;
        self.faults.iter().any(|fault| match fault {
            FarmFault::BlackHole => true,
            FarmFault::LostIn { chance } => dice.happens(*chance),
            _ => false,
        })
    }

    /// Sends an answer as the faults have it; it may be lost.
    pub(super) fn bend(&mut self, mut answer: Outgoing, counts: &mut FarmCounts) -> Option<Outgoing> {
        for fault in &self.faults {
            match *fault {
                FarmFault::LostOut { chance } if self.dice.happens(chance) => {
                    counts.lost_out += 1;
                    return None;
                }
                FarmFault::Late { by, chance } if self.dice.happens(chance) => {
                    counts.late += 1;
                    answer.delay += by;
                }
                FarmFault::Twice { chance } if self.dice.happens(chance) => {
                    counts.twice += 1;
                    answer.copies += 1;
                }
                _ => {}
            }
        }
        Some(answer)
    }
}
