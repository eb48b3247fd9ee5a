//! Who is whose child, so that a parent's look costs what it finds, however many others there are.

use crate::id::WorkflowId;
use crate::record::WorkflowSummary;
use std::collections::BTreeSet;
use std::ops::Bound;

/// Knows the children of each workflow by their parent, in the order of ids.
#[derive(Debug, Default)]
pub(super) struct Family {
    all: BTreeSet<(WorkflowId, WorkflowId)>,
    /// Those that have not ended.
    open: BTreeSet<(WorkflowId, WorkflowId)>,
}

impl Family {
    /// Notes where a workflow stands; nothing if it is nobody's child.
    pub(super) fn note(&mut self, row: &WorkflowSummary) {
        let Some(parent) = row.parent else { return };
        self.all.insert((parent, row.id));
        if row.state.is_terminal() {
            self.open.remove(&(parent, row.id));
        } else {
            self.open.insert((parent, row.id));
        }
    }

    pub(super) fn forget(&mut self, row: &WorkflowSummary) {
        let Some(parent) = row.parent else { return };
        self.all.remove(&(parent, row.id));
        self.open.remove(&(parent, row.id));
    }

    /// Lists children in falling order, those before `before`.
    pub(super) fn of(
        &self,
        parent: WorkflowId,
        only_open: bool,
        before: Option<WorkflowId>,
    ) -> impl Iterator<Item = WorkflowId> + '_ {
        let children = if only_open { &self.open } else { &self.all };
        let end = match before {
            Some(before) => Bound::Excluded((parent, before)),
            None => Bound::Included((parent, WorkflowId::from_bytes([u8::MAX; 16]))),
        };
        let first = Bound::Included((parent, WorkflowId::from_bytes([0; 16])));
        children.range((first, end)).rev().map(|(_, child)| *child)
    }
}
