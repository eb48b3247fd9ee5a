//! Runs one workflow that this engine holds: asks `plan` what comes next and does it.

mod execute;
mod inbox;
mod port;
mod serve;
mod settle;

use super::journal::Journal;
use super::observe::span;
use super::plan::{self, Action};
use super::running::RunHandle;
use super::shared::{Mode, Shared};
use crate::error::{Error, ErrorClass, ErrorKind, Result};
use crate::machine::Machine;
use crate::record::{EventKind, OutputRecord, Side, WorkflowState};
use crate::store::{After, Lease};
use crate::time::Timestamp;
use crate::workflow::Workflow;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use tracing::Instrument;

/// Holds one running workflow.
pub(crate) struct Runner {
    shared: Arc<Shared>,
    handle: Arc<RunHandle>,
    journal: Journal,
    /// Its definition, or why it cannot run here.
    workflow: std::result::Result<Arc<Workflow>, String>,
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

/// How long a run stays away that could not be read or gone on with.
const AGAIN: std::time::Duration = std::time::Duration::from_secs(5);

/// Runs a workflow until it ends, waits, or is lost.
pub(crate) async fn run(shared: Arc<Shared>, lease: Lease) {
    // Pinned where it is made: a future this large is not copied for the span's sake.
    let run = std::pin::pin!(run_in_span(shared, lease));
    run.instrument(span::workflow(lease.key)).await;
}

async fn run_in_span(shared: Arc<Shared>, lease: Lease) {
    let workflow = lease.key.workflow;
    let _runs = shared.meters.runs();
    let entered = shared.running.enter(lease.key);
    let handle = entered.handle();
    let ended = match Runner::open(&shared, Arc::clone(&handle), lease).await {
        Ok(runner) => runner.drive().await,
        Err(error) => Err(error),
    };
    drop(entered);
    if handle.was_lost() || ended.as_ref().is_err_and(|error| error.kind() == ErrorKind::LeaseLost) {
        shared.meters.lease_lost();
    }
    if let Err(error) = ended {
        report(&shared, lease, &error).await;
    }
    shared.waiters.tell(workflow);
}

/// A run that stops with an error recorded all it could; whoever claims it next reads the truth from the store.
async fn report(shared: &Shared, lease: Lease, error: &Error) {
    let workflow = lease.key.workflow;
    match error.kind() {
        ErrorKind::LeaseLost => tracing::info!(%workflow, "another owner goes on with the workflow"),
        ErrorKind::Conflict => {
            tracing::warn!(%workflow, %error, "the history moved on; reading it again");
            let _lease_is_gone = shared.store.release(lease.key, shared.clock.now()).await;
        }
        _ => {
            let again_at = shared.clock.now() + AGAIN;
            tracing::error!(%workflow, %error, source = ?std::error::Error::source(error), "the run stopped for now");
            let _lease_runs_out = shared.store.release(lease.key, again_at).await;
        }
    }
}

impl Runner {
    async fn open(shared: &Arc<Shared>, handle: Arc<RunHandle>, lease: Lease) -> Result<Self> {
        let journal = Journal::open(
            Arc::clone(&shared.store),
            shared.clock.clone(),
            lease,
            shared.mode.subscribe(),
            Arc::clone(&shared.meters),
        )
        .await?;
        let spec = &journal.state().spec;
        span::identify(spec);
        let mut workflow = runnable(shared, journal.state())?;
        let machine = match shared.machine_of(spec).await {
            Ok(machine) => machine,
            // What may pass is no reason to end a run.
            Err(error) if matches!(error.class(), ErrorClass::Transient { .. }) => return Err(error),
            Err(error) => {
                workflow = workflow.and(Err(format!("its machine cannot be read: {error}")));
                None
            }
        };
        let request = Arc::new(spec.request.clone());
        let outputs = journal.state().steps.iter().filter_map(|step| step.output.clone());
        let outputs = Arc::new(outputs.map(|output| (output.name.clone(), output)).collect());
        Ok(Self { shared: Arc::clone(shared), handle, journal, workflow, machine, request, outputs })
    }

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
        let action = match &self.workflow {
            Ok(_) => plan::next(state, now),
            Err(why) => plan::next_unrunnable(state, now, why),
        };
        tracing::debug!(workflow = %state.id, ?action, "next");
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
                    Side::Run => EventKind::StepFailed { step, attempt, error, retry_at },
                    Side::Undo => EventKind::StepUndoFailed { step, attempt, error, retry_at },
                })?;
                Ok(Flow::GoOn)
            }
            Action::WaitUntil(at) => Ok(Flow::LetGo(at)),
            Action::Halt { step, reason, until } => {
                self.journal.add(EventKind::Halted { step, reason, until })?;
                self.journal.commit(After::Hold).await?;
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

/// Finds the definition by which a run was accepted.
fn runnable(shared: &Shared, state: &WorkflowState) -> Result<std::result::Result<Arc<Workflow>, String>> {
    let name = &state.spec.name;
    let Some(workflow) = shared.workflows.get(name) else {
        // Another program on the same store may have it.
        return Err(Error::not_found(format!("this program has no workflow {name}"))
            .transient()
            .with_remedy("add the workflow to the builder, or start the program that has it"));
    };
    if workflow.fingerprint() == state.spec.fingerprint {
        return Ok(Ok(Arc::clone(workflow)));
    }
    let then: Vec<String> =
        state.spec.steps.iter().map(|step| format!("{} v{}", step.name, step.version)).collect();
    let now: Vec<String> =
        workflow.steps.iter().map(|step| format!("{} v{}", step.name(), step.version())).collect();
    Ok(Err(format!(
        "the definition of {name} changed: it was accepted as {}, and is {} now",
        then.join(", "),
        now.join(", ")
    )))
}
