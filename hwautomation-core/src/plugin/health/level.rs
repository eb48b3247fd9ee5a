//! How bad it is.

use super::{SensorReading, Thresholds};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Says how bad something is. Ordered from good to bad, so that the worst of several is their maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It is as it should be.
    Ok,
    /// Nobody knows. It is never taken for `Ok`.
    Unknown,
    /// It works, and somebody should look (IPMI: non-critical).
    Warning,
    /// It fails, or soon will.
    Critical,
    /// The hardware may take damage, or has.
    NonRecoverable,
}

impl Health {
    /// Decides the health of a sensor: the worst of what the hardware `said` of it and of what its limits say of
    /// the number.
    ///
    /// Where neither says anything it is `Unknown`, and so is one that is said to be `Ok` and gives no reading:
    /// nobody saw that it is. What is bad stays so without a reading.
    #[must_use]
    pub fn of(reading: &SensorReading, thresholds: &Thresholds, said: Option<Self>) -> Self {
        let (judged, unread) = match reading {
            SensorReading::Number { value, .. } => (thresholds.judge(*value), None),
            SensorReading::States { .. } => (None, None),
            SensorReading::Unknown { .. } => (None, Some(Self::Unknown)),
        };
        [said, judged, unread].into_iter().flatten().max().unwrap_or(Self::Unknown)
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::NonRecoverable => "non-recoverable",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::Unit;

    fn limits() -> Thresholds {
        Thresholds { upper_critical: Some(80.0), ..Thresholds::default() }
    }

    #[test]
    fn the_worst_of_what_is_said_and_what_the_limits_say_counts() {
        let (cool, hot) =
            (SensorReading::number(20.0, Unit::Celsius), SensorReading::number(80.0, Unit::Celsius));
        assert_eq!(Health::of(&cool, &limits(), None), Health::Ok);
        assert_eq!(Health::of(&hot, &limits(), Some(Health::Ok)), Health::Critical);
        assert_eq!(Health::of(&cool, &limits(), Some(Health::Warning)), Health::Warning);
        assert_eq!(Health::of(&hot, &limits(), Some(Health::NonRecoverable)), Health::NonRecoverable);
    }

    #[test]
    fn what_nobody_judged_is_unknown() {
        let (cool, none) = (SensorReading::number(20.0, Unit::Celsius), Thresholds::default());
        let states = SensorReading::States { states: vec!["presence detected".to_owned()] };
        assert_eq!(Health::of(&cool, &none, None), Health::Unknown);
        assert_eq!(Health::of(&states, &none, None), Health::Unknown);
        assert_eq!(Health::of(&cool, &none, Some(Health::Ok)), Health::Ok);
        assert_eq!(Health::of(&states, &none, Some(Health::Ok)), Health::Ok);
    }

    #[test]
    fn without_a_reading_it_is_never_ok_and_bad_stays_bad() {
        let blind = SensorReading::Unknown { reason: "scanning is off".to_owned() };
        assert_eq!(Health::of(&blind, &limits(), None), Health::Unknown);
        assert_eq!(Health::of(&blind, &limits(), Some(Health::Ok)), Health::Unknown);
        assert_eq!(Health::of(&blind, &limits(), Some(Health::Critical)), Health::Critical);
    }
}
