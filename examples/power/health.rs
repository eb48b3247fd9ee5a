//! Sensors and event logs in words and columns. Pure.

use crate::power::answer::{Answer, Said};
use crate::power::row::{Row, Tone};
use crate::power::table::Cell;
use hwautomation_core::plugin::{EventChange, EventLog, Health, LogEvent, Sensor, SensorReading, Thresholds};

/// The columns of sensors.
pub const SENSORS: [&str; 5] = ["HOST", "SENSOR", "READING", "HEALTH", "DETAIL"];
/// The columns of event logs.
pub const EVENTS: [&str; 5] = ["HOST", "TIME", "SEVERITY", "SOURCE", "EVENT"];
/// A reading that is longer stands among the details.
const READING_MAX: usize = 14;

/// Says how bad the worst sensor of a host is, and names those that are bad.
pub fn sensors(sensors: &[Sensor], worst: Option<Health>) -> (String, String, Tone) {
    let bad: Vec<String> = sensors.iter().filter(|sensor| is_alarm(sensor)).map(in_words).collect();
    match worst {
        Some(worst) => (worst.to_string(), bad.join(", "), worst.into()),
        None => ("no sensors".to_owned(), String::new(), Tone::Quiet),
    }
}

/// Returns how bad the worst is. Those that nobody knows count only where nobody knows any: a machine that is off gives
/// few readings.
pub fn worst(sensors: &[Sensor]) -> Option<Health> {
    let known = sensors.iter().map(|sensor| sensor.health).filter(|health| *health != Health::Unknown).max();
    known.or((!sensors.is_empty()).then_some(Health::Unknown))
}

/// Tells whether a sensor is worse than fine or unknown.
pub fn is_alarm(sensor: &Sensor) -> bool {
    sensor.health > Health::Unknown
}

fn in_words(sensor: &Sensor) -> String {
    format!("{} {} ({})", sensor.name, sensor.reading, sensor.health)
}

/// Says of an event log how much is in it.
pub fn events(entries: &[LogEvent], log: &EventLog) -> (String, String, Tone) {
    let lost = if log.overflowed == Some(true) { ", and some were lost: it is full" } else { "" };
    match entries.len() {
        0 => ("empty".to_owned(), String::new(), Tone::Quiet),
        1 => ("read".to_owned(), format!("1 entry{lost}"), Tone::Good),
        count => ("read".to_owned(), format!("{count} entries{lost}"), Tone::Good),
    }
}

/// Writes the lines of a host in the columns of sensors or of events.
pub fn lines(host: &str, answer: &Answer) -> Vec<Vec<Cell>> {
    match &answer.result {
        Ok(Said::Sensors { sensors, .. }) => sensors.iter().map(|sensor| sensor_line(host, sensor)).collect(),
        Ok(Said::Events { entries, .. }) => entries.iter().map(|entry| event_line(host, entry)).collect(),
        Ok(_) => Vec::new(),
        Err(_) => vec![failed(Row::of(host, answer))],
    }
}

fn sensor_line(host: &str, sensor: &Sensor) -> Vec<Cell> {
    let limits = limits(&sensor.thresholds);
    let (reading, detail) = match &sensor.reading {
        SensorReading::Unknown { reason } => ("-".to_owned(), reason.clone()),
        reading => match reading.to_string() {
            long if long.chars().count() > READING_MAX => ("…".to_owned(), long),
            short => (short, limits),
        },
    };
    let health = Cell::toned(sensor.health.to_string(), sensor.health.into());
    vec![Cell::plain(host), Cell::plain(&sensor.name), Cell::plain(reading), health, Cell::plain(detail)]
}

/// Writes limits as `warn ≤10 ≥80 crit ≥90 nr ≥95`, short enough for a narrow terminal; `nr` is IPMI's non-recoverable.
pub fn limits(limits: &Thresholds) -> String {
    let level = |name: &str, lower: Option<f64>, upper: Option<f64>| {
        let lower = lower.map(|limit| format!(" ≤{}", rounded(limit))).unwrap_or_default();
        let upper = upper.map(|limit| format!(" ≥{}", rounded(limit))).unwrap_or_default();
        (lower.len() + upper.len() > 0).then(|| format!("{name}{lower}{upper}"))
    };
    let levels = [
        level("warn", limits.lower_non_critical, limits.upper_non_critical),
        level("crit", limits.lower_critical, limits.upper_critical),
        level("nr", limits.lower_non_recoverable, limits.upper_non_recoverable),
    ];
    levels.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Rounds to thousandths, as readings are printed.
fn rounded(number: f64) -> f64 {
    // Adding zero makes of a negative zero a plain one.
    (number * 1000.0).round() / 1000.0 + 0.0
}

fn event_line(host: &str, entry: &LogEvent) -> Vec<Cell> {
    let time = entry.at.map_or_else(|| "-".to_owned(), |at| in_seconds(&at.to_string()));
    let text = match entry.change {
        EventChange::Once => entry.text.clone(),
        change => format!("{} ({change})", entry.text),
    };
    let severity = Cell::toned(entry.severity.to_string(), entry.severity.into());
    vec![Cell::plain(host), Cell::plain(time), severity, Cell::plain(&entry.source), Cell::plain(text)]
}

/// Cuts what is below a second: BMCs know no more.
fn in_seconds(time: &str) -> String {
    time.split_once('.').map_or_else(|| time.to_owned(), |(seconds, _)| format!("{seconds}Z"))
}

fn failed(row: Row) -> Vec<Cell> {
    let nothing = || Cell::plain("-");
    vec![
        Cell::plain(row.host),
        nothing(),
        nothing(),
        Cell::toned(row.state, row.tone),
        Cell::plain(row.detail),
    ]
}

#[cfg(test)]
mod tests;
