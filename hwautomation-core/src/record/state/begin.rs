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
        let EventKind::WorkflowSubmitted(spec) = &event.kind else {
            return Err(broken(event, "a history begins with workflow_submitted"));
        };
        if event.seq != 0 {
            return Err(broken(event, "a history begins with event 0"));
        }
        Ok(Self {
            id: event.workflow,
            spec: (**spec).clone(),
            submitted_at: event.at,
            submitted_by: event.actor.clone(),
            next_seq: 1,
            last_at: event.at,
            started_at: None,
            deadline_at: None,
            steps: spec.steps.iter().cloned().map(StepState::new).collect(),
            halt: None,
            cancel: None,
            abort: None,
            undo: None,
            permits_awaited: None,
            signals: BTreeMap::new(),
            signal_keys: BTreeSet::new(),
            power_override: None,
            foreign: None,
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
