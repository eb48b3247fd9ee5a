//! One row about a workflow: what lists show and filters read.

use super::lines::one_line;
use super::{Position, Seq, WorkflowState};
use crate::error::ErrorClassName;
use crate::id::{MachineId, StepName, WorkflowId, WorkflowName};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Says where a run stands, in five words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Accepted, not begun.
    Pending,
    /// Begun, not ended.
    Running,
    /// Every step is done or skipped. Terminal.
    Completed,
    /// It could not be done. Terminal.
    Failed,
    /// Somebody stopped it. Terminal.
    Cancelled,
}

impl RunState {
    /// Tells whether nothing more will happen.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        })
    }
}

/// Says more about a run that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SubState {
    /// A person must decide.
    Halted,
    /// Somebody asked for a stop.
    Cancelling,
    /// It goes backwards.
    Undoing,
    /// A step waits, waits to be tried again, or queues for permits.
    Waiting,
}

/// As JSON has it.
impl fmt::Display for SubState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Halted => "halted",
            Self::Cancelling => "cancelling",
            Self::Undoing => "undoing",
            Self::Waiting => "waiting",
        })
    }
}

/// Holds one row of a list. A projection: the events say the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkflowSummary {
    /// Which workflow.
    pub id: WorkflowId,
    /// Its kind.
    pub name: WorkflowName,
    /// Its machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<MachineId>,
    /// Where it stands.
    pub state: RunState,
    /// More about where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_state: Option<SubState>,
    /// The step it is at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepName>,
    /// How many steps are done or skipped.
    pub steps_finished: u32,
    /// How many steps there are.
    pub steps_total: u32,
    /// When it was accepted.
    pub submitted_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// When a limit ends or turns it, whatever it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presses_at: Option<Timestamp>,
    /// The newest error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The class of the newest error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_class: Option<ErrorClassName>,
    /// The workflow that started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<WorkflowId>,
    /// How many events it has.
    pub events: Seq,
    /// The newest event's number in the store; a store fills it in.
    #[serde(default)]
    pub position: Position,
}

impl WorkflowSummary {
    /// Says the state in one row.
    #[must_use]
    pub fn of(state: &WorkflowState) -> Self {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let newest = state.failed_last.and_then(|place| state.steps[place].failures.last());
        Self {
            id: state.id,
            name: state.spec.name.clone(),
            machine: state.spec.machine.clone(),
            state: state.run_state(),
            sub_state: sub_state(state),
            step: state.current_step().map(|step| step.spec.name.clone()),
            steps_finished: count(state.steps_finished),
            steps_total: count(state.steps.len()),
            submitted_at: state.submitted_at,
            ended_at: state.ended.as_ref().map(|ended| ended.at),
            presses_at: state.presses_at(),
            error: newest.map(|failure| failure.error.message.clone()),
            error_class: newest.map(|failure| failure.error.class.into()),
            parent: state.spec.parent,
            events: state.next_seq,
            position: 0,
        }
    }
}

impl fmt::Display for WorkflowSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.id)?;
        if let Some(machine) = &self.machine {
            write!(f, " on {machine}")?;
        }
        write!(f, " is {}", self.state)?;
        if let Some(sub_state) = self.sub_state {
            write!(f, ", {sub_state}")?;
        }
        write!(f, ", {} of {} steps finished", self.steps_finished, self.steps_total)?;
        if let Some(step) = self.step.as_ref().filter(|_| !self.state.is_terminal()) {
            write!(f, ", at {step}")?;
        }
        self.error.iter().try_for_each(|error| write!(f, "; last error: {}", one_line(error)))
    }
}

pub(super) fn sub_state(state: &WorkflowState) -> Option<SubState> {
    use super::{Phase, Side};
    let waits = || {
        state.current_step().is_some_and(|step| {
            matches!(step.phase, Phase::Waiting(_) | Phase::Retrying { .. })
                || state.permits_awaited.is_some()
                || step.open_intents(Side::Run).any(|(_, intent)| intent.awaited.is_some())
        })
    };
    match state {
        _ if state.ended.is_some() => None,
        _ if state.undo.is_some() => Some(SubState::Undoing),
        _ if state.cancel.is_some() => Some(SubState::Cancelling),
        _ if state.halt.is_some() => Some(SubState::Halted),
        _ if waits() => Some(SubState::Waiting),
        _ => None,
    }
}
