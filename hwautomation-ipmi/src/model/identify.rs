//! The lamp that shows which machine it is: Chassis Identify (IPMI 2.0, section 28.5).

use super::command::{Command, Repeat};
use crate::error::IpmiError;
use std::time::Duration;

/// Says how long a machine shows which one it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identify {
    /// So long, in whole seconds from 1 to 255; parts of a second count as one.
    For(Duration),
    /// Until it is told otherwise.
    Forever,
    /// No longer.
    Off,
}

/// Returns the command for it. Sent again it lights the lamp from then on, which does no harm.
pub(crate) fn set(identify: Identify) -> Result<Command, IpmiError> {
    let command = Command::new("chassis identify", [0x00, 0x04], Repeat::Harmless);
    Ok(match identify {
        Identify::Off => command.with(&[0]),
        Identify::Forever => command.with(&[0, 1]),
        Identify::For(time) => command.with(&[seconds(time)?]),
    })
}

fn seconds(time: Duration) -> Result<u8, IpmiError> {
    let whole = time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0));
    u8::try_from(whole).ok().filter(|seconds| *seconds > 0).ok_or_else(|| IpmiError::Invalid {
        wrong: format!("{} s is no time that the lamp can be lit for", time.as_secs_f64()),
        right: "use more than 0 and at most 255 seconds, or for ever",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole_seconds_and_for_ever_is_a_bit() {
        let data = |identify| set(identify).unwrap().data.to_vec();
        assert_eq!(data(Identify::For(Duration::from_millis(1_500))), [2]);
        assert_eq!(data(Identify::For(Duration::from_secs(255))), [255]);
        assert_eq!((data(Identify::Forever), data(Identify::Off)), (vec![0, 1], vec![0]));
    }

    #[test]
    fn no_time_and_a_time_that_does_not_fit_are_refused() {
        for wrong in [Duration::ZERO, Duration::from_millis(255_001), Duration::MAX] {
            assert!(set(Identify::For(wrong)).is_err(), "{wrong:?}");
        }
    }
}
