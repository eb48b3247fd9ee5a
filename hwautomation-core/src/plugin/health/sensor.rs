//! A sensor, and the limits it is judged by.

use super::word::words;
use super::{Health, SensorReading};
use serde::{Deserialize, Serialize};

words! {
    /// Names what a sensor watches.
    SensorKind {
        /// A temperature.
        Temperature = "temperature",
        /// A voltage.
        Voltage = "voltage",
        /// A current.
        Current = "current",
        /// A fan.
        Fan = "fan",
        /// What is drawn or given, in watts.
        Power = "power",
        /// What was drawn so far.
        Energy = "energy",
        /// How moist the air is.
        Humidity = "humidity",
        /// Another number.
        Number = "number",
        /// A processor.
        Processor = "processor",
        /// Memory.
        Memory = "memory",
        /// A drive or its bay.
        Drive = "drive",
        /// A power supply.
        PowerSupply = "power supply",
        /// All power supplies together: whether the machine has power, and some to spare.
        PowerUnit = "power unit",
        /// Cooling other than one fan.
        Cooling = "cooling",
        /// A battery.
        Battery = "battery",
        /// Whether somebody opened the chassis.
        Intrusion = "intrusion",
        /// A watchdog.
        Watchdog = "watchdog",
        /// A button or a switch.
        Button = "button",
        /// The firmware on its way through a boot.
        Firmware = "firmware",
        /// The operating system, as it starts and stops.
        OperatingSystem = "operating system",
        /// What the host was interrupted or reset by: a bus error, a fatal interrupt.
        Interrupt = "interrupt",
        /// The event log itself.
        EventLog = "event log",
        /// The BMC and what it is made of.
        Management = "management",
        /// Whether a part is there.
        Presence = "presence",
    }
}

/// Describes one sensor and what it reads now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sensor {
    /// What tells it from every other of the machine, in the driver's words, such as its number on the BMC. Names
    /// may repeat; ids do not.
    pub id: String,
    /// What the hardware calls it.
    pub name: String,
    /// What it watches.
    pub kind: SensorKind,
    /// What it reads.
    #[serde(flatten)]
    pub reading: SensorReading,
    /// Its limits, those that the hardware has and shows.
    #[serde(default, skip_serializing_if = "Thresholds::is_empty")]
    pub thresholds: Thresholds,
    /// How bad it is; [`Health::of`] decides.
    pub health: Health,
}

/// Holds the limits of a number, in its unit. At a limit is beyond it (IPMI 2.0, table 35-15).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    /// At or below, the hardware may take damage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower_non_recoverable: Option<f64>,
    /// At or below, it is critical.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower_critical: Option<f64>,
    /// At or below, it is a warning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower_non_critical: Option<f64>,
    /// At or above, it is a warning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper_non_critical: Option<f64>,
    /// At or above, it is critical.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper_critical: Option<f64>,
    /// At or above, the hardware may take damage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper_non_recoverable: Option<f64>,
}

impl Thresholds {
    /// Tells whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Judges a number by these limits: the worst one that it is at or beyond, `Ok` inside all of them, and nothing
    /// when there are none.
    #[must_use]
    pub fn judge(&self, value: f64) -> Option<Health> {
        let (below, above) = (|limit: f64| value <= limit, |limit: f64| value >= limit);
        let crossed = [
            (self.lower_non_recoverable.is_some_and(below), Health::NonRecoverable),
            (self.upper_non_recoverable.is_some_and(above), Health::NonRecoverable),
            (self.lower_critical.is_some_and(below), Health::Critical),
            (self.upper_critical.is_some_and(above), Health::Critical),
            (self.lower_non_critical.is_some_and(below), Health::Warning),
            (self.upper_non_critical.is_some_and(above), Health::Warning),
        ];
        let worst = crossed.into_iter().find_map(|(is_crossed, health)| is_crossed.then_some(health));
        (!self.is_empty()).then(|| worst.unwrap_or(Health::Ok))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::Unit;

    fn all() -> Thresholds {
        Thresholds {
            lower_non_recoverable: Some(1.0),
            lower_critical: Some(2.0),
            lower_non_critical: Some(3.0),
            upper_non_critical: Some(7.0),
            upper_critical: Some(8.0),
            upper_non_recoverable: Some(9.0),
        }
    }

    #[test]
    fn a_number_at_a_limit_is_beyond_it() {
        for (value, health) in [
            (0.5, Health::NonRecoverable),
            (1.0, Health::NonRecoverable),
            (2.0, Health::Critical),
            (3.0, Health::Warning),
            (3.001, Health::Ok),
            (6.999, Health::Ok),
            (7.0, Health::Warning),
            (8.0, Health::Critical),
            (9.0, Health::NonRecoverable),
        ] {
            assert_eq!(all().judge(value), Some(health), "{value}");
        }
    }

    #[test]
    fn missing_limits_judge_nothing() {
        assert_eq!(Thresholds::default().judge(1e9), None);
        let only = Thresholds { lower_critical: Some(2.0), ..Thresholds::default() };
        assert_eq!((only.judge(1.0), only.judge(1e9)), (Some(Health::Critical), Some(Health::Ok)));
    }

    #[test]
    fn a_sensor_in_json_is_flat_and_reads_back() {
        let reading = SensorReading::number(42.0, Unit::Celsius);
        let thresholds = Thresholds { upper_critical: Some(90.0), ..Thresholds::default() };
        let health = Health::of(&reading, &thresholds, None);
        let (id, name, kind) = ("0.1".to_owned(), "CPU1 Temp".to_owned(), SensorKind::Temperature);
        let sensor = Sensor { id, name, kind, reading, thresholds, health };
        let json = serde_json::to_value(&sensor).unwrap();
        let expected = serde_json::json!({
            "id": "0.1", "name": "CPU1 Temp", "kind": "temperature", "reading": "number", "value": 42.0,
            "unit": "°C", "thresholds": {"upper_critical": 90.0}, "health": "ok",
        });
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_value::<Sensor>(json).unwrap(), sensor);
    }
}
