//! What the rows of the memory store tell.

use super::super::{Counts, InboxItem, Only, WorkflowFilter, refusal};
use super::rows::{Logged, Row, Rows};
use crate::error::Result;
use crate::id::{MachineId, WorkflowId};
use crate::record::{BlobHash, Event, Position, Seq, WorkflowSummary};
use std::ops::Bound;

impl Rows {
    pub(super) fn inbox(&self, workflow: WorkflowId) -> Vec<InboxItem> {
        self.workflows.get(&workflow).map(|row| row.inbox.clone()).unwrap_or_default()
    }

    pub(super) fn events(&self, workflow: WorkflowId, from: Seq, limit: usize) -> Vec<Event> {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let events = self.workflows.get(&workflow).map(|row| row.events.as_slice()).unwrap_or_default();
        events.iter().skip(from).take(limit).cloned().collect()
    }

    pub(super) fn follow(&self, after: Position, limit: usize, only: Only) -> Vec<Event> {
        let Some(next) = after.checked_add(1) else { return Vec::new() };
        match only {
            Only::Everything => {
                let logged = self.log.range(next..).map(|(_, logged)| logged);
                logged.filter_map(|logged| self.logged(logged)).take(limit).cloned().collect()
            }
            Only::MachineChanges => {
                let logged = self.changes.range(next..).filter_map(|at| self.log.get(at));
                let events = logged.filter_map(|logged| self.logged(logged));
                // A damaged one is none any more.
                events.filter(|event| only.matches(&event.kind)).take(limit).cloned().collect()
            }
        }
    }

    fn logged<'a>(&'a self, logged: &'a Logged) -> Option<&'a Event> {
        match logged {
            Logged::In(id, seq) => self.workflows.get(id)?.events.get(*seq),
            Logged::Left(event) => Some(event),
        }
    }

    pub(super) fn blob(&self, hash: &BlobHash) -> Result<Vec<u8>> {
        let bytes = self.blobs.get(hash).ok_or_else(|| refusal::no_blob(hash))?;
        refusal::check_blob(hash, bytes)?;
        Ok(bytes.clone())
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
        if let Some(parent) = filter.parent {
            let children = self.family.of(parent, filter.is_of_open(), before);
            return chosen(children.filter_map(|child| self.workflows.get(&child)), filter, limit);
        }
        let older = before.map_or(Bound::Unbounded, Bound::Excluded);
        chosen(self.workflows.range((Bound::Unbounded, older)).rev().map(|(_, row)| row), filter, limit)
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    pub(super) fn claim_on(&self, machine: &MachineId) -> Option<WorkflowId> {
        self.claims.get(machine).copied()
    }
}

fn chosen<'a>(
    rows: impl Iterator<Item = &'a Row>,
    filter: &WorkflowFilter,
    limit: usize,
) -> Vec<WorkflowSummary> {
    rows.map(|row| &row.summary).filter(|row| filter.matches(row)).take(limit).cloned().collect()
}
