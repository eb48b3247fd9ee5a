//! Runs one workflow that this engine holds: asks `plan` what comes next and does it.

mod execute;
mod inbox;
mod open;
mod port;
mod serve;
mod settle;

use super::journal::Journal;
use super::plan::{self, Action};
use super::running::RunHandle;
use super::shared::{Mode, Shared};
use crate::error::{Error, ErrorClass, ErrorKind, Result};
use crate::machine::Machine;
use crate::record::{EventKind, OutputRecord, Side};
use crate::store::{After, Lease};
use crate::time::Timestamp;
use futures_util::FutureExt;
use open::Footing;
use serde_json::Value;
use std::any::Any;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// Holds one running workflow.
pub(crate) struct Runner {
    shared: Arc<Shared>,
    handle: Arc<RunHandle>,
    journal: Journal,
    footing: Footing,
    machine: Option<Arc<Machine>>,
    request: Arc<Value>,
    /// What the steps handed on, by name; shared with the contexts of steps.
    outputs: Arc<BTreeMap<String, OutputRecord>>,
}

/// Says whether a run goes on here.
enum Flow {
    GoOn,
    LetGo(Timestamp),
    /// Record nothing more: the lease is lost, or the process ends.
    Leave,
    /// It is over.
    Ended,
}

/// Runs a workflow until it ends, waits, or is lost.
pub(crate) async fn run(shared: Arc<Shared>, lease: Lease) {
    let workflow = lease.key.workflow;
    let entered = shared.running.enter(lease.key);
    // A bug in the engine is one run's trouble, not everybody's.
    let ran = AssertUnwindSafe(go_on(&shared, entered.handle(), lease)).catch_unwind().await;
    drop(entered);
    match ran {
        Ok(Ok(())) => {}
        Ok(Err(error)) => report(&shared, lease, &error).await,
        Err(panic) => {
            report(&shared, lease, &Error::internal(format!("the engine panicked: {}", said(&*panic)))).await
        }
    }
    shared.waiters.tell(workflow);
}

async fn go_on(shared: &Arc<Shared>, handle: Arc<RunHandle>, lease: Lease) -> Result<()> {
    let runner = Runner::open(shared, handle, lease).await?;
    let has_footing = !matches!(runner.footing, Footing::NotNow(_));
    runner.drive().await?;
    if has_footing {
        shared.troubles.forget(lease.key.workflow);
    }
    Ok(())
}

/// A run that stops with an error recorded all it could; whoever claims it next reads the truth from the store. It is
/// looked at again when its lease runs out: let go with an item waiting, it would be due again at once, for ever.
async fn report(shared: &Shared, lease: Lease, error: &Error) {
    let (workflow, now) = (lease.key.workflow, shared.clock.now());
    let troubles = &shared.troubles;
    match (error.kind(), error.class()) {
        (ErrorKind::LeaseLost, _) => {
            tracing::info!(%workflow, "another owner goes on with the workflow");
            return;
        }
        (ErrorKind::Conflict, _) => {
            troubles.fault(workflow, &error.to_string(), now);
            let _lease_is_gone = shared.store.release(lease.key, now).await;
        }
        (_, ErrorClass::Permanent) => {
            troubles.fault(workflow, &error.to_string(), now);
        }
        _ => {
            troubles.obstacle(workflow, &error.to_string(), now);
        }
    }
    tracing::error!(%workflow, %error, source = ?std::error::Error::source(error), "the run stopped for now");
}

impl Runner {
    async fn drive(mut self) -> Result<()> {
        loop {
            self.read_inbox().await?;
            if self.shared.mode() != Mode::Working && self.shared.mode() != Mode::Draining {
                return self.journal.commit(After::Release { wake_at: self.journal.now() }).await;
            }
            match self.act().await? {
                Flow::GoOn => {}
                Flow::LetGo(wake_at) => return self.journal.commit(After::Release { wake_at }).await,
                Flow::Leave => return self.leave().await,
                Flow::Ended => return Ok(()),
            }
        }
    }

