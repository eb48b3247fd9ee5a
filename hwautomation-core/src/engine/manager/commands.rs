//! What people and programs ask of a run they do not own. Each answer is durable when it comes. Reasons, the keys of
//! signals and the names of those who ask may be 4 KiB long: history keeps no more.

use super::WorkflowManager;
use super::bounds::{check_text, check_value};
use crate::actor::Actor;
use crate::error::{Error, ErrorKind, Result, did_you_mean};
use crate::id::{SignalName, WorkflowId};
use crate::record::{INLINE_BYTES_MAX, RunState, Seq, WorkflowState};
use crate::store::{Command, NewItem, Posted};
use crate::workflow::Approval;
use serde::Serialize;

impl WorkflowManager {
    /// Asks a run to stop: what it did is undone, and it ends as cancelled. Asking twice is as good as once.
    ///
    /// A pending or waiting run stops at once. A running step is asked to stop at its next checkpoint and dropped
    /// after the cancel grace; work under a guard is let finish first.
    ///
    /// # Errors
    ///
    /// `NotFound`; `Conflict` when it has ended otherwise than cancelled; `Invalid` when the reason is too long.
    pub async fn cancel(&self, id: WorkflowId, why: &str, actor: &Actor) -> Result<()> {
        match self.post(id, "cancel".to_owned(), actor, Command::Cancel { why: why.to_owned() }).await {
            Err(error) if error.kind() == ErrorKind::Conflict => {
                let is_cancelled = self.summary(id).await?.state == RunState::Cancelled;
                if is_cancelled { Ok(()) } else { Err(error) }
            }
            posted => posted.map(|_| ()),
        }
    }

    /// Sends a signal. A second one with the same key is the same signal, before and after it is read.
    ///
    /// # Errors
    ///
    /// `NotFound`; `Conflict` when the run has ended; `Invalid` when the payload holds a secret or is larger than 16 KiB,
    /// or when the key is too long.
    pub async fn signal(
        &self,
        id: WorkflowId,
        name: SignalName,
        payload: impl Serialize,
        key: &str,
        actor: &Actor,
    ) -> Result<Posted> {
        let payload = serde_json::to_value(payload).map_err(|cause| {
            Error::invalid(format!("writing what the signal {name} carries")).with_source(cause)
        })?;
        if crate::secret::contains_secret(&payload) || crate::secret::contains_secret(&key.into()) {
            return Err(Error::invalid(format!(
                "the signal {name} carries a secret, and signals are recorded"
            ))
            .with_remedy("send a reference such as env:NAME instead"));
        }
        check_text("the key of a signal", key)?;
        check_value("what the signal carries", &payload, INLINE_BYTES_MAX)?;
        self.post(id, format!("signal {key}"), actor, Command::Signal { name, payload }).await
    }

    /// Says yes to the [`ApprovalGate`](crate::workflow::ApprovalGate) of this name: the signal of that name, with an
    /// [`Approval`]. The same person's second answer to the same question counts as the first.
    ///
    /// # Errors
    ///
    /// Those of [`signal`](Self::signal); `NotFound` also when the run has no such gate; `Invalid` when the reason is
    /// too long.
    pub async fn approve(&self, id: WorkflowId, name: SignalName, why: &str, actor: &Actor) -> Result<()> {
        self.answer(id, name, Approval { approved: true, by: actor.clone(), why: why.to_owned() }).await
    }

    /// Says no to the gate of this name: its step fails for good.
    ///
    /// # Errors
    ///
    /// Those of [`approve`](Self::approve); `Invalid` also without a reason.
    pub async fn deny(&self, id: WorkflowId, name: SignalName, why: &str, actor: &Actor) -> Result<()> {
        if why.trim().is_empty() {
            return Err(Error::invalid(format!("{name} is denied without a reason"))
                .with_remedy("say why; it is recorded, and others read it"));
        }
        self.answer(id, name, Approval { approved: false, by: actor.clone(), why: why.to_owned() }).await
    }

