//! Sensors: what a BMC measures, what it says of it, and when it raises an alarm.

mod factors;
mod preset;
mod thresholds;

pub use factors::{Factors, Linearisation};
pub use preset::server_sensors;
pub use thresholds::{Threshold, Thresholds};

use super::power::Power;
use serde::{Deserialize, Serialize};

/// How long a sensor's name may be, in bytes (IPMI 2.0, section 43.15).
pub const SENSOR_NAME_MAX: usize = 16;

/// Is one sensor of a BMC.
///
/// Every field may hold any value. Where two sensors have one number, the first counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sensor {
    /// The name; what is longer than [`SENSOR_NAME_MAX`] is cut off.
    pub name: String,
    /// The number by which commands name it.
    pub number: u8,
    /// What it is about.
    pub kind: SensorKind,
    /// What it is mounted on.
    pub entity: Entity,
    /// Whether there is something to read.
    pub available: bool,
    /// Whether the BMC looks at it.
    pub scanning: bool,
    /// What it reads while the machine has no power.
    pub when_off: WhenOff,
    /// What it reads while the machine has power.
    pub reads: Reads,
}

/// Is what a sensor is about (IPMI 2.0, table 42-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensorKind(pub u8);

impl SensorKind {
    /// A temperature.
    pub const TEMPERATURE: Self = Self(0x01);
    /// A voltage.
    pub const VOLTAGE: Self = Self(0x02);
    /// A fan.
    pub const FAN: Self = Self(0x04);
    /// A cover that was opened.
    pub const PHYSICAL_SECURITY: Self = Self(0x05);
    /// A processor.
    pub const PROCESSOR: Self = Self(0x07);
    /// A power supply.
    pub const POWER_SUPPLY: Self = Self(0x08);
    /// The machine's power as a whole.
    pub const POWER_UNIT: Self = Self(0x09);
    /// A memory module.
    pub const MEMORY: Self = Self(0x0C);
    /// A controller, the BMC among them.
    pub const MICROCONTROLLER: Self = Self(0x16);
}

/// Is what a sensor is mounted on (IPMI 2.0, table 43-13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// What it is: 3 a processor, 7 the system board, 10 a power supply.
    pub id: u8,
    /// Which of them, from 1.
    pub instance: u8,
}

/// Says what a sensor reads while the machine has no power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenOff {
    /// The same as with power.
    Same,
    /// Nothing.
    Unavailable,
    /// This: a raw value, or states. No threshold is looked at then.
    Reads(u16),
}

/// Is what a sensor reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reads {
    /// A number.
    Analog(Analog),
    /// States.
    Discrete(Discrete),
}

/// Is a sensor's number, and how to understand it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Analog {
    /// The value as it is sent.
    pub raw: u8,
    /// What it counts.
    pub unit: Unit,
    /// How the value as it is sent becomes one in that unit.
    pub factors: Factors,
    /// From where on it is an alarm.
    pub thresholds: Thresholds,
    /// How far the value must come back before an alarm ends, as raw values.
    pub hysteresis: u8,
}

/// Is a unit (IPMI 2.0, section 43.17).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit(pub u8);

impl Unit {
    /// Degrees Celsius.
    pub const CELSIUS: Self = Self(1);
    /// Volts.
    pub const VOLTS: Self = Self(4);
    /// Ampere.
    pub const AMPERE: Self = Self(5);
    /// Watts.
    pub const WATTS: Self = Self(6);
    /// Revolutions per minute.
    pub const RPM: Self = Self(18);
}

/// Is a sensor's states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discrete {
    /// How to read the states: `6Fh` as the kind of the sensor says, else as one of the generic types (IPMI 2.0, table 42-1).
    pub event_type: u8,
    /// Bit n is set while state n holds; there are fifteen.
    pub states: u16,
    /// Which states the sensor can have.
    pub mask: u16,
}

/// States that mean what the kind of the sensor says (IPMI 2.0, table 42-1).
pub const SENSOR_SPECIFIC: u8 = 0x6F;

/// Is what a sensor answers at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The raw value or the states; nothing when it cannot be read.
    pub(crate) value: Option<u16>,
    /// Whether thresholds count.
    pub(crate) watched: bool,
}

impl Sensor {
    /// Returns the value in its unit that the sensor reads with power; states have none.
    pub fn value(&self) -> Option<f64> {
        match &self.reads {
            Reads::Analog(analog) => analog.factors.value(analog.raw),
            Reads::Discrete(_) => None,
        }
    }

    /// Sets the value, in its unit, to the nearest that can be sent. States stay as they are.
    pub fn set_value(&mut self, value: f64) {
        if let Reads::Analog(analog) = &mut self.reads {
            analog.raw = analog.factors.raw(value);
        }
    }

    /// Sets the states. A number stays as it is.
    pub fn set_states(&mut self, states: u16) {
        if let Reads::Discrete(discrete) = &mut self.reads {
            discrete.states = states;
        }
    }

    /// Returns the type of its events and readings (IPMI 2.0, table 42-1): `01h` for thresholds.
    pub fn event_type(&self) -> u8 {
        match &self.reads {
            Reads::Analog(_) => 0x01,
            Reads::Discrete(discrete) => discrete.event_type,
        }
    }

    pub(crate) fn answer(&self, power: Power) -> Answer {
        let with_power = match &self.reads {
            Reads::Analog(analog) => u16::from(analog.raw),
            Reads::Discrete(discrete) => discrete.states,
        };
        let is_on = power == Power::On;
        let value = match self.when_off {
            _ if !self.available => None,
            _ if is_on => Some(with_power),
            WhenOff::Same => Some(with_power),
            WhenOff::Unavailable => None,
            WhenOff::Reads(value) => Some(value),
        };
        let counts = is_on || self.when_off == WhenOff::Same || matches!(self.reads, Reads::Discrete(_));
        Answer { value, watched: self.scanning && counts && value.is_some() }
    }
}
