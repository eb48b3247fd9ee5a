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

    pub(crate) fn tell(&self, workflow: WorkflowId) {
        let waiter = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&workflow);
        if let Some(waiter) = waiter {
            waiter.notify_waiters();
        }
    }
}
