//! One call of a step: in a task of its own, under its limits, with everything it asks for recorded.

use super::open::Footing;
use super::port::{Desk, EnginePort, PortCall};
use super::{Runner, Side, said};
use crate::engine::observe::span;
use crate::engine::running::{At, RunHandle};
use crate::engine::shared::Mode;
use crate::engine::timer;
use crate::error::{Error, ErrorKind, Result};
use crate::id::IntentName;
use crate::record::UndoOf;
use crate::store::After;
use crate::time::{Clock, Timestamp};
use crate::workflow::port::Place;
use crate::workflow::{Probed, ProbedIntent, StepOutcome, UndoOutcome, WorkflowContext, WorkflowStep};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::Instrument;

/// How long a sub-task may wait to be recorded.
const FLUSH: Duration = Duration::from_millis(500);
/// How long a runner waits after the store failed to read its inbox.
const INBOX_PAUSE: Duration = Duration::from_secs(5);
/// How many questions of a step may wait: it waits for the answer to each.
const CALLS_WAITING_MAX: usize = 16;
/// How long a dropped step has to yield; after that its task is left behind.
const DROP_LIMIT: Duration = Duration::from_secs(1);

/// What a step is called for.
#[derive(Debug, Clone)]
pub(super) enum Job {
    Run,
    Undo(UndoOf),
    Probe(ProbedIntent),
}

/// What a step returned.
#[derive(Debug)]
pub(super) enum Returned {
    Run(Result<StepOutcome>),
    Undo(Result<UndoOutcome>),
    Probe(Result<Probed>),
}

/// How a call of a step ended.
#[derive(Debug)]
pub(super) enum Executed {
    /// The step returned.
    Returned(Returned, Notes),
    /// It panicked, or its time was up.
    Failed(Error),
    /// It was dropped since somebody asked for a stop.
    Dropped,
    /// The lease is lost or the process ends: nothing may be recorded.
    Leave,
}

/// What the runner noted while the step ran.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// The effects that were begun in this very call.
    pub(super) opened: BTreeSet<IntentName>,
    /// The events whose signals were read.
    pub(super) signals: BTreeSet<u64>,
    /// Until when the effect that was begun last may take.
    pub(super) busy_until: Option<Timestamp>,
}

/// The time limits of one call. Each may be absent.
#[derive(Debug, Default)]
struct Limits {
    /// When sub-tasks are stored.
    flush: Option<Timestamp>,
    /// When the inbox is read again after the store failed.
    inbox: Option<Timestamp>,
    /// When a cancelled or stopped step is dropped.
    grace: Option<Timestamp>,
    /// Whether the grace ends the process's work rather than the step's.
    stopping: bool,
    /// Whether a guard was open when it was last looked.
    guarded: bool,
    /// When the last guard closed: what it held off counts from here.
    unguarded_at: Option<Timestamp>,
}

impl Runner {
    /// Calls a step. What waits in the journal is stored first: recorded before acted.
    pub(super) async fn execute(&mut self, step: usize, side: Side, job: Job) -> Result<Executed> {
        self.journal.commit(After::Hold).await?;
        self.journal.hold_if_in_doubt(self.shared.options.lease).await?;
        let Footing::Firm(workflow) = &self.footing else { return Ok(Executed::Leave) };
        let implementation = Arc::clone(&workflow.steps[step]);
        let (calls_in, calls) = mpsc::channel(CALLS_WAITING_MAX);
        let desk = Arc::new(Desk::new(self.machine.clone()));
        let ctx = WorkflowContext::new(Arc::new(self.port(step, side, Arc::clone(&desk), calls_in)));
        self.handle.set_progress(None);
        self.handle.is_at(At::Step);
        let asks = matches!(job, Job::Probe(_));
        let word = if asks { "probe" } else { span::side(side) };
        let span = span::attempt(&self.step_name(step), word, self.attempt(step, side));
        let leaves = Leaves { handle: Arc::clone(&self.handle), clock: self.shared.clock.clone() };
        let mut task = Task(tokio::spawn(call(implementation, ctx, job, leaves).instrument(span)));
        let executed = match self.attend(step, side, asks, &mut task, calls, &desk).await {
            // Nothing more can be recorded, but what is under a guard is let finish.
            Err(error) => {
                self.let_finish(&mut task).await;
                Err(error)
            }
            executed => executed,
        };
        self.handle.set_progress(None);
        self.collect(step, &desk)?;
        executed
    }

