//! A store that answers late, loses answers or fails, each once or as long as it is told to.

use crate::adversity::nap;
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::id::{MachineId, OwnerId, PermitName, WorkflowId};
use hwautomation_core::record::{BlobHash, Event, EventKind, Position, Seq, WorkflowSummary};
use hwautomation_core::store::{
    Acquired, After, Append, Appended, Begin, Counts, Hints, HistoryStore, InboxItem, Kinds, Lease, LeaseKey,
    MemoryStore, NewItem, Only, PermitRow, PermitWait, Posted, Pruned, Retention, Wanted, WorkflowFilter,
};
use hwautomation_core::time::Timestamp;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::time::Duration;

#[derive(Debug, Default)]
pub(crate) struct Odd {
    pub(crate) inner: MemoryStore,
    pub(crate) late_release: AtomicBool,
    pub(crate) lose_intent_answer: AtomicBool,
    pub(crate) inbox_fails: AtomicBool,
    /// The next question for an inbox takes three seconds to arrive.
    pub(crate) late_inbox: AtomicBool,
    pub(crate) append_fails: AtomicBool,
    pub(crate) busy_close: AtomicBool,
    /// The next renewal is done, and its answer takes a minute.
    pub(crate) late_renew: AtomicBool,
    /// Every renewal is done, and its answer takes 40 s.
    pub(crate) slow_renew: AtomicBool,
    /// The next recorded intent is stored, and the answer takes 15 s.
    pub(crate) late_intent: AtomicBool,
    /// The next permits are taken, and the answer takes 15 s.
    pub(crate) late_acquire: AtomicBool,
    /// The next start of a second step is stored, and its answer is lost together with all leases.
    pub(crate) lose_second_start: AtomicBool,
    pub(crate) conflicts: AtomicBool,
    pub(crate) appends: AtomicU32,
}

#[async_trait::async_trait]
impl HistoryStore for Odd {
    async fn begin(&self, b: Begin) -> Result<Appended> {
        self.inner.begin(b).await
    }
    async fn append(&self, a: Append) -> Result<Appended> {
        self.appends.fetch_add(1, SeqCst);
        if self.conflicts.load(SeqCst) {
            return Err(Error::new(ErrorKind::Conflict, "another number is next"));
        }
        if self.append_fails.load(SeqCst) {
            return Err(Error::new(ErrorKind::Storage, "disk full"));
        }
        if a.events.iter().any(|e| matches!(e.kind, EventKind::IntentClosed { .. }))
            && self.busy_close.swap(false, SeqCst)
        {
            return Err(Error::new(ErrorKind::Busy, "database is locked")); // as SqliteStore answers SQLITE_BUSY
        }
        let release = matches!(a.after, After::Release { .. });
        let opened = a.events.iter().any(|e| matches!(e.kind, EventKind::IntentOpened { .. }));
        let opens = a.events.iter().any(|e| matches!(e.kind, EventKind::IntentOpened { .. }));
        let starts_second = a.events.iter().any(|e| matches!(e.kind, EventKind::StepDone { .. }));
        let done = self.inner.append(a).await;
        if opens && self.late_intent.swap(false, SeqCst) {
            nap(15).await;
        }
        if starts_second && self.lose_second_start.swap(false, SeqCst) {
            self.inner.end_leases();
            return Err(Error::new(ErrorKind::Storage, "answer lost"));
        }
        if release && self.late_release.swap(false, SeqCst) {
            nap(3).await; // the answer takes its time
        }
        if opened && self.lose_intent_answer.swap(false, SeqCst) {
            self.inner.end_leases(); // the lease ran out and somebody else takes over
            return Err(Error::new(ErrorKind::Storage, "answer lost"));
        }
        done
    }
    async fn claim(&self, o: OwnerId, l: Duration, n: usize, kinds: &Kinds) -> Result<Vec<Lease>> {
        self.inner.claim(o, l, n, kinds).await
    }
    async fn claim_pressing(&self, o: OwnerId, l: Duration, n: usize) -> Result<Vec<Lease>> {
        self.inner.claim_pressing(o, l, n).await
    }
    async fn renew(&self, l: &[LeaseKey], d: Duration) -> Result<Vec<LeaseKey>> {
        let done = self.inner.renew(l, d).await;
        if self.slow_renew.load(SeqCst) {
            nap(40).await;
        }
        if self.late_renew.swap(false, SeqCst) {
            nap(60).await;
        }
        done
    }
    async fn release(&self, l: LeaseKey, at: Timestamp) -> Result<()> {
        let done = self.inner.release(l, at).await;
        if self.late_release.swap(false, SeqCst) {
            nap(3).await;
        }
        done
    }
    async fn acquire(&self, l: LeaseKey, w: &[Wanted]) -> Result<Acquired> {
        let done = self.inner.acquire(l, w).await;
        if self.late_acquire.swap(false, SeqCst) {
            nap(15).await;
        }
        done
    }
    async fn permit_queue(&self, w: WorkflowId) -> Result<Option<PermitWait>> {
        self.inner.permit_queue(w).await
    }
    async fn permits(&self, a: Option<&PermitName>, n: usize) -> Result<Vec<PermitRow>> {
        self.inner.permits(a, n).await
    }

    async fn wake(&self, w: WorkflowId) -> Result<()> {
        self.inner.wake(w).await
    }
    async fn next_due(&self, kinds: &Kinds) -> Result<Option<Timestamp>> {
        self.inner.next_due(kinds).await
    }
    async fn post(&self, i: NewItem) -> Result<Posted> {
        self.inner.post(i).await
    }
    async fn inbox(&self, w: WorkflowId) -> Result<Vec<InboxItem>> {
        if self.inbox_fails.swap(false, SeqCst) {
            return Err(Error::new(ErrorKind::Storage, "a hiccup"));
        }
        if self.late_inbox.swap(false, SeqCst) {
            nap(3).await;
        }
        self.inner.inbox(w).await
    }
    async fn events(&self, w: WorkflowId, f: Seq, n: usize) -> Result<Vec<Event>> {
        self.inner.events(w, f, n).await
    }
    async fn follow(&self, a: Position, n: usize, o: Only) -> Result<Vec<Event>> {
        self.inner.follow(a, n, o).await
    }
    async fn blob(&self, h: &BlobHash) -> Result<Vec<u8>> {
        self.inner.blob(h).await
    }
    async fn summary(&self, w: WorkflowId) -> Result<Option<WorkflowSummary>> {
        self.inner.summary(w).await
    }
    async fn list(
        &self,
        f: &WorkflowFilter,
        b: Option<WorkflowId>,
        n: usize,
    ) -> Result<Vec<WorkflowSummary>> {
        self.inner.list(f, b, n).await
    }
    async fn counts(&self) -> Result<Counts> {
        self.inner.counts().await
    }
    async fn claim_on(&self, m: &MachineId) -> Result<Option<WorkflowId>> {
        self.inner.claim_on(m).await
    }
    async fn prune(&self, retention: &Retention) -> Result<Pruned> {
        self.inner.prune(retention).await
    }

    fn hints(&self) -> &Hints {
        self.inner.hints()
    }
}
