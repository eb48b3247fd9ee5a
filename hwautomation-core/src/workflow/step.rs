//! One step of a workflow.

use super::{Permit, Probed, StepOutcome, StepPlan, UndoOutcome, WorkflowContext};
use crate::device::Capability;
use crate::error::Result;
use crate::id::{IntentName, StepName};
use crate::machine::Machine;
use crate::record::{Policy, Resume, Side, UndoOf};
use async_trait::async_trait;
use std::fmt;

/// Does one thing, so that it can be interrupted anywhere and gone on with.
///
/// # Contract
///
/// - `a_second_run_changes_nothing_more`: the engine may call `run` again, since the process died before it could
///   record how the first one ended. What must not happen twice goes through [`WorkflowContext::once`]; everything
///   else looks before it acts.
/// - `a_kill_between_intent_and_result_is_survived`: wherever the process dies, the end is the same;
///   [`resume`](Self::resume) and [`probe`](Self::probe) say how.
/// - `a_dropped_run_can_be_gone_on_with`: the future may be dropped at any `.await`, by a timeout or a shutdown.
/// - `a_cancelled_run_ends_and_is_undone`: cancelled at any call, the run ends as cancelled and `undo` leaves the
///   hardware as it was.
/// - `undoing_twice_is_as_good_as_once`: `undo` too may be interrupted anywhere.
///
/// `step_conformance!` (feature `testing`) tries all of it on any step.
#[async_trait]
pub trait WorkflowStep: fmt::Debug + Send + Sync + 'static {
    /// Names the step. Stored; never change it.
    fn name(&self) -> StepName;

    /// Says what happens to an effect that was begun and of which nobody recorded the outcome.
    fn resume(&self) -> Resume;

    /// Runs the step, or looks again after a wait.
    ///
    /// # Errors
    ///
    /// Any. The class decides whether there is another attempt.
    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome>;

    /// Returns what people read. Default: the name.
    fn title(&self) -> String {
        self.name().to_string()
    }

    /// Returns the version of what the step does. Raise it when a run that is half through the old one must not
    /// go on with the new one. Default 1.
    fn version(&self) -> u32 {
        1
    }

    /// Returns the step's limits.
    fn policy(&self) -> Policy {
        Policy::default()
    }

    /// Lists what the step needs, so that a machine without it is refused at submission. Default: nothing.
    fn needs(&self) -> Vec<Capability> {
        Vec::new()
    }

    /// Lists what `run` and `undo` use that only so many may use at once, on this machine. Asked before each call of
    /// either: what the step holds and does not name goes back, at the latest with its outcome. Computes only. Default:
    /// nothing.
    fn permits(&self, machine: Option<&Machine>) -> Vec<Permit> {
        let _ = machine;
        Vec::new()
    }

    /// Finds out whether an effect happened. Asked once for each open effect before `run` is called again, if
    /// [`resume`](Self::resume) says [`Resume::Probe`]. Only reads. Default: unknown, so a person decides.
    ///
    /// # Errors
    ///
    /// Any. The class decides whether it is asked again.
    async fn probe(&self, ctx: &WorkflowContext, intent: &ProbedIntent) -> Result<Probed> {
        let _ = (ctx, intent);
        Ok(Probed::unknown("this step cannot tell"))
    }

    /// Undoes what the step did. Default: there is nothing to undo.
    ///
    /// # Errors
    ///
    /// Any. The class decides whether it is tried again.
    async fn undo(&self, ctx: &WorkflowContext, of: UndoOf) -> Result<UndoOutcome> {
        let _ = (ctx, of);
        Ok(UndoOutcome::Nothing)
    }

    /// Says what `run` would do. May read, never writes. Default: unknown.
    ///
    /// # Errors
    ///
    /// Any; a plan shows it.
    async fn plan(&self, ctx: &WorkflowContext) -> Result<StepPlan> {
        let _ = ctx;
        Ok(StepPlan::Unknown)
    }
}

/// Names an effect of which nobody recorded the outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProbedIntent {
    /// The name given to `once`.
    pub name: IntentName,
    /// Whether it was sent to run the step or to undo it.
    pub side: Side,
    /// When it was begun.
    pub opened_at: crate::time::Timestamp,
    /// When it was last waited for: when the attempt that sent it was given up, or when it was begun, if the process
    /// died instead. What it does on the other side may go on after that.
    pub given_up_at: crate::time::Timestamp,
}
