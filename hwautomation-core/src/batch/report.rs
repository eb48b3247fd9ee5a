//! What a batch hands on, and the step that counts it.

use super::census::Census;
use super::machines::BatchMachines;
use super::tally::each_child;
use crate::error::Result;
use crate::id::{MachineId, StepName, WorkflowId};
use crate::record::{Policy, Resume};
use crate::workflow::{StepOutcome, StepOutput, StepPlan, WorkflowContext, WorkflowStep};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How many machines a report names.
pub(super) const NAMED_MAX: usize = 100;
/// How much of an error a report repeats, in characters. The child's own history has all of it.
const ERROR_CHARS_MAX: usize = 200;

/// Says what became of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchReport {
    /// How many machines there are.
    pub machines: usize,
    /// On how many the workflow completed.
    pub completed: usize,
    /// On how many it failed.
    pub failed: usize,
    /// On how many it was cancelled.
    pub cancelled: usize,
    /// On how many it still runs or is halted: their wave was skipped.
    pub open: usize,
    /// How many have no child: their wave was skipped.
    pub not_started: usize,
    /// The first hundred of those that failed or are halted.
    pub failed_machines: Vec<FailedMachine>,
}

/// Says what became of a wave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaveReport {
    /// Which wave, from 1.
    pub wave: usize,
    /// How many machines it has.
    pub machines: usize,
    /// On how many the workflow completed.
    pub completed: usize,
    /// On how many it failed.
    pub failed: usize,
    /// On how many it was cancelled.
    pub cancelled: usize,
    /// On how many it is halted.
    pub halted: usize,
    /// How many were not started.
    pub not_started: usize,
    /// The first hundred of those that failed, are halted, or are held by other workflows.
    pub failed_machines: Vec<FailedMachine>,
}

/// Names a machine on which the workflow failed, is halted, or could not begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedMachine {
    /// The machine.
    pub machine: MachineId,
    /// Its newest child.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<WorkflowId>,
    /// The beginning of its newest error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl StepOutput for BatchReport {
    const NAME: &'static str = "batch_report";
}

impl StepOutput for WaveReport {
    const NAME: &'static str = "batch_wave";
}

impl FailedMachine {
    pub(super) fn new(machine: &MachineId, workflow: Option<WorkflowId>, error: Option<&str>) -> Self {
        let error = error.map(|error| error.chars().take(ERROR_CHARS_MAX).collect());
        Self { machine: machine.clone(), workflow, error }
    }
}

impl std::fmt::Display for FailedMachine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.error {
            Some(error) => write!(f, "{}: {error}", self.machine),
            None => write!(f, "{}", self.machine),
        }
    }
}

/// Counts what became of all machines.
#[derive(Debug)]
pub(super) struct Report;

#[async_trait]
impl WorkflowStep for Report {
    fn name(&self) -> StepName {
        StepName::from_static("report")
    }

    fn resume(&self) -> Resume {
        Resume::Rerun
    }

    fn policy(&self) -> Policy {
        Policy { timeout: Duration::from_secs(600), ..Policy::default() }
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        let BatchMachines { ids } = ctx.output().await?;
        let mut census = Census::default();
        each_child(ctx, &[], |row| census.see(row)).await?;
        StepOutcome::done(census.report(ids.len()))
    }

    async fn plan(&self, _ctx: &WorkflowContext) -> Result<StepPlan> {
        Ok(StepPlan::Nothing { why: "it only counts".to_owned() })
    }
}
