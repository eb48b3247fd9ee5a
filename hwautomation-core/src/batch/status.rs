//! Where a batch stands, in words for people and fields for programs.

use super::report::FailedMachine;
use crate::id::WorkflowId;
use crate::record::{RunState, SubState, WaitingFor, one_line};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Answers "where does the batch stand, and why does it wait?".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchStatus {
    /// Which workflow.
    pub id: WorkflowId,
    /// What each machine gets.
    pub workflow: String,
    /// Where the batch stands.
    pub state: RunState,
    /// More about where it stands.
    pub sub_state: Option<SubState>,
    /// Where it stands, in one line.
    pub headline: String,
    /// Which wave it is at, from 1; absent before the first and after the last.
    pub wave: Option<usize>,
    /// How many waves there are.
    pub waves: usize,
    /// How many machines there are.
    pub machines: usize,
    /// What became of them so far.
    pub counts: MachineCounts,
    /// What it waits for.
    pub waiting: Option<WaitingFor>,
    /// What its wave does, or which machines hold it up, while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_task: Option<String>,
    /// The newest failures, at most five.
    pub errors: Vec<FailedMachine>,
}

/// Counts machines by what became of their newest child.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineCounts {
    /// They have no child.
    pub not_started: usize,
    /// Accepted, not begun.
    pub pending: usize,
    /// At work, or waiting for something.
    pub running: usize,
    /// Halted: a person must decide.
    pub halted: usize,
    /// Completed.
    pub completed: usize,
    /// Failed.
    pub failed: usize,
    /// Cancelled.
    pub cancelled: usize,
}

impl MachineCounts {
    /// Counts those whose child has ended.
    #[must_use]
    pub fn ended(&self) -> usize {
        self.completed + self.failed + self.cancelled
    }
}

impl fmt::Display for BatchStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "batch {} of {} is {}: ", self.id, self.workflow, self.state)?;
        match self.wave {
            Some(wave) => write!(f, "wave {wave} of {}, ", self.waves)?,
            None => write!(f, "{} waves, ", self.waves)?,
        }
        writeln!(f, "{} of {} machines ended", self.counts.ended(), self.machines)?;
        writeln!(f, "  {}", self.counts)?;
        // Else it names the batch's own step, and that is the wave.
        if self.state.is_terminal() || !matches!(self.sub_state, None | Some(SubState::Waiting)) {
            writeln!(f, "  {}", self.headline)?;
        }
        if let Some(waiting) = &self.waiting {
            writeln!(f, "  {waiting}")?;
        }
        if let Some(sub_task) = &self.sub_task {
            writeln!(f, "  {sub_task}")?;
        }
        for error in &self.errors {
            write!(f, "  {}", one_line(&error.to_string()))?;
            match error.workflow {
                Some(workflow) => writeln!(f, " (workflow {workflow})")?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for MachineCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            (self.completed, "completed"),
            (self.failed, "failed"),
            (self.cancelled, "cancelled"),
            (self.halted, "halted"),
            (self.running, "running"),
            (self.pending, "pending"),
            (self.not_started, "not started"),
        ];
        let some = all.iter().filter(|(count, _)| *count > 0);
        let some: Vec<String> = some.map(|(count, what)| format!("{count} {what}")).collect();
        f.write_str(&some.join(", "))
    }
}
