//! Sensor data records: full (01h), compact (02h), locators of FRUs (11h) and of controllers (12h) (IPMI 2.0, chapter 43).

use super::VERSION;
use crate::bmc::command::app::SUPPORT;
use crate::model::machine::Machine;
use crate::model::sensor::{Analog, Discrete, Reads, SENSOR_NAME_MAX, Sensor, Threshold, Thresholds};

const FULL: u8 = 0x01;
const COMPACT: u8 = 0x02;
const FRU_LOCATOR: u8 = 0x11;
const CONTROLLER_LOCATOR: u8 = 0x12;
/// The slave address of the BMC, which owns everything.
const BMC: u8 = 0x20;
/// When the BMC starts, sensors are looked at, and events are made.
const INITIALISATION: u8 = 0x03;
/// Alarms end by themselves; hysteresis is readable; events are per threshold.
const CAPABILITIES: u8 = 0x50;
/// In the capabilities: thresholds can be read and set.
const THRESHOLDS: u8 = 0x08;
/// Alarms end by themselves.
const REARMS_ITSELF: u8 = 0x40;
/// In the first byte of units: there are no numbers.
const NO_NUMBERS: u8 = 0xC0;
/// In the first byte of units: numbers in two's complement.
const TWOS_COMPLEMENT: u8 = 0x80;
/// A name in ASCII; its length is in the lower bits.
const ASCII: u8 = 0xC0;

/// Returns a record by its place: the sensors, then what can be replaced, then the BMC.
pub(super) fn record(machine: &Machine, place: u16) -> Option<Vec<u8>> {
    let sensors = &machine.bmc.sensors;
    let (kind, body) = match sensors.get(usize::from(place)) {
        Some(sensor) => match &sensor.reads {
            Reads::Analog(analog) => (FULL, full(sensor, analog)),
            Reads::Discrete(discrete) => (COMPACT, compact(sensor, *discrete)),
        },
        None => match usize::from(place) - sensors.len() {
            0 => (FRU_LOCATOR, fru(machine)),
            1 => (CONTROLLER_LOCATOR, controller()),
            _ => return None,
        },
    };
    let length = u8::try_from(body.len()).expect("a record has at most 64 bytes");
    let [low, high] = place.to_le_bytes();
    Some([&[low, high, VERSION, kind, length], &body[..]].concat())
}

/// What both records of sensors begin with.
fn head(sensor: &Sensor, capabilities: u8) -> Vec<u8> {
    let (id, instance) = (sensor.entity.id, sensor.entity.instance);
    let number = sensor.number;
    vec![BMC, 0, number, id, instance, INITIALISATION, capabilities, sensor.kind.0, sensor.event_type()]
}

fn full(sensor: &Sensor, analog: &Analog) -> Vec<u8> {
    let Analog { unit, factors, thresholds, hysteresis, .. } = analog;
    let existing = thresholds.mask();
    let mut body = head(sensor, if existing == 0 { REARMS_ITSELF } else { CAPABILITIES | THRESHOLDS });
    for mask in event_masks(thresholds) {
        body.extend(mask.to_le_bytes());
    }
    // Which thresholds are readable, and which settable.
    body.extend([existing, existing]);
    body.extend([if factors.signed { TWOS_COMPLEMENT } else { 0 }, unit.0, 0, factors.linearisation.code()]);
    let [m, b] = [factors.m, factors.b].map(|factor| factor.cast_unsigned().to_le_bytes());
    // Neither tolerance nor accuracy is told, nor whether it is an input.
    body.extend([m[0], (m[1] & 3) << 6, b[0], (b[1] & 3) << 6, 0]);
    body.push(factors.r_exponent.cast_unsigned() << 4 | factors.b_exponent.cast_unsigned() & 0x0F);
    // No nominal reading, no normal maximum or minimum; then the greatest and the least that can be sent.
    let (max, min) = if factors.signed { (0x7F, 0x80) } else { (0xFF, 0x00) };
    body.extend([0, 0, 0, 0, max, min]);
    for threshold in Threshold::ALL.into_iter().rev() {
        body.push(thresholds.get(threshold).unwrap_or_default());
    }
    // In a record the lower ones come as non-recoverable, critical, non-critical too.
    body.extend([*hysteresis, *hysteresis, 0, 0, 0]);
    body.extend(name(&sensor.name));
    body
}

