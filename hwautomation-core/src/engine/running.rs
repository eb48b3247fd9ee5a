//! Who runs here right now, so that hints reach them.

use crate::id::WorkflowId;
use crate::store::LeaseKey;
use crate::time::Timestamp;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Knows the workflows that run in this engine.
#[derive(Debug, Clone, Default)]
pub(crate) struct Running(Arc<Mutex<HashMap<WorkflowId, Arc<RunHandle>>>>);

/// Reaches a workflow that runs here.
#[derive(Debug)]
pub(crate) struct RunHandle {
    /// Under which lease it runs.
    lease: LeaseKey,
    /// Its inbox has something new.
    pub(crate) inbox: Notify,
    /// Its inbox was not read since the last hint.
    pub(crate) unread: AtomicBool,
    /// Its lease is lost.
    pub(crate) lost: Notify,
    /// The same, for whoever looks later.
    was_lost: AtomicBool,
    /// How much of its current step is done: the bits of an `f32`, or none.
    progress: AtomicU32,
    at: Mutex<At>,
}

/// Says what a run is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    /// Its history and its machine are read.
    Opening,
    /// A step is called.
    Step,
    /// Since then the store is asked or told something between calls of steps.
    Store(Timestamp),
}

/// No fraction has this pattern: it is not a number.
const NO_PROGRESS: u32 = u32::MAX;

/// Stands for one run; when it is dropped, the run is gone. The next run of the same workflow may have entered by
/// then, since the lease is given back before the task ends: that one stays.
#[derive(Debug)]
pub(crate) struct Entered {
    running: Running,
    workflow: WorkflowId,
    handle: Arc<RunHandle>,
}

impl Running {
    /// Enters a run, and says whether its inbox may have something.
    pub(crate) fn enter(&self, lease: LeaseKey, unread: bool) -> Entered {
        let workflow = lease.workflow;
        let handle = Arc::new(RunHandle {
            lease,
            inbox: Notify::new(),
            unread: AtomicBool::new(unread),
            lost: Notify::new(),
            was_lost: AtomicBool::new(false),
            progress: AtomicU32::new(NO_PROGRESS),
            at: Mutex::new(At::Opening),
        });
        self.lock().insert(workflow, Arc::clone(&handle));
        Entered { running: self.clone(), workflow, handle }
    }

    pub(crate) fn find(&self, workflow: WorkflowId) -> Option<Arc<RunHandle>> {
        self.lock().get(&workflow).cloned()
    }

    /// Finds the run under this very lease.
    pub(crate) fn under(&self, lease: LeaseKey) -> Option<Arc<RunHandle>> {
        self.find(lease.workflow).filter(|handle| handle.lease == lease)
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    pub(crate) fn all(&self) -> Vec<Arc<RunHandle>> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<WorkflowId, Arc<RunHandle>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RunHandle {
    pub(crate) fn set_progress(&self, fraction: Option<f32>) {
        self.progress.store(fraction.map_or(NO_PROGRESS, f32::to_bits), Ordering::Relaxed);
    }

    pub(crate) fn progress(&self) -> Option<f32> {
        let bits = self.progress.load(Ordering::Relaxed);
        (bits != NO_PROGRESS).then(|| f32::from_bits(bits))
    }

    pub(crate) fn is_at(&self, at: At) {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    pub(crate) fn at(&self) -> At {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tell_lost(&self) {
        self.was_lost.store(true, Ordering::Release);
        self.lost.notify_one();
    }

    pub(crate) fn was_lost(&self) -> bool {
        self.was_lost.load(Ordering::Acquire)
    }

    pub(crate) fn tell_inbox(&self) {
        self.unread.store(true, Ordering::Release);
        self.inbox.notify_one();
    }
}

impl Entered {
    pub(crate) fn handle(&self) -> Arc<RunHandle> {
        Arc::clone(&self.handle)
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let mut running = self.running.lock();
        if running.get(&self.workflow).is_some_and(|known| Arc::ptr_eq(known, &self.handle)) {
            running.remove(&self.workflow);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_leaves_late_does_not_take_the_next_one_along() {
        let (running, workflow) = (Running::default(), WorkflowId::generate());
        let lease = |epoch| LeaseKey { workflow, owner: crate::id::OwnerId::from_bytes([7; 16]), epoch };
        let first = running.enter(lease(1), true);
        let second = running.enter(lease(2), true);
        assert!(running.under(lease(1)).is_none() && running.under(lease(2)).is_some());
        drop(first);
        assert!(running.find(workflow).is_some_and(|found| Arc::ptr_eq(&found, &second.handle)));
        drop(second);
        assert!(running.find(workflow).is_none());
    }
}
