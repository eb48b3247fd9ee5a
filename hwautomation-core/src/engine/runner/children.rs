//! Starts children for a step.

use super::Runner;
use crate::engine::children::Parent;
use crate::error::{Error, ErrorKind, Result};
use crate::id::WorkflowId;
use crate::record::Side;
use crate::workflow::Submission;
use std::time::Duration;

/// How long the lease must last when a child is begun: whoever takes over must find it there or not at all.
const BEGIN_MAY_TAKE: Duration = Duration::from_secs(10);

impl Runner {
    /// Starts a child. The runner does it and not the step: a dropped step leaves nothing half begun, and a run that
    /// is being cancelled has no child that comes late.
    pub(super) async fn start_child(
        &mut self,
        step: usize,
        side: Side,
        key: &str,
        submission: Submission,
    ) -> Result<WorkflowId> {
        let state = self.journal.state();
        if side == Side::Run && state.cancel.is_some() && state.guard(self.journal.now()).is_none() {
            let what = format!("the child {key} is not started: the run was cancelled");
            return Err(Error::new(ErrorKind::Cancelled, what));
        }
        let id = WorkflowId::child(state.id, &self.step_name(step), key);
        let parent = Parent::of(state);
        self.journal.hold_for(BEGIN_MAY_TAKE).await?;
        self.shared.start_child(&parent, id, submission).await?;
        Ok(id)
    }
}
