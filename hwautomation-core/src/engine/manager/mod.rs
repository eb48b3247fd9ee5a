//! The entry: submits workflows, commands them, and tells about them.

mod bounds;
mod builder;
mod commands;
mod dry_run;
mod follow;
mod prune;
mod read;
mod resubmit;
mod standing;
mod submit;

pub use builder::ManagerBuilder;
pub use resubmit::StartAt;

use super::shared::{Mode, Shared};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinHandle;

/// Runs workflows over one history store.
///
/// Made by [`builder`](Self::builder). Starting it starts a worker, so that submitting and waiting cannot hang.
/// Dropping it stops the worker at once, as a crash would; [`shutdown`](Self::shutdown) lets running steps come to
/// a checkpoint first. Either way nothing is lost: whoever opens the store next goes on.
pub struct WorkflowManager {
    shared: Arc<Shared>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

impl WorkflowManager {
    /// Begins to put a manager together.
    #[must_use]
    pub fn builder() -> ManagerBuilder {
        ManagerBuilder::default()
    }

    /// Claims nothing more; what runs lets go after its current step. Nothing is lost.
    pub fn pause(&self) {
        self.change(Mode::Working, Mode::Paused);
    }

    /// Goes on after [`pause`](Self::pause).
    pub fn resume(&self) {
        self.shared.works_again();
        self.change(Mode::Paused, Mode::Working);
    }

    /// A manager that drains or stops goes on doing so.
    fn change(&self, from: Mode, to: Mode) {
        self.shared.mode.send_if_modified(|mode| {
            let changes = *mode == from;
            if changes {
                *mode = to;
            }
            changes
        });
    }

    /// Claims nothing more and waits until what runs has ended or waits.
    pub async fn drain(&self) {
        self.shared.mode.send_replace(Mode::Draining);
        self.join().await;
    }

    /// Claims nothing more, asks running steps to stop at a checkpoint, drops those that do not within the cancel
    /// grace, and waits until all have let go. Work under a guard is let finish.
    pub async fn shutdown(&self) {
        self.shared.mode.send_replace(Mode::Stopping);
        self.join().await;
    }

    async fn join(&self) {
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(worker) = worker
            && let Err(error) = worker.await
            && error.is_panic()
        {
            tracing::error!(%error, "the worker broke off");
        }
    }
}

impl Drop for WorkflowManager {
    fn drop(&mut self) {
        if let Some(worker) = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take() {
            worker.abort();
        }
    }
}

impl fmt::Debug for WorkflowManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkflowManager")
            .field("store", &self.shared.store)
            .field("workflows", &self.shared.workflows.keys())
            .finish_non_exhaustive()
    }
}
