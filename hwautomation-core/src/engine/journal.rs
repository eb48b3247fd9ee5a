//! The one door through which events become true.

use super::observe::{self, Call, Meters, Tally};
use super::shared::Mode;
use super::timer;
use crate::actor::Actor;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{BatchId, WorkflowId};
use crate::record::{Blob, EventKind, NewEvent, Position, Seq, WorkflowState, WorkflowSummary};
use crate::store::{After, Append, Appended, Begin, GiveBack, HistoryStore, ItemId, Lease};
use crate::time::{Clock, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How many events are read at a time.
const PAGE: usize = 500;
/// The first and the longest pause before an append is sent to a store that failed.
const STORE_PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// How long a renewal's answer may take before the store is asked again, and how often it is asked.
const ANSWER_MAX: Duration = Duration::from_secs(5);
const HOLD_TRIES: u32 = 3;

/// Holds a workflow's state and the right to add to it.
///
/// An event is first applied to the state, so one that may not follow never reaches the store; then it waits for
/// [`commit`](Self::commit), which stores everything that waits at once. Nobody acts between the two.
#[derive(Debug)]
pub(crate) struct Journal {
    store: Arc<dyn HistoryStore>,
    clock: Clock,
    state: WorkflowState,
    lease: Lease,
    waiting: Vec<NewEvent>,
    blobs: Vec<Blob>,
    consumed: Vec<ItemId>,
    gives_back: GiveBack,
    /// The names of appends: one drawn at random, and a count.
    batches: (BatchId, u64),
    /// Whether the newest append was sent more than once: then somebody may have taken over meanwhile.
    in_doubt: bool,
    mode: watch::Receiver<Mode>,
    meters: Arc<Meters>,
    /// What counts this kind of workflow, and the step it counted last.
    tally: (Option<Arc<Tally>>, usize),
}

impl Journal {
    /// Reads a workflow of which somebody holds the lease.
    pub(crate) async fn open(
        store: Arc<dyn HistoryStore>,
        clock: Clock,
        lease: Lease,
        remembered: Option<WorkflowState>,
        mode: watch::Receiver<Mode>,
        meters: Arc<Meters>,
    ) -> Result<Self> {
        let state = match remembered {
            Some(state) => state,
            None => load_events(&*store, lease.key.workflow, lease.next_seq).await?,
        };
        Ok(Self {
            store,
            clock,
            tally: (meters.workflow(&state.spec.name), 0),
            state,
            lease,
            waiting: Vec::new(),
            blobs: Vec::new(),
            consumed: Vec::new(),
            gives_back: GiveBack::Nothing,
            batches: (BatchId::generate(), 0),
            in_doubt: false,
            mode,
            meters,
        })
    }

    pub(crate) fn state(&self) -> &WorkflowState {
        &self.state
    }

    /// Returns the state as it is stored, once nothing waits.
    pub(crate) fn into_state(self) -> WorkflowState {
        self.state
    }

    pub(crate) fn lease(&self) -> Lease {
        self.lease
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Adds an event of the engine's own, now.
    pub(crate) fn add(&mut self, kind: EventKind) -> Result<()> {
        self.add_by(Actor::engine(), self.clock.now(), kind)
    }

    /// Adds an event, if it may follow.
    pub(crate) fn add_by(&mut self, actor: Actor, at: Timestamp, mut kind: EventKind) -> Result<()> {
        kind.scrub();
        // Its position is the store's to give; the fold does not look at it.
        let event = NewEvent { at, actor, kind }.numbered(self.state.id, self.state.next_seq, Position::MAX);
        self.state.apply(&event)?;
        self.waiting.push(NewEvent { at: event.at, actor: event.actor, kind: event.kind });
        Ok(())
    }

    pub(crate) fn add_blobs(&mut self, blobs: impl IntoIterator<Item = Blob>) {
        self.blobs.extend(blobs);
    }

    pub(crate) fn consume(&mut self, item: ItemId) {
        self.consumed.push(item);
    }

    /// Gives permits back with the next commit.
    pub(crate) fn give_back(&mut self, what: GiveBack) {
        self.gives_back = self.gives_back.max(what);
    }

    /// Stores what waits. If the store fails, nothing else happens here until it is known what became of it, or the
    /// process ends.
    pub(crate) async fn commit(&mut self, after: After) -> Result<()> {
        let gives_back = std::mem::take(&mut self.gives_back);
        let queues = self.state.permits_awaited.is_some();
        if self.waiting.is_empty() && self.consumed.is_empty() && ends_with(gives_back, after, queues) {
            return self.let_go(after).await;
        }
        let events = std::mem::take(&mut self.waiting);
        self.batches.1 += 1;
        let append = Append {
            lease: self.lease.key,
            batch: BatchId::counted(self.batches.0, self.batches.1),
            expected_seq: self.state.next_seq - events.len() as u64,
            events,
            blobs: std::mem::take(&mut self.blobs),
            consumed: std::mem::take(&mut self.consumed),
            gives_back,
            after,
            summary: WorkflowSummary::of(&self.state),
        };
        let mut pause = STORE_PAUSE.0;
        self.in_doubt = false;
        loop {
            match self.store.append(append.clone()).await {
                Ok(_) => {
                    self.tell(&append.events);
                    return Ok(());
                }
                Err(error) if is_refusal(error.kind()) || *self.mode.borrow() == Mode::Stopping => {
                    return Err(error);
                }
                Err(error) => {
                    let workflow = append.lease.workflow;
                    self.meters.store_failed(Call::Append);
                    tracing::error!(%workflow, %error, pause_ms = pause.as_millis(), "the store failed");
                }
            }
            self.in_doubt = true;
            timer::pause(pause).await;
            pause = (pause * 2).min(STORE_PAUSE.1);
        }
    }

    /// Tells those who watch the engine what was stored.
    fn tell(&mut self, events: &[NewEvent]) {
        self.meters.committed(events.len());
        for event in events {
            observe::log(&event.kind);
            if let (Some(tally), last) = &mut self.tally {
                tally.count(&event.kind, event.at, &self.state, last);
            }
        }
    }

    async fn let_go(&mut self, after: After) -> Result<()> {
        match after {
            After::Release { wake_at } => self.store.release(self.lease.key, wake_at).await,
            After::Hold | After::End => Ok(()),
        }
    }

    /// Makes sure that the lease lasts this long from now on. An answer that was long on its way says nothing about now,
    /// so the store is asked again.
    pub(crate) async fn hold_for(&mut self, span: Duration) -> Result<()> {
        for _ in 0..HOLD_TRIES {
            let asked_at = self.clock.now();
            if self.lease.until >= asked_at + span && !self.in_doubt {
                return Ok(());
            }
            let span = span.saturating_add(ANSWER_MAX);
            if !self.store.renew(&[self.lease.key], span).await?.is_empty() {
                return Err(crate::store::refusal::lease_lost(self.lease.key));
            }
            self.in_doubt = false;
            self.lease.until = self.lease.until.max(asked_at + span);
        }
        if self.lease.until >= self.clock.now() + span {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Storage,
            format!("the store took longer than {ANSWER_MAX:?} for each answer"),
        )
        .with_remedy("look at the store's disk or network; nothing is sent while it is that slow"))
    }

    /// Asks the store whether the lease is still ours where that is not certain: it may have run out while an answer was
    /// on its way, or an append that was sent twice may have been stored before somebody else took over.
    pub(crate) async fn hold_if_in_doubt(&mut self, span: Duration) -> Result<()> {
        if self.in_doubt || self.lease.until <= self.clock.now() {
            return self.hold_surely(span).await;
        }
        Ok(())
    }

    /// Makes sure that the lease is still ours, and lasts this long, by asking the store.
    pub(crate) async fn hold_surely(&mut self, span: Duration) -> Result<()> {
        self.in_doubt = true;
        self.hold_for(span).await
    }
}

/// Tells whether what is given back comes back with the lease anyway. A place in the queue does not.
fn ends_with(gives_back: GiveBack, after: After, queues: bool) -> bool {
    match gives_back {
        GiveBack::Nothing => true,
        GiveBack::Call => after != After::Hold && !queues,
        GiveBack::All => false,
    }
}

/// How often event 0 is sent to a store that failed. The batch is the same, so it is stored once.
const BEGIN_TRIES: u32 = 3;

/// Records event 0.
pub(crate) async fn begin(store: &dyn HistoryStore, meters: &Meters, begin: Begin) -> Result<Appended> {
    let mut tried = 1;
    loop {
        match store.begin(begin.clone()).await {
            // A full queue is told at once: whoever submits decides when to come again.
            Err(error) if is_refusal(error.kind()) || error.kind() == ErrorKind::Busy => return Err(error),
            Err(error) => {
                meters.store_failed(Call::Begin);
                if tried >= BEGIN_TRIES {
                    return Err(error);
                }
                tried += 1;
            }
            Ok(stored) => {
                meters.committed(stored.events.len());
                return Ok(stored);
            }
        }
        timer::pause(STORE_PAUSE.0).await;
    }
}

/// Tells whether the store understood and said no; everything else may pass.
fn is_refusal(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::LeaseLost | ErrorKind::Conflict | ErrorKind::NotFound | ErrorKind::Invalid)
}

