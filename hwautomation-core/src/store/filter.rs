//! Which workflows and events somebody wants to see.

use crate::error::ErrorClassName;
use crate::id::{MachineId, WorkflowId, WorkflowName};
use crate::record::{EventKind, RunState, SubState, WorkflowSummary};
use crate::time::Timestamp;

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
    /// Accepted at this time or later.
    pub submitted_from: Option<Timestamp>,
    /// Accepted before this time.
    pub submitted_before: Option<Timestamp>,
    /// Ended at this time or later; one that has not ended is not chosen.
    pub ended_from: Option<Timestamp>,
    /// Ended before this time; one that has not ended is not chosen.
    pub ended_before: Option<Timestamp>,
    /// Whose newest failure is of this class.
    pub error_class: Option<ErrorClassName>,
    /// More about where it stands.
    pub sub_state: Option<SubState>,
}

impl WorkflowFilter {
    /// Chooses the workflows that have not ended.
    #[must_use]
    pub fn open() -> Self {
        Self { states: vec![RunState::Pending, RunState::Running], ..Self::default() }
    }

    /// Tells whether only workflows that have not ended can be chosen.
    pub(crate) fn is_of_open(&self) -> bool {
        !self.states.is_empty() && !self.states.iter().any(|state| state.is_terminal())
    }

    /// Tells whether a workflow is chosen.
    #[must_use]
    pub fn matches(&self, row: &WorkflowSummary) -> bool {
        (self.states.is_empty() || self.states.contains(&row.state))
            && self.machine.as_ref().is_none_or(|machine| row.machine.as_ref() == Some(machine))
            && self.name.as_ref().is_none_or(|name| row.name == *name)
            && self.parent.is_none_or(|parent| row.parent == Some(parent))
            && self.error_class.is_none_or(|class| row.error_class == Some(class))
            && self.sub_state.is_none_or(|sub_state| row.sub_state == Some(sub_state))
            && is_within(Some(row.submitted_at), self.submitted_from, self.submitted_before)
            && is_within(row.ended_at, self.ended_from, self.ended_before)
    }
}

fn is_within(at: Option<Timestamp>, from: Option<Timestamp>, before: Option<Timestamp>) -> bool {
    from.is_none_or(|from| at.is_some_and(|at| at >= from))
        && before.is_none_or(|before| at.is_some_and(|at| at < before))
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