    /// A question that is asked again, after a person's retry, may be answered again.
    async fn answer(&self, id: WorkflowId, name: SignalName, answer: Approval) -> Result<()> {
        check_text("the reason", &answer.why)?;
        let state = self.state(id).await?;
        let gate = state.steps.iter().find(|step| step.spec.name.as_str() == name.as_str());
        let gate = gate.ok_or_else(|| no_such_gate(&state, &name))?;
        let (asked, by) = (1 + gate.failures.len(), answer.by.clone());
        self.signal(id, name.clone(), answer, &format!("{name} by {by}, asked {asked}"), &by)
            .await
            .map(|_| ())
    }

    /// Tries a halted run again: the step it halted at gets all its attempts anew. If it halted since nobody could
    /// tell whether an effect happened, this says that it did not; if it did, [`skip`](Self::skip) the step.
    ///
    /// # Errors
    ///
    /// `NotFound`; `Conflict` when it is not halted; `Invalid` when the reason is too long.
    pub async fn retry(&self, id: WorkflowId, why: &str, actor: &Actor) -> Result<()> {
        self.decide(id, "retry", actor, |halt| Command::Retry { why: why.to_owned(), halt }).await
    }

    /// Leaves out the step at which a run halted, since a person did it by hand or does not need it.
    ///
    /// # Errors
    ///
    /// `NotFound`; `Conflict` when it is not halted; `Invalid` without a reason, or when it is too long.
    pub async fn skip(&self, id: WorkflowId, why: &str, actor: &Actor) -> Result<()> {
        if why.trim().is_empty() {
            return Err(
                Error::invalid("a step is skipped without a reason").with_remedy("say why; it is recorded")
            );
        }
        self.decide(id, "skip", actor, |halt| Command::Skip { why: why.to_owned(), halt }).await
    }

    /// Ends a halted run as failed and leaves everything as it is. To undo instead, [`cancel`](Self::cancel) it.
    ///
    /// # Errors
    ///
    /// `NotFound`; `Conflict` when it is not halted; `Invalid` when the reason is too long.
    pub async fn abort(&self, id: WorkflowId, why: &str, actor: &Actor) -> Result<()> {
        self.decide(id, "abort", actor, |halt| Command::Abort { why: why.to_owned(), halt }).await
    }

    /// Allows the run's next effect to be a power command on an unknown reading. Recorded with who and why.
    ///
    /// # Errors
    ///
    /// `NotFound`; `Conflict` when the run has ended; `Invalid` when the reason is too long.
    pub async fn override_power(&self, id: WorkflowId, why: &str, actor: &Actor) -> Result<()> {
        let command = Command::OverridePower { why: why.to_owned() };
        self.post(id, "override power".to_owned(), actor, command).await.map(|_| ())
    }

    /// Decisions are for the halt that is there now: a late one does not meet the next halt.
    async fn decide(
        &self,
        id: WorkflowId,
        what: &str,
        actor: &Actor,
        command: impl FnOnce(Seq) -> Command,
    ) -> Result<()> {
        let state = self.state(id).await?;
        let Some(halt) = state.halt.as_ref().filter(|_| state.abort.is_none()) else {
            let what = format!("workflow {id} is not halted, but {}", state.run_state());
            return Err(Error::new(ErrorKind::Conflict, what)
                .with_remedy("look at its status; retry, skip and abort are for halted runs"));
        };
        self.post(id, format!("{what} at {}", halt.seq), actor, command(halt.seq)).await.map(|_| ())
    }

    async fn post(
        &self,
        workflow: WorkflowId,
        key: String,
        actor: &Actor,
        command: Command,
    ) -> Result<Posted> {
        check_text("the reason", command.why().unwrap_or_default())?;
        check_text("the name of who asks", &actor.name)?;
        let item = NewItem { workflow, key, at: self.shared.clock.now(), actor: actor.clone(), command };
        self.shared.store.post(item).await
    }
}

fn no_such_gate(state: &WorkflowState, name: &SignalName) -> Error {
    let names = state.steps.iter().map(|step| step.spec.name.as_str());
    let near = did_you_mean(name.as_str(), names);
    Error::not_found(format!("workflow {} has no gate {name}{near}", state.id))
        .with_remedy("name the step that asks, as the workflow defines it")
}
