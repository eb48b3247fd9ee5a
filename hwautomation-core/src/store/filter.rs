//! Which workflows and events somebody wants to see.

use crate::id::{MachineId, WorkflowId, WorkflowName};
use crate::record::{EventKind, RunState, WorkflowSummary};

/// Chooses workflows. An empty filter chooses all; what is given must all hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkflowFilter {
    /// In one of these states; empty is any.
    pub states: Vec<RunState>,
    /// About this machine.
    pub machine: Option<MachineId>,
    /// Of this kind.
    pub name: Option<WorkflowName>,
    /// Started by this workflow.
    pub parent: Option<WorkflowId>,
}

impl WorkflowFilter {
    /// Chooses the workflows that have not ended.
    #[must_use]
    pub fn open() -> Self {
        Self { states: vec![RunState::Pending, RunState::Running], ..Self::default() }
    }

    /// Tells whether a workflow is chosen.
    #[must_use]
    pub fn matches(&self, row: &WorkflowSummary) -> bool {
        (self.states.is_empty() || self.states.contains(&row.state))
            && self.machine.as_ref().is_none_or(|machine| row.machine.as_ref() == Some(machine))
            && self.name.as_ref().is_none_or(|name| row.name == *name)
            && self.parent.is_none_or(|parent| row.parent == Some(parent))
    }
}

/// Chooses events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Only {
    /// All.
    #[default]
    Everything,
    /// Those by which the machine directory changes.
    MachineChanges,
}

impl Only {
    /// Tells whether an event is chosen.
    #[must_use]
    pub fn matches(self, kind: &EventKind) -> bool {
        self == Self::Everything || matches!(kind, EventKind::MachineChanged { .. })
    }
}
