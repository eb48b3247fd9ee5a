//! Forgetting ended workflows.

use super::super::{Only, Pruned, Retention};
use super::rows::{Logged, Row, Rows};
use crate::id::WorkflowId;
use crate::record::{BlobHash, Event};
use crate::time::Timestamp;
use std::collections::BTreeSet;

impl Rows {
    pub(super) fn prune(&mut self, retention: &Retention) -> Pruned {
        let mut pruned = Pruned::default();
        let mut blobs = BTreeSet::new();
        for workflow in self.may_go(retention) {
            let Some(row) = self.workflows.remove(&workflow) else { continue };
            self.family.forget(&row.summary);
            pruned.workflows += 1;
            blobs.extend(row.blobs);
            pruned.events += row.events.into_iter().filter_map(|event| self.forget(event)).count();
        }
        for row in self.workflows.values() {
            blobs.retain(|hash| !row.blobs.contains(hash));
        }
        let gone = |hash: &BlobHash| self.blobs.remove(hash).is_some();
        pruned.blobs = blobs.iter().map(gone).filter(|gone| *gone).count();
        pruned
    }

    /// Those that ended first, up to the limit.
    fn may_go(&self, retention: &Retention) -> Vec<WorkflowId> {
        if !retention.is_limited() {
            return Vec::new();
        }
        let ended = self.workflows.iter().filter_map(|(id, row)| Some((row.ended_at()?, *id)));
        let mut ended: Vec<(Timestamp, WorkflowId)> = ended.collect();
        ended.sort_unstable();
        ended.truncate(ended.len().saturating_sub(retention.keep_newest.unwrap_or(0)));
        let early = |at| retention.ended_before.is_none_or(|before| at < before);
        let gone = ended.into_iter().filter(|(at, id)| early(*at) && !self.is_needed(*id));
        gone.map(|(_, id)| id).take(retention.limit).collect()
    }

    /// Tells whether its parent or a child of it is open.
    fn is_needed(&self, workflow: WorkflowId) -> bool {
        let is_open = |row: &Row| row.ready_at.is_some();
        let parent = self.workflows.get(&workflow).and_then(|row| row.summary.parent);
        parent.and_then(|parent| self.workflows.get(&parent)).is_some_and(is_open)
            || self
                .family
                .of(workflow, false, None)
                .any(|child| self.workflows.get(&child).is_some_and(is_open))
    }

    /// Forgets an event, unless the machine directory is folded from it.
    fn forget(&mut self, event: Event) -> Option<()> {
        let position = event.position;
        if Only::MachineChanges.matches(&event.kind) {
            self.log.insert(position, Logged::Left(Box::new(event)));
            return None;
        }
        self.log.remove(&position).map(|_| ())
    }
}

impl Row {
    /// When it ended, if it did.
    fn ended_at(&self) -> Option<Timestamp> {
        self.summary.ended_at.filter(|_| self.ready_at.is_none())
    }
}
