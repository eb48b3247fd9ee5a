//! How a step's run ended.

use crate::error::{Error, Result};
use crate::id::StepName;
use crate::record::OutputRecord;
use crate::record::Stored;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// What a step hands on to later steps, under a name that is stored with it.
pub trait StepOutput: Serialize + DeserializeOwned + Send + 'static {
    /// The stored name. Never change it.
    const NAME: &'static str;
}

/// Says how a run of a step ended, if not with an error.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum StepOutcome {
    /// It succeeded; the value has a name and stands as JSON.
    Done(Option<(&'static str, Value)>),
    /// It waits and wants to look again.
    Wait(Wait),
    /// There is nothing to do here.
    Skipped {
        /// Why.
        why: String,
    },
}

/// Says what is waited for. While it waits, a run costs one row and no task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// What for, so that "waits for …" reads well. A new reason begins a new wait.
    pub reason: String,
    /// How often to look.
    pub poll: Duration,
    /// How long this wait may last before the attempt fails.
    pub limit: Duration,
}

impl Wait {
    fn new(reason: impl Into<String>, poll: Duration, limit: Duration) -> Result<Self> {
        let reason = reason.into();
        if poll.is_zero() {
            return Err(Error::invalid(format!("waiting for {reason} without a pause between looks"))
                .with_remedy("give a poll interval above zero"));
        }
        Ok(Self { reason, poll, limit })
    }
}

impl StepOutcome {
    /// Succeeds and hands on an output.
    ///
    /// # Errors
    ///
    /// `Invalid` when the output cannot be written as JSON.
    pub fn done<T: StepOutput>(output: T) -> Result<Self> {
        let value = serde_json::to_value(output).map_err(|cause| {
            Error::invalid(format!("writing the output {} as JSON", T::NAME)).with_source(cause)
        })?;
        Ok(Self::Done(Some((T::NAME, value))))
    }

    /// Succeeds without an output.
    ///
    /// # Errors
    ///
    /// Never; it returns what `run` returns.
    pub fn finished() -> Result<Self> {
        Ok(Self::Done(None))
    }

    /// Lets go and looks again later.
    ///
    /// # Errors
    ///
    /// `Invalid` when `poll` is zero: that would be a busy loop.
    pub fn wait(reason: impl Into<String>, poll: Duration, limit: Duration) -> Result<Self> {
        Wait::new(reason, poll, limit).map(Self::Wait)
    }

    /// Leaves the step out.
    ///
    /// # Errors
    ///
    /// Never; it returns what `run` returns.
    pub fn skipped(why: impl Into<String>) -> Result<Self> {
        Ok(Self::Skipped { why: why.into() })
    }
}

/// Reads an output that this step handed on.
pub(crate) fn read_output<T: StepOutput>(by: &StepName, value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(|cause| {
        let wanted = std::any::type_name::<T>();
        Error::invalid(format!("reading the output {} of step {by} as {wanted}", T::NAME))
            .with_remedy(
                "the stored output has another shape; raise the step's version when its output changes",
            )
            .with_source(cause)
    })
}

/// Says what a probe found out about an effect.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Probed {
    /// It happened; this is the value the call would have returned.
    Happened(Value),
    /// It did not happen and will not.
    DidNotHappen,
    /// It is too early to tell: what was accepted may not show yet. The limit counts from when the effect was
    /// begun; after it, the outcome is unknown.
    Wait(Wait),
    /// Nobody can tell: the run halts and a person decides.
    Unknown {
        /// Why nobody can tell.
        why: String,
    },
}

impl Probed {
    /// Says that it happened and what the call would have returned.
    ///
    /// # Errors
    ///
    /// `Invalid` when the value cannot be written as JSON.
    pub fn happened(value: impl Serialize) -> Result<Self> {
        let value = serde_json::to_value(value)
            .map_err(|cause| Error::invalid("writing what a probe found as JSON").with_source(cause))?;
        Ok(Self::Happened(value))
    }

    /// Says that it is too early to tell.
    ///
    /// # Errors
    ///
    /// `Invalid` when `poll` is zero: that would be a busy loop.
    pub fn wait(reason: impl Into<String>, poll: Duration, limit: Duration) -> Result<Self> {
        Wait::new(reason, poll, limit).map(Self::Wait)
    }

    /// Says that nobody can tell.
    #[must_use]
    pub fn unknown(why: impl Into<String>) -> Self {
        Self::Unknown { why: why.into() }
    }
}

/// Says how a call of `undo` ended, if not with an error.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UndoOutcome {
    /// It is undone.
    Undone,
    /// There was nothing to undo.
    Nothing,
    /// It waits and wants to look again.
    Wait(Wait),
}

impl UndoOutcome {
    /// Lets go and looks again later.
    ///
    /// # Errors
    ///
    /// `Invalid` when `poll` is zero: that would be a busy loop.
    pub fn wait(reason: impl Into<String>, poll: Duration, limit: Duration) -> Result<Self> {
        Wait::new(reason, poll, limit).map(Self::Wait)
    }
}

/// Says what a step would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "plan", rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepPlan {
    /// It would change these things.
    Changes {
        /// One line for each.
        changes: Vec<String>,
    },
    /// It would change nothing.
    Nothing {
        /// Why.
        why: String,
    },
    /// It can only tell after this step has run.
    After {
        /// Which step.
        step: StepName,
    },
    /// It does not say.
    Unknown,
}

/// Says what each step of a workflow would do. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowPlan {
    /// The steps, in order.
    pub steps: Vec<PlannedStep>,
}

/// Says what one step would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// Which step.
    pub name: StepName,
    /// What people read.
    pub title: String,
    /// What it would do.
    #[serde(flatten)]
    pub plan: StepPlan,
    /// Why it could not tell, if it failed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl fmt::Display for WorkflowPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            writeln!(f, "{}. {}", index + 1, step.title)?;
            match (&step.error, &step.plan) {
                (Some(error), _) => writeln!(f, "   cannot tell: {error}")?,
                (None, StepPlan::Changes { changes }) => {
                    changes.iter().try_for_each(|change| writeln!(f, "   {change}"))?;
                }
                (None, StepPlan::Nothing { why }) => writeln!(f, "   nothing: {why}")?,
                (None, StepPlan::After { step }) => writeln!(f, "   known after {step}")?,
                (None, StepPlan::Unknown) => writeln!(f, "   does not say")?,
            }
        }
        Ok(())
    }
}

/// Holds what a step handed on, and which one did.
#[derive(Debug, Clone)]
pub(crate) struct HandedOn {
    pub(crate) by: StepName,
    pub(crate) output: OutputRecord,
}

/// Makes the stored form of an output.
pub(crate) fn output_record(name: &str, value: Stored) -> OutputRecord {
    OutputRecord { name: name.to_owned(), value }
}
