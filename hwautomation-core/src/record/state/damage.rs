//! Reading a history of which something is lost or cannot be understood: what can still be known of it.

use super::{Decision, Ended, Halt, StepState, WorkflowState};
use crate::actor::Actor;
use crate::record::{Event, EventKind, OnFailure, RunState, Seq, Submitted, Verdict, WorkflowSummary};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long a person has for a run whose own limits are lost.
const HALT_LIMIT: Duration = Duration::from_secs(24 * 3600);

impl WorkflowState {
    /// Takes in an event as it is stored. One that may not follow does not stop the reading: from there on the history
    /// counts as damaged, and only what people and the engine decided about the run as a whole is read.
    pub fn read(&mut self, event: &Event) {
        if self.damage.is_none() {
            match self.apply(event) {
                Ok(()) => return,
                Err(error) => self.damage = Some(error.message().to_owned()),
            }
        }
        self.salvage(event);
    }

    /// Says that the store counts more events than there are.
    pub fn expect_events(&mut self, count: Seq) {
        if count <= self.next_seq {
            return;
        }
        let missing =
            format!("events {} to {} of workflow {} are missing", self.next_seq, count - 1, self.id);
        self.damage.get_or_insert(missing);
        self.next_seq = count;
    }

    /// Says why nobody can know where the run stands, if so.
    #[must_use]
    pub fn unreadable(&self) -> Option<String> {
        // What comes after an event that nobody understood may well not follow: that is not the cause.
        let foreign = self.foreign.as_ref().map(|what| format!("its history cannot be understood: {what}"));
        foreign.or_else(|| self.damage.as_ref().map(|what| format!("its history is damaged: {what}")))
    }

    /// Tells whether the event that says what was accepted is lost: then the [`spec`](Self::spec) is a stand-in.
    #[must_use]
    pub fn is_request_lost(&self) -> bool {
        self.damage.is_some() && self.spec.fingerprint.is_empty()
    }

    /// Begins a state of which the beginning is lost, by the row that lists show.
    #[must_use]
    pub fn stub(row: &WorkflowSummary) -> Self {
        let verdict = match row.state {
            RunState::Completed => Some(Verdict::Completed),
            RunState::Failed => Some(Verdict::Failed),
            RunState::Cancelled => Some(Verdict::Cancelled),
            RunState::Pending | RunState::Running => None,
        };
        let ended = verdict.map(|verdict| Ended {
            verdict,
            at: row.ended_at.unwrap_or(row.submitted_at),
            reason: "how it ended in detail is lost".to_owned(),
            not_undone: Vec::new(),
        });
        Self {
            id: row.id,
            spec: lost_spec(row),
            submitted_at: row.submitted_at,
            submitted_by: Actor::engine(),
            next_seq: 0,
            last_at: row.submitted_at,
            started_at: (row.state != RunState::Pending).then_some(row.submitted_at),
            start_until: None,
            deadline_at: None,
            steps: Vec::<StepState>::new(),
            steps_finished: 0,
            failed_last: None,
            halt: None,
            cancel: None,
            abort: None,
            undo: None,
            signals: BTreeMap::new(),
            signal_keys: BTreeSet::new(),
            power_override: None,
            decided: Vec::new(),
            foreign: None,
            permits_awaited: None,
            damage: Some(format!("event 0 of workflow {} cannot be read", row.id)),
            ended,
        }
    }

    fn salvage(&mut self, event: &Event) {
        self.next_seq = self.next_seq.max(event.seq + 1);
        self.last_at = self.last_at.max(event.at);
        self.decided.extend(self.decided_by(event));
        let decided =
            |why: &str| Some(Decision { by: event.actor.clone(), at: event.at, why: why.to_owned() });
        match &event.kind {
            EventKind::CancelRequested { why } if self.cancel.is_none() => self.cancel = decided(why),
            EventKind::AbortRequested { why } => self.abort = decided(why),
            EventKind::RetryRequested { .. } => self.halt = None,
            EventKind::Halted { step, reason, until } => {
                let (seq, step, reason) = (event.seq, step.clone(), reason.clone());
                self.halt = Some(Halt { seq, step, reason, since: event.at, until: *until });
            }
            EventKind::WorkflowEnded { verdict, reason, not_undone } => {
                let (at, reason, not_undone) = (event.at, reason.clone(), not_undone.clone());
                self.ended = Some(Ended { verdict: *verdict, at, reason, not_undone });
                self.halt = None;
            }
            _ => {}
        }
    }
}

fn lost_spec(row: &WorkflowSummary) -> Submitted {
    Submitted {
        format: 1,
        name: row.name.clone(),
        fingerprint: String::new(),
        machine: row.machine.clone(),
        request: Value::Null,
        on_failure: OnFailure::Keep,
        deadline: None,
        start_limit: None,
        halt_limit: HALT_LIMIT,
        undo_limit: HALT_LIMIT,
        attempts: None,
        steps: Vec::new(),
        parent: row.parent,
        resubmit_of: None,
        carried: Vec::new(),
    }
}
