//! The rows of the memory store, and what each call does to them. No clock, no lock.

use super::super::{
    Acquired, After, Append, Appended, Begin, Counts, GiveBack, InboxItem, ItemId, Kinds, Lease, LeaseKey,
    NewItem, Only, Posted, Standing, Wanted, refusal,
};
use super::family::Family;
use super::permits::Permits;
use crate::error::Result;
use crate::id::{BatchId, MachineId, OwnerId, WorkflowId};
use crate::record::{Blob, BlobHash, Event, NewEvent, Position, Seq, WorkflowSummary};
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Where each event is, by position.
    pub(super) log: BTreeMap<Position, Logged>,
    /// Where the events are by which the machine directory changes: few, and asked for with each machine.
    pub(super) changes: BTreeSet<Position>,
    /// The newest event's.
    position: Position,
    pub(super) workflows: BTreeMap<WorkflowId, Row>,
    pub(super) family: Family,
    /// The workflows that have not ended, by the time they may be claimed.
    ready: BTreeSet<(Timestamp, WorkflowId)>,
    pub(super) claims: BTreeMap<MachineId, WorkflowId>,
    pub(super) blobs: BTreeMap<BlobHash, Vec<u8>>,
    items: ItemId,
    pub(super) permits: Permits,
    /// Whether somebody became due since permits came free.
    roused: bool,
    pub(super) counts: Counts,
}

/// Says where an event is.
#[derive(Debug)]
pub(super) enum Logged {
    /// In its workflow, with this number.
    In(WorkflowId, usize),
    /// Here: its workflow was pruned, and the machine directory is folded from it.
    Left(Box<Event>),
}

#[derive(Debug)]
pub(super) struct Row {
    pub(super) events: Vec<Event>,
    /// What it stored or names.
    pub(super) blobs: BTreeSet<BlobHash>,
    batches: Vec<BatchId>,
    pub(super) summary: WorkflowSummary,
    claim: Option<MachineId>,
    /// When it may be claimed: when it wakes or, while somebody holds it, when the lease ends. None at the end.
    pub(super) ready_at: Option<Timestamp>,
    epoch: u64,
    /// Who may write; a lease that ran out stays until somebody takes it over.
    owner: Option<LeaseKey>,
    pub(super) inbox: Vec<InboxItem>,
    /// Somebody woke it since it was claimed.
    woken: bool,
}

impl Rows {
    pub(super) fn begin(&mut self, begin: Begin, now: Timestamp) -> Result<Appended> {
        if let Some(row) = self.workflows.get(&begin.workflow) {
            return repeated(row, 0, 1, begin.batch).ok_or_else(|| refusal::exists(begin.workflow));
        }
        if let Some(machine) = &begin.claim
            && let Some(holder) = self.claims.get(machine)
        {
            return Err(refusal::claimed(machine, *holder));
        }
        let pending = usize::try_from(self.counts.of(Standing::Pending)).unwrap_or(usize::MAX);
        if begin.pending_max.is_some_and(|max| pending >= max) {
            return Err(refusal::queue_full(pending));
        }
        let row = Row {
            events: Vec::new(),
            blobs: BTreeSet::new(),
            batches: Vec::new(),
            summary: begin.summary,
            claim: begin.claim.clone(),
            ready_at: None,
            epoch: 0,
            owner: None,
            inbox: Vec::new(),
            woken: false,
        };
        self.counts.shift(None, Standing::of(&row.summary));
        self.family.note(&row.summary);
        self.workflows.insert(begin.workflow, row);
        self.set_ready(begin.workflow, Some(now));
        self.claims.extend(begin.claim.map(|machine| (machine, begin.workflow)));
        Ok(self.store(begin.workflow, begin.batch, vec![begin.event], begin.blobs))
    }

    pub(super) fn append(&mut self, append: Append, now: Timestamp) -> Result<Appended> {
        let workflow = append.lease.workflow;
        let row = self.row(workflow)?;
        if let Some(known) = repeated(row, append.expected_seq, append.events.len(), append.batch) {
            return Ok(known);
        }
        row.check(append.lease)?;
        let len = row.events.len() as Seq;
        if len != append.expected_seq {
            return Err(refusal::wrong_seq(workflow, append.expected_seq, len));
        }
        row.inbox.retain(|item| !append.consumed.contains(&item.id));
        let (from, to) = (Standing::of(&row.summary), Standing::of(&append.summary));
        row.summary = append.summary;
        if from.is_some() != to.is_some()
            && let Some(row) = self.workflows.get(&workflow)
        {
            self.family.note(&row.summary);
        }
        self.counts.shift(from, to);
        let appended = self.store(workflow, append.batch, append.events, append.blobs);
        let freed = self.permits.give_back(workflow, append.gives_back);
        self.rouse(freed, now);
        match append.after {
            After::Hold => {}
            After::Release { wake_at } => self.let_go(workflow, wake_at, now),
            After::End => self.end(workflow, now),
        }
        Ok(appended)
    }

