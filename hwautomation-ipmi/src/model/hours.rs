//! How long a machine has been on in its life: Get POH Counter (IPMI 2.0, section 28.14).

use super::command::Command;
use crate::error::IpmiError;

const ASKING: &str = "reading the power-on hours";
const MINUTES_PER_HOUR: u64 = 60;

/// Asks for it.
pub(crate) fn ask() -> Command {
    Command::reads(ASKING, [0x00, 0x0F], &[])
}

/// Reads the answer: how many minutes a count is, and the count. Whole hours.
pub(crate) fn of(data: &[u8]) -> Result<u64, IpmiError> {
    match data {
        [minutes, a, b, c, d, ..] if *minutes > 0 => {
            let count = u64::from(u32::from_le_bytes([*a, *b, *c, *d]));
            Ok(count * u64::from(*minutes) / MINUTES_PER_HOUR)
        }
        _ => Err(IpmiError::malformed(ASKING, format!("{} bytes that are no count of minutes", data.len()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_of_as_many_minutes_as_the_bmc_says() {
        assert_eq!(of(&[60, 0x10, 0x27, 0, 0]).unwrap(), 10_000);
        assert_eq!(of(&[6, 0x19, 0, 0, 0]).unwrap(), 2);
        assert_eq!(of(&[255, 0xFF, 0xFF, 0xFF, 0xFF]).unwrap(), u64::from(u32::MAX) * 255 / 60);
        assert!(of(&[0, 1, 0, 0, 0]).is_err() && of(&[60, 1, 0, 0]).is_err());
    }
}
