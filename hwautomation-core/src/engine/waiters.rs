//! Wakes those who wait for a workflow to come to rest.

use crate::id::WorkflowId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Knows who waits for which workflow.
#[derive(Debug, Default)]
pub(crate) struct Waiters(Mutex<HashMap<WorkflowId, Arc<Notify>>>);

impl Waiters {
    pub(crate) fn listen(&self, workflow: WorkflowId) -> Arc<Notify> {
        let mut waiters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(waiters.entry(workflow).or_default())
    }

    /// Forgets a workflow that nobody listens to any more.
    pub(crate) fn forget(&self, workflow: WorkflowId) {
        let mut waiters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiters.get(&workflow).is_some_and(|waiter| Arc::strong_count(waiter) == 1) {
            waiters.remove(&workflow);
        }
    }

    pub(crate) fn tell(&self, workflow: WorkflowId) {
        let waiter = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&workflow);
        if let Some(waiter) = waiter {
            waiter.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_forgotten_who_still_listens_and_nothing_is_kept_for_nobody() {
        let (waiters, workflow) = (Waiters::default(), WorkflowId::generate());
        let listener = waiters.listen(workflow);
        waiters.forget(workflow);
        assert_eq!(waiters.0.lock().map(|known| known.len()).ok(), Some(1));
        drop(listener);
        waiters.forget(workflow);
        assert_eq!(waiters.0.lock().map(|known| known.len()).ok(), Some(0));
    }
}
