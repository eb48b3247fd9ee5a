//! A kind of workflow: its steps and its rules.

use super::WorkflowStep;
use crate::error::{Error, Result};
use crate::id::{StepName, WorkflowName};
use crate::machine::Machine;
use crate::record::{BlobHash, OnFailure};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

type Limit = Arc<dyn Fn(&Value) -> Limits + Send + Sync>;

/// Says what a request asks for in limits. Absent is: not asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// How long forward work may take, counted from the first step.
    pub deadline: Option<Duration>,
    /// How many attempts each step has, the first included.
    pub attempts: Option<u32>,
}

type Check = Arc<dyn Fn(&Value, Option<&Machine>) -> Result<()> + Send + Sync>;

/// Defines a kind of workflow.
#[derive(Clone)]
pub struct Workflow {
    pub(crate) name: WorkflowName,
    pub(crate) steps: Vec<Arc<dyn WorkflowStep>>,
    pub(crate) on_failure: OnFailure,
    pub(crate) deadline: Option<Duration>,
    checks: Vec<Check>,
    limits: Option<Limit>,
    fingerprint: OnceLock<String>,
}

impl Workflow {
    /// Begins a definition without steps.
    ///
    /// # Panics
    ///
    /// When the name is not lower case letters, digits, `_`, `-` and `.`.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        let name = WorkflowName::from_static(name);
        Self {
            name,
            steps: Vec::new(),
            on_failure: OnFailure::Keep,
            deadline: None,
            checks: Vec::new(),
            limits: None,
            fingerprint: OnceLock::new(),
        }
    }

    /// Adds a step at the end.
    #[must_use]
    pub fn step(mut self, step: impl WorkflowStep) -> Self {
        self.steps.push(Arc::new(step));
        self.fingerprint = OnceLock::new();
        self
    }

    /// Says what happens when a step fails for good, unless the submission says otherwise. Default
    /// [`OnFailure::Keep`].
    #[must_use]
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = on_failure;
        self
    }

    /// Limits forward work, counted from the first step, unless the submission says otherwise. Default: no limit.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Refuses at submission a request that does not read as this type.
    #[must_use]
    pub fn params<T: DeserializeOwned + 'static>(self) -> Self {
        self.check(|request, _| {
            serde_json::from_value::<T>(request.clone()).map(|_| ()).map_err(|cause| {
                Error::invalid(format!("the request is not as the workflow wants it: {cause}"))
                    .with_remedy("correct the named field")
            })
        })
    }

    /// Refuses at submission what this function refuses. It only looks.
    #[must_use]
    pub fn check(
        mut self,
        check: impl Fn(&Value, Option<&Machine>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.checks.push(Arc::new(check));
        self
    }

    /// Reads limits out of the request. What the submission itself says stands above them. Called after the
    /// checks.
    #[must_use]
    pub fn limits(mut self, limits: impl Fn(&Value) -> Limits + Send + Sync + 'static) -> Self {
        self.limits = Some(Arc::new(limits));
        self
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &WorkflowName {
        &self.name
    }

    /// Returns the steps, in their order.
    #[must_use]
    pub fn steps(&self) -> &[Arc<dyn WorkflowStep>] {
        &self.steps
    }

    /// Returns the fingerprint of the definition: the SHA-256 of its step names and versions.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        self.fingerprint.get_or_init(|| {
            let lines = self.steps.iter().map(|step| format!("{} {}\n", step.name(), step.version()));
            BlobHash::of(lines.collect::<String>().as_bytes()).to_string()
        })
    }

    /// Returns the step of this name.
    #[must_use]
    pub fn find(&self, name: &StepName) -> Option<&Arc<dyn WorkflowStep>> {
        self.steps.iter().find(|step| step.name() == *name)
    }

    /// Runs every check on a request.
    pub(crate) fn check_request(&self, request: &Value, machine: Option<&Machine>) -> Result<()> {
        self.checks.iter().try_for_each(|check| check(request, machine))
    }

    pub(crate) fn limits_of(&self, request: &Value) -> Limits {
        self.limits.as_ref().map(|limits| limits(request)).unwrap_or_default()
    }

    /// Refuses a definition that could not run: no two steps of one name, no step without an attempt.
    pub(crate) fn check_definition(&self) -> Result<()> {
        let mut names = BTreeSet::new();
        for step in &self.steps {
            let name = step.name();
            if step.policy().attempts == 0 {
                return Err(Error::invalid(format!("step {name} of workflow {} has 0 attempts", self.name))
                    .with_remedy("give it 1 or more; the first one counts"));
            }
            if !names.insert(name.clone()) {
                return Err(Error::invalid(format!("workflow {} has two steps named {name}", self.name))
                    .with_remedy("give each step its own name"));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Workflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workflow")
            .field("name", &self.name)
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}
