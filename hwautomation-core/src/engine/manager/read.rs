//! What the manager tells: rows, events, outputs, and when a run rests.

use super::WorkflowManager;
use crate::error::{Error, Result};
use crate::id::{PermitName, WorkflowId};
use crate::machine::Machine;
use crate::record::{Event, Seq, SubState, WorkflowState, WorkflowStatus, WorkflowSummary};
use crate::store::{PermitRow, WorkflowFilter, refusal};
use crate::workflow::{StepOutput, read_output};
use std::time::Duration;

/// How often a waiter looks without being told: another manager may run the workflow.
pub(super) const LOOK: Duration = Duration::from_secs(1);

impl WorkflowManager {
    /// Reads a run's whole state.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Corrupt`, `Storage`.
    pub async fn state(&self, id: WorkflowId) -> Result<WorkflowState> {
        self.shared.load(id).await
    }

    /// Returns how much of the running step is done, 0 to 1, if it says and runs in this manager.
    #[must_use]
    pub fn progress(&self, id: WorkflowId) -> Option<f32> {
        self.shared.running.find(id)?.progress()
    }

    /// Reads the row of a run.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Storage`.
    pub async fn summary(&self, id: WorkflowId) -> Result<WorkflowSummary> {
        self.shared.store.summary(id).await?.ok_or_else(|| refusal::unknown(id))
    }

    /// Lists runs, newest first, those before `before`, up to `limit`.
    ///
    /// # Errors
    ///
    /// `Storage`.
    pub async fn list(
        &self,
        filter: &WorkflowFilter,
        before: Option<WorkflowId>,
        limit: usize,
    ) -> Result<Vec<WorkflowSummary>> {
        self.shared.store.list(filter, before, limit).await
    }

    /// Reads up to `limit` events of a run, from this number on.
    ///
    /// # Errors
    ///
    /// `Storage`.
    pub async fn events(&self, id: WorkflowId, from: Seq, limit: usize) -> Result<Vec<Event>> {
        self.shared.store.events(id, from, limit).await
    }

    /// Reads what a step of a run handed on; of several outputs of this name the newest.
    ///
    /// # Errors
    ///
    /// `NotFound` when no step did so far, `Invalid` when it has another shape; `Corrupt`, `Storage`.
    pub async fn output<T: StepOutput>(&self, id: WorkflowId) -> Result<T> {
        let state = self.state(id).await?;
        let mut newest = state.steps.iter().rev().filter_map(|step| Some((step, step.output.as_ref()?)));
        let found = newest.find(|(_, output)| output.name == T::NAME);
        let Some((step, output)) = found else {
            return Err(Error::not_found(format!("no step of workflow {id} handed on {}", T::NAME))
                .with_remedy("look at its status: the step may not be done, or was skipped"));
        };
        let value = self.shared.value(&output.value).await?;
        read_output(&step.spec.name, value)
    }

    /// Finds a machine as the directory knows it now, with what its profile adds.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Conflict`, `Storage`.
    pub async fn machine(&self, name: &str) -> Result<Machine> {
        self.shared.machine(name).await
    }

    /// Lists permits that are held or queued for, by name, those after `after`, up to `limit`.
    ///
    /// # Errors
    ///
    /// `Storage`.
    pub async fn permits(&self, after: Option<&PermitName>, limit: usize) -> Result<Vec<PermitRow>> {
        self.shared.store.permits(after, limit).await
    }

    /// Waits until a run has ended. One whose step failed for good halts unless it undoes, and is waited for until
    /// a person decides or its time for that is over, by default a day: see [`wait_or_halt`](Self::wait_or_halt).
    ///
    /// # Errors
    ///
    /// `NotFound`, `Corrupt`, `Storage`.
    pub async fn wait(&self, id: WorkflowId) -> Result<WorkflowStatus> {
        self.wait_for(id, |row| row.state.is_terminal()).await
    }

    /// Waits until a run has ended or a person must decide.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Corrupt`, `Storage`.
    pub async fn wait_or_halt(&self, id: WorkflowId) -> Result<WorkflowStatus> {
        self.wait_for(id, |row| row.state.is_terminal() || row.sub_state == Some(SubState::Halted)).await
    }

    async fn wait_for(
        &self,
        id: WorkflowId,
        done: impl Fn(&WorkflowSummary) -> bool,
    ) -> Result<WorkflowStatus> {
        loop {
            if self.look_or_wait(id, &done).await? {
                self.shared.waiters.forget(id);
                return self.status(id).await;
            }
        }
    }

    /// Tells whether it is done; if not, waits until it may be.
    async fn look_or_wait(&self, id: WorkflowId, done: impl Fn(&WorkflowSummary) -> bool) -> Result<bool> {
        let waiter = self.shared.waiters.listen(id);
        let told = waiter.notified();
        tokio::pin!(told);
        // From here on no telling is missed.
        told.as_mut().enable();
        let row = self.summary(id).await?;
        let is_done = done(&row) && (row.state.is_terminal() || self.rests(id, &done).await?);
        if !is_done {
            let _look_again = tokio::time::timeout(LOOK, told).await;
        }
        Ok(is_done)
    }
    /// Tells whether a run that was halted a moment ago is not about to go on. A decision that was posted and not yet
    /// taken up ends the halt; one that was taken up since has ended it, and only a row that is read later shows it.
    async fn rests(&self, id: WorkflowId, done: impl Fn(&WorkflowSummary) -> bool) -> Result<bool> {
        Ok(self.shared.store.inbox(id).await?.is_empty() && done(&self.summary(id).await?))
    }
}
