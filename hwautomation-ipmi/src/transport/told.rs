//! What a BMC was told about power last, and whether it can be believed yet. Pure.

use crate::quirks;
use hwautomation_core::plugin::{PowerAction, PowerState};
use std::time::Duration;
use tokio::time::Instant;

/// A command that decides whether the machine has power, and when it was accepted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    is_on: bool,
    at: Instant,
}

impl Told {
    /// Returns what is remembered after one more action. Who asks an operating system to end cannot know what is next.
    pub(super) fn after(before: Option<Self>, action: PowerAction, now: Instant) -> Option<Self> {
        match action {
            PowerAction::On | PowerAction::Cycle | PowerAction::Reset => Some(Self { is_on: true, at: now }),
            PowerAction::ForcedOff => Some(Self { is_on: false, at: now }),
            PowerAction::Nmi => before,
            _ => None,
        }
    }

    /// Returns in how long a reading that says the opposite can be believed; nothing when it can be now.
    pub(super) fn doubt(self, found: &PowerState, now: Instant) -> Option<Duration> {
        let is_opposite = matches!((found, self.is_on), (PowerState::Off, true) | (PowerState::On, false));
        let left = (self.at + quirks::STALE_MAX).saturating_duration_since(now);
        (is_opposite && !left.is_zero()).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_that_says_the_opposite_of_a_command_is_doubted_for_a_while() {
        let now = Instant::now();
        let doubt = |action, found, seconds| {
            let told = Told::after(None, action, now);
            told.and_then(|told| told.doubt(&found, now + Duration::from_secs(seconds)))
                .map(|left| left.as_secs())
        };
        assert_eq!(doubt(PowerAction::On, PowerState::Off, 4), Some(6));
        assert_eq!(doubt(PowerAction::Cycle, PowerState::Off, 0), Some(10));
        assert_eq!(doubt(PowerAction::ForcedOff, PowerState::On, 9), Some(1));
        assert_eq!(doubt(PowerAction::On, PowerState::Off, 10), None, "by then it is so");
        assert_eq!(doubt(PowerAction::On, PowerState::On, 0), None);
        assert_eq!(doubt(PowerAction::GracefulOff, PowerState::On, 0), None, "it may take its time");
    }

    #[test]
    fn what_decides_nothing_changes_nothing() {
        let now = Instant::now();
        let told = Told::after(None, PowerAction::On, now);
        assert!(Told::after(told, PowerAction::Nmi, now).is_some());
        assert!(Told::after(told, PowerAction::GracefulOff, now).is_none());
    }
}
