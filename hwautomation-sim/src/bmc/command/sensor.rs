//! What sensors read, and from where on it is an alarm (IPMI 2.0, sections 35.7 to 35.14).

use super::{Completion, Reply, Rights, Scene, exactly};
use crate::bmc::privilege::Privilege;
use crate::model::power::Power;
use crate::model::sensor::{self, Analog, Discrete, Reads, Threshold};

/// The type of an entry about an event of this system.
const SYSTEM_EVENT: u8 = 0x02;
/// The software that a console is, as the maker of an event (IPMI 2.0, table 5-4).
const CONSOLE: u8 = 0x81;
/// In the second byte of a reading: events are made.
const EVENTS: u8 = 0x80;
/// In the second byte of a reading: the sensor is looked at.
const SCANNING: u8 = 0x40;
/// In the second byte of a reading: there is none.
const UNAVAILABLE: u8 = 0x20;
/// Reserved bits of the comparison with thresholds, which are one.
const RESERVED: u8 = 0xC0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sensor {
    /// Somebody else's event, for the log: its version, the kind and number of the sensor, direction and type, data.
    Event([u8; 7]),
    Reading(u8),
    Thresholds(u8),
    SetThresholds {
        number: u8,
        mask: u8,
        values: [u8; 6],
    },
    Hysteresis(u8),
    /// Which events are made.
    Enabled(u8),
    /// Which events have begun and not ended.
    Status(u8),
    Type(u8),
}

impl Sensor {
    pub(super) fn read(code: u8, data: &[u8]) -> Result<Self, Completion> {
        let one = |command: fn(u8) -> Self| exactly(data).map(|[number]| command(number));
        match code {
            0x02 => exactly(data).map(Self::Event),
            0x25 => exactly(data).map(|[number, _mask]| Self::Hysteresis(number)),
            0x26 => exactly::<8>(data).map(|[number, mask, values @ ..]| Self::SetThresholds {
                number,
                mask,
                values,
            }),
            0x27 => one(Self::Thresholds),
            0x29 => one(Self::Enabled),
            0x2B => one(Self::Status),
            0x2D => one(Self::Reading),
            0x2F => one(Self::Type),
            _ => Err(Completion::INVALID_COMMAND),
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Event(_) => "platform event".to_owned(),
            Self::Reading(number) => format!("get sensor {number}: reading"),
            Self::Thresholds(number) => format!("get sensor {number}: thresholds"),
            Self::SetThresholds { number, .. } => format!("set sensor {number}: thresholds"),
            Self::Hysteresis(number) => format!("get sensor {number}: hysteresis"),
            Self::Enabled(number) => format!("get sensor {number}: event enable"),
            Self::Status(number) => format!("get sensor {number}: event status"),
            Self::Type(number) => format!("get sensor {number}: type"),
        }
    }

    pub(super) fn rights(&self) -> Rights {
        match self {
            Self::Event(_) | Self::SetThresholds { .. } => Rights::Write(Privilege::Operator),
            _ => Rights::Read(Privilege::User),
        }
    }

    pub(super) fn run(&self, scene: &mut Scene<'_>) -> Reply {
        let power = scene.machine.power();
        match *self {
            Self::Event(event) => note(scene, event),
            Self::Reading(number) => Ok(reading(of(scene, number)?, power)),
            Self::Thresholds(number) => Ok(thresholds(analog(of(scene, number)?)?)),
            Self::SetThresholds { number, mask, values } => set_thresholds(scene, number, mask, values),
            Self::Hysteresis(number) => Ok(vec![analog(of(scene, number)?)?.hysteresis; 2]),
            Self::Enabled(number) => Ok(enabled(of(scene, number)?)),
            Self::Status(number) => Ok(status(of(scene, number)?, power)),
            Self::Type(number) => of(scene, number).map(|sensor| vec![sensor.kind.0, sensor.event_type()]),
        }
    }
}

/// Adds the event to the log, as the console's (IPMI 2.0, section 29.3).
fn note(scene: &mut Scene<'_>, event: [u8; 7]) -> Reply {
    let mut entry = [0, 0, SYSTEM_EVENT, 0, 0, 0, 0, CONSOLE, 0, 0, 0, 0, 0, 0, 0, 0];
    entry[9..].copy_from_slice(&event);
    let now = scene.machine.now;
    scene.machine.bmc.sel.add(entry, now).map(|_| Vec::new()).map_err(|_| Completion::OUT_OF_SPACE)
}

