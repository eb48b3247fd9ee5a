//! A step made of a closure.

use super::{StepOutcome, WorkflowContext, WorkflowStep};
use crate::error::Result;
use crate::id::StepName;
use crate::record::{Policy, Resume};
use async_trait::async_trait;
use std::fmt;
use std::future::Future;

/// Holds a closure as a step. Made by [`step_fn`].
pub struct StepFn<F> {
    name: StepName,
    resume: Resume,
    policy: Policy,
    run: F,
}

/// Makes a step of a closure that takes the context by value.
///
/// # Panics
///
/// When the name is not lower case letters, digits, `_`, `-` and `.`.
pub fn step_fn<F, Fut>(name: &'static str, resume: Resume, run: F) -> StepFn<F>
where
    F: Fn(WorkflowContext) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<StepOutcome>> + Send,
{
    StepFn { name: StepName::from_static(name), resume, policy: Policy::default(), run }
}

impl<F> StepFn<F> {
    /// Replaces the limits.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }
}

#[async_trait]
impl<F, Fut> WorkflowStep for StepFn<F>
where
    F: Fn(WorkflowContext) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<StepOutcome>> + Send,
{
    fn name(&self) -> StepName {
        self.name.clone()
    }

    fn resume(&self) -> Resume {
        self.resume
    }

    fn policy(&self) -> Policy {
        self.policy.clone()
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        (self.run)(ctx.clone()).await
    }
}

impl<F> fmt::Debug for StepFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StepFn")
            .field("name", &self.name)
            .field("resume", &self.resume)
            .finish_non_exhaustive()
    }
}