    /// Whoever goes on need not wait until the lease runs out.
    async fn leave(self) -> Result<()> {
        let (lease, now) = (self.journal.lease().key, self.journal.now());
        match self.shared.store.release(lease, now).await {
            Err(error) if error.kind() != ErrorKind::LeaseLost => Err(error),
            _ => Ok(()),
        }
    }

    /// Does what comes next.
    async fn act(&mut self) -> Result<Flow> {
        let (state, now) = (self.journal.state(), self.journal.now());
        let action = match &self.footing {
            Footing::Never(why) => plan::next_unrunnable(state, now, why),
            Footing::Firm(_) | Footing::NotNow(_) => (self.shared.decide)(state, now),
        };
        tracing::debug!(workflow = %state.id, ?action, "next");
        if let Footing::NotNow(why) = &self.footing
            && action.calls_a_step()
        {
            let again_at = self.shared.troubles.obstacle(state.id, why, now);
            let presses_at = state.presses_at().filter(|at| *at > now);
            return Ok(Flow::LetGo(presses_at.map_or(again_at, |at| at.min(again_at))));
        }
        match action {
            Action::Start { step, attempt } => {
                self.start(step, attempt)?;
                self.run_step(step).await
            }
            Action::Resume { step } => {
                self.journal.add(EventKind::StepResumed { step: self.step_name(step) })?;
                self.run_step(step).await
            }
            Action::Wake { step } => self.run_step(step).await,
            Action::Probe { step, side, intent } => self.probe(step, side, intent).await,
            Action::Fail { step, side, error, retry_at } => {
                let (step, attempt) = (self.step_name(step), self.attempt(step, side));
                self.journal.add(match side {
                    Side::Run => {
                        EventKind::StepFailed { step, attempt, error, retry_at, signals_read: Vec::new() }
                    }
                    Side::Undo => EventKind::StepUndoFailed { step, attempt, error, retry_at },
                })?;
                Ok(Flow::GoOn)
            }
            Action::WaitUntil(at) => Ok(Flow::LetGo(at)),
            Action::Halt { step, reason, until } => {
                self.journal.add(EventKind::Halted { step, reason, until })?;
                self.journal.commit(After::Hold).await?;
                self.shared.troubles.forget(self.journal.state().id);
                self.shared.waiters.tell(self.journal.state().id);
                Ok(Flow::GoOn)
            }
            Action::BeginUndo { because, deadline_at } => {
                self.journal.add(EventKind::UndoStarted { because, deadline_at })?;
                Ok(Flow::GoOn)
            }
            Action::StartUndo { step, of, attempt } => {
                self.journal.add(EventKind::StepUndoStarted { step: self.step_name(step), of, attempt })?;
                Ok(Flow::GoOn)
            }
            Action::Undo { step, of } => self.undo_step(step, of).await,
            Action::Finish { verdict, reason, not_undone } => {
                self.journal.add(EventKind::WorkflowEnded { verdict, reason, not_undone })?;
                self.journal.commit(After::End).await?;
                Ok(Flow::Ended)
            }
        }
    }

    /// The first start of all starts the workflow, from when its deadline counts.
    fn start(&mut self, step: usize, attempt: u32) -> Result<()> {
        let state = self.journal.state();
        if state.started_at.is_none() {
            let deadline_at = state.spec.deadline.map(|deadline| self.journal.now() + deadline);
            self.journal.add(EventKind::WorkflowStarted { deadline_at })?;
        }
        self.journal.add(EventKind::StepStarted { step: self.step_name(step), attempt })
    }

    fn step_name(&self, step: usize) -> crate::id::StepName {
        self.journal.state().steps[step].spec.name.clone()
    }

    fn attempt(&self, step: usize, side: Side) -> u32 {
        let state = self.journal.state();
        match (side, &state.undo) {
            (Side::Undo, Some(undo)) => {
                undo.steps.get(&state.steps[step].spec.name).map_or(0, |known| known.attempt)
            }
            _ => state.steps[step].attempt,
        }
    }
}

/// Returns what a panic said.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "without a message".to_owned())
}
