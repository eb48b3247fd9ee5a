//! A memory store behind a door for each manager: what comes through is written down, and the door may be shut, lose
//! answers, or lie.

use crate::world::{World, nap};
use async_trait::async_trait;
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::id::{BatchId, MachineId, OwnerId, PermitName, WorkflowId};
use hwautomation_core::record::{BlobHash, Event, Position, Seq, WorkflowSummary};
use hwautomation_core::store::{
    Acquired, Append, Appended, Begin, Counts, Hints, HistoryStore, InboxItem, Kinds, Lease, LeaseKey,
    MemoryStore, NewItem, Only, PermitRow, PermitWait, Posted, Pruned, Retention, Wanted, WorkflowFilter,
};
use hwautomation_core::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Says how a store breaks its contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lie {
    /// `only_the_lease_owner_appends`: an old epoch may write and is told that its lease is fine.
    TakesOldEpochs,
    /// `items_come_in_order_until_consumed`: every second item is gone.
    LosesItems,
    /// `an_accepted_append_is_durable`: it answers first and stores a second later.
    AnswersBeforeItStores,
    /// `a_due_workflow_is_claimed_once`: each lease is handed out twice.
    HandsOutTwice,
}

impl Lie {
    pub(crate) const ALL: [Self; 4] =
        [Self::TakesOldEpochs, Self::LosesItems, Self::AnswersBeforeItStores, Self::HandsOutTwice];
}

/// The store itself, and what all doors have in common.
#[derive(Debug)]
pub(crate) struct Vault {
    pub(crate) inner: MemoryStore,
    pub(crate) world: Arc<World>,
    pub(crate) lie: Option<Lie>,
    pub(crate) fails: AtomicBool,
    pub(crate) lose_answers: AtomicU32,
    pub(crate) late: AtomicU64,
    /// How late every answer comes.
    pub(crate) slow: AtomicU64,
    items: AtomicU32,
    /// Which id each accepted run got: ids are counted, so that a case is the same when it is repeated.
    begun: Mutex<BTreeMap<[u8; 16], WorkflowId>>,
    newest: Mutex<BTreeMap<WorkflowId, LeaseKey>>,
}

impl Vault {
    pub(crate) fn new(inner: MemoryStore, world: Arc<World>, lie: Option<Lie>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            world,
            lie,
            fails: AtomicBool::default(),
            lose_answers: AtomicU32::default(),
            late: AtomicU64::default(),
            slow: AtomicU64::default(),
            items: AtomicU32::default(),
            begun: Mutex::default(),
            newest: Mutex::default(),
        })
    }

    pub(crate) fn newest_begun(&self) -> Option<WorkflowId> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).values().max().copied()
    }

    fn counted_id(&self, batch: BatchId) -> WorkflowId {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let count = u8::try_from(begun.len() + 1).unwrap();
        *begun.entry(*batch.as_bytes()).or_insert_with(|| WorkflowId::from_bytes([count; 16]))
    }

    fn forget(&self, batch: BatchId) {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).remove(batch.as_bytes());
    }

    fn wrote(&self, id: WorkflowId, appended: &Appended) {
        let mut ledger = self.world.ledger();
        let events = ledger.events.entry(id).or_default();
        let fresh = appended.events.iter().filter(|event| event.seq >= events.len() as Seq).cloned();
        let fresh: Vec<Event> = fresh.collect();
        events.extend(fresh);
    }

    async fn append(&self, append: Append) -> Result<Appended> {
        let id = append.lease.workflow;
        let appended = self.inner.append(append).await?;
        self.wrote(id, &appended);
        Ok(appended)
    }

    fn handed_out(&self, leases: &[Lease]) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        for lease in leases {
            self.world.ledger().epochs.insert(lease.key.workflow, lease.key.epoch);
            newest.insert(lease.key.workflow, lease.key);
        }
    }

    fn newest_of(&self, id: WorkflowId) -> Option<LeaseKey> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied()
    }

    fn claimed(&self, mut leases: Vec<Lease>) -> Vec<Lease> {
        self.handed_out(&leases);
        if self.lie == Some(Lie::HandsOutTwice) {
            leases.extend(leases.clone());
        }
        leases
    }
}

/// One manager's way to the store.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) vault: Arc<Vault>,
    pub(crate) cut: AtomicBool,
}

impl Door {
    pub(crate) fn new(vault: &Arc<Vault>) -> Arc<Self> {
        Arc::new(Self { vault: Arc::clone(vault), cut: AtomicBool::new(false) })
    }

    fn open(&self) -> Result<&MemoryStore> {
        if self.cut.load(SeqCst) || self.vault.fails.load(SeqCst) {
            return Err(Error::new(ErrorKind::Storage, "nobody reaches the store"));
        }
        Ok(&self.vault.inner)
    }

    /// Leases may come late, too; lost ones run out by themselves.
    async fn slowed<T>(&self, answer: T) -> Result<T> {
        nap(self.vault.slow.load(SeqCst)).await;
        Ok(answer)
    }

    /// An answer may come late, or never.
    async fn answer<T>(&self, answer: Result<T>) -> Result<T> {
        nap(self.vault.late.swap(0, SeqCst).max(self.vault.slow.load(SeqCst))).await;
        let loses = |left: u32| left.checked_sub(1);
        if answer.is_ok() && self.vault.lose_answers.fetch_update(SeqCst, SeqCst, loses).is_ok() {
            return Err(Error::new(ErrorKind::Storage, "the answer was lost"));
        }
        answer
    }

