//! One reading of a sensor: Get Sensor Reading (IPMI 2.0, section 35.14).

use crate::error::IpmiError;
use crate::model::command::Command;

const READING: &str = "reading a sensor";

/// The bits of the second byte.
const SCANS: u8 = 1 << 6;
const UNAVAILABLE: u8 = 1 << 5;
/// The states that there are: the highest bit is reserved and often one.
const STATES: u16 = 0x7FFF;
/// The bits of a comparison with thresholds.
const COMPARISON: u16 = 0x3F;

/// What a sensor answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reading {
    /// A byte that may be a number, and bits that are states or a comparison with thresholds, unless left out.
    Read { raw: u8, states: Option<u16> },
    /// The sensor gives no reading, for this reason: its other bytes mean nothing.
    Unknown(String),
}

/// Asks for it.
pub(crate) fn ask(sensor: u8) -> Command {
    Command::reads(READING, [0x04, 0x2D], &[sensor])
}

/// Reads the answer. The bytes of states may be left out.
pub(crate) fn of(data: &[u8]) -> Result<Reading, IpmiError> {
    let (raw, flags, rest) = match data {
        [raw, flags, rest @ ..] => (*raw, *flags, rest),
        _ => {
            let found = format!("{} bytes, not at least the 2 of a reading", data.len());
            return Err(IpmiError::malformed(READING, found));
        }
    };
    if flags & SCANS == 0 {
        return Ok(unknown("the BMC does not scan this sensor at present"));
    }
    if flags & UNAVAILABLE != 0 {
        return Ok(unknown("the BMC has no reading of this sensor at present"));
    }
    let high = rest.get(1).copied().unwrap_or_default();
    let states = rest.first().map(|low| u16::from_le_bytes([*low, high]) & STATES);
    Ok(Reading::Read { raw, states })
}

fn unknown(reason: &str) -> Reading {
    Reading::Unknown(reason.to_owned())
}

/// Returns the numbers of the states that are bits here.
pub(crate) fn offsets(states: u16) -> impl Iterator<Item = u8> {
    (0..15).filter(move |offset| states >> offset & 1 == 1)
}

/// Returns which thresholds are crossed, in the order of section 35.14: lower non-critical (0), critical (1) and
/// non-recoverable (2), then the upper ones.
pub(crate) fn crossed(states: u16) -> impl Iterator<Item = u8> {
    offsets(states & COMPARISON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_has_a_number_and_states_and_the_reserved_bit_is_none() {
        assert_eq!(of(&[0x5A, 0xC0, 0xC0]).unwrap(), Reading::Read { raw: 0x5A, states: Some(0xC0) });
        assert_eq!(of(&[0, 0xC0, 0x01, 0x82]).unwrap(), Reading::Read { raw: 0, states: Some(0x0201) });
        assert_eq!(of(&[7, 0x40]).unwrap(), Reading::Read { raw: 7, states: None });
    }

    #[test]
    fn what_is_not_scanned_or_not_available_is_unknown_and_never_zero() {
        for flags in [0x00, 0x20, 0x60, 0x80, 0xA0, 0xE0] {
            assert!(matches!(of(&[0, flags, 0, 0]).unwrap(), Reading::Unknown(_)), "{flags:#x}");
        }
        assert_ne!(of(&[0, 0xE0]).unwrap(), of(&[0, 0x80]).unwrap());
    }

    #[test]
    fn a_short_answer_is_an_error() {
        assert!(of(&[]).is_err() && of(&[0x5A]).is_err());
    }

    #[test]
    fn states_are_counted_from_the_lowest_bit() {
        assert_eq!(offsets(0x4005).collect::<Vec<_>>(), [0, 2, 14]);
        assert_eq!(crossed(0xC018).collect::<Vec<_>>(), [3, 4]);
    }
}
