//! Runs one workflow that this engine holds: asks `plan` what comes next and does it.

mod children;
mod execute;
mod footing;
mod inbox;
mod open;
mod permits;
mod port;
mod probe;
mod serve;
mod settle;

use super::journal::Journal;
use super::observe::span;
use super::plan::Action;
use super::remembered::Known;
use super::running::{Entered, RunHandle};
use super::shared::{Mode, Shared};
use crate::error::{Error, ErrorClass, ErrorKind, Result};
use crate::id::StepName;
use crate::machine::Machine;
use crate::record::{EventKind, Side};
use crate::store::{After, GiveBack, Lease};
use crate::time::Timestamp;
use crate::workflow::HandedOn;
use futures_util::FutureExt;
use open::Footing;
use permits::Permitted;
use serde_json::Value;
use std::any::Any;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tracing::Instrument;

/// Holds one running workflow.
pub(crate) struct Runner {
    shared: Arc<Shared>,
    handle: Arc<RunHandle>,
    journal: Journal,
    footing: Footing,
    machine: Option<Arc<Machine>>,
    request: Arc<Value>,
    /// What the steps handed on, by name; shared with the contexts of steps.
    outputs: Arc<BTreeMap<String, HandedOn>>,
    /// Whether the step that was called last needed permits.
    has_permits: bool,
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

/// Says how a run left this engine.
#[derive(Debug, PartialEq, Eq)]
enum Left {
    /// All is stored, and it comes again.
    Waiting,
    /// It has ended, or somebody else goes on.
    Over,
}

/// Says what is recorded when a step is called.
enum Begun {
    /// A new attempt.
    NewAttempt(u32),
    /// The same attempt, after its process died.
    AfterCrash,
    /// Nothing: it looks again after a wait.
    AfterWait,
}

/// Runs a workflow until it ends, waits, or is lost.
pub(crate) async fn run(shared: Arc<Shared>, lease: Lease, entered: Entered) {
    // In one place from the beginning: a future this large is not copied, neither for the span's sake nor into a task.
    Box::pin(run_in_span(shared, lease, entered)).instrument(span::workflow(lease.key)).await;
}

async fn run_in_span(shared: Arc<Shared>, lease: Lease, entered: Entered) {
    let workflow = lease.key.workflow;
    let _runs = shared.meters.runs();
    let handle = entered.handle();
    // A bug in the engine is one run's trouble, not everybody's.
    let ran = AssertUnwindSafe(go_on(&shared, Arc::clone(&handle), lease)).catch_unwind().await;
    drop(entered);
    let ran =
        ran.unwrap_or_else(|panic| Err(Error::internal(format!("the engine panicked: {}", said(&*panic)))));
    if handle.was_lost() || ran.as_ref().is_err_and(|error| error.kind() == ErrorKind::LeaseLost) {
        shared.meters.lease_lost();
    }
    if let Err(error) = ran {
        report(&shared, lease, &error).await;
    }
    shared.waiters.tell(workflow);
}

async fn go_on(shared: &Arc<Shared>, handle: Arc<RunHandle>, lease: Lease) -> Result<()> {
    let mut runner = Runner::open(shared, handle, lease).await?;
    let has_footing = !matches!(runner.footing, Footing::NotNow(_));
    if runner.drive().await? == Left::Waiting {
        let Runner { journal, request, .. } = runner;
        shared.remembered.keep(Known { state: journal.into_state(), request: Some(request) });
    }
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
            // Where that did not help, time must pass.
            if troubles.gives_up(workflow).is_none() {
                let _lease_is_gone = shared.store.release(lease.key, now).await;
            }
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
    async fn drive(&mut self) -> Result<Left> {
        loop {
            self.read_inbox().await?;
            if self.shared.mode() != Mode::Working && self.shared.mode() != Mode::Draining {
                let now = self.journal.now();
                return self.let_go(now).await;
            }
            match self.act().await? {
                Flow::GoOn => {}
                Flow::LetGo(wake_at) => return self.let_go(wake_at).await,
                Flow::Leave => return self.leave().await,
                Flow::Ended => return Ok(Left::Over),
            }
        }
    }

    async fn let_go(&mut self, wake_at: Timestamp) -> Result<Left> {
        self.journal.commit(After::Release { wake_at }).await?;
        Ok(Left::Waiting)
    }

    /// Whoever goes on need not wait until the lease runs out.
    async fn leave(&self) -> Result<Left> {
        let (lease, now) = (self.journal.lease().key, self.journal.now());
        match self.shared.store.release(lease, now).await {
            Err(error) if error.kind() != ErrorKind::LeaseLost => Err(error),
            _ => Ok(Left::Over),
        }
    }

    /// Does what comes next.
    async fn act(&mut self) -> Result<Flow> {
        let now = self.journal.now();
        let action = self.decide(now);
        tracing::debug!(workflow = %self.journal.state().id, ?action, "next");
        if action.calls_a_step()
            && let Some(flow) = self.hold_up(now)
        {
            return Ok(flow);
        }
        match action {
            Action::Start { step, attempt } => self.call_step(step, Begun::NewAttempt(attempt)).await,
            Action::Resume { step } => self.call_step(step, Begun::AfterCrash).await,
            Action::Wake { step } => self.call_step(step, Begun::AfterWait).await,
            Action::Probe { step, side, intent } => self.probe(step, side, intent).await,
            Action::Fail { step, side, error, retry_at } => {
                let (step, attempt) = (self.step_name(step), self.attempt(step, side));
                self.journal.give_back(if retry_at.is_some() { GiveBack::Call } else { GiveBack::All });
                self.journal.add(match side {
                    Side::Run => {
                        EventKind::StepFailed { step, attempt, error, retry_at, signals_read: Vec::new() }
                    }
                    Side::Undo => EventKind::StepUndoFailed { step, attempt, error, retry_at },
                })?;
                Ok(Flow::GoOn)
            }
            Action::WaitUntil(at) => Ok(Flow::LetGo(at)),
            Action::Halt { step, reason, until } => self.halt(step, reason, until).await,
            Action::BeginUndo { because, deadline_at } => {
                self.journal.add(EventKind::UndoStarted { because, deadline_at })?;
                self.journal.give_back(GiveBack::Call);
                Ok(Flow::GoOn)
            }
            Action::StartUndo { step, of, attempt } => {
                self.journal.add(EventKind::StepUndoStarted { step: self.step_name(step), of, attempt })?;
                Ok(Flow::GoOn)
            }
            Action::Undo { step, of } => match self.permitted(step, Side::Undo).await? {
                Permitted::Yes => {
                    self.undo_goes_on(step, of)?;
                    self.undo_step(step, of).await
                }
                Permitted::Queued(at) => Ok(Flow::LetGo(at)),
                Permitted::TooLate => Ok(Flow::GoOn),
                Permitted::No(error) => self.settle_undo_failure(step, &error),
            },
            Action::Finish { verdict, reason, not_undone } => {
                self.journal.add(EventKind::WorkflowEnded { verdict, reason, not_undone })?;
                self.journal.commit(After::End).await?;
                self.shared.tell_parent(self.journal.state()).await;
                Ok(Flow::Ended)
            }
        }
    }

    /// Calls a step once it has its permits.
    async fn call_step(&mut self, step: usize, begun: Begun) -> Result<Flow> {
        let permitted = self.permitted(step, Side::Run).await?;
        match permitted {
            Permitted::Queued(at) => return Ok(Flow::LetGo(at)),
            Permitted::TooLate => return Ok(Flow::GoOn),
            Permitted::Yes | Permitted::No(_) => {}
        }
        match begun {
            Begun::NewAttempt(attempt) => {
                self.start_run()?;
                self.journal.add(EventKind::StepStarted { step: self.step_name(step), attempt })?;
            }
            Begun::AfterCrash => self.journal.add(EventKind::StepResumed { step: self.step_name(step) })?,
            Begun::AfterWait => {}
        }
        match permitted {
            Permitted::No(error) => self.settle_failure(step, &error, &execute::Notes::default()),
            _ => self.run_step(step).await,
        }
    }

    /// The first step starts the workflow, from when its deadline counts.
    fn start_run(&mut self) -> Result<()> {
        let state = self.journal.state();
        if state.started_at.is_some() {
            return Ok(());
        }
        let deadline_at = state.spec.deadline.map(|deadline| self.journal.now() + deadline);
        self.journal.add(EventKind::WorkflowStarted { deadline_at })
    }

    /// While a person thinks, nobody else is held up, and those who wait for the run hear of it.
    async fn halt(&mut self, step: Option<StepName>, reason: String, until: Timestamp) -> Result<Flow> {
        self.journal.add(EventKind::Halted { step, reason, until })?;
        self.journal.give_back(GiveBack::All);
        self.journal.commit(After::Hold).await?;
        let state = self.journal.state();
        self.shared.troubles.forget(state.id);
        self.shared.waiters.tell(state.id);
        self.shared.tell_parent(state).await;
        Ok(Flow::GoOn)
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