    fn port(&self, step: usize, side: Side, desk: Arc<Desk>, calls: mpsc::Sender<PortCall>) -> EnginePort {
        let state = self.journal.state();
        EnginePort {
            place: Place {
                workflow: state.id,
                step: self.step_name(step),
                side,
                attempt: self.attempt(step, side),
                runs: state.steps[step].attempt,
                epoch: self.journal.lease().key.epoch,
            },
            request: Arc::clone(&self.request),
            outputs: Arc::clone(&self.outputs),
            engine: Arc::clone(&self.shared),
            handle: Arc::clone(&self.handle),
            desk,
            calls,
            power_overridden: state.power_override.is_some(),
        }
    }

    /// Serves a running step until it returns or its limits end it.
    async fn attend(
        &mut self,
        step: usize,
        side: Side,
        asks: bool,
        task: &mut Task,
        mut calls: mpsc::Receiver<PortCall>,
        desk: &Desk,
    ) -> Result<Executed> {
        let began = self.journal.now();
        let (mut notes, mut limits) = (Notes::default(), Limits::default());
        let (shared, handle) = (Arc::clone(&self.shared), Arc::clone(&self.handle));
        let mut mode = shared.mode.subscribe();
        loop {
            let now = self.journal.now();
            let guard = self.journal.state().guard(now).map(|guard| guard.until);
            if std::mem::replace(&mut limits.guarded, guard.is_some()) && guard.is_none() {
                limits.unguarded_at = Some(now);
            }
            if guard.is_none() {
                self.heed_stops(side, desk, &mut limits, *mode.borrow_and_update());
            }
            // A guard holds every limit off until it ends.
            let deadline = self.deadline(step, side, began, asks, &notes, &limits);
            let deadline = deadline.map(|at| guard.map_or(at, |until| at.max(until)));
            tokio::select! {
                biased;
                () = handle.lost.notified() => {
                    calls.close();
                    self.let_finish(task).await;
                    return Ok(Executed::Leave);
                }
                () = timer::until(&shared.clock, deadline) => {
                    drop_task(task).await;
                    return Ok(Executed::Failed(overdue(self.journal.now().since(began))));
                }
                () = timer::until(&shared.clock, limits.grace), if guard.is_none() => {
                    drop_task(task).await;
                    return Ok(if limits.stopping { Executed::Leave } else { Executed::Dropped });
                }
                Some(call) = calls.recv() => self.serve(step, side, call, desk, &mut notes).await?,
                joined = &mut task.0 => return Ok(match joined {
                    Ok(returned) => Executed::Returned(returned, notes),
                    Err(error) => Executed::Failed(panicked(error)),
                }),
                () = handle.inbox.notified() => limits.inbox = self.heed_inbox().await?,
                () = timer::until(&shared.clock, limits.inbox) => limits.inbox = self.heed_inbox().await?,
                () = desk.sub_task_added.notified(), if limits.flush.is_none() => {
                    limits.flush = Some(now + FLUSH);
                }
                () = timer::until(&shared.clock, limits.flush) => {
                    limits.flush = None;
                    self.collect(step, desk)?;
                    self.journal.commit(After::Hold).await?;
                }
                // The guard ended by itself: look again at what it held off.
                () = timer::until(&shared.clock, guard) => {}
                _ = mode.changed() => {}
            }
        }
    }

    /// Takes in what others ask while a step runs. If the store fails, returns when to look again.
    async fn heed_inbox(&mut self) -> Result<Option<Timestamp>> {
        if let Err(error) = self.read_inbox().await {
            tracing::warn!(%error, "the inbox was not read; trying again soon");
            self.handle.unread.store(true, Ordering::Release);
            return Ok(Some(self.journal.now() + INBOX_PAUSE));
        }
        self.journal.commit(After::Hold).await?;
        Ok(None)
    }

