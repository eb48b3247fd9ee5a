//! How long: `500ms`, `60s`, `2m`, `1h`, and a bare number of seconds. Pure.

use std::time::Duration;

/// Longer is a slip of the finger.
const MAX: Duration = Duration::from_secs(24 * 3600);

/// Reads a time span, at most a day.
pub fn parse(text: &str) -> Result<Duration, String> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let scale = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(how(text)),
    };
    let number: u64 = number.parse().map_err(|_| how(text))?;
    let span = Duration::from_millis(number.saturating_mul(scale));
    if span > MAX { Err(format!("{text} is more than a day")) } else { Ok(span) }
}

/// Reads a time span that is not zero.
pub fn parse_some(text: &str) -> Result<Duration, String> {
    parse(text)?.checked_sub(Duration::from_millis(1)).ok_or("write more than zero".to_owned())?;
    parse(text)
}

/// Reads for how long a lamp may be lit: IPMI counts whole seconds in a byte.
pub fn parse_lit(text: &str) -> Result<Duration, String> {
    let span = parse(text)?;
    let seconds = 1..=255;
    if seconds.contains(&span.as_secs()) {
        Ok(span)
    } else {
        Err("write 1s to 255s, or use --forever".to_owned())
    }
}

fn how(text: &str) -> String {
    format!("{text:?} is no time; write 500ms, 60s, 2m or 1h")
}

/// Writes a time span as short as it can be read.
pub fn text(span: Duration) -> String {
    match span.as_secs() {
        0 => format!("{:.2} s", span.as_secs_f64()),
        1..=9 => format!("{:.1} s", span.as_secs_f64()),
        10..=599 => format!("{} s", span.as_secs()),
        seconds => format!("{} min", seconds / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_with_and_without_a_unit() {
        for (text, millis) in [("500ms", 500), ("60s", 60_000), ("60", 60_000), ("2m", 120_000), ("0", 0)] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for wrong in ["", "s", "1.5s", "-1", "1d", "1 s", "25h", "99999999999999999999"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert!(parse_lit("255s").is_ok() && parse_lit("256s").is_err() && parse_lit("500ms").is_err());
        assert!(parse_some("0").is_err() && parse_some("1ms").is_ok());
    }

    #[test]
    fn spans_are_written_shortly() {
        for (millis, written) in [(120, "0.12 s"), (2_340, "2.3 s"), (60_000, "60 s"), (3_600_000, "60 min")]
        {
            assert_eq!(text(Duration::from_millis(millis)), written);
        }
    }
}
