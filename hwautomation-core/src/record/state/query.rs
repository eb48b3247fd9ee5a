//! Questions to a state.

use super::{Guard, Phase, StepState, WorkflowState};
use crate::id::StepName;
use crate::record::{RunState, Verdict};
use crate::time::Timestamp;
use std::time::Duration;

impl WorkflowState {
    /// Returns the state in the words of the outside.
    #[must_use]
    pub fn run_state(&self) -> RunState {
        match &self.ended {
            Some(ended) => match ended.verdict {
                Verdict::Completed => RunState::Completed,
                Verdict::Failed => RunState::Failed,
                Verdict::Cancelled => RunState::Cancelled,
            },
            None if self.started_at.is_none() => RunState::Pending,
            None => RunState::Running,
        }
    }

    /// Returns the first step that is neither done nor skipped.
    #[must_use]
    pub fn current_step(&self) -> Option<&StepState> {
        self.current_index().map(|index| &self.steps[index])
    }

    /// Returns the place of the first step that is neither done nor skipped.
    #[must_use]
    pub fn current_index(&self) -> Option<usize> {
        (self.steps_finished < self.steps.len()).then_some(self.steps_finished)
    }

    /// Returns the step of this name.
    #[must_use]
    pub fn step(&self, name: &StepName) -> Option<&StepState> {
        self.steps.iter().find(|step| step.spec.name == *name)
    }

    /// Returns the guard that holds now, if one does.
    #[must_use]
    pub fn guard(&self, now: Timestamp) -> Option<Guard> {
        self.guards().find(|guard| now < guard.until)
    }

    /// Forward only the step at which it is can be guarded, so a long workflow is not searched.
    fn guards(&self) -> impl Iterator<Item = Guard> {
        let from = if self.undo.is_some() { 0 } else { self.steps_finished };
        let to = if self.undo.is_some() { self.steps.len() } else { self.steps.len().min(from + 1) };
        self.steps[from..to].iter().filter_map(|step| step.guard)
    }

    /// Returns how much of the steps is done or skipped, in whole percent, rounded down.
    #[must_use]
    pub fn percent(&self) -> u8 {
        if self.damage.is_some() && self.steps.is_empty() {
            return 0;
        }
        let done = self.steps_finished * 100;
        done.checked_div(self.steps.len()).and_then(|percent| u8::try_from(percent).ok()).unwrap_or(100)
    }

    /// Returns how long it may stand still where no limit of its own counts: as long as it might wait to be started.
    #[must_use]
    pub fn standstill_limit(&self) -> Duration {
        self.spec.start_limit.unwrap_or(self.spec.halt_limit)
    }

    /// Returns the earliest time at which a limit ends or turns the run, whatever it does: of a queue, the step, the
    /// run, the halt or the way back. None where there is no limit, or while a guard holds them off.
    #[must_use]
    pub fn presses_at(&self) -> Option<Timestamp> {
        if self.ended.is_some() {
            return None;
        }
        if let Some(halt) = &self.halt {
            return Some(halt.until);
        }
        let guarded_until = self.guards().map(|guard| guard.until).max();
        let at = match &self.undo {
            Some(undo) => Some(undo.deadline_at),
            None if self.started_at.is_none() => self.start_until,
            None => {
                let step = self.current_step();
                let wait = step.and_then(|step| match &step.phase {
                    Phase::Waiting(wait) => Some(wait.deadline_at),
                    _ => None,
                });
                let attempt = step.and_then(StepState::attempt_deadline_at);
                let queue = self.permits_until();
                self.deadline_at.into_iter().chain(attempt).chain(wait).chain(queue).min()
            }
        };
        at.map(|at| guarded_until.map_or(at, |until| until.max(at)))
    }
}
