//! Where an entry stands: its bytes, so that a later one with the same id is told from it.

use crate::error::IpmiError;
use hwautomation_core::plugin::EventPosition;

/// Names the position of an entry.
pub(crate) fn of(bytes: &[u8; 16]) -> EventPosition {
    EventPosition(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Reads the bytes of the entry back.
pub(crate) fn bytes(position: &EventPosition) -> Result<[u8; 16], IpmiError> {
    let digit = |digit: &u8| char::from(*digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let digits: Option<Vec<u8>> = position.0.as_bytes().iter().map(digit).collect();
    let (pairs, odd) = digits.as_deref().unwrap_or_default().as_chunks::<2>();
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    match bytes.as_array() {
        Some(bytes) if odd.is_empty() => Ok(*bytes),
        _ => Err(IpmiError::Invalid {
            wrong: format!("{:?} is no position in an event log", position.0),
            right: "use a position that this driver returned for this machine",
        }),
    }
}

/// Returns the id of the entry with these bytes.
pub(crate) fn id([low, high, ..]: &[u8; 16]) -> u16 {
    u16::from_le_bytes([*low, *high])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_position_is_refused() {
        let long = "0".repeat(34);
        for wrong in
            ["", "0", "zz", "00112233445566778899aabbccddee", "00112233445566778899aabbccddeefg", &long]
        {
            assert!(bytes(&EventPosition(wrong.to_owned())).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_position_is_the_bytes_of_its_entry(entry: [u8; 16]) {
            prop_assert_eq!(bytes(&of(&entry)).unwrap(), entry);
            prop_assert_eq!(of(&entry).0.len(), 32);
        }

        #[test]
        fn no_text_is_a_panic(text in ".{0,40}") {
            drop(bytes(&EventPosition(text)));
        }
    }
}
