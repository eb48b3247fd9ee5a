//! What a sensor reads.

use super::word::words;
use serde::{Deserialize, Serialize};
use std::fmt;

words! {
    /// Names the unit of a number.
    Unit {
        /// Degrees Celsius.
        Celsius = "°C",
        /// Volts.
        Volts = "V",
        /// Amperes.
        Amperes = "A",
        /// Watts.
        Watts = "W",
        /// Joules.
        Joules = "J",
        /// Turns per minute.
        Rpm = "RPM",
        /// Hertz.
        Hertz = "Hz",
        /// Hundredths of what is possible.
        Percent = "%",
        /// Seconds.
        Seconds = "s",
        /// None: it is a mere number.
        Unitless = "",
    }
}

/// Holds what a sensor reads now. *Unknown* is a value of its own: it is neither zero nor fine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reading", rename_all = "snake_case")]
pub enum SensorReading {
    /// A number. [`number`](Self::number) makes it, and makes what is no number `Unknown`.
    Number {
        /// The number, finite.
        value: f64,
        /// Its unit.
        unit: Unit,
    },
    /// States.
    States {
        /// Those that hold now, in the hardware's words; empty when none does.
        states: Vec<String>,
    },
    /// Nobody knows.
    Unknown {
        /// Why nobody knows, such as `the hardware says that the reading is unavailable`.
        reason: String,
    },
}

impl SensorReading {
    /// Makes a reading of a number; of one that is not finite, `Unknown`.
    #[must_use]
    pub fn number(value: f64, unit: Unit) -> Self {
        if value.is_finite() {
            return Self::Number { value, unit };
        }
        Self::Unknown { reason: format!("the hardware's number comes to {value}") }
    }

    /// Returns the number, if it is one.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        if let Self::Number { value, .. } = self { Some(*value) } else { None }
    }

    /// Tells whether the reading is unknown.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }
}

/// For tables: a number is rounded to thousandths.
impl fmt::Display for SensorReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&match self {
            // Adding zero makes of a negative zero a plain one.
            Self::Number { value, unit } => {
                format!("{} {unit}", (value * 1000.0).round() / 1000.0 + 0.0).trim_end().to_owned()
            }
            Self::States { states } if states.is_empty() => "none".to_owned(),
            Self::States { states } => states.join(", "),
            Self::Unknown { reason } => format!("unknown ({reason})"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_print_for_a_table() {
        for (reading, text) in [
            (SensorReading::number(42.0, Unit::Celsius), "42 °C"),
            (SensorReading::number(11.980_000_000_000_002, Unit::Volts), "11.98 V"),
            (SensorReading::number(-0.000_1, Unit::Amperes), "0 A"),
            (SensorReading::number(7.0, Unit::Unitless), "7"),
            (SensorReading::number(3.0, Unit::Other("CFM".to_owned())), "3 CFM"),
            (SensorReading::States { states: Vec::new() }, "none"),
            (
                SensorReading::States { states: vec!["present".to_owned(), "failed".to_owned()] },
                "present, failed",
            ),
            (SensorReading::Unknown { reason: "scanning is off".to_owned() }, "unknown (scanning is off)"),
        ] {
            assert_eq!(reading.to_string(), text);
        }
        assert_eq!(format!("{:>7}|", SensorReading::number(5.0, Unit::Watts)), "    5 W|");
    }

    #[test]
    fn what_is_no_number_is_unknown() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let reading = SensorReading::number(value, Unit::Rpm);
            assert!(reading.is_unknown() && reading.value().is_none(), "{reading}");
        }
    }

    #[test]
    fn json_has_units_as_words_and_reads_back() {
        for unit in [Unit::Celsius, Unit::Rpm, Unit::Unitless, Unit::Other("lux".to_owned())] {
            let reading = SensorReading::number(1.5, unit.clone());
            let json = serde_json::to_value(&reading).unwrap();
            assert_eq!(json, serde_json::json!({"reading": "number", "value": 1.5, "unit": unit.as_str()}));
            assert_eq!(serde_json::from_value::<SensorReading>(json).unwrap(), reading);
        }
    }
}
