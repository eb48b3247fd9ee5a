//! The rows of the memory store, and what each call does to them. No clock, no lock.

use super::super::{
    After, Append, Appended, Begin, InboxItem, ItemId, Lease, LeaseKey, NewItem, Only, Posted,
    WorkflowFilter, refusal,
};
use crate::error::Result;
use crate::id::{BatchId, MachineId, OwnerId, WorkflowId};
use crate::record::{Blob, BlobHash, Event, NewEvent, Position, Seq, WorkflowSummary};
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Where each event is, by position (from 1).
    log: Vec<(WorkflowId, usize)>,
    workflows: BTreeMap<WorkflowId, Row>,
    /// The workflows that nobody holds, by the time they are due.
    due: BTreeSet<(Timestamp, WorkflowId)>,
    /// The workflows that somebody holds, by the time the lease ends.
    held: BTreeSet<(Timestamp, WorkflowId)>,
    claims: BTreeMap<MachineId, WorkflowId>,
    blobs: BTreeMap<BlobHash, Vec<u8>>,
    items: ItemId,
}

#[derive(Debug)]
struct Row {
    events: Vec<Event>,
    batches: Vec<BatchId>,
    summary: WorkflowSummary,
    wake_at: Timestamp,
    epoch: u64,
    lease: Option<Lease>,
    inbox: Vec<InboxItem>,
    ended: bool,
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
        let row = Row {
            events: Vec::new(),
            batches: Vec::new(),
            summary: begin.summary,
            wake_at: now,
            epoch: 0,
            lease: None,
            inbox: Vec::new(),
            ended: false,
        };
        self.workflows.insert(begin.workflow, row);
        self.due.insert((now, begin.workflow));
        self.claims.extend(begin.claim.map(|machine| (machine, begin.workflow)));
        Ok(self.store(begin.workflow, begin.batch, vec![begin.event], begin.blobs))
    }

    pub(super) fn append(&mut self, append: Append, now: Timestamp) -> Result<Appended> {
        let workflow = append.lease.workflow;
        let row = self.row(workflow)?;
        let len = row.events.len() as Seq;
        if len != append.expected_seq {
            let known = repeated(row, append.expected_seq, append.events.len(), append.batch);
            return known.ok_or_else(|| refusal::wrong_seq(workflow, append.expected_seq, len));
        }
        row.check(append.lease)?;
        row.inbox.retain(|item| !append.consumed.contains(&item.id));
        row.summary = append.summary;
        let appended = self.store(workflow, append.batch, append.events, append.blobs);
        match append.after {
            After::Hold => {}
            After::Release { wake_at } => self.let_go(workflow, wake_at, now),
            After::End => self.end(workflow),
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
        self.blobs.extend(blobs.into_iter().map(|blob| (blob.hash, blob.bytes)));
        let mut stored = Vec::with_capacity(events.len());
        let Some(row) = self.workflows.get_mut(&workflow) else { return Appended { events: stored } };
        for event in events {
            let seq = row.events.len();
            let event = event.numbered(workflow, seq as Seq, self.log.len() as Position + 1);
            self.log.push((workflow, seq));
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
    ) -> Vec<Lease> {
        self.expire(now);
        let due = self.due.range(..=(now, WorkflowId::from_bytes([255; 16]))).take(limit);
        let due: Vec<_> = due.copied().collect();
        due.into_iter().filter_map(|entry| self.take(entry, owner, now + lease_for)).collect()
    }

    fn take(&mut self, entry: (Timestamp, WorkflowId), owner: OwnerId, until: Timestamp) -> Option<Lease> {
        self.due.remove(&entry);
        let row = self.workflows.get_mut(&entry.1)?;
        row.epoch += 1;
        let lease = Lease { key: LeaseKey { workflow: entry.1, owner, epoch: row.epoch }, until };
        row.lease = Some(lease);
        self.held.insert((until, entry.1));
        Some(lease)
    }

    /// Makes due what is held by a lease that ran out.
    fn expire(&mut self, now: Timestamp) {
        while let Some((until, workflow)) = self.held.first().copied().filter(|(until, _)| *until <= now) {
            self.held.remove(&(until, workflow));
            if let Some(row) = self.workflows.get_mut(&workflow) {
                row.lease = None;
                row.wake_at = until;
                self.due.insert((until, workflow));
            }
        }
    }

    pub(super) fn end_leases(&mut self, now: Timestamp) {
        let held = std::mem::take(&mut self.held);
        self.held = held.into_iter().map(|(_, workflow)| (now, workflow)).collect();
        self.expire(now);
    }

    pub(super) fn renew(&mut self, leases: &[LeaseKey], until: Timestamp) -> Vec<LeaseKey> {
        leases.iter().copied().filter(|key| !self.renew_one(*key, until)).collect()
    }

    fn renew_one(&mut self, key: LeaseKey, until: Timestamp) -> bool {
        let row = self.workflows.get_mut(&key.workflow);
        let Some(lease) = row.and_then(|row| row.lease.as_mut()).filter(|lease| lease.key == key) else {
            return false;
        };
        self.held.remove(&(lease.until, key.workflow));
        lease.until = lease.until.max(until);
        self.held.insert((lease.until, key.workflow));
        true
    }

    pub(super) fn release(&mut self, lease: LeaseKey, wake_at: Timestamp, now: Timestamp) -> Result<()> {
        self.row(lease.workflow)?.check(lease)?;
        self.let_go(lease.workflow, wake_at, now);
        Ok(())
    }

    fn let_go(&mut self, workflow: WorkflowId, wake_at: Timestamp, now: Timestamp) {
        let Some(row) = self.workflows.get_mut(&workflow) else { return };
        let held = row.lease.take().map(|lease| (lease.until, workflow));
        row.wake_at = if row.inbox.is_empty() { wake_at } else { wake_at.min(now) };
        self.due.insert((row.wake_at, workflow));
        held.map(|entry| self.held.remove(&entry));
    }

    fn end(&mut self, workflow: WorkflowId) {
        let Some(row) = self.workflows.get_mut(&workflow) else { return };
        row.ended = true;
        row.inbox.clear();
        let held = row.lease.take().map(|lease| (lease.until, workflow));
        let claim = row.summary.machine.clone();
        held.map(|entry| self.held.remove(&entry));
        claim
            .filter(|machine| self.claims.get(machine) == Some(&workflow))
            .map(|machine| self.claims.remove(&machine));
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        [&self.due, &self.held].into_iter().filter_map(BTreeSet::first).map(|(at, _)| *at).min()
    }

    pub(super) fn post(&mut self, item: NewItem, now: Timestamp) -> Result<Posted> {
        let workflow = item.workflow;
        let id = self.items + 1;
        let row = self.row(workflow)?;
        if row.ended {
            return Err(refusal::ended(workflow, row.summary.state));
        }
        if row.inbox.iter().any(|known| known.item.key == item.key) {
            return Ok(Posted::Duplicate);
        }
        if row.inbox.len() >= refusal::INBOX_MAX {
            return Err(refusal::inbox_full(workflow));
        }
        row.inbox.push(InboxItem { id, item });
        if row.lease.is_none() && row.wake_at > now {
            let late = row.wake_at;
            row.wake_at = now;
            self.due.remove(&(late, workflow));
            self.due.insert((now, workflow));
        }
        self.items = id;
        Ok(Posted::Accepted)
    }

    pub(super) fn inbox(&self, workflow: WorkflowId) -> Vec<InboxItem> {
        self.workflows.get(&workflow).map(|row| row.inbox.clone()).unwrap_or_default()
    }

    pub(super) fn events(&self, workflow: WorkflowId, from: Seq, limit: usize) -> Vec<Event> {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let events = self.workflows.get(&workflow).map(|row| row.events.as_slice()).unwrap_or_default();
        events.iter().skip(from).take(limit).cloned().collect()
    }

    pub(super) fn follow(&self, after: Position, limit: usize, only: Only) -> Vec<Event> {
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        let events =
            self.log.iter().skip(after).filter_map(|(id, seq)| self.workflows.get(id)?.events.get(*seq));
        events.filter(|event| only.matches(event)).take(limit).cloned().collect()
    }

    pub(super) fn blob(&self, hash: &BlobHash) -> Option<Vec<u8>> {
        self.blobs.get(hash).cloned()
    }

    pub(super) fn summary(&self, workflow: WorkflowId) -> Option<WorkflowSummary> {
        self.workflows.get(&workflow).map(|row| row.summary.clone())
    }

    pub(super) fn list(
        &self,
        filter: &WorkflowFilter,
        before: Option<WorkflowId>,
        limit: usize,
    ) -> Vec<WorkflowSummary> {
        let newest = self.workflows.iter().rev().filter(|(id, _)| before.is_none_or(|before| **id < before));
        newest.map(|(_, row)| &row.summary).filter(|row| filter.matches(row)).take(limit).cloned().collect()
    }

    pub(super) fn claim_on(&self, machine: &MachineId) -> Option<WorkflowId> {
        self.claims.get(machine).copied()
    }

    fn row(&mut self, workflow: WorkflowId) -> Result<&mut Row> {
        self.workflows.get_mut(&workflow).ok_or_else(|| refusal::unknown(workflow))
    }
}

impl Row {
    fn check(&self, key: LeaseKey) -> Result<()> {
        if self.lease.is_some_and(|lease| lease.key == key) {
            return Ok(());
        }
        Err(refusal::lease_lost(key))
    }
}

/// The events of this very batch, if they are what stands at this place.
fn repeated(row: &Row, from: Seq, count: usize, batch: BatchId) -> Option<Appended> {
    let from = usize::try_from(from).ok()?;
    let here = row.batches.get(from..from + count)?;
    (count > 0 && here.iter().all(|known| *known == batch))
        .then(|| Appended { events: row.events[from..from + count].to_vec() })
}