    fn store(
        &mut self,
        workflow: WorkflowId,
        batch: BatchId,
        events: Vec<NewEvent>,
        blobs: Vec<Blob>,
    ) -> Appended {
        let mut stored = Vec::with_capacity(events.len());
        let Some(row) = self.workflows.get_mut(&workflow) else { return Appended { events: stored } };
        row.blobs.extend(events.iter().flat_map(|event| event.kind.blobs().cloned()));
        for blob in blobs {
            row.blobs.insert(blob.hash.clone());
            self.blobs.entry(blob.hash).or_insert(blob.bytes);
        }
        for event in events {
            let seq = row.events.len();
            self.position += 1;
            let event = event.numbered(workflow, seq as Seq, self.position);
            self.log.insert(self.position, Logged::In(workflow, seq));
            if Only::MachineChanges.matches(&event.kind) {
                self.changes.insert(self.position);
            }
            row.batches.push(batch);
            row.events.push(event.clone());
            stored.push(event);
        }
        row.summary.position = row.events.last().map_or(0, |event| event.position);
        Appended { events: stored }
    }

    pub(super) fn claim(
        &mut self,
        owner: OwnerId,
        now: Timestamp,
        lease_for: Duration,
        limit: usize,
        kinds: &Kinds,
    ) -> Vec<Lease> {
        let due = self.ready.range(..=(now, WorkflowId::from_bytes([255; 16])));
        let due = due.filter(|(_, workflow)| self.is_of(*workflow, kinds)).take(limit);
        let due: Vec<WorkflowId> = due.map(|(_, workflow)| *workflow).collect();
        due.into_iter().filter_map(|workflow| self.take(workflow, owner, now, now + lease_for)).collect()
    }

    fn is_of(&self, workflow: WorkflowId, kinds: &Kinds) -> bool {
        self.workflows.get(&workflow).is_some_and(|row| kinds.has(row.summary.name.as_str()))
    }

    pub(super) fn claim_pressing(
        &mut self,
        owner: OwnerId,
        now: Timestamp,
        lease_for: Duration,
        limit: usize,
    ) -> Vec<Lease> {
        let due = self.ready.range(..=(now, WorkflowId::from_bytes([255; 16])));
        let pressing =
            due.filter(|(_, workflow)| self.workflows.get(workflow).is_some_and(|row| row.is_pressing(now)));
        let pressing: Vec<WorkflowId> = pressing.take(limit).map(|(_, workflow)| *workflow).collect();
        pressing.into_iter().filter_map(|workflow| self.take(workflow, owner, now, now + lease_for)).collect()
    }

    fn take(
        &mut self,
        workflow: WorkflowId,
        owner: OwnerId,
        now: Timestamp,
        until: Timestamp,
    ) -> Option<Lease> {
        let freed = self.permits.end_lease(workflow);
        self.rouse(freed, now);
        // Whoever takes it asks anew.
        self.permits.was_woken(workflow);
        let row = self.workflows.get_mut(&workflow)?;
        row.epoch += 1;
        let (key, next_seq) = (LeaseKey { workflow, owner, epoch: row.epoch }, row.events.len() as Seq);
        let has_items = !row.inbox.is_empty();
        row.owner = Some(key);
        row.woken = false;
        self.set_ready(workflow, Some(until));
        Some(Lease { key, until, next_seq, has_items })
    }

    fn set_ready(&mut self, workflow: WorkflowId, at: Option<Timestamp>) {
        let Some(row) = self.workflows.get_mut(&workflow) else { return };
        let before = std::mem::replace(&mut row.ready_at, at);
        before.map(|before| self.ready.remove(&(before, workflow)));
        self.ready.extend(at.map(|at| (at, workflow)));
    }

    pub(super) fn end_leases(&mut self, now: Timestamp) {
        let held = self.workflows.iter_mut().filter_map(|(id, row)| row.owner.take().map(|_| *id));
        let held: Vec<WorkflowId> = held.collect();
        for workflow in held {
            self.set_ready(workflow, Some(now));
            let freed = self.permits.end_lease(workflow);
            self.rouse(freed, now);
        }
    }

    /// Takes permits for the owner of a lease, or queues.
    pub(super) fn acquire(&mut self, lease: LeaseKey, wants: &[Wanted], now: Timestamp) -> Result<Acquired> {
        self.row(lease.workflow)?.check(lease)?;
        let (acquired, freed) = self.permits.acquire(lease.workflow, wants, now);
        self.rouse(freed, now);
        Ok(acquired)
    }

    /// Makes those due that can be served and that nobody holds; who holds one of them looks when it lets go.
    fn rouse(&mut self, workflows: Vec<WorkflowId>, now: Timestamp) {
        for workflow in workflows {
            let row = self.workflows.get(&workflow).filter(|row| row.owner.is_none());
            if row.and_then(|row| row.ready_at).is_some_and(|at| at > now) {
                self.set_ready(workflow, Some(now));
            }
            self.roused = true;
        }
    }

