//! What the manager tells.

use super::WorkflowManager;
use crate::engine::shared::Mode;
use crate::error::{Error, Result};
use crate::id::{PermitName, WorkflowId};
use crate::machine::Machine;
use crate::record::{
    Event, EventKind, Position, RunState, Seq, SubState, WaitingFor, WorkflowReport, WorkflowState,
    WorkflowStatus, WorkflowSummary,
};
use crate::store::{EventListener, HistoryStore, Only, PermitRow, WorkflowFilter, refusal};
use crate::workflow::{StepOutput, read_output};
use futures_core::Stream;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// How many events a subscription holds at most.
const PAGE: usize = 256;
/// How often a waiter looks without being told: another manager may run the workflow.
const LOOK: Duration = Duration::from_secs(1);

impl WorkflowManager {
    /// Says where a run stands and why it waits.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Corrupt`, `Storage`.
    pub async fn status(&self, id: WorkflowId) -> Result<WorkflowStatus> {
        let mut state = self.state(id).await?;
        let queues = match &state.permits_awaited {
            Some(_) if state.ended.is_none() => self.shared.store.permit_queue(id).await?,
            _ => None,
        };
        // Whether it still queues, and who is before it, only the store knows.
        if queues.is_none() {
            state.permits_awaited = None;
        }
        let mut status = state.status();
        let queues = queues.and_then(|wait| state.waits_for_permit(&wait.name, wait.ahead, wait.since));
        status.waiting = queues.or_else(|| self.stands_still(&status)).or(status.waiting);
        Ok(status)
    }

    /// Lists permits that are held or queued for, by name, those after `after`, up to `limit`.
    ///
    /// # Errors
    ///
    /// `Storage`.
    pub async fn permits(&self, after: Option<&PermitName>, limit: usize) -> Result<Vec<PermitRow>> {
        self.shared.store.permits(after, limit).await
    }

    /// Says why a run does not go on though nothing in it waits: that is nothing its events know.
    fn stands_still(&self, status: &WorkflowStatus) -> Option<WaitingFor> {
        let is_halted = status.sub_state == Some(SubState::Halted);
        if status.state.is_terminal() || is_halted {
            return None;
        }
        if let Some(trouble) = self.shared.troubles.stands(status.id, status.last_at) {
            let then = "it is tried again".to_owned();
            return Some(WaitingFor {
                what: trouble.why,
                since: trouble.since,
                until: Some(trouble.again_at),
                then,
            });
        }
        let waits_already = status.waiting.is_some() && status.state != RunState::Pending;
        if waits_already || self.shared.running.find(status.id).is_some() {
            return None;
        }
        let places = self.shared.options.running_max;
        let what = match self.shared.mode() {
            Mode::Paused => "the manager to be resumed".to_owned(),
            Mode::Draining | Mode::Stopping => "a manager that is not about to stop".to_owned(),
            Mode::Working if self.shared.running.len() >= places => {
                format!("a worker: all {places} places of this manager are taken")
            }
            Mode::Working => "a worker".to_owned(),
        };
        let until = status.waiting.as_ref().and_then(|waiting| waiting.until);
        Some(WaitingFor { what, since: status.last_at, until, then: "it goes on".to_owned() })
    }

    /// Collects all that went wrong in a run, every attempt, and what people decided: as JSON, or to print.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Corrupt`, `Storage`.
    pub async fn report(&self, id: WorkflowId) -> Result<WorkflowReport> {
        Ok(self.state(id).await?.report())
    }

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
        let mut newest = state.steps.iter().rev().filter_map(|step| step.output.as_ref());
        let found = newest.find(|output| output.name == T::NAME);
        let Some(record) = found else {
            return Err(Error::not_found(format!("no step of workflow {id} handed on {}", T::NAME))
                .with_remedy("look at its status: the step may not be done, or was skipped"));
        };
        let value = self.shared.value(&record.value).await?;
        read_output(Some(record), value)
    }

    /// Finds a machine as the directory knows it now, with what its profile adds.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Conflict`, `Storage`.
    pub async fn machine(&self, name: &str) -> Result<Machine> {
        self.shared.machine(name).await
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
        // A decision that was posted and not yet taken up ends the halt in a moment.
        let is_done =
            done(&row) && (row.state.is_terminal() || self.shared.store.inbox(id).await?.is_empty());
        if !is_done {
            let _look_again = tokio::time::timeout(LOOK, told).await;
        }
        Ok(is_done)
    }

    /// Follows the events of one run, from this number on, up to its end. Each once, in order; an item is only an
    /// error when the store failed, and the stream ends there.
    pub fn subscribe(&self, id: WorkflowId, from: Seq) -> impl Stream<Item = Result<Event>> + Send + use<> {
        self.follow(Scope::One(id), from)
    }

    /// Follows the events of all runs after this position, for ever.
    pub fn subscribe_all(&self, after: Position) -> impl Stream<Item = Result<Event>> + Send + use<> {
        self.follow(Scope::All, after)
    }

    fn follow(&self, scope: Scope, next: u64) -> impl Stream<Item = Result<Event>> + Send + use<> {
        let store = Arc::clone(&self.shared.store);
        let hints = store.hints().listen_for_events();
        let reader = Reader { store, scope, next, page: VecDeque::new(), hints, over: false };
        futures_util::stream::unfold(reader, |mut reader| async move {
            let item = reader.item().await?;
            Some((item, reader))
        })
    }
}

/// Says whose events are read.
enum Scope {
    One(WorkflowId),
    All,
}

/// Reads page after page; when there is none, waits for the store's hint. The store is the truth, so a slow reader
/// loses nothing and holds one page.
struct Reader {
    store: Arc<dyn HistoryStore>,
    scope: Scope,
    /// The number of the next event of one run, or the position after which all are read.
    next: u64,
    page: VecDeque<Event>,
    hints: EventListener,
    over: bool,
}

impl Reader {
    async fn item(&mut self) -> Option<Result<Event>> {
        while !self.over {
            if let Some(event) = self.page.pop_front() {
                return Some(Ok(self.pass(event)));
            }
            match self.read().await {
                Ok(page) if page.is_empty() && self.is_past_the_end().await => self.over = true,
                Ok(page) if page.is_empty() => {
                    let _look_again = tokio::time::timeout(LOOK, self.hints.changed()).await;
                }
                Ok(page) => self.page = page.into(),
                Err(error) => {
                    self.over = true;
                    return Some(Err(error));
                }
            }
        }
        None
    }

    async fn read(&self) -> Result<Vec<Event>> {
        match self.scope {
            Scope::One(id) => self.store.events(id, self.next, PAGE).await,
            Scope::All => self.store.follow(self.next, PAGE, Only::Everything).await,
        }
    }

    /// Nothing more comes of a run that ended before this number, or that there is not.
    async fn is_past_the_end(&self) -> bool {
        match self.scope {
            Scope::One(id) => match self.store.summary(id).await {
                Ok(Some(row)) => row.state.is_terminal() && row.events <= self.next,
                Ok(None) => true,
                Err(_) => false,
            },
            Scope::All => false,
        }
    }

    fn pass(&mut self, event: Event) -> Event {
        match self.scope {
            Scope::One(_) => {
                self.next = event.seq + 1;
                self.over = matches!(event.kind, EventKind::WorkflowEnded { .. });
            }
            Scope::All => self.next = event.position,
        }
        event
    }
}
