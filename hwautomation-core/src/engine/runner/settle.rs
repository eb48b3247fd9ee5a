//! What a step's return means, in events.

use super::execute::{Executed, Job, Notes, Returned};
use super::{Flow, Runner};
use crate::engine::backoff;
use crate::error::{Error, ErrorClass, ErrorRecord, Result};
use crate::id::IntentName;
use crate::record::{
    ClosedBy, EventKind, IntentResult, Phase, Resume, Side, Stored, UndoOf, UndoPhase, UndoResult, WaitState,
};
use crate::secret::contains_secret;
use crate::store::GiveBack;
use crate::time::Timestamp;
use crate::workflow::{HandedOn, StepOutcome, UndoOutcome, Wait};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// A wait that was put together without its constructor must not spin.
pub(super) const POLL_MIN: Duration = Duration::from_millis(1);
/// How many waits one attempt records: a reason that changes with each look would fill the history.
const WAITS_MAX: u32 = 1000;

impl Runner {
    /// Runs a step, and records how that ended.
    pub(super) async fn run_step(&mut self, step: usize) -> Result<Flow> {
        let executed = self.execute(step, Side::Run, Job::Run).await?;
        self.call_is_over();
        match executed {
            Executed::Returned(Returned::Run(Ok(outcome)), notes) => {
                self.settle_outcome(step, outcome, &notes)
            }
            Executed::Returned(Returned::Run(Err(error)), notes) => self.settle_failure(step, &error, &notes),
            Executed::Failed(error) => self.settle_failure(step, &error, &Notes::default()),
            Executed::Dropped => Ok(Flow::GoOn),
            Executed::Returned(..) | Executed::Leave => Ok(Flow::Leave),
        }
    }

    fn settle_outcome(&mut self, step: usize, outcome: StepOutcome, notes: &Notes) -> Result<Flow> {
        if !matches!(outcome, StepOutcome::Wait(_))
            && let Some(intent) = self.close_harmless(step, Side::Run)?
        {
            return self.settle_failure(step, &left_open(&intent), notes);
        }
        let name = self.step_name(step);
        let signals_read = notes.signals.iter().copied().collect();
        match outcome {
            StepOutcome::Done(None) => {
                self.journal.add(EventKind::StepDone { step: name, output: None, signals_read })?;
            }
            StepOutcome::Done(Some((output, value))) => match self.store(value) {
                Ok(value) => {
                    let output = crate::workflow::output_record(output, value);
                    let handed_on = HandedOn { by: name.clone(), output: output.clone() };
                    Arc::make_mut(&mut self.outputs).insert(output.name.clone(), handed_on);
                    self.journal.add(EventKind::StepDone {
                        step: name,
                        output: Some(output),
                        signals_read,
                    })?;
                }
                Err(error) => return self.settle_failure(step, &error, notes),
            },
            StepOutcome::Skipped { why } => {
                self.journal.add(EventKind::StepSkipped { step: name, why, signals_read })?;
            }
            StepOutcome::Wait(wait) => return self.settle_wait(step, Side::Run, wait),
        }
        self.step_is_over();
        Ok(Flow::GoOn)
    }

    pub(super) fn store(&mut self, value: Value) -> Result<Stored> {
        if contains_secret(&value) {
            return Err(Error::invalid("the step handed on a secret, and outputs are recorded")
                .with_remedy("hand on where the secret lies, such as env:NAME, not the secret"));
        }
        let (stored, blob) = Stored::new(value)?;
        self.journal.add_blobs(blob);
        Ok(stored)
    }

    /// A cancelled step that stopped for that reason did not fail. Everything else is a failed attempt.
    pub(super) fn settle_failure(&mut self, step: usize, error: &Error, notes: &Notes) -> Result<Flow> {
        let state = self.journal.state();
        let guarded = state.guard(self.journal.now()).is_some();
        if error.class() == ErrorClass::Cancelled && state.cancel.is_some() && !guarded {
            return Ok(Flow::GoOn);
        }
        let error = self.error_record(step, Side::Run, error);
        let (state, now) = (self.journal.state(), self.journal.now());
        let retry_at = backoff::retry_at(state, &state.steps[step], &error, now);
        let (name, attempt) = (self.step_name(step), self.attempt(step, Side::Run));
        // The next attempt reads them again.
        let read = notes.signals.iter().copied().filter(|_| retry_at.is_none());
        let signals_read = read.collect();
        self.journal.add(EventKind::StepFailed { step: name, attempt, error, retry_at, signals_read })?;
        if retry_at.is_none() {
            self.step_is_over();
        }
        Ok(Flow::GoOn)
    }

    /// A failure that left an effect open has an unknown outcome, whatever it says itself.
    fn error_record(&self, step: usize, side: Side, error: &Error) -> ErrorRecord {
        let mut record = ErrorRecord::from(error);
        record.sub_task = self.journal.state().steps[step].sub_task.as_ref().map(|open| open.text.clone());
        if self.first_open(step, side).is_some() {
            record.class = ErrorClass::UnknownOutcome;
        }
        record
    }

    fn first_open(&self, step: usize, side: Side) -> Option<IntentName> {
        self.journal.state().steps[step].open_intents(side).next().map(|(intent, _)| intent.clone())
    }

    /// A step that returned successfully needs to know no more about effects that are harmless twice. Of the
    /// others, returns the first that is open.
    fn close_harmless(&mut self, step: usize, side: Side) -> Result<Option<IntentName>> {
        let harmless = self.journal.state().steps[step].spec.resume == Resume::Rerun;
        while let Some(intent) = self.first_open(step, side) {
            if !harmless {
                return Ok(Some(intent));
            }
            let (step, result, by) = (self.step_name(step), IntentResult::Unresolved, ClosedBy::Step);
            self.journal.add(EventKind::IntentClosed { step, side, intent, result, by })?;
        }
        Ok(None)
    }