    async fn append_with_a_lie(&self, append: Append) -> Result<Appended> {
        let vault = &self.vault;
        match vault.lie {
            Some(Lie::TakesOldEpochs) => match vault.append(append.clone()).await {
                Err(error) if error.kind() == ErrorKind::LeaseLost => {
                    let id = append.lease.workflow;
                    let lease = vault.newest_of(id).unwrap_or(append.lease);
                    let expected_seq = vault.inner.events(id, 0, usize::MAX).await?.len() as Seq;
                    vault.append(Append { lease, expected_seq, ..append }).await
                }
                answer => answer,
            },
            Some(Lie::AnswersBeforeItStores) => {
                let vault = Arc::clone(vault);
                tokio::spawn(async move {
                    nap(1).await;
                    let _nobody_asks = vault.append(append).await;
                });
                Ok(Appended { events: Vec::new() })
            }
            _ => vault.append(append).await,
        }
    }
}

#[async_trait]
impl HistoryStore for Door {
    async fn begin(&self, mut begin: Begin) -> Result<Appended> {
        self.open()?;
        let (id, batch) = (self.vault.counted_id(begin.batch), begin.batch);
        (begin.workflow, begin.summary.id) = (id, id);
        let begun = self.vault.inner.begin(begin).await.inspect_err(|_| self.vault.forget(batch))?;
        self.vault.wrote(id, &begun);
        Ok(begun)
    }

    async fn append(&self, append: Append) -> Result<Appended> {
        self.open()?;
        let appended = self.append_with_a_lie(append).await;
        self.answer(appended).await
    }

    async fn claim(
        &self,
        owner: OwnerId,
        lease_for: Duration,
        limit: usize,
        kinds: &Kinds,
    ) -> Result<Vec<Lease>> {
        let leases = self.open()?.claim(owner, lease_for, limit, kinds).await?;
        let leases = self.vault.claimed(leases);
        self.slowed(leases).await
    }

    async fn claim_pressing(&self, owner: OwnerId, lease_for: Duration, limit: usize) -> Result<Vec<Lease>> {
        let leases = self.open()?.claim_pressing(owner, lease_for, limit).await?;
        let leases = self.vault.claimed(leases);
        self.slowed(leases).await
    }

    async fn renew(&self, leases: &[LeaseKey], lease_for: Duration) -> Result<Vec<LeaseKey>> {
        let lost = self.open()?.renew(leases, lease_for).await;
        let lost = if self.vault.lie == Some(Lie::TakesOldEpochs) { lost.map(|_| Vec::new()) } else { lost };
        self.answer(lost).await
    }

    async fn release(&self, lease: LeaseKey, wake_at: Timestamp) -> Result<()> {
        let released = self.open()?.release(lease, wake_at).await;
        self.answer(released).await
    }

    async fn acquire(&self, lease: LeaseKey, wants: &[Wanted]) -> Result<Acquired> {
        let acquired = self.open()?.acquire(lease, wants).await;
        self.answer(acquired).await
    }

    async fn permit_queue(&self, workflow: WorkflowId) -> Result<Option<PermitWait>> {
        self.open()?.permit_queue(workflow).await
    }

    async fn permits(&self, after: Option<&PermitName>, limit: usize) -> Result<Vec<PermitRow>> {
        self.open()?.permits(after, limit).await
    }

    async fn wake(&self, workflow: WorkflowId) -> Result<()> {
        self.open()?.wake(workflow).await
    }

    async fn counts(&self) -> Result<Counts> {
        self.open()?.counts().await
    }

    async fn prune(&self, retention: &Retention) -> Result<Pruned> {
        self.open()?.prune(retention).await
    }

    async fn next_due(&self, kinds: &Kinds) -> Result<Option<Timestamp>> {
        self.open()?.next_due(kinds).await
    }

    async fn post(&self, item: NewItem) -> Result<Posted> {
        self.open()?;
        let number = self.vault.items.fetch_add(1, SeqCst);
        if self.vault.lie == Some(Lie::LosesItems) && number % 2 == 1 {
            return Ok(Posted::Accepted);
        }
        self.vault.inner.post(item).await
    }

    async fn inbox(&self, workflow: WorkflowId) -> Result<Vec<InboxItem>> {
        self.open()?.inbox(workflow).await
    }

    async fn events(&self, workflow: WorkflowId, from: Seq, limit: usize) -> Result<Vec<Event>> {
        self.open()?.events(workflow, from, limit).await
    }

    async fn follow(&self, after: Position, limit: usize, only: Only) -> Result<Vec<Event>> {
        self.open()?.follow(after, limit, only).await
    }

    async fn blob(&self, hash: &BlobHash) -> Result<Vec<u8>> {
        self.open()?.blob(hash).await
    }

    async fn summary(&self, workflow: WorkflowId) -> Result<Option<WorkflowSummary>> {
        self.open()?.summary(workflow).await
    }

    async fn list(
        &self,
        filter: &WorkflowFilter,
        before: Option<WorkflowId>,
        limit: usize,
    ) -> Result<Vec<WorkflowSummary>> {
        self.open()?.list(filter, before, limit).await
    }

    async fn claim_on(&self, machine: &MachineId) -> Result<Option<WorkflowId>> {
        self.open()?.claim_on(machine).await
    }

    fn hints(&self) -> &Hints {
        self.vault.inner.hints()
    }
}