    /// Lets the step know that somebody asked for a stop, and counts its grace from here.
    fn heed_stops(&self, side: Side, desk: &Desk, limits: &mut Limits, mode: Mode) {
        let grace = Some(self.journal.now() + self.shared.options.cancel_grace);
        if side == Side::Run
            && self.journal.state().cancel.is_some()
            && !desk.cancelled.swap(true, Ordering::AcqRel)
        {
            limits.grace = limits.grace.or(grace);
        }
        if mode == Mode::Stopping && !limits.stopping {
            limits.stopping = true;
            limits.grace = limits.grace.or(grace);
        }
    }

    /// Returns when this call must be over: the step's timeout, its attempt's limit or the run's deadline. A question
    /// about an effect is bound by no attempt. What a guard held off counts from the guard's end, and an effect that
    /// was begun has the time it asked for.
    fn deadline(
        &self,
        step: usize,
        side: Side,
        began: Timestamp,
        asks: bool,
        notes: &Notes,
        limits: &Limits,
    ) -> Option<Timestamp> {
        let state = self.journal.state();
        let from = limits.unguarded_at.map_or(began, |at| at.max(began));
        let own = from + state.steps[step].spec.policy.timeout;
        let own = notes.busy_until.map_or(own, |until| until.max(own));
        let (attempt, whole) = match side {
            Side::Run if asks => (None, state.deadline_at),
            Side::Run => (state.steps[step].attempt_deadline_at(), state.deadline_at),
            Side::Undo => (None, state.undo.as_ref().map(|undo| undo.deadline_at)),
        };
        let least = limits.unguarded_at.map(|at| at + self.shared.options.cancel_grace);
        [Some(own), attempt, whole].into_iter().flatten().min().max(least)
    }

    /// Lets guarded work finish though nothing of it can be recorded any more, and drops what is not guarded.
    async fn let_finish(&self, task: &mut Task) {
        let now = self.journal.now();
        let until = self.journal.state().guard(now).map_or(now, |guard| guard.until);
        tokio::select! {
            biased;
            _ = &mut task.0 => {}
            () = timer::until(&self.shared.clock, Some(until)) => drop_task(task).await,
        }
    }
}

/// The task of a step. When its runner is gone, it goes too: nobody could record what it does.
#[derive(Debug)]
struct Task(JoinHandle<Returned>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Notes that a call is over, also by a panic: its runner may be busy with the store then.
struct Leaves {
    handle: Arc<RunHandle>,
    clock: Clock,
}

impl Drop for Leaves {
    fn drop(&mut self) {
        self.handle.is_at(At::Store(self.clock.now()));
    }
}

async fn call(step: Arc<dyn WorkflowStep>, ctx: WorkflowContext, job: Job, _leaves: Leaves) -> Returned {
    match job {
        Job::Run => Returned::Run(step.run(&ctx).await),
        Job::Undo(of) => Returned::Undo(step.undo(&ctx, of).await),
        Job::Probe(intent) => Returned::Probe(step.probe(&ctx, &intent).await),
    }
}

/// Drops a step's future and waits until it is gone.
async fn drop_task(task: &mut Task) {
    task.0.abort();
    tokio::select! {
        _ = &mut task.0 => {}
        () = timer::pause(DROP_LIMIT) => tracing::error!("a step does not yield; its task is left behind"),
    }
}

fn overdue(span: Duration) -> Error {
    Error::new(ErrorKind::Timeout, format!("the step did not return within {span:?}"))
        .with_remedy("look at the machine and its console; raise the step's timeout if it is only slow")
}

fn panicked(error: tokio::task::JoinError) -> Error {
    let text = match error.try_into_panic() {
        Ok(panic) => said(&*panic),
        Err(error) => error.to_string(),
    };
    Error::internal(format!("the step panicked: {text}"))
        .with_remedy("this is a bug in the step or a plugin; report it")
}
