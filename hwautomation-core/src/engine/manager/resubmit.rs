//! Where a run that is submitted again begins.

use super::WorkflowManager;
use crate::error::{Error, ErrorKind, Result, did_you_mean};
use crate::id::StepName;
use crate::record::{CarriedStep, StepState, UndoPhase, UndoResult, WorkflowState};

/// Says at which step a run that is submitted again begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartAt {
    /// At the first.
    Beginning,
    /// At the first that the old run neither did nor left out; refused where there is none.
    Unfinished,
    /// At this one. The old run did or left out those before it.
    Step(StepName),
}

impl WorkflowManager {
    /// Lists the steps that the new run takes over from the old one.
    pub(super) fn carried(&self, old: &WorkflowState, start_at: &StartAt) -> Result<Vec<CarriedStep>> {
        let first = match start_at {
            StartAt::Beginning => return Ok(Vec::new()),
            StartAt::Unfinished => old.current_index().unwrap_or(old.steps.len()),
            StartAt::Step(name) => find(old, name)?,
        };
        let carried = &old.steps[..first];
        if let Some(why) = old.unreadable().filter(|_| !carried.is_empty()) {
            return Err(refused(old, &why));
        }
        if !carried.is_empty() && !self.has_definition_of(old) {
            return Err(refused(old, "its definition changed since"));
        }
        if let Some(step) = carried.iter().find(|step| !step.is_finished()) {
            return Err(refused(old, &format!("step {} was not done", step.spec.name)));
        }
        if let Some(step) = carried.iter().find(|step| is_undone(old, step)) {
            return Err(refused(old, &format!("step {} was undone", step.spec.name)));
        }
        if first == old.steps.len() {
            return Err(finished(old));
        }
        let carry =
            |step: &StepState| CarriedStep { step: step.spec.name.clone(), output: step.output.clone() };
        Ok(carried.iter().map(carry).collect())
    }

    fn has_definition_of(&self, old: &WorkflowState) -> bool {
        let now = self.shared.workflows.get(&old.spec.name);
        now.is_some_and(|now| now.fingerprint() == old.spec.fingerprint)
    }
}

fn find(old: &WorkflowState, name: &StepName) -> Result<usize> {
    old.steps.iter().position(|step| step.spec.name == *name).ok_or_else(|| {
        let names = old.steps.iter().map(|step| step.spec.name.as_str());
        Error::not_found(format!(
            "workflow {} has no step {name}{}",
            old.id,
            did_you_mean(name.as_str(), names)
        ))
        .with_remedy("name one of its steps, or begin at the beginning")
    })
}

/// A step whose undoing was begun may be half there.
fn is_undone(old: &WorkflowState, step: &StepState) -> bool {
    let known = old.undo.as_ref().and_then(|undo| undo.steps.get(&step.spec.name));
    known.is_some_and(|known| known.phase != UndoPhase::Undone(UndoResult::Nothing))
}

fn refused(old: &WorkflowState, why: &str) -> Error {
    let message = format!("workflow {} is not begun again in the middle: {why}", old.id);
    Error::new(ErrorKind::Conflict, message).with_remedy("begin at the beginning, or at an earlier step")
}

fn finished(old: &WorkflowState) -> Error {
    let message = format!("workflow {} is not begun again: nothing of it is unfinished", old.id);
    Error::new(ErrorKind::Conflict, message).with_remedy("begin at the beginning, or at one of its steps")
}
