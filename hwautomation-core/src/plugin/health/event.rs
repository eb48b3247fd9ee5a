//! The event log of a machine's hardware.

use super::{Health, SensorKind};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Names the place of one entry in one log, in the driver's words. It goes when its entry is erased.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventPosition(pub String);

impl fmt::Display for EventPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Says whether an entry tells of a beginning or an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventChange {
    /// What it tells began to be so.
    Asserted,
    /// What it tells is no longer so.
    Deasserted,
    /// It happened once, or the hardware does not say.
    Once,
}

impl fmt::Display for EventChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Asserted => "asserted",
            Self::Deasserted => "deasserted",
            Self::Once => "once",
        })
    }
}

/// Is one entry of the event log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEvent {
    /// Where it stands.
    pub position: EventPosition,
    /// When it happened by the BMC's clock; unknown where that clock was not set, since such clocks start at 1970 or
    /// count from power-on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Who tells it: the name of the sensor where that is known, else what the hardware has instead, such as its
    /// number.
    pub source: String,
    /// The [`id`](super::Sensor::id) of that sensor, if it is one that the driver lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensor: Option<String>,
    /// What it is about.
    pub kind: SensorKind,
    /// How bad what it tells is: the end of something bad is `Ok`, and so is what tells of no harm.
    pub severity: Health,
    /// Whether something began or ended.
    pub change: EventChange,
    /// What happened, for people.
    pub text: String,
    /// The bytes that the hardware stored, where the protocol shows them. In JSON lower-case hexadecimal.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "hexadecimal")]
    pub raw: Vec<u8>,
}

/// One line.
impl fmt::Display for LogEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => write!(f, "{at}")?,
            None => f.write_str("unknown time")?,
        }
        write!(f, " {} {}: {}", self.severity, self.source, self.text)?;
        match self.change {
            EventChange::Once => Ok(()),
            change => write!(f, " ({change})"),
        }
    }
}

/// Says what is known of a log as a whole. Absent is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLog {
    /// How many entries it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<u64>,
    /// How many more it has room for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries_free: Option<u64>,
    /// Whether entries were lost since it is full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overflowed: Option<bool>,
}

/// Holds some entries of a log, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventPage {
    /// The entries.
    pub entries: Vec<LogEvent>,
    /// The position to go on after, that of the last entry here, if there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<EventPosition>,
    /// What is known of the whole log.
    #[serde(default)]
    pub log: EventLog,
}

/// Stores bytes as lower-case hexadecimal.
mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer, de};
    use std::fmt::Write;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        let text = bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            // Writing to a text cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
        serializer.serialize_str(&text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let bytes = pairs.iter().map(|pair| Some(16 * digit(pair[0])? + digit(pair[1])?));
        let bytes = bytes.collect::<Option<_>>().filter(|_| rest.is_empty());
        bytes.ok_or_else(|| de::Error::custom(format!("{text:?} is no hexadecimal text")))
    }

    fn digit(text: u8) -> Option<u8> {
        char::from(text).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> LogEvent {
        LogEvent {
            position: EventPosition("1".to_owned()),
            at: Some(Timestamp::from_micros(0)),
            source: "CPU1 Temp".to_owned(),
            sensor: Some("0.1".to_owned()),
            kind: SensorKind::Temperature,
            severity: Health::Critical,
            change: EventChange::Asserted,
            text: "at or above upper critical".to_owned(),
            raw: vec![0x00, 0x9f, 0xff],
        }
    }

    #[test]
    fn an_entry_prints_as_one_line() {
        let line = "1970-01-01T00:00:00.000000Z critical CPU1 Temp: at or above upper critical (asserted)";
        assert_eq!(event().to_string(), line);
        let plain = LogEvent { at: None, change: EventChange::Once, ..event() };
        assert_eq!(plain.to_string(), "unknown time critical CPU1 Temp: at or above upper critical");
    }

    #[test]
    fn json_has_the_bytes_as_hexadecimal_and_reads_back() {
        let json = serde_json::to_value(event()).unwrap();
        assert_eq!((&json["raw"], &json["position"]), (&"009fff".into(), &"1".into()));
        assert_eq!(serde_json::from_value::<LogEvent>(json.clone()).unwrap(), event());
        for wrong in ["0", "0g", "+1", "é0", "009"] {
            let mut json = json.clone();
            json["raw"] = wrong.into();
            assert!(serde_json::from_value::<LogEvent>(json).is_err(), "{wrong}");
        }
    }
}