fn of<'a>(scene: &'a Scene<'_>, number: u8) -> Result<&'a sensor::Sensor, Completion> {
    scene.machine.bmc.sensor(number).ok_or(Completion::NOT_PRESENT)
}

fn analog(sensor: &sensor::Sensor) -> Result<&Analog, Completion> {
    match &sensor.reads {
        Reads::Analog(analog) => Ok(analog),
        // States have neither thresholds nor hysteresis.
        Reads::Discrete(_) => Err(Completion::ILLEGAL_FOR_SENSOR),
    }
}

fn flags(sensor: &sensor::Sensor) -> u8 {
    EVENTS | if sensor.scanning { SCANNING } else { 0 }
}

fn reading(sensor: &sensor::Sensor, power: Power) -> Vec<u8> {
    let answer = sensor.answer(power);
    let Some(value) = answer.value else { return vec![0, flags(sensor) | UNAVAILABLE, RESERVED] };
    match &sensor.reads {
        Reads::Analog(analog) => {
            let reached = if answer.watched { compared(analog, value) } else { 0 };
            vec![low(value), flags(sensor), RESERVED | reached]
        }
        Reads::Discrete(discrete) => {
            let [low, high] = (value & discrete.mask).to_le_bytes();
            vec![0, flags(sensor), low, 0x80 | high]
        }
    }
}

fn low(value: u16) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

/// A reading is compared without hysteresis (IPMI 2.0, section 35.14).
fn compared(analog: &Analog, value: u16) -> u8 {
    analog.thresholds.reached(low(value), &analog.factors, 0, 0)
}

fn thresholds(analog: &Analog) -> Vec<u8> {
    let values = Threshold::ALL.map(|threshold| analog.thresholds.get(threshold).unwrap_or_default());
    [&[analog.thresholds.mask()], &values[..]].concat()
}

fn set_thresholds(scene: &mut Scene<'_>, number: u8, mask: u8, values: [u8; 6]) -> Reply {
    let sensor = scene.machine.bmc.sensors.iter_mut().find(|sensor| sensor.number == number);
    let sensor = sensor.ok_or(Completion::NOT_PRESENT)?;
    let Reads::Analog(analog) = &mut sensor.reads else { return Err(Completion::ILLEGAL_FOR_SENSOR) };
    if mask & !analog.thresholds.mask() != 0 {
        return Err(Completion::INVALID_FIELD);
    }
    for (threshold, value) in Threshold::ALL.into_iter().zip(values) {
        if mask & threshold.bit() != 0 {
            analog.thresholds.set(threshold, value);
        }
    }
    Ok(Vec::new())
}

/// All events are made, when they begin and when they end.
fn enabled(sensor: &sensor::Sensor) -> Vec<u8> {
    let all = match &sensor.reads {
        Reads::Analog(analog) => events(analog.thresholds.mask()),
        Reads::Discrete(Discrete { mask, .. }) => *mask & 0x7FFF,
    };
    twice(flags(sensor), all, all)
}

/// What has begun; what ended is not remembered.
fn status(sensor: &sensor::Sensor, power: Power) -> Vec<u8> {
    let answer = sensor.answer(power);
    let Some(value) = answer.value else { return vec![flags(sensor) | UNAVAILABLE] };
    let begun = match &sensor.reads {
        Reads::Analog(analog) if answer.watched => events(compared(analog, value)),
        Reads::Analog(_) => 0,
        Reads::Discrete(discrete) => value & discrete.mask & 0x7FFF,
    };
    twice(flags(sensor), begun, 0)
}

fn events(thresholds: u8) -> u16 {
    let of = |threshold: &Threshold| thresholds & threshold.bit() != 0;
    Threshold::ALL.into_iter().filter(of).fold(0, |events, threshold| events | 1 << threshold.event())
}

fn twice(flags: u8, begun: u16, ended: u16) -> Vec<u8> {
    let [begun, ended] = [begun, ended].map(u16::to_le_bytes);
    [&[flags], &begun[..], &ended].concat()
}
