//! The workflows that lie on a damaged page.

use crate::error::Stop;
use hwautomation_core::id::WorkflowId;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Knows which workflows cannot be claimed since their row cannot be read. They are passed over until the file is
/// opened again, and a look at what is due does not find them again and again.
#[derive(Debug, Clone, Default)]
pub(super) struct Damaged(Arc<Mutex<BTreeSet<WorkflowId>>>);

impl Damaged {
    /// Looks at what a call on this workflow came to.
    pub(super) fn learn<T>(&self, workflow: WorkflowId, done: Result<T, Stop>) -> Result<T, Stop> {
        if let Err(Stop::Failed(why)) = &done
            && why.is_damage()
            && self.known().insert(workflow)
        {
            tracing::error!(%workflow, error = %why, "the workflow lies on a damaged page and is not run");
        }
        done
    }

    pub(super) fn len(&self) -> usize {
        self.known().len()
    }

    pub(super) fn has(&self, workflow: WorkflowId) -> bool {
        self.known().contains(&workflow)
    }

    fn known(&self) -> MutexGuard<'_, BTreeSet<WorkflowId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
