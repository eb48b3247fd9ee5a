//! A store around the memory store that breaks one thing.

use async_trait::async_trait;
use hwautomation_core::error::{ErrorKind, Result};
use hwautomation_core::id::{BatchId, MachineId, OwnerId, WorkflowId};
use hwautomation_core::record::{BlobHash, Event, Position, Seq, WorkflowSummary};
use hwautomation_core::store::{
    After, Append, Appended, Begin, Counts, Hints, HistoryStore, InboxItem, Lease, LeaseKey, MemoryStore,
    NewItem, Only, Posted, Standing, WorkflowFilter, refusal,
};
use hwautomation_core::testing::conformance::TestClock;
use hwautomation_core::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    ConsumesNothing,
    ForgetsBlobs,
    KeepsTheLease,
    KeepsTheOldRow,
    ConsumesThoughRefused,
    RepeatsPositions,
    SkipsPositions,
    IgnoresTheSeq,
    ForgetsBatches,
    IgnoresTheEpoch,
    FencesWithConflict,
    ForgetsAll,
    KeepsLeasesOverReopening,
    LetsTwoClaimsIn,
    KeepsClaims,
    BeginsLate,
    HandsOutTwice,
    NewestFirst,
    WakesEarly,
    LeasesForEver,
    RenewsNothing,
    NamesNoLoss,
    SleepsOn,
    AcceptsDuplicates,
    NewestItemFirst,
    AcceptsTooLate,
    AcceptsTooMany,
    IgnoresTheLimit,
    IgnoresOnly,
    ReplacesBlobs,
    RepeatsTheLastRow,
    IgnoresTheFilter,
    CountsTheEnded,
    CountsOnlyTheBegun,
}

#[derive(Debug)]
pub(crate) struct BrokenStore {
    inner: Arc<MemoryStore>,
    fault: Fault,
    clock: TestClock,
    seen: Mutex<Seen>,
}

/// What the wrapper remembers to do its wrong.
#[derive(Debug, Default)]
struct Seen {
    leases: BTreeMap<WorkflowId, Lease>,
    machines: BTreeSet<MachineId>,
    blobs: BTreeMap<BlobHash, Vec<u8>>,
    items: Vec<InboxItem>,
    posts: u64,
}

const EVER: Duration = Duration::from_secs(1_000_000);

impl BrokenStore {
    pub(crate) fn new(inner: Arc<MemoryStore>, fault: Fault, clock: TestClock) -> Self {
        Self { inner, fault, clock, seen: Mutex::default() }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().expect("no test panics while it holds the lock")
    }

    fn newest_lease(&self, key: LeaseKey) -> LeaseKey {
        self.seen().leases.get(&key.workflow).map_or(key, |lease| lease.key)
    }

    fn renumber(&self, mut events: Vec<Event>) -> Vec<Event> {
        for event in &mut events {
            event.position = match self.fault {
                Fault::RepeatsPositions => event.position.div_ceil(2),
                Fault::SkipsPositions => event.position * 2 - 1,
                _ => event.position,
            };
        }
        events
    }

    /// Claims all that is due and makes the youngest of it wake in an hour.
    async fn sleep_on(&self, workflow: WorkflowId) -> Result<()> {
        let now = self.clock.now();
        for lease in self.inner.claim(OwnerId::generate(), EVER, 100).await? {
            let late = if lease.key.workflow == workflow { EVER } else { Duration::ZERO };
            self.inner.release(lease.key, now + late).await?;
        }
        Ok(())
    }

