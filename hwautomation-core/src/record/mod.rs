//! What happened to a workflow, and what it adds up to.
//!
//! Events are the only truth: a [`WorkflowState`] is folded from them, and everything that people see is folded
//! from that. Stored events only grow: a field may be added, never renamed or taken away.

mod blobs;
mod event;
mod intent;
mod json;
mod kind;
mod lines;
mod permit;
mod report;
mod scrub;
mod spans;
mod spec;
mod state;
mod status;
mod stored;
mod summary;
mod undo;

pub use event::{Event, NewEvent, Position, Seq};
pub use intent::{ClosedBy, IntentResult};
pub use json::{Place, Unplaced};
pub use kind::{EventKind, OutputRecord, Side, Verdict};
pub(crate) use lines::one_line;
pub use permit::{Hold, PermitsAwaited};
pub use report::{FailedAttempt, ReportedDecision, UnknownEffect, WorkflowReport};
pub use spec::{Backoff, CarriedStep, OnFailure, Policy, Resume, StepSpec, Submitted};
pub use state::{
    Decided, Decision, Ended, Failure, Guard, Halt, Intent, IntentEnd, IntentOutcome, Phase, Signal,
    StepState, SubTask, UndoPhase, UndoState, UndoStep, WaitState, WorkflowState,
};
pub use status::{StepStatus, WaitingFor, WorkflowStatus};
pub use stored::{BLOB_BYTES_MAX, Blob, BlobHash, INLINE_BYTES_MAX, Stored};
pub use summary::{RunState, SubState, WorkflowSummary};
pub use undo::{NotUndone, UndoCause, UndoOf, UndoResult};
