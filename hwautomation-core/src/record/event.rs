//! One recorded fact.

use super::EventKind;
use crate::actor::Actor;
use crate::id::WorkflowId;
use crate::time::Timestamp;
use serde_json::{Map, Value};
use std::fmt;

/// Counts the events of one workflow, from 0, without gaps.
pub type Seq = u64;

/// Counts the events of a whole store, from 1, without gaps.
pub type Position = u64;

/// Says what happened to a workflow, when, and by whom. Never changed once stored.
///
/// In JSON `{v, workflow, seq, position, at, actor, kind: {type, …}}`. Fields that this version does not know
/// are kept when it is written again.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Which workflow.
    pub workflow: WorkflowId,
    /// Its number inside the workflow.
    pub seq: Seq,
    /// Its number inside the store.
    pub position: Position,
    /// When it happened.
    pub at: Timestamp,
    /// By whom.
    pub actor: Actor,
    /// What.
    pub kind: EventKind,
    /// Fields of the event that a newer version wrote.
    pub more: Map<String, Value>,
    /// Fields of the kind that a newer version wrote.
    pub kind_more: Map<String, Value>,
}

/// Holds an event before the store gave it its numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// When it happened.
    pub at: Timestamp,
    /// By whom.
    pub actor: Actor,
    /// What.
    pub kind: EventKind,
}

impl NewEvent {
    /// Gives the event its numbers, and its spans the form in which they are stored: whole milliseconds, rounded up.
    #[must_use]
    pub fn numbered(self, workflow: WorkflowId, seq: Seq, position: Position) -> Event {
        let Self { at, actor, mut kind } = self;
        kind.round_spans();
        Event { workflow, seq, position, at, actor, kind, more: Map::new(), kind_more: Map::new() }
    }
}

/// One line: when, what, by whom unless it was the engine, and what belongs to it as JSON.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.at, self.kind.name())?;
        if self.actor != Actor::engine() {
            write!(f, " by {}", self.actor)?;
        }
        let Ok(Value::Object(mut fields)) = serde_json::to_value(&self.kind) else { return Ok(()) };
        fields.remove("type");
        fields.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}
