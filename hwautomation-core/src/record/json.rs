//! The stored form of an event, which keeps what it does not understand.

use super::{Event, EventKind};
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
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("v", &VERSION)?;
        map.serialize_entry("workflow", &self.workflow)?;
        map.serialize_entry("seq", &self.seq)?;
        map.serialize_entry("position", &self.position)?;
        map.serialize_entry("at", &self.at)?;
        map.serialize_entry("actor", &self.actor)?;
        map.serialize_entry("kind", &KindWithMore { kind: &self.kind, more: &self.kind_more })?;
        for (key, value) in &self.more {
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
    fn a_newer_format_is_refused() {
        let mut json = event(&json!({"type": "step_resumed", "step": "cut"}));
        json["v"] = json!(2);
        let error = serde_json::from_value::<Event>(json).unwrap_err();
        assert!(error.to_string().contains("format 2"));
    }
}