    /// The first wait for a reason is recorded; looking again only moves the time of the next look.
    fn settle_wait(&mut self, step: usize, side: Side, wait: Wait) -> Result<Flow> {
        let now = self.journal.now();
        let reason = crate::error::storable(&wait.reason);
        let known =
            self.known_wait(step, side).filter(|known| known.reason == reason).map(|known| known.deadline_at);
        let deadline_at = known.unwrap_or(now + wait.limit);
        if known.is_none() && side == Side::Run && self.journal.state().steps[step].waits >= WAITS_MAX {
            return self.settle_failure(step, &restless(&reason), &Notes::default());
        }
        if known.is_none() {
            let name = self.step_name(step);
            self.journal.add(EventKind::StepWaiting {
                step: name,
                side,
                reason,
                poll: wait.poll,
                deadline_at,
            })?;
        }
        let state = self.journal.state();
        if side == Side::Run && state.cancel.is_some() && state.guard(now).is_none() {
            return Ok(Flow::GoOn);
        }
        let look_at = now + wait.poll.max(POLL_MIN);
        Ok(match side {
            Side::Run => {
                let attempt = state.steps[step].attempt_deadline_at();
                self.rest(side, look_at, attempt.into_iter().chain([deadline_at]))
            }
            Side::Undo => self.rest(side, look_at.min(deadline_at), []),
        })
    }

    /// Lets go until `look_at`, or until one of these limits or that of the whole ends the wait; goes on if one has
    /// passed. What a guard holds off, a cancel too, counts when the guard ends.
    pub(super) fn rest(
        &self,
        side: Side,
        look_at: Timestamp,
        limits: impl IntoIterator<Item = Timestamp>,
    ) -> Flow {
        let (state, now) = (self.journal.state(), self.journal.now());
        let guard = state.guard(now).map(|guard| guard.until);
        let (whole, cancel) = match side {
            Side::Run => (state.deadline_at, guard.filter(|_| state.cancel.is_some())),
            Side::Undo => (state.undo.as_ref().map(|undo| undo.deadline_at), None),
        };
        let ends = limits.into_iter().chain(whole).map(|end| guard.map_or(end, |until| end.max(until)));
        let at = ends.chain(cancel).fold(look_at, Timestamp::min);
        if at <= now { Flow::GoOn } else { Flow::LetGo(at) }
    }

    fn known_wait(&self, step: usize, side: Side) -> Option<&WaitState> {
        let state = self.journal.state();
        let step = &state.steps[step];
        match side {
            Side::Run => match &step.phase {
                Phase::Waiting(wait) => Some(wait),
                _ => None,
            },
            Side::Undo => match &state.undo.as_ref()?.steps.get(&step.spec.name)?.phase {
                UndoPhase::Waiting(wait) => Some(wait),
                _ => None,
            },
        }
    }

    /// Undoes a step, and records how that ended.
    pub(super) async fn undo_step(&mut self, step: usize, of: UndoOf) -> Result<Flow> {
        let executed = self.execute(step, Side::Undo, Job::Undo(of)).await?;
        self.call_is_over();
        let outcome = match executed {
            Executed::Returned(Returned::Undo(Ok(outcome)), _) => outcome,
            Executed::Returned(Returned::Undo(Err(error)), _) | Executed::Failed(error) => {
                return self.settle_undo_failure(step, &error);
            }
            Executed::Returned(..) | Executed::Dropped | Executed::Leave => return Ok(Flow::Leave),
        };
        let name = self.step_name(step);
        let result = match outcome {
            UndoOutcome::Undone => UndoResult::Undone,
            UndoOutcome::Nothing => UndoResult::Nothing,
            UndoOutcome::Wait(wait) => return self.settle_wait(step, Side::Undo, wait),
        };
        if let Some(intent) = self.close_harmless(step, Side::Undo)? {
            return self.settle_undo_failure(step, &left_open(&intent));
        }
        self.journal.add(EventKind::StepUndone { step: name, result })?;
        self.journal.give_back(GiveBack::All);
        Ok(Flow::GoOn)
    }

    pub(super) fn settle_undo_failure(&mut self, step: usize, error: &Error) -> Result<Flow> {
        let error = self.error_record(step, Side::Undo, error);
        let (state, now) = (self.journal.state(), self.journal.now());
        let known = state.undo.as_ref();
        let retry_at =
            known.and_then(|undo| backoff::retry_undo_at(state, &state.steps[step], undo, &error, now));
        let (name, attempt) = (self.step_name(step), self.attempt(step, Side::Undo));
        self.journal.add(EventKind::StepUndoFailed { step: name, attempt, error, retry_at })?;
        if retry_at.is_none() {
            self.journal.give_back(GiveBack::All);
        }
        Ok(Flow::GoOn)
    }
}

fn restless(reason: &str) -> Error {
    Error::internal(format!("one attempt waited for {WAITS_MAX} different things, and now for {reason}"))
        .with_remedy("wait for one thing in the same words each time; what changes belongs into a sub-task")
}

fn left_open(intent: &IntentName) -> Error {
    Error::internal(format!("the step returned though the outcome of {intent} is not known"))
        .unknown_outcome()
        .with_remedy("return the error of the call whose outcome is unknown; do not go on without it")
}
