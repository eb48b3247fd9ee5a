//! The state of a workflow: the sum of its events.

mod apply;
mod backward;
mod begin;
mod damage;
mod decided;
mod effect;
mod halted;
mod query;
mod step;
mod undo;

pub use step::{Failure, Guard, Intent, IntentEnd, IntentOutcome, Phase, StepState, SubTask, WaitState};
pub use undo::{UndoPhase, UndoState, UndoStep};

use super::{NotUndone, PermitsAwaited, Seq, Submitted, Verdict};
use crate::actor::Actor;
use crate::id::{SignalName, StepName, WorkflowId};
use crate::time::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Says everything about a workflow that its events say. Read it; only [`apply`](Self::apply) changes it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct WorkflowState {
    /// Which workflow.
    pub id: WorkflowId,
    /// What was accepted.
    pub spec: Submitted,
    /// When it was accepted.
    pub submitted_at: Timestamp,
    /// Who asked for it.
    pub submitted_by: Actor,
    /// The number that the next event will have.
    pub next_seq: Seq,
    /// When the newest event happened.
    pub last_at: Timestamp,
    /// When its first step started.
    pub started_at: Option<Timestamp>,
    /// Until when it must be started, without the time it was halted before.
    pub start_until: Option<Timestamp>,
    /// When forward work must be done.
    pub deadline_at: Option<Timestamp>,
    /// Its steps, in order.
    pub steps: Vec<StepState>,
    /// How many of them are done or skipped: always the first ones.
    pub steps_finished: usize,
    /// Which step failed last, by its place.
    pub failed_last: Option<usize>,
    /// That it is halted, and why.
    pub halt: Option<Halt>,
    /// That somebody asked for a stop.
    pub cancel: Option<Decision>,
    /// That a person gave it up.
    pub abort: Option<Decision>,
    /// That it goes backwards, and how far it came.
    pub undo: Option<UndoState>,
    /// The permits for which it queues, or queued when the events last told: a step that looks again after a wait
    /// says so only with its next event.
    pub permits_awaited: Option<PermitsAwaited>,
    /// The signals that are not used up, by the event that brought them.
    pub signals: BTreeMap<Seq, Signal>,
    /// The keys of all signals that ever came.
    pub signal_keys: BTreeSet<String>,
    /// That a person allowed the next power command on an unknown reading.
    pub power_override: Option<Decision>,
    /// What people decided, oldest first.
    pub decided: Vec<Decided>,
    /// What an event is that this version does not understand.
    pub foreign: Option<String>,
    /// What is wrong with the stored history.
    pub damage: Option<String>,
    /// How it ended.
    pub ended: Option<Ended>,
}

/// Says that a run waits for a person's decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Halt {
    /// Which event halted it: a decision is for this halt and no other.
    pub seq: Seq,
    /// At which step.
    pub step: Option<StepName>,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// When it fails if nobody decides.
    pub until: Timestamp,
}

/// Records who decided something, when and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub why: String,
}

/// Holds a signal that arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// Its name.
    pub name: SignalName,
    /// What it carries.
    pub payload: Value,
    /// Who sent it.
    pub by: Actor,
}

/// Says how a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// How.
    pub verdict: Verdict,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// What could not be undone.
    pub not_undone: Vec<NotUndone>,
}

/// Says what was decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// `cancel`, `retry`, `skip`, `abort` or `override power`.
    pub what: &'static str,
    /// About which step, if about one.
    pub step: Option<StepName>,
    /// Who decided it, when and why.
    pub decision: Decision,
}
