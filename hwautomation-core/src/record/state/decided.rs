//! What people decided about a run.

use super::{Decided, Decision, WorkflowState};
use crate::record::{Event, EventKind};

impl WorkflowState {
    /// Reads from the next event what a person decided with it, before it is applied.
    pub(super) fn decided_by(&self, event: &Event) -> Option<Decided> {
        let halted_at = || self.halt.as_ref().and_then(|halt| halt.step.clone());
        let (what, step, why) = match &event.kind {
            EventKind::CancelRequested { why } => ("cancel", None, why),
            EventKind::RetryRequested { why } => ("retry", halted_at(), why),
            EventKind::AbortRequested { why } => ("abort", halted_at(), why),
            EventKind::PowerOverridden { why } => ("override power", None, why),
            // A step that runs skips itself.
            EventKind::StepSkipped { step, why, .. } if self.halt.is_some() => {
                ("skip", Some(step.clone()), why)
            }
            _ => return None,
        };
        let decision = Decision { by: event.actor.clone(), at: event.at, why: why.clone() };
        Some(Decided { what, step, decision })
    }
}
