//! What stored events mean to those who watch: counts and log lines.

use super::meters::{Outcome, Tally};
use super::span::{TARGET, side};
use crate::id::StepName;
use crate::record::{EventKind, Side, WorkflowState};
use crate::time::Timestamp;
use tracing::{debug, info, warn};

impl Tally {
    /// Counts an event that was stored just now. The state is that after it, or a little later.
    pub(crate) fn count(&self, kind: &EventKind, at: Timestamp, state: &WorkflowState) {
        match kind {
            EventKind::StepStarted { step, .. } => self.attempted(step, Side::Run),
            EventKind::StepUndoStarted { step, .. } => self.attempted(step, Side::Undo),
            EventKind::StepDone { step, .. } => self.took(step, Outcome::Done, at, state),
            EventKind::StepSkipped { step, .. } => self.took(step, Outcome::Skipped, at, state),
            EventKind::StepFailed { step, error, retry_at, .. } => {
                self.failed(step, Side::Run, error.class);
                if retry_at.is_none() {
                    self.took(step, Outcome::Failed, at, state);
                }
            }
            EventKind::StepUndoFailed { step, error, .. } => self.failed(step, Side::Undo, error.class),
            EventKind::WorkflowEnded { verdict, .. } => self.ended(*verdict),
            _ => {}
        }
    }
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
        EventKind::StepFailed { step, attempt, error, retry_at } => {
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
