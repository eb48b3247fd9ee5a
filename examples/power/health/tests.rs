use super::*;
use crate::power::table::render;
use hwautomation_core::error::{Error, ErrorKind, ErrorRecord};
use hwautomation_core::plugin::{EventPosition, SensorKind, Unit};
use hwautomation_core::time::Timestamp;
use std::time::Duration;

fn sensor(name: &str, reading: SensorReading, thresholds: Thresholds) -> Sensor {
    let health = Health::of(&reading, &thresholds, None);
    Sensor {
        id: name.to_owned(),
        name: name.to_owned(),
        kind: SensorKind::Temperature,
        reading,
        thresholds,
        health,
    }
}

fn hot() -> Sensor {
    let thresholds = Thresholds {
        lower_non_critical: Some(5.0),
        upper_non_critical: Some(80.0),
        upper_critical: Some(90.0),
        ..Thresholds::default()
    };
    sensor("CPU1 Temp", SensorReading::number(91.0, Unit::Celsius), thresholds)
}

fn blind() -> Sensor {
    sensor("FAN1", SensorReading::Unknown { reason: "no reading".to_owned() }, Thresholds::default())
}

fn answer(said: Said) -> Answer {
    Answer { result: Ok(said), took: Duration::ZERO }
}

fn event() -> LogEvent {
    LogEvent {
        position: EventPosition("1".to_owned()),
        at: Some(Timestamp::from_micros(1_000_000)),
        source: "CPU1 Temp".to_owned(),
        sensor: None,
        kind: SensorKind::Temperature,
        severity: Health::Critical,
        change: EventChange::Asserted,
        text: "at or above upper critical".to_owned(),
        raw: Vec::new(),
    }
}

#[test]
fn limits_are_told_by_their_level() {
    assert_eq!(limits(&hot().thresholds), "warn ≤5 ≥80 crit ≥90");
    assert_eq!(limits(&Thresholds::default()), "");
    let fine = Thresholds { lower_non_recoverable: Some(10.480_000_000_1), ..Thresholds::default() };
    assert_eq!(limits(&fine), "nr ≤10.48");
}

#[test]
fn sensors_are_a_table_with_units_limits_and_health() {
    let states = SensorReading::States { states: vec!["present".to_owned(), "failure detected".to_owned()] };
    let answer = answer(Said::Sensors {
        sensors: vec![hot(), blind(), sensor("PS1", states, Thresholds::default())],
        health: Some(Health::Critical),
        unknown: 2,
        alarms: false,
    });
    let expected = "\
HOST  SENSOR     READING  HEALTH    DETAIL
u1    CPU1 Temp  91 °C    critical  warn ≤5 ≥80 crit ≥90
u1    FAN1       -        unknown   no reading
u1    PS1        …        unknown   present, failure detected
";
    assert_eq!(render(&SENSORS, &lines("u1", &answer), None), expected);
}

#[test]
fn events_are_a_table_and_a_host_that_failed_has_its_line() {
    let unset = LogEvent { at: None, change: EventChange::Once, ..event() };
    let read = answer(Said::Events { entries: vec![event(), unset], log: EventLog::default() });
    let error = Error::new(ErrorKind::Unreachable, "nobody answered");
    let dead = Answer { result: Err(ErrorRecord::from(&error).into()), took: Duration::ZERO };
    let rows = [lines("u1", &read), lines("u2", &dead)].concat();
    let expected = "\
HOST  TIME                  SEVERITY  SOURCE       EVENT
u1    1970-01-01T00:00:01Z  critical  CPU1 Temp    at or above upper critical (asserted)
u1    -                     critical  CPU1 Temp    at or above upper critical
u2    -                     -         unreachable  nobody answered
";
    assert_eq!(render(&EVENTS, &rows, None), expected);
}

#[test]
fn a_host_is_as_bad_as_its_worst_sensor_and_unknown_is_not_worst() {
    let all = [blind(), hot()];
    let (state, detail, tone) = sensors(&all, worst(&all));
    assert_eq!(
        (state.as_str(), detail.as_str(), tone),
        ("critical", "CPU1 Temp 91 °C (critical)", Tone::Bad)
    );
    assert_eq!(worst(&[blind()]), Some(Health::Unknown));
    assert_eq!(sensors(&[], worst(&[])).0, "no sensors");
    assert!(is_alarm(&hot()) && !is_alarm(&blind()));
}

#[test]
fn a_full_log_says_that_entries_were_lost() {
    let full = EventLog { overflowed: Some(true), ..EventLog::default() };
    assert_eq!(events(&[event()], &full).1, "1 entry, and some were lost: it is full");
    assert_eq!(events(&[event(), event()], &EventLog::default()).1, "2 entries");
    assert_eq!(events(&[], &EventLog::default()).0, "empty");
}