/// Reads a whole history, which may be damaged. The store's row says how many events there must be.
pub(crate) async fn load(store: &dyn HistoryStore, workflow: WorkflowId) -> Result<WorkflowState> {
    let row = store.summary(workflow).await?.ok_or_else(|| crate::store::refusal::unknown(workflow))?;
    load_events(store, workflow, row.events).await
}

async fn load_events(store: &dyn HistoryStore, workflow: WorkflowId, count: Seq) -> Result<WorkflowState> {
    let first = store.events(workflow, 0, PAGE).await?;
    let mut full = first.len() == PAGE;
    let (mut state, rest) = match first.first().map(WorkflowState::begin) {
        Some(Ok(state)) => (state, &first[1..]),
        _ => {
            let row = store.summary(workflow).await?;
            let row = row.ok_or_else(|| crate::store::refusal::unknown(workflow))?;
            (WorkflowState::stub(&row), first.as_slice())
        }
    };
    rest.iter().for_each(|event| state.read(event));
    while full {
        let page = store.events(workflow, state.next_seq, PAGE).await?;
        page.iter().for_each(|event| state.read(event));
        full = page.len() == PAGE;
    }
    state.expect_events(count);
    if let Some(damage) = &state.damage {
        tracing::error!(%workflow, damage, "a history is damaged");
    }
    Ok(state)
}
