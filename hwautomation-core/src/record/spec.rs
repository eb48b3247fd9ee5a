//! What event 0 says: the whole of what was accepted.

use super::OutputRecord;
use crate::id::{MachineId, StepName, WorkflowId, WorkflowName};
use crate::time::{millis, millis_opt};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// Holds everything that a run is about, so that nothing but its events is needed to go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Submitted {
    /// The version of the stored form. Now 1.
    pub format: u32,
    /// The kind of workflow.
    pub name: WorkflowName,
    /// The fingerprint of its definition.
    pub fingerprint: String,
    /// The machine it is about and whose claim it holds; none for a workflow of workflows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<MachineId>,
    /// What was asked for.
    pub request: Value,
    /// What happens when a step fails for good.
    pub on_failure: OnFailure,
    /// How long forward work may take, counted from the first step, without the time it is halted.
    #[serde(rename = "deadline_ms", default, skip_serializing_if = "Option::is_none", with = "millis_opt")]
    pub deadline: Option<Duration>,
    /// How long it may wait to be started, and stand still where no limit of its own counts.
    #[serde(
        rename = "start_limit_ms",
        default,
        skip_serializing_if = "Option::is_none",
        with = "millis_opt"
    )]
    pub start_limit: Option<Duration>,
    /// How long a halted run waits for a person.
    #[serde(rename = "halt_limit_ms", with = "millis")]
    pub halt_limit: Duration,
    /// How long undoing may take.
    #[serde(rename = "undo_limit_ms", with = "millis")]
    pub undo_limit: Duration,
    /// How many attempts each step was to have; none where the steps' own numbers hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// The steps, in order.
    pub steps: Vec<StepSpec>,
    /// The workflow that started this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<WorkflowId>,
    /// The ended run that this one repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resubmit_of: Option<WorkflowId>,
    /// The first steps, which that run did; this one begins after them and has what they handed on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carried: Vec<CarriedStep>,
}

/// Names a step that an earlier run did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CarriedStep {
    /// Which step.
    pub step: StepName,
    /// What it handed on.
    #[serde(flatten)]
    pub output: Option<OutputRecord>,
}

/// Says what happens when a step fails for good or the deadline passes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// The run halts and a person decides. The default.
    #[default]
    Keep,
    /// What was done is undone, and the run ends as failed.
    Undo,
}

/// Describes a step as it was when the run was accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepSpec {
    /// Its name, unique in the workflow.
    pub name: StepName,
    /// What people read.
    pub title: String,
    /// The version of what it does; part of the fingerprint.
    pub version: u32,
    /// What happens to an effect that was begun when the process died.
    pub resume: Resume,
    /// Its limits.
    pub policy: Policy,
}

/// Says what happens to an effect whose outcome nobody recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resume {
    /// It is done again: doing it twice is harmless.
    Rerun,
    /// The step is asked whether it happened.
    Probe,
    /// A person decides.
    Halt,
}

/// Limits a step. The earliest limit wins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// How long one call of the step may take. Default 60 s.
    #[serde(rename = "timeout_ms", with = "millis")]
    pub timeout: Duration,
    /// How long one attempt may take, its waits included. Default: no limit of its own.
    #[serde(
        rename = "attempt_limit_ms",
        default,
        skip_serializing_if = "Option::is_none",
        with = "millis_opt"
    )]
    pub attempt_limit: Option<Duration>,
    /// How long the step may take over all attempts and waits. Default 24 h, since everything has a limit.
    #[serde(rename = "deadline_ms", default, skip_serializing_if = "Option::is_none", with = "millis_opt")]
    pub deadline: Option<Duration>,
    /// How many attempts there are, the first included. Default 3; 0 is refused.
    pub attempts: u32,
    /// How long to stay away between attempts.
    pub backoff: Backoff,
    /// How long to stay away after an attempt whose outcome is unknown. Default: as `backoff`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_backoff: Option<Backoff>,
    /// After how many equal failures in a row there are no more attempts. Default 3.
    pub equal_failures_max: u32,
    /// How often an attempt is gone on with after the process ended while it ran, before it counts as failed: a step
    /// may be what ends the process. Default 10.
    #[serde(default = "resumes_max", skip_serializing_if = "is_resumes_max")]
    pub resumes_max: u32,
}

fn resumes_max() -> u32 {
    10
}

fn is_resumes_max(count: &u32) -> bool {
    *count == resumes_max()
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(60),
            attempt_limit: None,
            deadline: Some(Duration::from_secs(24 * 3600)),
            attempts: 3,
            backoff: Backoff::default(),
            unknown_backoff: None,
            equal_failures_max: 3,
            resumes_max: resumes_max(),
        }
    }
}

/// Says how long to stay away: `first`, then twice as long each time, at most `max`, minus up to a quarter
/// that is drawn from the run's name, so that a fleet does not come back in step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backoff {
    /// The first pause. Default 1 s.
    #[serde(rename = "first_ms", with = "millis")]
    pub first: Duration,
    /// The longest pause. Default 60 s.
    #[serde(rename = "max_ms", with = "millis")]
    pub max: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_secs(1), max: Duration::from_secs(60) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Stored;

    #[test]
    fn what_is_carried_over_reads_back_also_where_it_is_null_or_nothing() {
        let value = |value| OutputRecord { name: "marker".to_owned(), value: Stored::Value(value) };
        let outputs = [None, Some(value(Value::Null)), Some(value(serde_json::json!({"name": 7})))];
        for output in outputs {
            let carried = CarriedStep { step: StepName::from_static("mark"), output };
            let json = serde_json::to_string(&carried).unwrap();
            assert_eq!(serde_json::from_str::<CarriedStep>(&json).unwrap(), carried, "{json}");
        }
    }
}
