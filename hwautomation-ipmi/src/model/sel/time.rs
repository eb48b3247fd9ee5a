//! Times as BMCs write them: seconds since 1970, or since the BMC began to count (IPMI 2.0, section 37).

use hwautomation_core::time::Timestamp;

/// Says that the time is not known.
const UNSPECIFIED: u32 = 0xFFFF_FFFF;
/// Below this, a number counts from the start of the BMC whose clock was not set.
const CLOCK_FROM: u32 = 0x2000_0000;
const MICROS_PER_SECOND: i64 = 1_000_000;

/// Returns the time of day, where it is one.
pub(crate) fn of(seconds: [u8; 4]) -> Option<Timestamp> {
    let seconds = u32::from_le_bytes(seconds);
    let is_time = (CLOCK_FROM..UNSPECIFIED).contains(&seconds);
    is_time.then(|| Timestamp::from_micros(i64::from(seconds) * MICROS_PER_SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_seconds_since_1970() {
        let at = of(1_700_000_000u32.to_le_bytes()).unwrap();
        assert_eq!(at.to_string(), "2023-11-14T22:13:20.000000Z");
        assert!(of(CLOCK_FROM.to_le_bytes()).is_some() && of(0xFFFF_FFFEu32.to_le_bytes()).is_some());
    }

    #[test]
    fn what_counts_from_a_start_or_is_unspecified_is_no_time() {
        for none in [0, 1, 3_600, CLOCK_FROM - 1, UNSPECIFIED] {
            assert_eq!(of(none.to_le_bytes()), None, "{none:#x}");
        }
    }
}
