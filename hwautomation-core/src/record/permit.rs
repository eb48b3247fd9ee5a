//! What it means to wait for permits: until when, and in which words.

use super::{Phase, Side, UndoPhase, WaitingFor, WorkflowState};
use crate::id::{PermitName, StepName};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Says how long a permit is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// For one call of the step: given back when it returns, also when it waits, and when its owner is gone.
    Call,
    /// For the step: kept over its waits and attempts and over crashes, until it is done, skipped, failed for good,
    /// undone or halted.
    Step,
}

/// Says for which permits a workflow queues, or queued when it was last heard of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermitsAwaited {
    /// Which step needs them.
    pub step: StepName,
    /// Whether to run or to be undone.
    pub side: Side,
    /// All that the step needs and may not hold yet.
    pub permits: Vec<PermitName>,
    /// Since when.
    pub since: Timestamp,
}

impl WorkflowState {
    /// Returns until when it may queue for permits, if it does. Where neither step nor run has a limit, it may as long
    /// as it might wait to be started.
    #[must_use]
    pub fn permits_until(&self) -> Option<Timestamp> {
        let awaited = self.permits_awaited.as_ref()?;
        let step = self.step(&awaited.step)?;
        let (own, wait) = match (awaited.side, &step.phase) {
            (Side::Run, Phase::Waiting(wait)) => (step.attempt_deadline_at(), Some(wait)),
            (Side::Run, Phase::Running) => (step.attempt_deadline_at(), None),
            // The next attempt has not begun.
            (Side::Run, _) => (step.deadline_at, None),
            (Side::Undo, _) => match self.undo.as_ref()?.steps.get(&awaited.step).map(|step| &step.phase) {
                Some(UndoPhase::Waiting(wait)) => (None, Some(wait)),
                _ => (None, None),
            },
        };
        let whole = match awaited.side {
            Side::Run => self.deadline_at,
            Side::Undo => self.undo.as_ref().map(|undo| undo.deadline_at),
        };
        let limits = [own, wait.map(|wait| wait.deadline_at), whole];
        Some(limits.into_iter().flatten().min().unwrap_or(awaited.since + self.standstill_limit()))
    }

    /// Says for which permits it waits, as far as its events tell. While a step waits for something else too, only
    /// the store knows whether it queues.
    pub(super) fn waits_for_permits(&self) -> Option<WaitingFor> {
        let awaited = self.permits_awaited.as_ref()?;
        let undo = self.undo.as_ref().and_then(|undo| undo.steps.get(&awaited.step));
        let looks_again = match awaited.side {
            Side::Run => matches!(self.step(&awaited.step)?.phase, Phase::Waiting(_)),
            Side::Undo => undo.is_some_and(|undo| matches!(undo.phase, UndoPhase::Waiting(_))),
        };
        let names: Vec<&str> = awaited.permits.iter().map(PermitName::as_str).collect();
        let what = format!("permit{} {}", if names.len() == 1 { "" } else { "s" }, names.join(", "));
        (!looks_again).then(|| self.in_the_queue(what, awaited.since)).flatten()
    }

    /// Says for which permit it waits and how many are before it, as the store knows.
    #[must_use]
    pub fn waits_for_permit(&self, name: &PermitName, ahead: u64, since: Timestamp) -> Option<WaitingFor> {
        self.in_the_queue(format!("permit {name}, {ahead} ahead"), since)
    }

    fn in_the_queue(&self, what: String, since: Timestamp) -> Option<WaitingFor> {
        let awaited = self.permits_awaited.as_ref()?;
        let then = match awaited.side {
            Side::Run => format!("step {} fails", awaited.step),
            Side::Undo => format!("undoing {} fails", awaited.step),
        };
        Some(WaitingFor { what, since, until: self.permits_until(), then })
    }
}
