//! What a BMC notices by itself and writes into its event log.

use super::machine::Machine;
use super::power::Power;
use super::sel::Event;
use super::sensor::{Analog, Reads, Sensor, SensorKind, Threshold};
use serde::{Deserialize, Serialize};

/// The sensor that the BMC says of itself that it is; it has no record.
const ITSELF: u8 = 0xFF;
/// Generic states of availability; the first is "running" (IPMI 2.0, table 42-2, type 0Ah).
const AVAILABILITY: u8 = 0x0A;
/// In the first byte of an event's data: the reading and the threshold follow.
const WITH_READING: u8 = 0x50;

/// Is what the BMC saw last: an event is what differs from it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Watch {
    /// The thresholds reached, or the states, by the number of the sensor.
    sensors: Vec<(u8, u16)>,
    power: Option<Power>,
}

/// Counts how long a machine has had power (IPMI 2.0, section 28.14).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meter {
    /// The time before the power was last switched on, in milliseconds.
    pub before_ms: u64,
    /// Since when it is on, in milliseconds since 1970.
    pub(crate) since: Option<u64>,
}

impl Meter {
    /// Returns the time with power in minutes.
    pub(crate) fn minutes(&self, now: u64) -> u32 {
        let on = self.before_ms + self.since.map_or(0, |since| now.saturating_sub(since));
        u32::try_from(on / 60_000).unwrap_or(u32::MAX)
    }

    fn power_is(&mut self, power: Power, at: u64) {
        match (power, self.since) {
            (Power::On, None) => self.since = Some(at),
            (Power::Off, Some(since)) => {
                *self = Self { before_ms: self.before_ms + at.saturating_sub(since), since: None };
            }
            _ => {}
        }
    }
}

impl Machine {
    /// Compares what is true with what the BMC saw last. Says whether anything differs.
    pub(super) fn watch(&mut self, at: u64) -> bool {
        let power = self.power();
        let mut changed = self.bmc.watch.power != Some(power);
        if changed {
            self.bmc.watch.power = Some(power);
            self.bmc.meter.power_is(power, at);
        }
        // A BMC that restarts sees nothing; afterwards it sees what has become of it.
        if self.bmc.answers() {
            for place in 0..self.bmc.sensors.len() {
                changed |= self.watch_sensor(place, power, at);
            }
        }
        changed
    }

    /// Notes that the BMC runs again.
    pub(super) fn bmc_is_back(&mut self, at: u64) {
        let kind = SensorKind::MICROCONTROLLER.0;
        let event = Event {
            sensor_type: kind,
            sensor: ITSELF,
            event_type: AVAILABILITY,
            ended: false,
            data: [0x00, 0xFF, 0xFF],
        };
        self.bmc.sel.note(event, at);
    }

    fn watch_sensor(&mut self, place: usize, power: Power, at: u64) -> bool {
        let Some(sensor) = self.bmc.sensors.get(place) else { return false };
        let answer = sensor.answer(power);
        let Some(value) = answer.value.filter(|_| answer.watched) else { return false };
        let watch = &mut self.bmc.watch.sensors;
        let known = watch.iter_mut().find(|(number, _)| *number == sensor.number);
        let before = known.as_ref().map(|(_, before)| *before);
        let is = match &sensor.reads {
            Reads::Analog(analog) => reached(analog, value, before.unwrap_or(0)),
            Reads::Discrete(discrete) => value & discrete.mask,
        };
        if before == Some(is) {
            return false;
        }
        match known {
            Some(known) => known.1 = is,
            None => watch.push((sensor.number, is)),
        }
        // States that a sensor begins with are no events; a threshold that is reached at once is one.
        let before = before.unwrap_or(if matches!(sensor.reads, Reads::Analog(_)) { 0 } else { is });
        for event in events(sensor, value, before, is) {
            self.bmc.sel.note(event, at);
        }
        true
    }
}

fn reached(analog: &Analog, value: u16, before: u16) -> u16 {
    let raw = u8::try_from(value).unwrap_or(u8::MAX);
    let before = u8::try_from(before).unwrap_or_default();
    analog.thresholds.reached(raw, &analog.factors, analog.hysteresis, before).into()
}

/// Returns what began and what ended.
fn events(sensor: &Sensor, value: u16, before: u16, is: u16) -> Vec<Event> {
    let changed = (0..16).filter(|bit| (before ^ is) >> bit & 1 == 1);
    let event = |bit: u8| Event {
        sensor_type: sensor.kind.0,
        sensor: sensor.number,
        event_type: sensor.event_type(),
        ended: is >> bit & 1 == 0,
        data: data(sensor, value, bit),
    };
    changed.map(event).collect()
}

fn data(sensor: &Sensor, value: u16, bit: u8) -> [u8; 3] {
    let analog = match &sensor.reads {
        Reads::Analog(analog) => analog,
        Reads::Discrete(_) => return [bit, 0xFF, 0xFF],
    };
    let threshold = Threshold::ALL.into_iter().find(|threshold| threshold.bit() == 1 << bit);
    let limit = threshold.and_then(|threshold| analog.thresholds.get(threshold)).unwrap_or_default();
    let event = threshold.map_or(0, Threshold::event);
    [WITH_READING | event, u8::try_from(value).unwrap_or(u8::MAX), limit]
}