    async fn spoil(&self, append: &mut Append) -> Result<()> {
        match self.fault {
            Fault::ConsumesNothing => append.consumed.clear(),
            Fault::ForgetsBlobs => append.blobs.clear(),
            Fault::KeepsTheLease if append.after != After::End => append.after = After::Hold,
            Fault::KeepsTheOldRow => {
                let before = self.inner.summary(append.lease.workflow).await?;
                append.summary = before.unwrap_or_else(|| append.summary.clone());
            }
            Fault::IgnoresTheSeq => {
                let events = self.inner.events(append.lease.workflow, 0, 1000).await?;
                append.expected_seq = events.len() as Seq;
            }
            Fault::ForgetsBatches => append.batch = BatchId::generate(),
            Fault::IgnoresTheEpoch => append.lease = self.newest_lease(append.lease),
            Fault::WakesEarly if matches!(append.after, After::Release { .. }) => {
                append.after = After::Release { wake_at: Timestamp::MIN };
            }
            Fault::ReplacesBlobs => {
                let blobs = append.blobs.iter().map(|blob| (blob.hash.clone(), blob.bytes.clone()));
                self.seen().blobs.extend(blobs);
            }
            _ => {}
        }
        Ok(())
    }
}

#[async_trait]
impl HistoryStore for BrokenStore {
    async fn begin(&self, mut begin: Begin) -> Result<Appended> {
        match (self.fault, begin.claim.clone()) {
            (Fault::LetsTwoClaimsIn, _) => begin.claim = None,
            (Fault::KeepsClaims, Some(machine)) if !self.seen().machines.insert(machine.clone()) => {
                return Err(refusal::claimed(&machine, begin.workflow));
            }
            (Fault::ForgetsBatches, _) => begin.batch = BatchId::generate(),
            _ => {}
        }
        let workflow = begin.workflow;
        let appended = self.inner.begin(begin).await?;
        if self.is(Fault::BeginsLate) {
            self.sleep_on(workflow).await?;
        }
        Ok(Appended { events: self.renumber(appended.events) })
    }

    async fn append(&self, mut append: Append) -> Result<Appended> {
        self.spoil(&mut append).await?;
        let (lease, consumed) = (append.lease, append.consumed.clone());
        let workflow = lease.workflow;
        match self.inner.append(append).await {
            Ok(appended) => Ok(Appended { events: self.renumber(appended.events) }),
            Err(_) if self.is(Fault::ConsumesThoughRefused) => {
                let seq = self.inner.events(workflow, 0, 1000).await?.len() as Seq;
                let summary =
                    self.inner.summary(workflow).await?.ok_or_else(|| refusal::unknown(workflow))?;
                let (batch, events, blobs) = (BatchId::generate(), Vec::new(), Vec::new());
                let after = After::Hold;
                let quiet =
                    Append { lease, batch, expected_seq: seq, events, blobs, consumed, after, summary };
                self.inner.append(quiet).await?;
                Err(refusal::wrong_seq(workflow, seq, seq))
            }
            Err(error) if self.is(Fault::FencesWithConflict) && error.kind() == ErrorKind::LeaseLost => {
                Err(refusal::wrong_seq(workflow, 0, 0))
            }
            Err(error) => Err(error),
        }
    }

    async fn claim(&self, owner: OwnerId, lease_for: Duration, limit: usize) -> Result<Vec<Lease>> {
        let lease_for = if self.is(Fault::LeasesForEver) { EVER } else { lease_for };
        let asked = if self.is(Fault::NewestFirst) { usize::MAX } else { limit };
        let mut leases = self.inner.claim(owner, lease_for, asked).await?;
        if self.is(Fault::NewestFirst) {
            leases.reverse();
            for lease in leases.drain(limit.min(leases.len())..) {
                self.inner.release(lease.key, self.clock.now()).await?;
            }
        }
        if self.is(Fault::HandsOutTwice) && leases.is_empty() && limit > 0 {
            leases.extend(self.seen().leases.pop_first().map(|(_, lease)| lease));
        }
        self.seen().leases.extend(leases.iter().map(|lease| (lease.key.workflow, *lease)));
        Ok(leases)
    }

    async fn renew(&self, leases: &[LeaseKey], lease_for: Duration) -> Result<Vec<LeaseKey>> {
        match self.fault {
            Fault::RenewsNothing => Ok(Vec::new()),
            Fault::NamesNoLoss => self.inner.renew(leases, lease_for).await.map(|_| Vec::new()),
            _ => self.inner.renew(leases, lease_for).await,
        }
    }