    /// Tells, once, whether somebody became due since permits came free.
    pub(super) fn take_roused(&mut self) -> bool {
        std::mem::take(&mut self.roused)
    }

    #[cfg(feature = "testing")]
    pub(super) fn damage(&mut self, workflow: WorkflowId, seq: Seq) {
        let events = self.workflows.get_mut(&workflow).map(|row| &mut row.events);
        let event = events.and_then(|events| events.iter_mut().find(|event| event.seq == seq));
        if let Some(event) = event {
            let place = crate::record::Place { workflow, seq, position: event.position };
            *event = Event::read(b"damaged", place, event.at);
        }
    }

    pub(super) fn renew(&mut self, leases: &[LeaseKey], until: Timestamp) -> Vec<LeaseKey> {
        leases.iter().copied().filter(|key| !self.renew_one(*key, until)).collect()
    }

    fn renew_one(&mut self, key: LeaseKey, until: Timestamp) -> bool {
        let row = self.workflows.get(&key.workflow).filter(|row| row.owner == Some(key));
        let Some(before) = row.and_then(|row| row.ready_at) else { return false };
        self.set_ready(key.workflow, Some(before.max(until)));
        true
    }

    pub(super) fn release(&mut self, lease: LeaseKey, wake_at: Timestamp, now: Timestamp) -> Result<()> {
        self.row(lease.workflow)?.check(lease)?;
        self.let_go(lease.workflow, wake_at, now);
        Ok(())
    }

    fn let_go(&mut self, workflow: WorkflowId, wake_at: Timestamp, now: Timestamp) {
        let freed = self.permits.end_lease(workflow);
        self.rouse(freed, now);
        let woken = self.permits.was_woken(workflow);
        let Some(row) = self.workflows.get_mut(&workflow) else { return };
        row.owner = None;
        let called = std::mem::take(&mut row.woken) || woken || !row.inbox.is_empty();
        let at = if called { wake_at.min(now) } else { wake_at };
        self.set_ready(workflow, Some(at));
    }

    pub(super) fn wake(&mut self, workflow: WorkflowId, now: Timestamp) {
        let Some(row) = self.workflows.get_mut(&workflow) else { return };
        match (row.owner, row.ready_at) {
            (Some(_), _) => row.woken = true,
            (None, Some(at)) if at > now => self.set_ready(workflow, Some(now)),
            (None, _) => {}
        }
    }

    fn end(&mut self, workflow: WorkflowId, now: Timestamp) {
        let freed = self.permits.give_back(workflow, GiveBack::All);
        self.rouse(freed, now);
        let Some(row) = self.workflows.get_mut(&workflow) else { return };
        row.owner = None;
        row.inbox.clear();
        row.claim.take().map(|machine| self.claims.remove(&machine));
        self.set_ready(workflow, None);
    }

    pub(super) fn next_due(&self, kinds: &Kinds) -> Option<Timestamp> {
        self.ready.iter().find(|(_, workflow)| self.is_of(*workflow, kinds)).map(|(at, _)| *at)
    }

    pub(super) fn post(&mut self, item: NewItem, now: Timestamp) -> Result<Posted> {
        let workflow = item.workflow;
        let id = self.items + 1;
        let row = self.row(workflow)?;
        let Some(ready_at) = row.ready_at else {
            return Err(refusal::ended(workflow, row.summary.state));
        };
        if row.inbox.iter().any(|known| known.item.key == item.key) {
            return Ok(Posted::Duplicate);
        }
        if row.inbox.len() >= refusal::INBOX_MAX {
            return Err(refusal::inbox_full(workflow));
        }
        row.inbox.push(InboxItem { id, item });
        if row.owner.is_none() && ready_at > now {
            self.set_ready(workflow, Some(now));
        }
        self.items = id;
        Ok(Posted::Accepted)
    }

    fn row(&mut self, workflow: WorkflowId) -> Result<&mut Row> {
        self.workflows.get_mut(&workflow).ok_or_else(|| refusal::unknown(workflow))
    }
}

impl Row {
    fn is_pressing(&self, now: Timestamp) -> bool {
        self.summary.presses_at.is_some_and(|at| at <= now)
            || self.inbox.iter().any(|waiting| waiting.item.command.is_pressing())
    }

    fn check(&self, key: LeaseKey) -> Result<()> {
        if self.owner == Some(key) {
            return Ok(());
        }
        Err(refusal::lease_lost(key))
    }
}

/// The events of this very batch, if they are what stands at this place.
fn repeated(row: &Row, from: Seq, count: usize, batch: BatchId) -> Option<Appended> {
    let from = usize::try_from(from).ok()?;
    let here = row.batches.get(from..from.checked_add(count)?)?;
    (count > 0 && here.iter().all(|known| *known == batch))
        .then(|| Appended { events: row.events[from..from + count].to_vec() })
}
