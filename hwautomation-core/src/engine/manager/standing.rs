//! Where a run stands, also as far as its events do not know: who is before it in a queue, what is away, what is full.

use super::WorkflowManager;
use crate::engine::running::At;
use crate::engine::shared::Mode;
use crate::error::Result;
use crate::id::WorkflowId;
use crate::record::{RunState, SubState, WaitingFor, WorkflowReport, WorkflowState, WorkflowStatus};
use crate::time::Timestamp;

impl WorkflowManager {
    /// Says where a run stands and why it waits.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Corrupt`, `Storage`.
    pub async fn status(&self, id: WorkflowId) -> Result<WorkflowStatus> {
        let state = self.state(id).await?;
        self.status_of(state).await
    }

    async fn status_of(&self, mut state: WorkflowState) -> Result<WorkflowStatus> {
        let queues = match &state.permits_awaited {
            Some(_) if state.ended.is_none() => self.shared.store.permit_queue(state.id).await?,
            _ => None,
        };
        // Whether it still queues, and who is before it, only the store knows.
        if queues.is_none() {
            state.permits_awaited = None;
        }
        let mut status = state.status();
        let now = self.shared.clock.now();
        let queues = queues.and_then(|wait| state.waits_for_permit(&wait.name, wait.ahead, wait.since));
        // What should be over by now is nothing that it waits for.
        let queues = queues.filter(|waiting| !waiting.is_over(now));
        status.waiting = status.waiting.take().filter(|waiting| !waiting.is_over(now));
        status.waiting = queues.or_else(|| self.stands_still(&state, &status, now)).or(status.waiting);
        Ok(status)
    }

    /// Says why a run does not go on though nothing in it waits: that is nothing its events know.
    fn stands_still(
        &self,
        state: &WorkflowState,
        status: &WorkflowStatus,
        now: Timestamp,
    ) -> Option<WaitingFor> {
        let waits = status.waiting.is_some();
        if status.state.is_terminal() || (waits && status.sub_state == Some(SubState::Halted)) {
            return None;
        }
        if let Some(trouble) = self.shared.troubles.stands(status.id, status.last_at) {
            let then = "it is tried again".to_owned();
            return Some(WaitingFor {
                what: trouble.why,
                since: trouble.since,
                // Where the lease could not be given back, it has to run out first.
                until: Some(trouble.again_at).filter(|at| now < *at),
                then,
            });
        }
        if waits && status.state != RunState::Pending {
            return None;
        }
        match self.shared.running.find(status.id) {
            Some(handle) => is_kept(handle.at(), status),
            None => state.waits_for_guard(now).or_else(|| Some(self.waits_for_worker(status))),
        }
    }

    fn waits_for_worker(&self, status: &WorkflowStatus) -> WaitingFor {
        let places = self.shared.options.running_max;
        let what = match self.shared.mode() {
            _ if !self.shared.kinds.has(status.name.as_str()) => {
                format!("a program that has the workflow {}", status.name)
            }
            Mode::Paused => "the manager to be resumed".to_owned(),
            Mode::Draining | Mode::Stopping => "a manager that is not about to stop".to_owned(),
            Mode::Working if self.shared.running.len() >= places => {
                format!("a worker: all {places} places of this manager are taken")
            }
            Mode::Working => "a worker".to_owned(),
        };
        let until = status.waiting.as_ref().and_then(|waiting| waiting.until);
        WaitingFor { what, since: status.last_at, until, then: "it goes on".to_owned() }
    }

    /// Collects all that went wrong in a run, every attempt, and what people decided: as JSON, or to print.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Corrupt`, `Storage`.
    pub async fn report(&self, id: WorkflowId) -> Result<WorkflowReport> {
        let state = self.state(id).await?;
        let report = state.report();
        Ok(WorkflowReport { status: self.status_of(state).await?, ..report })
    }
}

/// Says what keeps a run that is taken up and at no step: in peace that takes a moment.
fn is_kept(at: At, status: &WorkflowStatus) -> Option<WaitingFor> {
    let (what, since) = match at {
        At::Step => return None,
        At::Opening => ("its history and its machine to be read", status.last_at),
        At::Store(since) => ("the store to answer", since),
    };
    Some(WaitingFor { what: what.to_owned(), since, until: None, then: "it goes on".to_owned() })
}
