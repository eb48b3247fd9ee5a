//! What is asked for: one run of a workflow.

use crate::error::{Error, Result};
use crate::id::WorkflowId;
use crate::record::{CarriedStep, OnFailure};
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// Asks for a run of a workflow.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Submission {
    /// Which kind of workflow.
    pub workflow: String,
    /// The machine, by id, alias or address.
    pub machine: Option<String>,
    /// What is asked for; null when the workflow takes nothing.
    pub request: Value,
    /// What happens when a step fails for good. Default: as the workflow says.
    pub on_failure: Option<OnFailure>,
    /// How long forward work may take. Default: as the workflow says.
    pub deadline: Option<Duration>,
    /// How many attempts each step has. Default: as each step says; 0 is refused.
    pub attempts: Option<u32>,
    /// The workflow that starts this one.
    pub parent: Option<WorkflowId>,
    pub(crate) resubmit_of: Option<WorkflowId>,
    pub(crate) carried: Vec<CarriedStep>,
}

impl Submission {
    /// Asks for a workflow by its name.
    #[must_use]
    pub fn new(workflow: impl Into<String>) -> Self {
        Self {
            workflow: workflow.into(),
            machine: None,
            request: Value::Null,
            on_failure: None,
            deadline: None,
            attempts: None,
            parent: None,
            resubmit_of: None,
            carried: Vec::new(),
        }
    }

    /// Names the machine, by id, alias or address.
    #[must_use]
    pub fn machine(mut self, name: impl Into<String>) -> Self {
        self.machine = Some(name.into());
        self
    }

    /// Says what is asked for.
    ///
    /// # Errors
    ///
    /// `Invalid` when it cannot be written as JSON.
    pub fn request(mut self, request: impl Serialize) -> Result<Self> {
        self.request = serde_json::to_value(request)
            .map_err(|cause| Error::invalid("writing the request as JSON").with_source(cause))?;
        Ok(self)
    }

    /// Says what happens when a step fails for good.
    #[must_use]
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = Some(on_failure);
        self
    }

    /// Limits forward work, counted from the first step.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Replaces the number of attempts of every step.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = Some(attempts);
        self
    }
}
