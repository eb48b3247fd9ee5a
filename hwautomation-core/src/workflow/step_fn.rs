//! A step made of closures.

use super::{Permit, Probed, ProbedIntent, StepOutcome, UndoOutcome, WorkflowContext, WorkflowStep};
use crate::device::Capability;
use crate::error::Result;
use crate::id::StepName;
use crate::machine::Machine;
use crate::record::{Policy, Resume, UndoOf};
use async_trait::async_trait;
use futures_util::future::BoxFuture;
use std::fmt;
use std::future::Future;

type Probe = Box<dyn Fn(WorkflowContext, ProbedIntent) -> BoxFuture<'static, Result<Probed>> + Send + Sync>;
type Permits = Box<dyn Fn(Option<&Machine>) -> Vec<Permit> + Send + Sync>;
type Undo = Box<dyn Fn(WorkflowContext, UndoOf) -> BoxFuture<'static, Result<UndoOutcome>> + Send + Sync>;

/// Holds closures as a step. Made by [`step_fn`].
pub struct StepFn<F> {
    name: StepName,
    title: Option<String>,
    resume: Resume,
    policy: Policy,
    needs: Vec<Capability>,
    permits: Option<Permits>,
    run: F,
    probe: Option<Probe>,
    undo: Option<Undo>,
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
    StepFn {
        name: StepName::from_static(name),
        title: None,
        resume,
        policy: Policy::default(),
        needs: Vec::new(),
        permits: None,
        run,
        probe: None,
        undo: None,
    }
}

impl<F> StepFn<F> {
    /// Says what people read.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Replaces the limits.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Says what the step needs, so that a machine without it is refused at submission.
    #[must_use]
    pub fn needs(mut self, capabilities: impl IntoIterator<Item = Capability>) -> Self {
        self.needs = capabilities.into_iter().collect();
        self
    }

    /// Says what the step uses that only so many may use at once, on this machine.
    #[must_use]
    pub fn permits<P>(mut self, permits: P) -> Self
    where
        P: Fn(Option<&Machine>) -> Vec<Permit> + Send + Sync + 'static,
    {
        self.permits = Some(Box::new(permits));
        self
    }

    /// Says how to find out whether an effect happened.
    #[must_use]
    pub fn probe<P, Fut>(mut self, probe: P) -> Self
    where
        P: Fn(WorkflowContext, ProbedIntent) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Probed>> + Send + 'static,
    {
        self.probe = Some(Box::new(move |ctx, intent| Box::pin(probe(ctx, intent))));
        self
    }

    /// Says how to undo the step.
    #[must_use]
    pub fn undo<U, Fut>(mut self, undo: U) -> Self
    where
        U: Fn(WorkflowContext, UndoOf) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<UndoOutcome>> + Send + 'static,
    {
        self.undo = Some(Box::new(move |ctx, of| Box::pin(undo(ctx, of))));
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

    fn title(&self) -> String {
        self.title.clone().unwrap_or_else(|| self.name.to_string())
    }

    fn needs(&self) -> Vec<Capability> {
        self.needs.clone()
    }

    fn permits(&self, machine: Option<&Machine>) -> Vec<Permit> {
        self.permits.as_ref().map(|permits| permits(machine)).unwrap_or_default()
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        (self.run)(ctx.clone()).await
    }

    async fn probe(&self, ctx: &WorkflowContext, intent: &ProbedIntent) -> Result<Probed> {
        match &self.probe {
            Some(probe) => probe(ctx.clone(), intent.clone()).await,
            None => Ok(Probed::unknown("this step cannot tell")),
        }
    }

    async fn undo(&self, ctx: &WorkflowContext, of: UndoOf) -> Result<UndoOutcome> {
        match &self.undo {
            Some(undo) => undo(ctx.clone(), of).await,
            None => Ok(UndoOutcome::Nothing),
        }
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
