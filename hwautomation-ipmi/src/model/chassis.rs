//! The chassis: is there power, and power commands (IPMI 2.0, sections 28.2 and 28.3).

use super::command::{Command, Repeat};
use crate::error::IpmiError;
use hwautomation_core::plugin::{PowerAction, PowerState};

const STATUS: &str = "reading the chassis status";
/// How many bytes a status has at least.
const STATUS_BYTES: usize = 3;

/// The bits of the first byte.
const ON: u8 = 1 << 0;
const POWER_FAULT: u8 = 1 << 3;
const CONTROL_FAULT: u8 = 1 << 4;

/// Lists what a chassis control can ask for. IPMI has no graceful restart.
pub(crate) const SUPPORTED: [PowerAction; 6] = [
    PowerAction::On,
    PowerAction::GracefulOff,
    PowerAction::ForcedOff,
    PowerAction::Cycle,
    PowerAction::Reset,
    PowerAction::Nmi,
];

/// Asks whether there is power.
pub(crate) fn ask() -> Command {
    Command::reads(STATUS, [0x00, 0x01], &[])
}

/// Reads the answer. A BMC that reports a fault of the power does not know whether the machine runs.
pub(crate) fn state(data: &[u8]) -> Result<PowerState, IpmiError> {
    let byte = match data.first() {
        Some(byte) if data.len() >= STATUS_BYTES => *byte,
        _ => {
            let found = format!("{} bytes, not the {STATUS_BYTES} of a chassis status", data.len());
            return Err(IpmiError::malformed(STATUS, found));
        }
    };
    let unknown = |reason: &str| Ok(PowerState::Unknown { reason: reason.to_owned() });
    match byte {
        byte if byte & CONTROL_FAULT != 0 => {
            unknown("the BMC reports that the machine did not follow the last power command")
        }
        byte if byte & POWER_FAULT != 0 => unknown("the BMC reports a fault of the main power"),
        byte if byte & ON != 0 => Ok(PowerState::On),
        _ => Ok(PowerState::Off),
    }
}

/// Returns the command for an action, or nothing when IPMI has none.
pub(crate) fn control(action: PowerAction) -> Option<Command> {
    let (name, number) = match action {
        PowerAction::ForcedOff => ("chassis control: power down", 0),
        PowerAction::On => ("chassis control: power up", 1),
        PowerAction::Cycle => ("chassis control: power cycle", 2),
        PowerAction::Reset => ("chassis control: hard reset", 3),
        PowerAction::Nmi => ("chassis control: diagnostic interrupt", 4),
        PowerAction::GracefulOff => ("chassis control: soft shutdown", 5),
        _ => return None,
    };
    Some(Command::new(name, [0x00, 0x02], Repeat::Never).with(&[number]))
}

/// Returns the state in which an action has nothing left to do.
pub(crate) fn goal(action: PowerAction) -> Option<PowerState> {
    match action {
        PowerAction::On => Some(PowerState::On),
        PowerAction::ForcedOff | PowerAction::GracefulOff => Some(PowerState::Off),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_and_a_short_answer_are_never_off() {
        assert_eq!(state(&[0x01, 0x00, 0x40, 0x00]).unwrap(), PowerState::On);
        assert_eq!(state(&[0x60, 0x00, 0x40]).unwrap(), PowerState::Off);
        for faulty in [0x08, 0x09, 0x10, 0x11, 0xFF] {
            assert!(state(&[faulty, 0, 0]).unwrap().is_unknown(), "{faulty:#x}");
        }
        for short in [&[][..], &[0], &[0, 0]] {
            assert!(state(short).is_err(), "{short:?}");
        }
    }

    #[test]
    fn what_is_supported_has_a_command_that_is_never_sent_twice_and_the_rest_has_none() {
        for action in PowerAction::ALL {
            let command = control(action);
            assert_eq!(command.is_some(), SUPPORTED.contains(&action), "{action}");
            assert!(command.is_none_or(|command| command.repeat == Repeat::Never));
        }
    }
}