/// Events that begin, with the lower thresholds that readings are compared to; events that end, with the upper ones (table 43-1, bytes 15 to 18).
fn event_masks(thresholds: &Thresholds) -> [u16; 2] {
    let existing = thresholds.mask();
    let events = Threshold::ALL
        .into_iter()
        .filter(|threshold| existing & threshold.bit() != 0)
        .fold(0, |events, threshold| events | 1 << threshold.event());
    let (lower, upper) = (u16::from(existing & 0x07), u16::from(existing >> 3));
    [events | lower << 12, events | upper << 12]
}

fn compact(sensor: &Sensor, discrete: Discrete) -> Vec<u8> {
    let mut body = head(sensor, REARMS_ITSELF);
    // The same states begin, end and are read.
    for _ in 0..3 {
        body.extend((discrete.mask & 0x7FFF).to_le_bytes());
    }
    body.extend([NO_NUMBERS, 0, 0]);
    // One sensor has this record; no hysteresis.
    body.extend([1, 0, 0, 0, 0, 0, 0, 0]);
    body.extend(name(&sensor.name));
    body
}

/// FRU 0, which the BMC holds: the machine itself.
fn fru(machine: &Machine) -> Vec<u8> {
    let mut body = vec![BMC, 0, 0x80, 0, 0, 0x10, 0, 7, 1, 0];
    body.extend(name(&machine.hardware.board));
    body
}

fn controller() -> Vec<u8> {
    let mut body = vec![BMC, 0, 0, SUPPORT, 0, 0, 0, 6, 1, 0];
    body.extend(name("BMC"));
    body
}

/// A name with its type and length.
fn name(text: &str) -> Vec<u8> {
    let bytes: Vec<u8> = text.bytes().take(SENSOR_NAME_MAX).collect();
    [&[ASCII | bytes.len() as u8], &bytes[..]].concat()
}

#[cfg(test)]
mod tests {
    use super::record;
    use crate::bmc::fake::machine;
    use crate::model::sensor::{Factors, Reads};

    /// A record of a sensor of the default set with that name.
    fn of(name: &str, change: impl FnOnce(&mut Reads)) -> Vec<u8> {
        let mut machine = machine("a", "b");
        change(&mut machine.bmc.sensor_named(name).unwrap().reads);
        let place = machine.bmc.sensors.iter().position(|sensor| sensor.name == name).unwrap();
        record(&machine, place as u16).unwrap()
    }

    #[test]
    fn a_full_record_has_everything_at_its_place() {
        let bytes = of("12V", |_| {});
        assert_eq!(bytes.len(), 48 + 3);
        assert_eq!(bytes[2..14], [0x51, 0x01, 46, 0x20, 0, 0x30, 7, 1, 3, 0x58, 2, 1]);
        // No non-critical thresholds: the other four begin and end, and are compared, read and set.
        assert_eq!(bytes[14..20], [0x14, 0x6A, 0x14, 0x6A, 0x36, 0x36]);
        assert_eq!(bytes[20..24], [0, 4, 0, 0]);
        assert_eq!(bytes[24..30], [6, 0, 0, 0, 0, 0xE0]);
        // Upper non-recoverable, critical, non-critical; lower the same.
        assert_eq!(bytes[36..42], [225, 220, 0, 175, 180, 0]);
        assert_eq!(bytes[47..], [0xC3, b'1', b'2', b'V']);
    }

    #[test]
    fn factors_of_ten_bits_and_a_sign_are_split_as_the_record_wants() {
        let bytes = of("12V", |reads| {
            let Reads::Analog(analog) = reads else { unreachable!() };
            analog.factors = Factors { b: -300, b_exponent: -1, signed: true, ..Factors::linear(511, 2) };
        });
        assert_eq!(bytes[20], 0x80);
        assert_eq!(bytes[24..30], [0xFF, 0x40, 0xD4, 0x80, 0, 0x2F]);
        assert_eq!(bytes[34..36], [0x7F, 0x80]);
    }

    #[test]
    fn a_compact_record_has_the_states_three_times() {
        let bytes = of("PS1 Status", |_| {});
        assert_eq!(bytes[2..14], [0x51, 0x02, 37, 0x20, 0, 0xC8, 10, 1, 3, 0x40, 8, 0x6F]);
        assert_eq!(bytes[14..25], [0x0F, 0, 0x0F, 0, 0x0F, 0, 0xC0, 0, 0, 1, 0]);
        assert_eq!(bytes[31..], [b"\xCA", &b"PS1 Status"[..]].concat());
    }

    #[test]
    fn a_name_that_is_too_long_is_cut_off() {
        let mut machine = machine("a", "b");
        machine.bmc.sensors[0].name = "a name of a sensor".to_owned();
        assert!(record(&machine, 0).unwrap().ends_with(b"\xD0a name of a sens"));
    }
}
