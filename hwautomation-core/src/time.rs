//! Points in time, and the clock that the engine reads.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// A point in time with microsecond precision. In JSON RFC 3339 in UTC, such as `2026-01-02T03:04:05.000006Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The latest point in time that this type and RFC 3339 can both say.
    pub const MAX: Self = Self(253_402_214_400_000_000 - 86_400_000_000);
    /// The earliest point in time that this type and RFC 3339 can both say.
    pub const MIN: Self = Self(-62_135_596_800_000_000);

    /// Makes a point in time from microseconds since 1970-01-01T00:00:00Z, kept within
    /// [`MIN`](Self::MIN) and [`MAX`](Self::MAX).
    #[must_use]
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Returns microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// Returns how long ago `earlier` was, zero if it was not.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0).max(0).unsigned_abs())
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.0.saturating_add(micros))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.0.saturating_sub(micros))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&written(*self)).map_err(|_| fmt::Error)?)
    }
}

/// Every event has one or two, and the years between the ends have four digits: cheaper by hand than by a formatter.
fn written(at: Timestamp) -> [u8; 27] {
    let at = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
    let at = jiff::tz::Offset::UTC.to_datetime(at);
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    digits(&mut text[..4], at.year().unsigned_abs().into());
    let parts = [at.month(), at.day(), at.hour(), at.minute(), at.second()];
    for (place, part) in (5..).step_by(3).zip(parts) {
        digits(&mut text[place..place + 2], part.unsigned_abs().into());
    }
    digits(&mut text[20..26], at.subsec_nanosecond().unsigned_abs() / 1000);
    text
}

fn digits(text: &mut [u8], mut number: u32) {
    for digit in text.iter_mut().rev() {
        *digit += (number % 10) as u8;
        number /= 10;
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = crate::error::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<jiff::Timestamp>().map(|at| Self::from_micros(at.as_microsecond())).map_err(|cause| {
            crate::error::Error::invalid(format!("reading {text:?} as a point in time"))
                .with_remedy("write RFC 3339 in UTC, such as 2026-01-02T03:04:05Z")
                .with_source(cause)
        })
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(str::from_utf8(&written(*self)).map_err(ser::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// Tells the time. Cheap to clone.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// Reads the computer's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Arc::new(|| Timestamp::from_micros(jiff::Timestamp::now().as_microsecond())))
    }

    /// Begins at the computer's time and then follows tokio's clock, which tests may pause and advance.
    ///
    /// # Panics
    ///
    /// The clock panics where tokio's does: outside a runtime whose time is paused.
    #[must_use]
    pub fn tokio() -> Self {
        let (at, start) = (Self::system().now(), tokio::time::Instant::now());
        Self(Arc::new(move || at + start.elapsed()))
    }

    /// Tells the time that this function returns.
    #[must_use]
    pub fn from_fn(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Returns the time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// Stores a [`Duration`] as whole milliseconds; the field's name in JSON ends in `_ms`.
pub mod millis {
    use super::{Deserialize, Deserializer, Duration, Serializer};

    /// Returns whole milliseconds, rounded up so that no limit becomes none, at most `u64::MAX`.
    #[must_use]
    pub fn of(span: Duration) -> u64 {
        u64::try_from(span.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }

    /// Writes milliseconds.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(of(*span))
    }

    /// Reads milliseconds.
    ///
    /// # Errors
    ///
    /// When there is no whole number.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

/// Stores an optional [`Duration`] as whole milliseconds.
pub mod millis_opt {
    use super::{Deserialize, Deserializer, Duration, Serializer, millis};

    /// Writes milliseconds or null.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(span: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        match span {
            Some(span) => millis::serialize(span, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// Reads milliseconds or null.
    ///
    /// # Errors
    ///
    /// When there is neither a whole number nor null.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_rfc_3339_with_microseconds_and_reads_back() {
        let at: Timestamp = "2026-01-02T03:04:05.000006Z".parse().unwrap();
        assert_eq!(serde_json::to_string(&at).unwrap(), "\"2026-01-02T03:04:05.000006Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>("\"2026-01-02T04:04:05.000006+01:00\"").unwrap(), at);
    }

    #[test]
    fn the_ends_of_time_can_be_written_and_adding_stays_inside() {
        for at in [Timestamp::MIN, Timestamp::MAX + Duration::MAX, Timestamp::MIN - Duration::MAX] {
            assert_eq!(at.to_string().parse::<Timestamp>().unwrap(), at);
        }
    }

    #[test]
    fn every_time_is_written_as_a_formatter_of_dates_writes_it() {
        let span = Timestamp::MAX.0 - Timestamp::MIN.0;
        let ends = [Timestamp::MIN, Timestamp::from_micros(-1), Timestamp::from_micros(0), Timestamp::MAX];
        let between = (0..20_000).map(|step| Timestamp(Timestamp::MIN.0 + span / 20_011 * step));
        for at in between.chain(ends) {
            let known = jiff::Timestamp::from_microsecond(at.0).unwrap();
            assert_eq!(at.to_string(), format!("{known:.6}"));
        }
    }

    #[test]
    fn since_is_never_negative() {
        let at = Timestamp::from_micros(10);
        assert_eq!(at.since(at + Duration::from_secs(1)), Duration::ZERO);
        assert_eq!((at + Duration::from_secs(1)).since(at), Duration::from_secs(1));
    }
}
