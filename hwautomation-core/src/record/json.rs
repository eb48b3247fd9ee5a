//! The stored form of an event, which keeps what it does not understand.

use super::{Event, EventKind, NewEvent, Position, Seq};
use crate::actor::Actor;
use crate::id::WorkflowId;
use crate::time::Timestamp;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

/// The version of the stored form.
const VERSION: u32 = 1;

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { workflow, seq, position, at, actor, kind, more, kind_more } = self;
        let place = Place { workflow: *workflow, seq: *seq, position: *position };
        Written { place, at: *at, actor, kind: KindWithMore { kind, more: kind_more }, more }
            .serialize(serializer)
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
    before: Vec<u8>,
    after: Vec<u8>,
}

/// What stands before the position. Nothing before it is free text.
const POSITION: &[u8] = b"\"position\":";

impl NewEvent {
    /// Writes the stored form of the event with this number. For store authors.
    ///
    /// # Errors
    ///
    /// When it cannot be written as JSON.
    pub fn unplaced(&self, workflow: WorkflowId, seq: Seq) -> serde_json::Result<Unplaced> {
        let (none, more) = (Map::new(), Map::new());
        let kind = KindWithMore { kind: &self.kind, more: &none };
        let place = Place { workflow, seq, position: 0 };
        let written = Written { place, at: self.at, actor: &self.actor, kind, more: &more };
        let mut before = serde_json::to_vec(&written)?;
        let found = before.windows(POSITION.len()).position(|window| window == POSITION);
        let digit = found.map_or(before.len(), |at| at + POSITION.len());
        let after = before.split_off((digit + 1).min(before.len()));
        before.truncate(digit);
        Ok(Unplaced { before, after })
    }
}

impl Unplaced {
    /// Writes the whole, with the position.
    pub fn write(&self, position: Position, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.before);
        to.extend_from_slice(position.to_string().as_bytes());
        to.extend_from_slice(&self.after);
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

/// What is written, lent.
struct Written<'a> {
    place: Place,
    at: Timestamp,
    actor: &'a Actor,
    kind: KindWithMore<'a>,
    more: &'a Map<String, Value>,
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("v", &VERSION)?;
        map.serialize_entry("workflow", &self.place.workflow)?;
        map.serialize_entry("seq", &self.place.seq)?;
        map.serialize_entry("position", &self.place.position)?;
        map.serialize_entry("at", &self.at)?;
        map.serialize_entry("actor", self.actor)?;
        map.serialize_entry("kind", &self.kind)?;
        for (key, value) in self.more {
            map.serialize_entry(key, value)?;
        }
        map.end()
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
    fn an_event_is_written_the_same_before_and_after_it_has_its_numbers() {
        let read: Event =
            serde_json::from_value(event(&json!({"type": "step_resumed", "step": "cut"}))).unwrap();
        let new = NewEvent { at: read.at, actor: read.actor.clone(), kind: read.kind.clone() };
        let mut written = Vec::new();
        new.unplaced(read.workflow, read.seq).unwrap().write(read.position, &mut written);
        assert_eq!(written, serde_json::to_vec(&read).unwrap());
    }

    #[test]
    fn a_newer_format_is_refused() {
        let mut json = event(&json!({"type": "step_resumed", "step": "cut"}));
        json["v"] = json!(2);
        let error = serde_json::from_value::<Event>(json).unwrap_err();
        assert!(error.to_string().contains("format 2"));
    }
}
