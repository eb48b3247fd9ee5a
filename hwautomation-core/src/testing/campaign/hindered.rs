//! A step that fails once, whatever it would have done itself.

use super::Side;
use crate::device::Capability;
use crate::error::{Error, ErrorKind, Result};
use crate::id::StepName;
use crate::record::{Policy, Resume, Side as Way, UndoOf};
use crate::workflow::{
    Probed, ProbedIntent, StepOutcome, StepPlan, UndoOutcome, WorkflowContext, WorkflowStep,
};
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Says which step fails, on which way, and whether before or after it acted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fall {
    pub(super) step: StepName,
    pub(super) way: Way,
    pub(super) side: Side,
}

/// What is to come, and which steps were called at all.
#[derive(Debug, Default)]
pub(super) struct Trap {
    fall: Mutex<Option<Fall>>,
    called: Mutex<BTreeSet<(StepName, Way)>>,
}

impl Trap {
    pub(super) fn new(fall: Option<Fall>) -> Arc<Self> {
        Arc::new(Self { fall: Mutex::new(fall), called: Mutex::default() })
    }

    /// Lists what was called.
    pub(super) fn called(&self) -> BTreeSet<(StepName, Way)> {
        locked(&self.called).clone()
    }

    /// Tells whether nobody fell in.
    pub(super) fn is_set(&self) -> bool {
        locked(&self.fall).is_some()
    }

    fn springs(&self, step: &StepName, way: Way, side: Side) -> Result<()> {
        let mut fall = locked(&self.fall);
        let is_it = |fall: &&Fall| (&fall.step, fall.way, fall.side) == (step, way, side);
        if fall.as_ref().filter(is_it).is_none() {
            return Ok(());
        }
        *fall = None;
        Err(Error::new(ErrorKind::Busy, format!("the campaign lets {step} fail once")))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Stands around a step.
#[derive(Debug)]
pub(super) struct Around {
    pub(super) inner: Arc<dyn WorkflowStep>,
    pub(super) trap: Arc<Trap>,
}

impl Around {
    fn enter(&self, way: Way) -> Result<()> {
        let name = self.inner.name();
        locked(&self.trap.called).insert((name.clone(), way));
        self.trap.springs(&name, way, Side::Before)
    }
}

#[async_trait]
impl WorkflowStep for Around {
    fn name(&self) -> StepName {
        self.inner.name()
    }

    fn resume(&self) -> Resume {
        self.inner.resume()
    }

    /// What acted and then fails is what would have been done.
    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        self.enter(Way::Run)?;
        let outcome = self.inner.run(ctx).await?;
        if !matches!(outcome, StepOutcome::Wait(_)) {
            self.trap.springs(&self.inner.name(), Way::Run, Side::After)?;
        }
        Ok(outcome)
    }

    fn title(&self) -> String {
        self.inner.title()
    }

    fn version(&self) -> u32 {
        self.inner.version()
    }

    fn policy(&self) -> Policy {
        self.inner.policy()
    }

    fn needs(&self) -> Vec<Capability> {
        self.inner.needs()
    }

    async fn probe(&self, ctx: &WorkflowContext, intent: &ProbedIntent) -> Result<Probed> {
        self.inner.probe(ctx, intent).await
    }

    async fn undo(&self, ctx: &WorkflowContext, of: UndoOf) -> Result<UndoOutcome> {
        self.enter(Way::Undo)?;
        let outcome = self.inner.undo(ctx, of).await?;
        if !matches!(outcome, UndoOutcome::Wait(_)) {
            self.trap.springs(&self.inner.name(), Way::Undo, Side::After)?;
        }
        Ok(outcome)
    }

    async fn plan(&self, ctx: &WorkflowContext) -> Result<StepPlan> {
        self.inner.plan(ctx).await
    }
}
