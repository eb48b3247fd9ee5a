//! A store around the memory store that breaks one thing.

use async_trait::async_trait;
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::id::{BatchId, MachineId, OwnerId, PermitName, WorkflowId};
use hwautomation_core::record::{BlobHash, Event, EventKind, Hold, Position, Seq, WorkflowSummary};
use hwautomation_core::store::{
    Acquired, After, Append, Appended, Begin, Counts, GiveBack, Hint, Hints, HistoryStore, InboxItem, Kinds,
    Lease, LeaseKey, MemoryStore, NewItem, Only, PermitRow, PermitWait, Posted, Pruned, Retention, Standing,
    Wanted, WorkflowFilter, refusal,
};
use hwautomation_core::testing::conformance::TestClock;
use hwautomation_core::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
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
    QueuesForEver,
    MakesNoRoom,
    HandsOutTwice,
    ClaimsEveryKind,
    WakesForEveryKind,
    NothingPresses,
    EverythingPresses,
    NewestFirst,
    WakesEarly,
    LeasesForEver,
    RenewsNothing,
    NamesNoLoss,
    IgnoresWakes,
    ForgetsWakesWhileLeased,
    SleepsOn,
    AcceptsDuplicates,
    TellsOfDuplicates,
    NewestItemFirst,
    AcceptsTooLate,
    AcceptsTooMany,
    IgnoresTheLimit,
    IgnoresOnly,
    FailsOnDamage,
    PassesOverDamage,
    ReplacesBlobs,
    RepeatsTheLastRow,
    IgnoresTheFilter,
    IgnoresTimes,
    IgnoresTheErrorClass,
    IgnoresTheSubState,
    PrunesTheNewest,
    PrunesNothing,
    PrunesWithoutLimit,
    ForgetsMachineChanges,
    ReusesPositions,
    KeepsBlobs,
    DropsSharedBlobs,
    TakesOneByOne,
    IgnoresPermitLimits,
    KeepsNoQueue,
    GoesToTheEnd,
    LetsHoldersWait,
    SleepsThroughFreedPermits,
    KeepsCallPermits,
    EndsStepPermits,
    KeepsWhatIsNotNamed,
    GivesNothingBack,
    GivesBackThoughRefused,
    LetsAnybodyTakePermits,
    CountsNobodyAhead,
    ListsFromTheBeginning,
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
    wants: BTreeMap<(WorkflowId, PermitName), Wanted>,
    begun: BTreeSet<WorkflowId>,
    pruned: usize,
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
                Fault::ReusesPositions => event.position.saturating_sub(self.seen().pruned as u64),
                Fault::SkipsPositions => event.position * 2 - 1,
                _ => event.position,
            };
        }
        events
    }

    fn meet_damage(&self, mut events: Vec<Event>) -> Result<Vec<Event>> {
        let is_damaged = |event: &Event| matches!(event.kind, EventKind::Unreadable { .. });
        match self.fault {
            Fault::FailsOnDamage if events.iter().any(is_damaged) => {
                return Err(Error::new(ErrorKind::Corrupt, "reading a page of events"));
            }
            Fault::ForgetsMachineChanges if self.seen().pruned > 0 => {
                events.retain(|event| !matches!(event.kind, EventKind::MachineChanged { .. }));
            }
            Fault::PassesOverDamage => events.retain(|event| !is_damaged(event)),
            _ => {}
        }
        Ok(events)
    }

    /// Claims all that is due and makes the youngest of it wake in an hour.
    async fn sleep_on(&self, workflow: WorkflowId) -> Result<()> {
        let now = self.clock.now();
        for lease in self.inner.claim(OwnerId::generate(), EVER, 100, &Kinds::any()).await? {
            let late = if lease.key.workflow == workflow { EVER } else { Duration::ZERO };
            self.inner.release(lease.key, now + late).await?;
        }
        Ok(())
    }

    /// Appends without an event.
    async fn quietly(&self, lease: LeaseKey, consumed: Vec<u64>, gives_back: GiveBack) -> Result<()> {
        let workflow = lease.workflow;
        let expected_seq = self.inner.events(workflow, 0, 1000).await?.len() as Seq;
        let summary = self.inner.summary(workflow).await?.ok_or_else(|| refusal::unknown(workflow))?;
        let (batch, events, blobs) = (BatchId::generate(), Vec::new(), Vec::new());
        let after = After::Hold;
        let quiet =
            Append { lease, batch, expected_seq, events, blobs, consumed, gives_back, after, summary };
        self.inner.append(quiet).await.map(|_| ())
    }

    /// Lets those that queue sleep on though their turn has come.
    async fn put_to_sleep(&self, leases: &mut Vec<Lease>) -> Result<()> {
        for lease in std::mem::take(leases) {
            match self.inner.permit_queue(lease.key.workflow).await? {
                Some(_) => self.inner.release(lease.key, self.clock.now() + EVER).await?,
                None => leases.push(lease),
            }
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
            Fault::GivesNothingBack => append.gives_back = GiveBack::Nothing,
            Fault::IgnoresTheEpoch => append.lease = self.newest_lease(append.lease),
            Fault::WakesEarly if matches!(append.after, After::Release { .. }) => {
                append.after = After::Release { wake_at: Timestamp::MIN };
            }
            Fault::ReplacesBlobs | Fault::KeepsBlobs => {
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
            (Fault::QueuesForEver, _) => begin.pending_max = None,
            (Fault::MakesNoRoom, _) => {
                let mut seen = self.seen();
                let begun = seen.begun.len();
                let is_full = begin.pending_max.is_some_and(|max| begun >= max);
                if is_full && !seen.begun.contains(&begin.workflow) {
                    return Err(refusal::queue_full(begun));
                }
                seen.begun.insert(begin.workflow);
            }
            (Fault::KeepsClaims, Some(machine)) if !self.seen().machines.insert(machine.clone()) => {
                return Err(refusal::claimed(&machine, begin.workflow));
            }
            (Fault::KeepsBlobs, _) => {
                let blobs = begin.blobs.iter().map(|blob| (blob.hash.clone(), blob.bytes.clone()));
                self.seen().blobs.extend(blobs);
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
        let (lease, consumed, gives_back) = (append.lease, append.consumed.clone(), append.gives_back);
        match self.inner.append(append).await {
            Ok(appended) => Ok(Appended { events: self.renumber(appended.events) }),
            Err(error) if self.is(Fault::ConsumesThoughRefused) => {
                self.quietly(lease, consumed, GiveBack::Nothing).await?;
                Err(error)
            }
            Err(error) if self.is(Fault::GivesBackThoughRefused) => {
                self.quietly(self.newest_lease(lease), Vec::new(), gives_back).await?;
                Err(error)
            }
            Err(error) if self.is(Fault::FencesWithConflict) && error.kind() == ErrorKind::LeaseLost => {
                Err(refusal::wrong_seq(lease.workflow, 0, 0))
            }
            Err(error) => Err(error),
        }
    }

    async fn claim(
        &self,
        owner: OwnerId,
        lease_for: Duration,
        limit: usize,
        kinds: &Kinds,
    ) -> Result<Vec<Lease>> {
        let lease_for = if self.is(Fault::LeasesForEver) { EVER } else { lease_for };
        let asked = if self.is(Fault::NewestFirst) { usize::MAX } else { limit };
        let any = Kinds::any();
        let kinds = if self.is(Fault::ClaimsEveryKind) { &any } else { kinds };
        let mut leases = self.inner.claim(owner, lease_for, asked, kinds).await?;
        if self.is(Fault::NewestFirst) {
            leases.reverse();
            for lease in leases.drain(limit.min(leases.len())..) {
                self.inner.release(lease.key, self.clock.now()).await?;
            }
        }
        if self.is(Fault::HandsOutTwice) && leases.is_empty() && limit > 0 {
            leases.extend(self.seen().leases.pop_first().map(|(_, lease)| lease));
        }
        if self.is(Fault::SleepsThroughFreedPermits) {
            self.put_to_sleep(&mut leases).await?;
        }
        self.seen().leases.extend(leases.iter().map(|lease| (lease.key.workflow, *lease)));
        Ok(leases)
    }

    async fn claim_pressing(&self, owner: OwnerId, lease_for: Duration, limit: usize) -> Result<Vec<Lease>> {
        if self.is(Fault::NothingPresses) {
            return Ok(Vec::new());
        }
        if self.is(Fault::EverythingPresses) {
            return self.claim(owner, lease_for, limit, &Kinds::any()).await;
        }
        self.inner.claim_pressing(owner, lease_for, limit).await
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
        if self.is(Fault::ForgetsWakesWhileLeased) {
            self.seen().leases.remove(&lease.workflow);
        }
        self.inner.release(lease, wake_at).await
    }

    async fn acquire(&self, mut lease: LeaseKey, wants: &[Wanted]) -> Result<Acquired> {
        let mut wants = wants.to_vec();
        match self.fault {
            Fault::IgnoresPermitLimits => wants.iter_mut().for_each(|want| want.limit = NonZeroU32::MAX),
            Fault::KeepsCallPermits => wants.iter_mut().for_each(|want| want.hold = Hold::Step),
            Fault::EndsStepPermits => wants.iter_mut().for_each(|want| want.hold = Hold::Call),
            Fault::KeepsWhatIsNotNamed => {
                let known = &mut self.seen().wants;
                wants
                    .into_iter()
                    .for_each(|want| drop(known.insert((lease.workflow, want.name.clone()), want)));
                let own = known.iter().filter(|((workflow, _), _)| *workflow == lease.workflow);
                wants = own.map(|(_, want)| want.clone()).collect();
            }
            Fault::LetsAnybodyTakePermits => lease = self.newest_lease(lease),
            Fault::GoesToTheEnd => self.quietly(lease, Vec::new(), GiveBack::Call).await?,
            Fault::LetsHoldersWait => self.quietly(lease, Vec::new(), GiveBack::All).await?,
            Fault::TakesOneByOne => {
                for count in 1..=wants.len() {
                    let answer = self.inner.acquire(lease, &wants[..count]).await?;
                    if answer != Acquired::Granted {
                        return Ok(answer);
                    }
                }
            }
            _ => {}
        }
        let acquired = self.inner.acquire(lease, &wants).await?;
        if self.is(Fault::KeepsNoQueue) && acquired != Acquired::Granted {
            self.quietly(lease, Vec::new(), GiveBack::Call).await?;
        }
        Ok(acquired)
    }

    async fn permit_queue(&self, workflow: WorkflowId) -> Result<Option<PermitWait>> {
        let ahead = |wait: PermitWait| if self.is(Fault::CountsNobodyAhead) { 0 } else { wait.ahead };
        let wait = self.inner.permit_queue(workflow).await?;
        Ok(wait.map(|wait| PermitWait { ahead: ahead(wait.clone()), ..wait }))
    }

    async fn permits(&self, after: Option<&PermitName>, limit: usize) -> Result<Vec<PermitRow>> {
        self.inner.permits(after.filter(|_| !self.is(Fault::ListsFromTheBeginning)), limit).await
    }

    async fn wake(&self, workflow: WorkflowId) -> Result<()> {
        let leased = self.seen().leases.contains_key(&workflow);
        match self.fault {
            Fault::IgnoresWakes => Ok(()),
            Fault::ForgetsWakesWhileLeased if leased => Ok(()),
            _ => self.inner.wake(workflow).await,
        }
    }

    async fn next_due(&self, kinds: &Kinds) -> Result<Option<Timestamp>> {
        let any = Kinds::any();
        self.inner.next_due(if self.is(Fault::WakesForEveryKind) { &any } else { kinds }).await
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
        let workflow = item.workflow;
        match self.inner.post(item).await {
            Ok(Posted::Duplicate) if self.is(Fault::TellsOfDuplicates) => {
                self.inner.hints().tell(Hint::Inbox(workflow));
                Ok(Posted::Duplicate)
            }
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
        self.meet_damage(self.renumber(self.inner.events(workflow, from, limit).await?))
    }

    async fn follow(&self, after: Position, limit: usize, only: Only) -> Result<Vec<Event>> {
        let only = if self.is(Fault::IgnoresOnly) { Only::Everything } else { only };
        self.meet_damage(self.renumber(self.inner.follow(after, limit, only).await?))
    }

    async fn prune(&self, retention: &Retention) -> Result<Pruned> {
        let asked = *retention;
        let pruned = match self.fault {
            Fault::PrunesNothing => return Ok(Pruned::default()),
            Fault::PrunesTheNewest => self.inner.prune(&Retention { keep_newest: Some(0), ..asked }).await?,
            Fault::PrunesWithoutLimit => self.inner.prune(&Retention { limit: 1000, ..asked }).await?,
            _ => self.inner.prune(retention).await?,
        };
        self.seen().pruned += pruned.events;
        Ok(pruned)
    }

    async fn blob(&self, hash: &BlobHash) -> Result<Vec<u8>> {
        if self.is(Fault::DropsSharedBlobs) && self.seen().pruned > 0 {
            return Err(refusal::no_blob(hash));
        }
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
        let asked = filter.clone();
        let filter = match self.fault {
            Fault::IgnoresTheFilter => WorkflowFilter::default(),
            Fault::IgnoresTimes => WorkflowFilter { submitted_before: None, ended_from: None, ..asked },
            Fault::IgnoresTheErrorClass => WorkflowFilter { error_class: None, ..asked },
            Fault::IgnoresTheSubState => WorkflowFilter { sub_state: None, ..asked },
            _ => asked,
        };
        let mut rows = self.inner.list(&filter, before, limit).await?;
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
