//! A store whose process dies at a chosen append.

use super::Side;
use crate::error::Result;
use crate::id::{MachineId, OwnerId, PermitName, WorkflowId};
use crate::record::{BlobHash, Event, Position, Seq, WorkflowSummary};
use crate::store::{
    Acquired, Append, Appended, Begin, Counts, Hints, HistoryStore, InboxItem, Kinds, Lease, LeaseKey,
    NewItem, Only, PermitRow, PermitWait, Posted, Pruned, Retention, Wanted, WorkflowFilter,
};
use crate::time::Timestamp;
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// Says at which append, counted from 0 with the beginning as the first, the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopAppend {
    /// Which append.
    pub number: u64,
    /// Whether it is stored.
    pub side: Side,
}

/// Passes everything on until the chosen append; from then on no call returns, as if the process were gone.
#[derive(Debug)]
pub struct StoppingStore {
    inner: Arc<dyn HistoryStore>,
    stop: Option<StopAppend>,
    appends: AtomicU64,
    stopped: watch::Sender<bool>,
}

impl StoppingStore {
    /// Stops there, or never.
    #[must_use]
    pub fn new(inner: Arc<dyn HistoryStore>, stop: Option<StopAppend>) -> Self {
        Self { inner, stop, appends: AtomicU64::new(0), stopped: watch::Sender::new(false) }
    }

    /// Counts the appends so far.
    #[must_use]
    pub fn appends(&self) -> u64 {
        self.appends.load(Ordering::SeqCst)
    }

    /// Waits until the chosen append came.
    pub async fn stopped(&self) {
        let mut stopped = self.stopped.subscribe();
        if stopped.wait_for(|stopped| *stopped).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Goes on unless the process is gone.
    async fn alive(&self) {
        if *self.stopped.borrow() {
            std::future::pending::<()>().await;
        }
    }

    async fn counted<T>(&self, store: impl Future<Output = Result<T>> + Send) -> Result<T> {
        self.alive().await;
        let number = self.appends.fetch_add(1, Ordering::SeqCst);
        let stop = self.stop.filter(|stop| stop.number == number);
        if stop.is_some_and(|stop| stop.side == Side::Before) {
            return self.die().await;
        }
        let stored = store.await;
        if stop.is_some() {
            return self.die().await;
        }
        stored
    }

    async fn die<T>(&self) -> Result<T> {
        self.stopped.send_replace(true);
        std::future::pending().await
    }
}

#[async_trait]
impl HistoryStore for StoppingStore {
    async fn begin(&self, begin: Begin) -> Result<Appended> {
        self.counted(self.inner.begin(begin)).await
    }

    async fn append(&self, append: Append) -> Result<Appended> {
        self.counted(self.inner.append(append)).await
    }

    async fn claim(
        &self,
        owner: OwnerId,
        lease_for: Duration,
        limit: usize,
        kinds: &Kinds,
    ) -> Result<Vec<Lease>> {
        self.alive().await;
        self.inner.claim(owner, lease_for, limit, kinds).await
    }

    async fn claim_pressing(&self, owner: OwnerId, lease_for: Duration, limit: usize) -> Result<Vec<Lease>> {
        self.alive().await;
        self.inner.claim_pressing(owner, lease_for, limit).await
    }

    async fn renew(&self, leases: &[LeaseKey], lease_for: Duration) -> Result<Vec<LeaseKey>> {
        self.alive().await;
        self.inner.renew(leases, lease_for).await
    }

    async fn release(&self, lease: LeaseKey, wake_at: Timestamp) -> Result<()> {
        self.counted(self.inner.release(lease, wake_at)).await
    }

    async fn acquire(&self, lease: LeaseKey, wants: &[Wanted]) -> Result<Acquired> {
        self.counted(self.inner.acquire(lease, wants)).await
    }

    async fn permit_queue(&self, workflow: WorkflowId) -> Result<Option<PermitWait>> {
        self.alive().await;
        self.inner.permit_queue(workflow).await
    }

    async fn permits(&self, after: Option<&PermitName>, limit: usize) -> Result<Vec<PermitRow>> {
        self.alive().await;
        self.inner.permits(after, limit).await
    }

    async fn wake(&self, workflow: WorkflowId) -> Result<()> {
        self.counted(self.inner.wake(workflow)).await
    }

    async fn next_due(&self, kinds: &Kinds) -> Result<Option<Timestamp>> {
        self.alive().await;
        self.inner.next_due(kinds).await
    }

    async fn post(&self, item: NewItem) -> Result<Posted> {
        self.alive().await;
        self.inner.post(item).await
    }

    async fn inbox(&self, workflow: WorkflowId) -> Result<Vec<InboxItem>> {
        self.alive().await;
        self.inner.inbox(workflow).await
    }

    async fn events(&self, workflow: WorkflowId, from: Seq, limit: usize) -> Result<Vec<Event>> {
        self.alive().await;
        self.inner.events(workflow, from, limit).await
    }

    async fn follow(&self, after: Position, limit: usize, only: Only) -> Result<Vec<Event>> {
        self.alive().await;
        self.inner.follow(after, limit, only).await
    }

    async fn blob(&self, hash: &BlobHash) -> Result<Vec<u8>> {
        self.alive().await;
        self.inner.blob(hash).await
    }

    async fn summary(&self, workflow: WorkflowId) -> Result<Option<WorkflowSummary>> {
        self.alive().await;
        self.inner.summary(workflow).await
    }

    async fn list(
        &self,
        filter: &WorkflowFilter,
        before: Option<WorkflowId>,
        limit: usize,
    ) -> Result<Vec<WorkflowSummary>> {
        self.alive().await;
        self.inner.list(filter, before, limit).await
    }

    async fn counts(&self) -> Result<Counts> {
        self.alive().await;
        self.inner.counts().await
    }

    async fn claim_on(&self, machine: &MachineId) -> Result<Option<WorkflowId>> {
        self.alive().await;
        self.inner.claim_on(machine).await
    }

    async fn prune(&self, retention: &Retention) -> Result<Pruned> {
        self.alive().await;
        self.inner.prune(retention).await
    }

    fn hints(&self) -> &Hints {
        self.inner.hints()
    }
}
