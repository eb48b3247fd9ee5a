//! The states of runs that this engine let go of: whoever takes one up again need not read its history.

use crate::id::WorkflowId;
use crate::record::{Seq, WorkflowState};
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many states are remembered; one of seven steps weighs about 8 KiB. The one that was kept longest goes first.
const STATES_MAX: usize = 1024;
/// How many steps the remembered states have together, so that long workflows do not fill the memory.
const STEPS_MAX: usize = 8 * STATES_MAX;

/// What is known of a run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Known {
    pub(crate) state: WorkflowState,
    /// Its request as steps get it, if one was called: a large one is not copied each time it is taken up.
    pub(crate) request: Option<Arc<Value>>,
}

/// Remembers states as long as nobody wrote anything since: only the owner of a lease writes, and who takes it learns
/// the number of the next event.
#[derive(Debug, Default)]
pub(crate) struct Remembered(Mutex<States>);

#[derive(Debug, Default)]
struct States {
    /// Boxed: a table has more places than entries.
    by_id: HashMap<WorkflowId, (u64, Box<Known>)>,
    /// In the order in which they were kept, with those that were taken or kept again since.
    order: VecDeque<(u64, WorkflowId)>,
    kept: u64,
    /// How many steps all have together.
    steps: usize,
}

impl Remembered {
    /// Keeps a state that is stored as it is.
    pub(crate) fn keep(&self, known: Known) {
        if known.state.unreadable().is_none() && known.state.ended.is_none() {
            self.lock().keep(known);
        }
    }

    /// Returns what is known, unless somebody went on with the run since.
    pub(crate) fn take(&self, workflow: WorkflowId, next_seq: Seq) -> Option<Known> {
        let known = self.lock().remove(workflow)?;
        (known.state.next_seq == next_seq).then_some(known)
    }

    fn lock(&self) -> MutexGuard<'_, States> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl States {
    fn keep(&mut self, known: Known) {
        let (id, steps) = (known.state.id, known.state.steps.len());
        self.remove(id);
        self.kept += 1;
        self.steps += steps;
        self.order.push_back((self.kept, id));
        self.by_id.insert(id, (self.kept, Box::new(known)));
        while self.by_id.len() > STATES_MAX || (self.steps > STEPS_MAX && self.by_id.len() > 1) {
            self.forget_oldest();
        }
        if self.order.len() > 2 * STATES_MAX {
            let Self { by_id, order, .. } = self;
            order.retain(|(kept, id)| by_id.get(id).is_some_and(|(newest, _)| newest == kept));
        }
    }

    fn forget_oldest(&mut self) {
        let Some((kept, id)) = self.order.pop_front() else { return };
        if self.by_id.get(&id).is_some_and(|(newest, _)| *newest == kept) {
            self.remove(id);
        }
    }

    fn remove(&mut self, workflow: WorkflowId) -> Option<Known> {
        let (_, known) = self.by_id.remove(&workflow)?;
        self.steps -= known.state.steps.len();
        Some(*known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Policy, RunState, StepState, WorkflowSummary};
    use crate::time::Timestamp;

    fn known(state: WorkflowState) -> Known {
        Known { state, request: None }
    }

    fn state(next_seq: Seq) -> WorkflowState {
        let row = serde_json::json!({
            "id": WorkflowId::generate(), "name": "test", "state": RunState::Running, "steps_finished": 0,
            "steps_total": 0, "submitted_at": Timestamp::MIN, "events": next_seq,
        });
        let row: WorkflowSummary = serde_json::from_value(row).unwrap();
        WorkflowState { damage: None, next_seq, ..WorkflowState::stub(&row) }
    }

    #[test]
    fn a_state_is_taken_once_and_only_while_nobody_went_on() {
        let remembered = Remembered::default();
        let (first, second) = (state(3), state(3));
        remembered.keep(known(first.clone()));
        remembered.keep(known(second.clone()));
        assert_eq!(remembered.take(first.id, 3), Some(known(first.clone())));
        assert_eq!(remembered.take(first.id, 3), None);
        assert_eq!(remembered.take(second.id, 4), None);
    }

    #[test]
    fn long_workflows_are_fewer() {
        let step = serde_json::json!({
            "name": "step", "title": "step", "version": 1, "resume": "rerun", "policy": Policy::default(),
        });
        let step = StepState::new(serde_json::from_value(step).unwrap());
        let long = || WorkflowState { steps: vec![step.clone(); 1000], ..state(1) };
        let remembered = Remembered::default();
        (0..50).for_each(|_| remembered.keep(known(long())));
        assert_eq!(remembered.lock().by_id.len(), 8);
        assert_eq!(remembered.lock().steps, 8000);
        let newest = WorkflowState { steps: vec![step.clone(); 2 * STEPS_MAX], ..state(1) };
        remembered.keep(known(newest.clone()));
        assert!(remembered.take(newest.id, 1).is_some());
        assert_eq!(remembered.lock().steps, 0);
    }

    #[test]
    fn what_was_kept_longest_goes_and_nothing_grows() {
        let remembered = Remembered::default();
        let (oldest, again) = (state(1), state(1));
        remembered.keep(known(oldest.clone()));
        (0..10 * STATES_MAX).for_each(|_| remembered.keep(known(again.clone())));
        assert!(remembered.lock().order.len() <= 2 * STATES_MAX);
        assert_eq!(remembered.lock().by_id.len(), 2);
        (1..STATES_MAX).for_each(|_| remembered.keep(known(state(1))));
        assert_eq!(remembered.lock().by_id.len(), STATES_MAX);
        assert_eq!(remembered.take(oldest.id, 1), None);
        assert!(remembered.take(again.id, 1).is_some());
    }
}
