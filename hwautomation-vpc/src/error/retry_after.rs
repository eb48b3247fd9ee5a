//! The `Retry-After` header (RFC 9110, section 10.2.3): seconds or a date. Pure.

use hwautomation_core::time::Timestamp;
use std::time::Duration;

/// How long another side may ask to be left alone: a longer wish is a mistake, and deadlines are ours to set.
const AFTER_MAX: Duration = Duration::from_secs(3600);

/// Reads how long to stay away, at most an hour. A date that has passed is zero, nonsense is nothing.
pub(crate) fn read(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let after = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => date(text)?.since(now),
    };
    Some(after.min(AFTER_MAX))
}

fn date(text: &str) -> Option<Timestamp> {
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Timestamp::from_micros(at.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> Option<u64> {
        read(text, "2026-01-02T03:04:05Z".parse().unwrap()).map(|after| after.as_secs())
    }

    #[test]
    fn seconds_and_dates_are_read() {
        assert_eq!(after(" 17 "), Some(17));
        assert_eq!(after("Fri, 02 Jan 2026 03:05:05 GMT"), Some(60));
    }

    #[test]
    fn a_past_date_is_now_a_far_one_is_an_hour_and_nonsense_is_nothing() {
        assert_eq!(after("Fri, 02 Jan 2026 03:00:00 GMT"), Some(0));
        assert_eq!((after("999999"), after("Sat, 02 Jan 2027 03:00:00 GMT")), (Some(3600), Some(3600)));
        for text in ["", "-1", "1.5", "soon", "99999999999999999999999"] {
            assert_eq!(after(text), None, "{text}");
        }
    }
}
