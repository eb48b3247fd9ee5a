//! The first event, and the fold of all.

use super::{StepState, WorkflowState};
use crate::error::{Error, ErrorKind, Result};
use crate::record::{Event, EventKind};
use std::collections::{BTreeMap, BTreeSet};

impl WorkflowState {
    /// Begins with event 0.
    ///
    /// # Errors
    ///
    /// `Corrupt` when the event is not the one that a history begins with.
    pub fn begin(event: &Event) -> Result<Self> {
        let spec = match &event.kind {
            EventKind::WorkflowSubmitted(spec) => spec,
            EventKind::Unreadable { why } => {
                return Err(broken(event, &format!("it cannot be read, and says what was accepted: {why}")));
            }
            _ => return Err(broken(event, "a history begins with workflow_submitted")),
        };
        if event.seq != 0 {
            return Err(broken(event, "a history begins with event 0"));
        }
        let mut steps: Vec<_> = spec.steps.iter().cloned().map(StepState::new).collect();
        for (step, carried) in steps.iter_mut().zip(&spec.carried) {
            if step.spec.name != carried.step {
                return Err(broken(event, "it carries steps that are not its first ones"));
            }
            step.carry(carried, spec.resubmit_of, event.at);
        }
        Ok(Self {
            id: event.workflow,
            spec: (**spec).clone(),
            submitted_at: event.at,
            submitted_by: event.actor.clone(),
            next_seq: 1,
            last_at: event.at,
            started_at: None,
            start_until: spec.start_limit.map(|limit| event.at + limit),
            deadline_at: None,
            steps,
            steps_finished: spec.carried.len(),
            failed_last: None,
            halt: None,
            cancel: None,
            abort: None,
            undo: None,
            permits_awaited: None,
            signals: BTreeMap::new(),
            signal_keys: BTreeSet::new(),
            power_override: None,
            decided: Vec::new(),
            foreign: None,
            damage: None,
            ended: None,
        })
    }

    /// Folds a whole history.
    ///
    /// # Errors
    ///
    /// `Corrupt` when an event may not follow those before it.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a Event>) -> Result<Self> {
        let mut events = events.into_iter();
        let first = events.next().ok_or_else(|| Error::new(ErrorKind::Corrupt, "a history has no events"))?;
        let mut state = Self::begin(first)?;
        events.try_for_each(|event| state.apply(event))?;
        Ok(state)
    }
}

pub(super) fn broken(event: &Event, why: &str) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("event {} of workflow {} may not follow: {why}", event.seq, event.workflow),
    )
    .with_remedy("keep a copy of the store and report this; other workflows are not affected")
}
