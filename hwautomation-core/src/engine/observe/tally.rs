//! What stored events mean to those who watch: counts and log lines.

use super::meters::{Outcome, Tally};
use super::span::{TARGET, side};
use crate::id::StepName;
use crate::record::{EventKind, Side, WorkflowState};
use crate::time::Timestamp;
use std::time::Duration;
use tracing::{debug, info, warn};

impl Tally {
    /// Counts an event that was stored just now. The state is that after it, or a little later. `last` is the step
    /// that was counted last, for this workflow only.
    pub(crate) fn count(&self, kind: &EventKind, at: Timestamp, state: &WorkflowState, last: &mut usize) {
        if let EventKind::WorkflowEnded { verdict, .. } = kind {
            return self.ended(*verdict);
        }
        let Some(step) = step_of(kind).and_then(|step| self.find(step, *last)) else { return };
        *last = step;
        match kind {
            EventKind::StepStarted { .. } => self.attempted(step, Side::Run),
            EventKind::StepUndoStarted { .. } => self.attempted(step, Side::Undo),
            EventKind::StepDone { .. } => self.took(step, Outcome::Done, span(state, step, at)),
            EventKind::StepSkipped { .. } => self.took(step, Outcome::Skipped, span(state, step, at)),
            EventKind::StepFailed { error, retry_at, .. } => {
                self.failed(step, Side::Run, error.class);
                if retry_at.is_none() {
                    self.took(step, Outcome::Failed, span(state, step, at));
                }
            }
            EventKind::StepUndoFailed { error, .. } => self.failed(step, Side::Undo, error.class),
            _ => {}
        }
    }
}

/// Returns the step of an event that is counted by step.
fn step_of(kind: &EventKind) -> Option<&StepName> {
    match kind {
        EventKind::StepStarted { step, .. }
        | EventKind::StepUndoStarted { step, .. }
        | EventKind::StepDone { step, .. }
        | EventKind::StepSkipped { step, .. }
        | EventKind::StepFailed { step, .. }
        | EventKind::StepUndoFailed { step, .. } => Some(step),
        _ => None,
    }
}

/// Returns how long the step took; one that was skipped before it began took no time. In the state it is where the
/// definition has it, since a run goes on only under the definition it was accepted with.
fn span(state: &WorkflowState, step: usize, at: Timestamp) -> Duration {
    at.since(state.steps.get(step).and_then(|step| step.started_at).unwrap_or(at))
}

/// Logs an event that was stored just now. Its texts are free of secrets: the journal scrubbed them.
pub(crate) fn log(kind: &EventKind) {
    match kind {
        EventKind::WorkflowEnded { verdict, reason, .. } => {
            info!(target: TARGET, ?verdict, reason, "workflow ended");
        }
        EventKind::Halted { step, reason, until } => {
            let step = step.as_ref().map(StepName::as_str);
            warn!(target: TARGET, step, reason, %until, "workflow halted");
        }
        EventKind::StepFailed { step, attempt, error, retry_at, .. } => {
            let (side, retry_at) = (side(Side::Run), retry_at.map(tracing::field::display));
            warn!(target: TARGET, step = step.as_str(), side, attempt, %error, retry_at, "attempt failed");
        }
        EventKind::StepUndoFailed { step, attempt, error, retry_at } => {
            let (side, retry_at) = (side(Side::Undo), retry_at.map(tracing::field::display));
            warn!(target: TARGET, step = step.as_str(), side, attempt, %error, retry_at, "attempt failed");
        }
        EventKind::StepDone { step, .. } => info!(target: TARGET, step = step.as_str(), "step done"),
        EventKind::StepSkipped { step, why, .. } => {
            info!(target: TARGET, step = step.as_str(), why, "step skipped");
        }
        EventKind::StepUndone { step, .. } => info!(target: TARGET, step = step.as_str(), "step undone"),
        EventKind::SubTaskStarted { step, text } => {
            debug!(target: TARGET, step = step.as_str(), text, "sub-task");
        }
        other => debug!(target: TARGET, event = other.name(), "recorded"),
    }
}
