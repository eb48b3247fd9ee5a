//! The reference: a history store in memory.

mod family;
mod permits;
mod prune;
mod read;
mod rows;

use super::{
    Acquired, After, Append, Appended, Begin, Counts, Hint, Hints, HistoryStore, InboxItem, Kinds, Lease,
    LeaseKey, NewItem, Only, PermitRow, PermitWait, Posted, Pruned, Retention, Wanted, WorkflowFilter,
};
use crate::error::Result;
use crate::id::{MachineId, OwnerId, PermitName, WorkflowId};
use crate::record::{BlobHash, Event, Position, Seq, WorkflowSummary};
use crate::time::{Clock, Timestamp};
use async_trait::async_trait;
use rows::Rows;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Keeps history as long as the process lives. For tests, first steps, and as the meaning of the contract.
#[derive(Debug, Default)]
pub struct MemoryStore {
    rows: Mutex<Rows>,
    clock: Clock,
    hints: Hints,
}

impl MemoryStore {
    /// Begins empty, by the computer's clock.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins empty, by this clock.
    #[must_use]
    pub fn with_clock(clock: Clock) -> Self {
        Self { clock, ..Self::default() }
    }

    /// Ends every lease, as opening a stored history anew does: whoever held one may write no more.
    pub fn end_leases(&self) {
        self.rows().end_leases(self.clock.now());
        self.hints.tell(Hint::Everything);
    }

    #[cfg(feature = "testing")]
    pub(crate) fn damage(&self, workflow: WorkflowId, seq: Seq) {
        self.rows().damage(workflow, seq);
    }

    fn tell_if_roused(&self, mut rows: MutexGuard<'_, Rows>) {
        if rows.take_roused() {
            self.hints.tell(Hint::Due);
        }
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl HistoryStore for MemoryStore {
    async fn begin(&self, begin: Begin) -> Result<Appended> {
        let stored = self.rows().begin(begin, self.clock.now())?;
        self.hints.tell(Hint::Events);
        self.hints.tell(Hint::Due);
        Ok(stored)
    }

    async fn append(&self, append: Append) -> Result<Appended> {
        let lets_go = matches!(append.after, After::Release { .. });
        let mut rows = self.rows();
        let stored = rows.append(append, self.clock.now())?;
        let due = lets_go || rows.take_roused();
        drop(rows);
        self.hints.tell(Hint::Events);
        if due {
            self.hints.tell(Hint::Due);
        }
        Ok(stored)
    }

    async fn claim(
        &self,
        owner: OwnerId,
        lease_for: Duration,
        limit: usize,
        kinds: &Kinds,
    ) -> Result<Vec<Lease>> {
        let mut rows = self.rows();
        let leases = rows.claim(owner, self.clock.now(), lease_for, limit, kinds);
        self.tell_if_roused(rows);
        Ok(leases)
    }

    async fn claim_pressing(&self, owner: OwnerId, lease_for: Duration, limit: usize) -> Result<Vec<Lease>> {
        let mut rows = self.rows();
        let leases = rows.claim_pressing(owner, self.clock.now(), lease_for, limit);
        self.tell_if_roused(rows);
        Ok(leases)
    }

    async fn renew(&self, leases: &[LeaseKey], lease_for: Duration) -> Result<Vec<LeaseKey>> {
        Ok(self.rows().renew(leases, self.clock.now() + lease_for))
    }

    async fn release(&self, lease: LeaseKey, wake_at: Timestamp) -> Result<()> {
        self.rows().release(lease, wake_at, self.clock.now())?;
        self.hints.tell(Hint::Due);
        Ok(())
    }

    async fn acquire(&self, lease: LeaseKey, wants: &[Wanted]) -> Result<Acquired> {
        let mut rows = self.rows();
        let acquired = rows.acquire(lease, wants, self.clock.now());
        self.tell_if_roused(rows);
        acquired
    }

    async fn permit_queue(&self, workflow: WorkflowId) -> Result<Option<PermitWait>> {
        Ok(self.rows().permits.queue(workflow))
    }

    async fn permits(&self, after: Option<&PermitName>, limit: usize) -> Result<Vec<PermitRow>> {
        Ok(self.rows().permits.rows(after, limit))
    }

    async fn wake(&self, workflow: WorkflowId) -> Result<()> {
        self.rows().wake(workflow, self.clock.now());
        self.hints.tell(Hint::Due);
        Ok(())
    }

    async fn next_due(&self, kinds: &Kinds) -> Result<Option<Timestamp>> {
        Ok(self.rows().next_due(kinds))
    }

    async fn post(&self, item: NewItem) -> Result<Posted> {
        let workflow = item.workflow;
        let posted = self.rows().post(item, self.clock.now())?;
        if posted == Posted::Accepted {
            self.hints.tell(Hint::Inbox(workflow));
            self.hints.tell(Hint::Due);
        }
        Ok(posted)
    }

    async fn inbox(&self, workflow: WorkflowId) -> Result<Vec<InboxItem>> {
        Ok(self.rows().inbox(workflow))
    }

    async fn events(&self, workflow: WorkflowId, from: Seq, limit: usize) -> Result<Vec<Event>> {
        Ok(self.rows().events(workflow, from, limit))
    }

    async fn follow(&self, after: Position, limit: usize, only: Only) -> Result<Vec<Event>> {
        Ok(self.rows().follow(after, limit, only))
    }

    async fn blob(&self, hash: &BlobHash) -> Result<Vec<u8>> {
        self.rows().blob(hash)
    }

    async fn summary(&self, workflow: WorkflowId) -> Result<Option<WorkflowSummary>> {
        Ok(self.rows().summary(workflow))
    }

    async fn list(
        &self,
        filter: &WorkflowFilter,
        before: Option<WorkflowId>,
        limit: usize,
    ) -> Result<Vec<WorkflowSummary>> {
        Ok(self.rows().list(filter, before, limit))
    }

    async fn counts(&self) -> Result<Counts> {
        Ok(self.rows().counts())
    }

    async fn claim_on(&self, machine: &MachineId) -> Result<Option<WorkflowId>> {
        Ok(self.rows().claim_on(machine))
    }

    async fn prune(&self, retention: &Retention) -> Result<Pruned> {
        Ok(self.rows().prune(retention))
    }

    fn hints(&self) -> &Hints {
        &self.hints
    }
}
