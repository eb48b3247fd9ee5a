//! The stored form of an event, which keeps what it does not understand.

use super::{Event, EventKind, NewEvent, Position, Seq};
use crate::actor::Actor;
use crate::id::WorkflowId;
use crate::time::Timestamp;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};
use std::io::Write;

/// The version of the stored form.
const VERSION: u32 = 1;

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { workflow, seq, position, at, actor, kind, more, kind_more } = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("v", &VERSION)?;
        map.serialize_entry("workflow", workflow)?;
        map.serialize_entry("seq", seq)?;
        map.serialize_entry("position", position)?;
        map.serialize_entry("at", at)?;
        map.serialize_entry("actor", actor)?;
        map.serialize_entry("kind", &KindWithMore { kind, more: kind_more })?;
        for (key, value) in more {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// Says where in a store an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Which workflow.
    pub workflow: WorkflowId,
    /// Its number inside the workflow.
    pub seq: Seq,
    /// Its number inside the store.
    pub position: Position,
}

/// Holds the stored form of an event that has its number, but not its position yet. For store authors: only who writes
/// knows the position, and that one has better things to do than to write JSON.
#[derive(Debug, Clone)]
pub struct Unplaced {
    json: Vec<u8>,
    /// Where the position goes.
    gap: usize,
}

/// As much as most events need.
const EVENT_BYTES: usize = 512;

impl NewEvent {
    /// Writes the stored form of the event with this number. For store authors.
    ///
    /// # Errors
    ///
    /// When it cannot be written as JSON.
    pub fn unplaced(&self, workflow: WorkflowId, seq: Seq) -> serde_json::Result<Unplaced> {
        let mut json = Vec::with_capacity(EVENT_BYTES);
        write!(json, r#"{{"v":{VERSION},"workflow":"{workflow}","seq":{seq},"position":"#)
            .map_err(serde_json::Error::io)?;
        let gap = json.len();
        let Self { at, actor, kind } = self;
        serde_json::to_writer(&mut json, &Rest { at: *at, actor, kind })?;
        // Where the rest began as an object of its own.
        json[gap] = b',';
        Ok(Unplaced { json, gap })
    }
}

/// What follows the place of an event.
#[derive(Serialize)]
struct Rest<'a> {
    at: Timestamp,
    actor: &'a Actor,
    kind: &'a EventKind,
}

impl Unplaced {
    /// Writes the whole, with the position.
    pub fn write(&self, position: Position, to: &mut Vec<u8>) {
        let (before, after) = self.json.split_at(self.gap);
        to.extend_from_slice(before);
        to.extend_from_slice(position.to_string().as_bytes());
        to.extend_from_slice(after);
    }
}

impl Event {
    /// Reads the stored form of the event that stands at this place. For store authors.
    ///
    /// What cannot be read, or says that it stands elsewhere, is [`EventKind::Unreadable`], by the engine, at
    /// `otherwise_at`: one damaged record hides no other.
    #[must_use]
    pub fn read(json: &[u8], place: Place, otherwise_at: Timestamp) -> Self {
        let why = match serde_json::from_slice::<Self>(json) {
            Ok(event) if event.place() == place => return event,
            Ok(event) => format!("it says that it is event {} of workflow {}", event.seq, event.workflow),
            Err(cause) => cause.to_string(),
        };
        let kind = EventKind::Unreadable { why };
        NewEvent { at: otherwise_at, actor: Actor::engine(), kind }.numbered(
            place.workflow,
            place.seq,
            place.position,
        )
    }

    fn place(&self) -> Place {
        Place { workflow: self.workflow, seq: self.seq, position: self.position }
    }
}

#[derive(Serialize)]
struct KindWithMore<'a> {
    #[serde(flatten)]
    kind: &'a EventKind,
    #[serde(flatten)]
    more: &'a Map<String, Value>,
}

#[derive(Deserialize)]
struct Raw {
    v: u32,
    workflow: WorkflowId,
    seq: u64,
    position: u64,
    at: Timestamp,
    actor: Actor,
    kind: Map<String, Value>,
    #[serde(flatten)]
    more: Map<String, Value>,
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        if raw.v != VERSION {
            return Err(de::Error::custom(format!(
                "event format {} is not the known format {VERSION}",
                raw.v
            )));
        }
        let kind = EventKind::deserialize(Value::Object(raw.kind.clone())).map_err(de::Error::custom)?;
        let kind_more = unknown_fields(raw.kind, &kind).map_err(de::Error::custom)?;
        let (workflow, seq, position, at) = (raw.workflow, raw.seq, raw.position, raw.at);
        Ok(Self { workflow, seq, position, at, actor: raw.actor, kind, more: raw.more, kind_more })
    }
}

/// Finds what reading dropped, by writing again what was read.
fn unknown_fields(
    mut fields: Map<String, Value>,
    kind: &EventKind,
) -> serde_json::Result<Map<String, Value>> {
    if matches!(kind, EventKind::Foreign(_)) {
        return Ok(Map::new());
    }
    if let Value::Object(known) = serde_json::to_value(kind)? {
        fields.retain(|key, value| !known.contains_key(key) && !value.is_null());
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(kind: &Value) -> Value {
        json!({
            "v": 1, "workflow": "01890a5d-ac96-774b-bcce-b302099a8057", "seq": 3, "position": 9,
            "at": "2026-01-02T03:04:05.000006Z", "actor": {"kind": "person", "name": "ops"}, "kind": kind,
        })
    }

    #[test]
    fn unknown_fields_are_kept() {
        let mut json = event(&json!({"type": "step_resumed", "step": "cut", "mood": {"deep": [1]}}));
        json["weather"] = json!("sunny");
        let read: Event = serde_json::from_value(json.clone()).unwrap();
        assert!(matches!(read.kind, EventKind::StepResumed { .. }));
        assert_eq!(serde_json::to_value(&read).unwrap(), json);
    }

    #[test]
    fn an_unknown_kind_is_kept_whole() {
        let json = event(&json!({"type": "from_the_future", "step": "cut"}));
        let read: Event = serde_json::from_value(json.clone()).unwrap();
        assert!(matches!(read.kind, EventKind::Foreign(_)));
        assert_eq!(serde_json::to_value(&read).unwrap(), json);
    }

    #[test]
    fn what_cannot_be_read_as_the_event_of_its_place_is_unreadable_and_says_why() {
        let written = event(&json!({"type": "step_resumed", "step": "cut"}));
        let whole: Event = serde_json::from_value(written.clone()).unwrap();
        let place = whole.place();
        let read = |json: &str| Event::read(json.as_bytes(), place, Timestamp::MIN);
        assert_eq!(read(&written.to_string()), whole);
        let mut moved = written.clone();
        moved["seq"] = json!(4);
        let mut newer = written;
        newer["v"] = json!(2);
        let cases = [
            (moved.to_string(), "event 4 of"),
            (newer.to_string(), "format 2"),
            ("{\"v\":1,".to_owned(), "EOF"),
            ("7".to_owned(), "invalid type"),
        ];
        for (json, part) in cases {
            let read = read(&json);
            assert_eq!((read.place(), read.at), (place, Timestamp::MIN));
            assert!(matches!(&read.kind, EventKind::Unreadable { why } if why.contains(part)), "{read}");
        }
    }

    #[test]
    fn a_newer_format_is_refused() {
        let mut json = event(&json!({"type": "step_resumed", "step": "cut"}));
        json["v"] = json!(2);
        let error = serde_json::from_value::<Event>(json).unwrap_err();
        assert!(error.to_string().contains("format 2"));
    }
}
