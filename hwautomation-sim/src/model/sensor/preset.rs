//! The sensors of a server, as a two-socket board has them, with fewer of each.

use super::{
    Analog, Discrete, Entity, Factors, Reads, SENSOR_SPECIFIC, Sensor, SensorKind, Thresholds, Unit, WhenOff,
};

const PROCESSOR: u8 = 3;
const BOARD: u8 = 7;
const POWER_SUPPLY: u8 = 10;
const CHASSIS: u8 = 23;
const FAN: u8 = 29;
const MEMORY: u8 = 32;
const BATTERY: u8 = 40;
const AIR_INLET: u8 = 55;
/// How far below zero an inlet may be: what is sent are the degrees above that.
const INLET_OFFSET: i16 = -50;

/// Returns the sensors of a server: temperatures, voltages, four fans, two power supplies, a cover, and its power as a whole.
pub fn server_sensors() -> Vec<Sensor> {
    let inlet = Factors { b: INLET_OFFSET, ..Factors::linear(1, 0) };
    let degrees = Factors::linear(1, 0);
    let mut sensors = vec![
        temperature(0x01, "CPU1 Temp", (PROCESSOR, 1), degrees, 42, (90, 95), WhenOff::Unavailable),
        temperature(0x02, "CPU2 Temp", (PROCESSOR, 2), degrees, 44, (90, 95), WhenOff::Unavailable),
        temperature(0x0A, "Inlet Temp", (AIR_INLET, 1), inlet, 72, (90, 95), WhenOff::Same),
        temperature(0x0B, "System Temp", (BOARD, 1), degrees, 33, (85, 90), WhenOff::Reads(24)),
        temperature(0xB0, "P1-DIMMA1 Temp", (MEMORY, 1), degrees, 36, (80, 85), WhenOff::Unavailable),
    ];
    sensors.extend(voltages());
    sensors.extend((1..=4).map(fan));
    sensors.extend((1..=2).map(power_supply));
    sensors.push(cover());
    sensors.push(power_unit());
    sensors
}

fn temperature(
    number: u8,
    name: &str,
    (id, instance): (u8, u8),
    factors: Factors,
    raw: u8,
    (critical, worse): (u8, u8),
    when_off: WhenOff,
) -> Sensor {
    let thresholds = Thresholds {
        upper_non_critical: Some(critical - 5),
        upper_critical: Some(critical),
        upper_non_recoverable: Some(worse),
        ..Thresholds::default()
    };
    let analog = Analog { raw, unit: Unit::CELSIUS, factors, thresholds, hysteresis: 2 };
    sensor(number, name, SensorKind::TEMPERATURE, Entity { id, instance }, when_off, Reads::Analog(analog))
}

/// Multiplied by thousandths or hundredths of a volt, so that each rail reads what its name says.
fn voltages() -> [Sensor; 4] {
    [
        voltage(0x30, "12V", BOARD, Factors::linear(6, -2), 200, WhenOff::Unavailable),
        voltage(0x31, "5VCC", BOARD, Factors::linear(25, -3), 200, WhenOff::Unavailable),
        voltage(0x32, "3.3VCC", BOARD, Factors::linear(15, -3), 220, WhenOff::Unavailable),
        voltage(0x33, "VBAT", BATTERY, Factors::linear(15, -3), 200, WhenOff::Same),
    ]
}

fn voltage(number: u8, name: &str, entity: u8, factors: Factors, raw: u8, when_off: WhenOff) -> Sensor {
    // A tenth off is critical.
    let (off, worse) = (raw / 10, raw / 8);
    let thresholds = Thresholds {
        lower_non_recoverable: Some(raw - worse),
        lower_critical: Some(raw - off),
        upper_critical: Some(raw + off),
        upper_non_recoverable: Some(raw + worse),
        ..Thresholds::default()
    };
    let analog = Analog { raw, unit: Unit::VOLTS, factors, thresholds, hysteresis: 1 };
    let entity = Entity { id: entity, instance: 1 };
    sensor(number, name, SensorKind::VOLTAGE, entity, when_off, Reads::Analog(analog))
}

/// Hundreds of revolutions a minute.
fn fan(instance: u8) -> Sensor {
    let thresholds = Thresholds {
        lower_non_recoverable: Some(3),
        lower_critical: Some(5),
        lower_non_critical: Some(7),
        upper_non_recoverable: Some(254),
        ..Thresholds::default()
    };
    let analog = Analog {
        raw: 53 + instance,
        unit: Unit::RPM,
        factors: Factors::linear(100, 0),
        thresholds,
        hysteresis: 1,
    };
    let (name, entity) = (format!("FAN{instance}"), Entity { id: FAN, instance });
    let reads = Reads::Analog(analog);
    sensor(0x40 + instance, &name, SensorKind::FAN, entity, WhenOff::Unavailable, reads)
}

/// Present; may fail, or lose its input.
fn power_supply(instance: u8) -> Sensor {
    let states = Discrete { event_type: SENSOR_SPECIFIC, states: 0x01, mask: 0x0F };
    let (name, entity) = (format!("PS{instance} Status"), Entity { id: POWER_SUPPLY, instance });
    let reads = Reads::Discrete(states);
    sensor(0xC7 + instance, &name, SensorKind::POWER_SUPPLY, entity, WhenOff::Same, reads)
}

/// Closed.
fn cover() -> Sensor {
    let states = Discrete { event_type: SENSOR_SPECIFIC, states: 0, mask: 0x01 };
    let entity = Entity { id: CHASSIS, instance: 1 };
    let reads = Reads::Discrete(states);
    sensor(0xAA, "Chassis Intru", SensorKind::PHYSICAL_SECURITY, entity, WhenOff::Same, reads)
}

/// State 0 is "power off"; also cycles and lost mains are known.
fn power_unit() -> Sensor {
    let states = Discrete { event_type: SENSOR_SPECIFIC, states: 0, mask: 0x33 };
    let entity = Entity { id: CHASSIS, instance: 1 };
    let reads = Reads::Discrete(states);
    sensor(0xAB, "Power Unit", SensorKind::POWER_UNIT, entity, WhenOff::Reads(1), reads)
}

fn sensor(
    number: u8,
    name: &str,
    kind: SensorKind,
    entity: Entity,
    when_off: WhenOff,
    reads: Reads,
) -> Sensor {
    Sensor { name: name.to_owned(), number, kind, entity, available: true, scanning: true, when_off, reads }
}
