//! A run that waits for a person, and what the person decides.

use super::apply::{Verdicted, allow, finish};
use super::{Decision, Halt, Phase, WorkflowState};
use crate::id::StepName;
use crate::time::Timestamp;

impl WorkflowState {
    pub(super) fn request_cancel(&mut self, decision: Decision) -> Verdicted {
        allow(self.cancel.is_none(), "it is cancelled already")?;
        self.cancel = Some(decision);
        Ok(())
    }

    pub(super) fn request_abort(&mut self, decision: Decision) -> Verdicted {
        allow(self.halt.is_some() && self.abort.is_none(), "it is not halted")?;
        self.abort = Some(decision);
        Ok(())
    }

    pub(super) fn begin_halt(&mut self, halt: Halt) -> Verdicted {
        allow(self.halt.is_none() && self.undo.is_none(), "it is halted or goes backwards")?;
        self.halt = Some(halt);
        Ok(())
    }

    /// A step skips itself while it runs; a person skips it while the run is halted.
    pub(super) fn skip(&mut self, name: &StepName, why: &str, at: Timestamp) -> Verdicted {
        allow(self.undo.is_none(), "it goes backwards")?;
        let halted = self.halt.is_some();
        allow(self.current_step().is_some_and(|step| step.spec.name == *name), "it is not this step's turn")?;
        let step = self.step_mut(name)?;
        allow(halted || step.is_active(), "the step is not running and the run is not halted")?;
        step.phase = Phase::Skipped { why: why.to_owned() };
        finish(step, at);
        self.steps_finished += 1;
        self.end_halt(at);
        Ok(())
    }

    pub(super) fn retry(&mut self, at: Timestamp) -> Verdicted {
        allow(self.halt.is_some() && self.abort.is_none(), "it is not halted")?;
        if let Some(index) = self.current_index() {
            let step = &mut self.steps[index];
            if !matches!(step.phase, Phase::Pending | Phase::Running) {
                step.phase = Phase::Retrying { at };
                step.ended_at = None;
            }
            step.failures_in_a_row = 0;
        }
        self.end_halt(at);
        Ok(())
    }

    /// The time a run was halted does not count; a deadline that had passed begins anew.
    pub(super) fn end_halt(&mut self, at: Timestamp) {
        let Some(halt) = self.halt.take() else { return };
        let moved = |deadline_at: Timestamp, whole: Option<std::time::Duration>| {
            if deadline_at <= halt.since {
                at + whole.unwrap_or_default()
            } else {
                deadline_at + at.since(halt.since)
            }
        };
        self.deadline_at = self.deadline_at.map(|deadline| moved(deadline, self.spec.deadline));
        self.start_until = self.start_until.map(|until| moved(until, self.spec.start_limit));
        if let Some(index) = self.current_index() {
            let step = &mut self.steps[index];
            step.deadline_at = step.deadline_at.map(|deadline| moved(deadline, step.spec.policy.deadline));
            let limit = step.spec.policy.attempt_limit;
            let ends_at = step.attempt_at.zip(limit).map(|(began, limit)| moved(began + limit, Some(limit)));
            step.attempt_at = ends_at.zip(limit).map(|(at, limit)| at - limit).or(step.attempt_at);
        }
    }
}
