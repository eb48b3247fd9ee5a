//! The way back: which event of undoing may follow, and what it changes.

use super::apply::{Verdicted, allow};
use super::{Failure, UndoPhase, UndoState, UndoStep, WorkflowState};
use crate::id::StepName;
use crate::record::{Side, UndoCause, UndoOf, UndoResult};
use crate::time::Timestamp;
use std::collections::BTreeMap;

impl WorkflowState {
    pub(super) fn begin_undo(
        &mut self,
        because: UndoCause,
        since: Timestamp,
        deadline_at: Timestamp,
    ) -> Verdicted {
        allow(self.undo.is_none(), "it goes backwards already")?;
        self.halt = None;
        self.undo = Some(UndoState { because, since, deadline_at, steps: BTreeMap::new() });
        Ok(())
    }

    pub(super) fn start_undo(&mut self, name: &StepName, of: UndoOf, attempt: u32) -> Verdicted {
        self.step_mut(name)?;
        let undo = self.undo.as_mut().ok_or("it does not go backwards")?;
        let next = match undo.steps.get(name) {
            None => attempt == 1,
            Some(known) => match known.phase {
                UndoPhase::Retrying { .. } => attempt == known.attempt + 1,
                UndoPhase::Running => attempt == known.attempt,
                _ => false,
            },
        };
        allow(next, "undoing of the step is not at this attempt")?;
        let fresh = UndoStep { of, attempt, phase: UndoPhase::Running, failures: Vec::new() };
        let known = undo.steps.entry(name.clone()).or_insert(fresh);
        known.attempt = attempt;
        known.phase = UndoPhase::Running;
        Ok(())
    }

    pub(super) fn end_undo(&mut self, name: &StepName, result: UndoResult) -> Verdicted {
        let open = self.step(name).is_some_and(|step| step.open_intents(Side::Undo).next().is_some());
        allow(!open, "an effect of its undoing is open")?;
        self.active_undo(name)?.phase = UndoPhase::Undone(result);
        self.step_mut(name)?.guard = None;
        Ok(())
    }

    pub(super) fn fail_undo(
        &mut self,
        name: &StepName,
        failure: Failure,
        retry_at: Option<Timestamp>,
    ) -> Verdicted {
        let undo = self.undo_mut(name)?;
        let goes_on =
            matches!(undo.phase, UndoPhase::Running | UndoPhase::Waiting(_) | UndoPhase::Retrying { .. });
        allow(goes_on && undo.attempt == failure.attempt, "no such attempt at undoing runs")?;
        undo.failures.push(failure);
        undo.phase = retry_at.map_or(UndoPhase::Failed, |at| UndoPhase::Retrying { at });
        self.step_mut(name)?.guard = None;
        Ok(())
    }

    fn undo_mut(&mut self, name: &StepName) -> Verdicted<&mut UndoStep> {
        let undo = self.undo.as_mut().ok_or("it does not go backwards")?;
        undo.steps.get_mut(name).ok_or("the step is not being undone")
    }

    pub(super) fn active_undo(&mut self, name: &StepName) -> Verdicted<&mut UndoStep> {
        let undo = self.undo_mut(name)?;
        match undo.phase {
            UndoPhase::Running | UndoPhase::Waiting(_) => Ok(undo),
            _ => Err("the step is not being undone"),
        }
    }
}
