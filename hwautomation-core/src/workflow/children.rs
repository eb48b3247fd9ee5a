//! What a step does with workflows that it starts.

use super::port::ChildCommand;
use super::{Submission, WorkflowContext};
use crate::error::{Error, Result};
use crate::id::{MachineId, WorkflowId};
use crate::record::{RunState, WorkflowSummary};

/// How long the key of a child may be, in bytes: a machine's id and what tells its tries apart.
const KEY_BYTES_MAX: usize = 256;

impl WorkflowContext {
    /// Starts a workflow as a child of this one, and returns its id.
    ///
    /// It is accepted like any submission, with this workflow as its parent. Its id follows from this workflow, the
    /// step and the key: the same key gives the same child, also after a crash and in every later attempt. So it needs
    /// no [`once`](Self::once): asking again starts nothing. Another try at the same thing takes another key. `undo`
    /// shares the keys of `run`.
    ///
    /// When the child ends or halts, this workflow looks again at once if it waits. That is a hint that a crash can
    /// lose, so poll too.
    ///
    /// A child may have children of its own, down to the fourth generation: one that starts itself would fill the
    /// store without end, and nobody could survey what hangs on one cancel.
    ///
    /// # Errors
    ///
    /// Those of a submission: `NotFound`, `Invalid`, `Conflict` (another workflow holds the machine), `Storage`.
    /// `Invalid` also when this very workflow holds the machine, or the key is empty or over 256 bytes; `Refused`
    /// below the fourth generation; `Conflict` when the key started another kind of workflow; `Cancelled` when
    /// somebody asked for a stop; `LeaseLost`.
    pub async fn start_child(
        &self,
        key: impl Into<String> + Send,
        submission: Submission,
    ) -> Result<WorkflowId> {
        let key = key.into();
        check_key(&key)?;
        self.port.start_child(key, submission).await
    }

    /// Returns the id that the child of this key has or would have.
    #[must_use]
    pub fn child_id(&self, key: &str) -> WorkflowId {
        let place = self.port.place();
        WorkflowId::child(place.workflow, &place.step, key)
    }

    /// Says whether a child would be accepted, as far as that can be told without starting it, and returns the id of
    /// its machine. A machine that is held is no obstacle here. Allowed in `plan`.
    ///
    /// # Errors
    ///
    /// `NotFound` and `Invalid` as for a submission; `Storage`.
    pub async fn check_child(&self, submission: &Submission) -> Result<Option<MachineId>> {
        self.port.check_child(submission).await
    }

    /// Reads the row of a child; nothing if there is none of this id, or it is somebody else's.
    ///
    /// # Errors
    ///
    /// `Storage`.
    pub async fn child(&self, id: WorkflowId) -> Result<Option<WorkflowSummary>> {
        self.port.child(id).await
    }

    /// Lists children in one of these states (none given is any), those before `before` in the order of falling ids,
    /// up to `limit`.
    ///
    /// # Errors
    ///
    /// `Storage`.
    pub async fn children(
        &self,
        states: &[RunState],
        before: Option<WorkflowId>,
        limit: usize,
    ) -> Result<Vec<WorkflowSummary>> {
        self.port.children(states, before, limit).await
    }

    /// Asks a child to stop: what it did is undone. One that has ended is left alone; asking twice is as good as once.
    ///
    /// # Errors
    ///
    /// `NotFound` when this workflow has no such child; `Storage`.
    pub async fn cancel_child(&self, id: WorkflowId, why: impl Into<String> + Send) -> Result<()> {
        self.port.command_child(id, ChildCommand::Cancel, why.into()).await
    }

    /// Lets a halted child try again.
    ///
    /// # Errors
    ///
    /// `NotFound` when this workflow has no such child; `Conflict` when it is not halted; `Storage`.
    pub async fn retry_child(&self, id: WorkflowId, why: impl Into<String> + Send) -> Result<()> {
        self.port.command_child(id, ChildCommand::Retry, why.into()).await
    }
}

fn check_key(key: &str) -> Result<()> {
    if (1..=KEY_BYTES_MAX).contains(&key.len()) {
        return Ok(());
    }
    Err(Error::invalid(format!("a child's key has {} bytes", key.len()))
        .with_remedy(format!("give 1 to {KEY_BYTES_MAX} bytes")))
}
