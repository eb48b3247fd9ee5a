//! What a workflow is, for people who write steps.
//!
//! A [`Workflow`] is a list of [`WorkflowStep`]s. A step gets a [`WorkflowContext`], through which it reads its
//! machine and parameters, reaches plugins, reports what it does, and sends every destructive command by
//! [`WorkflowContext::once`]. It never sees the engine that runs it.

mod approval;
mod children;
mod context;
mod definition;
mod effect;
mod handle;
mod once;
mod outcome;
mod permit;
mod plugins;
pub(crate) mod port;
mod step;
mod step_fn;
mod submission;

pub use approval::{Approval, ApprovalGate};
pub use context::WorkflowContext;
pub use definition::{Limits, Workflow};
pub use effect::{Call, Effect};
pub use handle::{
    BiosHandle, BmcHandle, BootHandle, CommissionerHandle, HealthHandle, PowerHandle, ShellHandle,
};
pub(crate) use outcome::{HandedOn, output_record, read_output};
pub use outcome::{PlannedStep, Probed, StepOutcome, StepOutput, StepPlan, UndoOutcome, Wait, WorkflowPlan};
pub use permit::Permit;
pub use step::{ProbedIntent, WorkflowStep};
pub use step_fn::{StepFn, step_fn};
pub use submission::Submission;