    async fn release(&self, lease: LeaseKey, wake_at: Timestamp) -> Result<()> {
        let wake_at = if self.is(Fault::WakesEarly) { Timestamp::MIN } else { wake_at };
        self.inner.release(lease, wake_at).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>> {
        self.inner.next_due().await
    }

    async fn post(&self, mut item: NewItem) -> Result<Posted> {
        match self.fault {
            Fault::SleepsOn => {
                let mut seen = self.seen();
                let id = seen.items.len() as u64;
                seen.items.push(InboxItem { id, item });
                return Ok(Posted::Accepted);
            }
            Fault::AcceptsDuplicates => {
                let mut seen = self.seen();
                seen.posts += 1;
                item.key = format!("{} {}", item.key, seen.posts);
            }
            _ => {}
        }
        match self.inner.post(item).await {
            Err(error) if self.is(Fault::AcceptsTooLate) && error.kind() == ErrorKind::Conflict => {
                Ok(Posted::Accepted)
            }
            Err(error) if self.is(Fault::AcceptsTooMany) && error.kind() == ErrorKind::Busy => {
                Ok(Posted::Accepted)
            }
            posted => posted,
        }
    }

    async fn inbox(&self, workflow: WorkflowId) -> Result<Vec<InboxItem>> {
        let mut items = self.inner.inbox(workflow).await?;
        items.extend(self.seen().items.iter().filter(|item| item.item.workflow == workflow).cloned());
        if self.is(Fault::NewestItemFirst) {
            items.reverse();
        }
        Ok(items)
    }

    async fn events(&self, workflow: WorkflowId, from: Seq, limit: usize) -> Result<Vec<Event>> {
        let limit = if self.is(Fault::IgnoresTheLimit) { 1000 } else { limit };
        Ok(self.renumber(self.inner.events(workflow, from, limit).await?))
    }

    async fn follow(&self, after: Position, limit: usize, only: Only) -> Result<Vec<Event>> {
        let only = if self.is(Fault::IgnoresOnly) { Only::Everything } else { only };
        Ok(self.renumber(self.inner.follow(after, limit, only).await?))
    }

    async fn blob(&self, hash: &BlobHash) -> Result<Vec<u8>> {
        let replaced = self.seen().blobs.get(hash).cloned();
        match replaced {
            Some(bytes) => refusal::check_blob(hash, &bytes).map(|()| bytes),
            None => self.inner.blob(hash).await,
        }
    }

    async fn summary(&self, workflow: WorkflowId) -> Result<Option<WorkflowSummary>> {
        self.inner.summary(workflow).await
    }

    async fn list(
        &self,
        filter: &WorkflowFilter,
        before: Option<WorkflowId>,
        limit: usize,
    ) -> Result<Vec<WorkflowSummary>> {
        let everything = WorkflowFilter::default();
        let filter = if self.is(Fault::IgnoresTheFilter) { &everything } else { filter };
        let mut rows = self.inner.list(filter, before, limit).await?;
        if let (Fault::RepeatsTheLastRow, Some(before)) = (self.fault, before) {
            let last = self.inner.summary(before).await?;
            rows.splice(..0, last);
            rows.truncate(limit);
        }
        Ok(rows)
    }

    async fn counts(&self) -> Result<Counts> {
        let mut counts = self.inner.counts().await?;
        match self.fault {
            Fault::CountsTheEnded => {
                let all = self.inner.list(&WorkflowFilter::default(), None, 1000).await?;
                counts.set(Standing::Running, all.len() as u64 - counts.of(Standing::Pending));
            }
            Fault::CountsOnlyTheBegun => {
                let pending = counts.of(Standing::Pending) + counts.of(Standing::Running);
                counts.set(Standing::Pending, pending);
                counts.set(Standing::Running, 0);
            }
            _ => {}
        }
        Ok(counts)
    }

    async fn claim_on(&self, machine: &MachineId) -> Result<Option<WorkflowId>> {
        self.inner.claim_on(machine).await
    }

    fn hints(&self) -> &Hints {
        self.inner.hints()
    }
}
