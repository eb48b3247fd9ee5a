//! Which event may follow which state, and what it changes.

use super::begin::broken;
use super::{
    Decision, Ended, Failure, Guard, Halt, Phase, Signal, StepState, SubTask, UndoPhase, WaitState,
    WorkflowState,
};
use crate::error::Result;
use crate::id::StepName;
use crate::record::{Event, EventKind, OutputRecord, PermitsAwaited, Side, Verdict};
use crate::time::Timestamp;

/// Why an event may not follow, or nothing.
pub(super) type Verdicted<T = ()> = std::result::Result<T, &'static str>;

impl WorkflowState {
    /// Takes in the next event. On an error the state is as before.
    ///
    /// # Errors
    ///
    /// `Corrupt` when the event may not follow those before it.
    pub fn apply(&mut self, event: &Event) -> Result<()> {
        self.check_envelope(event).map_err(|why| broken(event, why))?;
        let decided = self.decided_by(event);
        self.apply_kind(event).map_err(|why| broken(event, why))?;
        self.decided.extend(decided);
        if goes_on(&event.kind) {
            self.permits_awaited = None;
        }
        self.next_seq += 1;
        self.last_at = self.last_at.max(event.at);
        Ok(())
    }

    fn check_envelope(&self, event: &Event) -> Verdicted {
        allow(event.workflow == self.id, "it belongs to another workflow")?;
        allow(event.seq == self.next_seq, "its number is not the next one")?;
        allow(self.ended.is_none(), "the run has ended")
    }

    fn apply_kind(&mut self, event: &Event) -> Verdicted {
        let at = event.at;
        match &event.kind {
            EventKind::WorkflowSubmitted(_) => Err("a history has one beginning"),
            EventKind::WorkflowStarted { deadline_at } => self.start(at, *deadline_at),
            EventKind::StepStarted { step, attempt } => self.start_step(step, *attempt, at),
            EventKind::StepResumed { step } => self.resume_step(step),
            EventKind::SubTaskStarted { step, text } => self.start_sub_task(step, text, at),
            EventKind::IntentOpened { step, side, intent, number } => {
                self.open_intent(step, *side, intent, *number, at)
            }
            EventKind::IntentClosed { step, side, intent, result, by } => {
                self.close_intent(step, *side, intent, result, *by)
            }
            EventKind::Recorded { step, .. } => self.step_mut(step).map(|_| ()),
            EventKind::GuardOpened { step, until } => self.open_guard(step, at, *until),
            EventKind::GuardClosed { step } => self.close_guard(step),
            EventKind::StepWaiting { step, side, reason, poll, deadline_at } => {
                self.wait(step, *side, WaitState::new(reason, *poll, at, *deadline_at))
            }
            EventKind::EffectAwaited { step, side, intent, reason, poll, deadline_at } => {
                self.await_effect(step, *side, intent, WaitState::new(reason, *poll, at, *deadline_at))
            }
            EventKind::PermitsAwaited { step, side, permits } => {
                let (step, side, permits) = (step.clone(), *side, permits.clone());
                self.await_permits(PermitsAwaited { step, side, permits, since: at })
            }
            EventKind::StepDone { step, output, signals_read } => {
                self.end_step(step, output.as_ref(), at)?;
                self.use_up(signals_read)
            }
            EventKind::StepSkipped { step, why, signals_read } => {
                self.skip(step, why, at)?;
                self.use_up(signals_read)
            }
            EventKind::StepFailed { step, attempt, error, retry_at, signals_read } => {
                let failure = Failure { attempt: *attempt, at, error: error.clone() };
                self.fail_step(step, failure, *retry_at)?;
                self.use_up(signals_read)
            }
            EventKind::SignalReceived { name, payload, key } => {
                let signal = Signal { name: name.clone(), payload: payload.clone(), by: event.actor.clone() };
                self.receive(event.seq, signal, key)
            }
            EventKind::CancelRequested { why } => self.request_cancel(decision(event, why)),
            EventKind::Halted { step, reason, until } => {
                let (seq, step, reason) = (event.seq, step.clone(), reason.clone());
                self.begin_halt(Halt { seq, step, reason, since: at, until: *until })
            }
            EventKind::RetryRequested { .. } => self.retry(at),
            EventKind::AbortRequested { why } => self.request_abort(decision(event, why)),
            EventKind::PowerOverridden { why } => {
                self.power_override = Some(decision(event, why));
                Ok(())
            }
            EventKind::UndoStarted { because, deadline_at } => self.begin_undo(*because, at, *deadline_at),
            EventKind::StepUndoStarted { step, of, attempt } => self.start_undo(step, *of, *attempt),
            EventKind::StepUndone { step, result } => self.end_undo(step, *result),
            EventKind::StepUndoFailed { step, attempt, error, retry_at } => {
                let failure = Failure { attempt: *attempt, at, error: error.clone() };
                self.fail_undo(step, failure, *retry_at)
            }
            EventKind::MachineChanged { .. } => Ok(()),
            EventKind::WorkflowEnded { verdict, reason, not_undone } => {
                let (reason, not_undone) = (reason.clone(), not_undone.clone());
                self.end(Ended { verdict: *verdict, at, reason, not_undone })
            }
            EventKind::Unreadable { why } => {
                self.foreign.get_or_insert_with(|| format!("event {} cannot be read: {why}", event.seq));
                Ok(())
            }
            EventKind::Foreign(_) => {
                self.foreign = Some(format!("an event this version does not know: {}", event.kind.name()));
                Ok(())
            }
        }
    }

    fn forward(&self) -> Verdicted {
        allow(self.halt.is_none(), "it is halted")?;
        allow(self.undo.is_none(), "it goes backwards")
    }

    fn start(&mut self, at: Timestamp, deadline_at: Option<Timestamp>) -> Verdicted {
        allow(self.started_at.is_none(), "it has started")?;
        self.started_at = Some(at);
        self.deadline_at = deadline_at;
        Ok(())
    }

    fn start_step(&mut self, name: &StepName, attempt: u32, at: Timestamp) -> Verdicted {
        self.forward()?;
        allow(self.started_at.is_some(), "the run has not started")?;
        allow(self.current_step().is_some_and(|step| step.spec.name == *name), "it is not this step's turn")?;
        let step = self.step_mut(name)?;
        allow(matches!(step.phase, Phase::Pending | Phase::Retrying { .. }), "the step runs already")?;
        allow(attempt == step.attempt + 1, "the attempt's number is not the next one")?;
        if step.started_at.is_none() {
            step.started_at = Some(at);
            step.count_from(at);
        }
        step.attempt = attempt;
        step.attempt_at = Some(at);
        (step.resumes, step.waits) = (0, 0);
        step.phase = Phase::Running;
        Ok(())
    }

    fn resume_step(&mut self, name: &StepName) -> Verdicted {
        let step = self.step_mut(name)?;
        allow(step.phase == Phase::Running, "the step was not running")?;
        step.resumes += 1;
        Ok(())
    }

    fn end_step(&mut self, name: &StepName, output: Option<&OutputRecord>, at: Timestamp) -> Verdicted {
        self.forward()?;
        let step = self.step_mut(name)?;
        allow(step.is_active(), "the step is not running")?;
        allow(step.open_intents(Side::Run).next().is_none(), "an effect of it is open")?;
        step.phase = Phase::Done;
        step.output = output.cloned();
        finish(step, at);
        self.steps_finished += 1;
        Ok(())
    }

    fn fail_step(&mut self, name: &StepName, failure: Failure, retry_at: Option<Timestamp>) -> Verdicted {
        allow(self.undo.is_none(), "the run goes backwards")?;
        let queues = self.permits_awaited.as_ref().is_some_and(|awaited| awaited.step == *name);
        let step = self.step_mut(name)?;
        // A step may run out of time before its first attempt, while it queues for permits.
        let known = step.is_active() || matches!(step.phase, Phase::Retrying { .. }) || queues;
        allow(known && step.attempt == failure.attempt, "no such attempt runs")?;
        step.failures_in_a_row += 1;
        step.guard = None;
        step.phase = retry_at.map_or(Phase::Failed, |at| Phase::Retrying { at });
        if retry_at.is_none() {
            step.ended_at = Some(failure.at);
        }
        step.failures.push(failure);
        self.failed_last = self.place_of(name).ok();
        Ok(())
    }

    fn start_sub_task(&mut self, name: &StepName, text: &str, at: Timestamp) -> Verdicted {
        let step = self.step_mut(name)?;
        allow(step.started_at.is_some(), "the step has not started")?;
        step.sub_task = Some(SubTask { text: text.to_owned(), since: at });
        step.sub_tasks += 1;
        Ok(())
    }

    fn open_guard(&mut self, name: &StepName, since: Timestamp, until: Timestamp) -> Verdicted {
        let undoing = self.undo.is_some() && self.active_undo(name).is_ok();
        let step = self.step_mut(name)?;
        let runs = undoing || step.is_active();
        allow(runs && step.guard.is_none(), "the step is not running, or its guard is open")?;
        step.guard = Some(Guard { since, until });
        Ok(())
    }

    fn close_guard(&mut self, name: &StepName) -> Verdicted {
        allow(self.step_mut(name)?.guard.take().is_some(), "no guard is open")
    }

    fn wait(&mut self, name: &StepName, side: Side, wait: WaitState) -> Verdicted {
        self.check_side(name, side)?;
        match side {
            Side::Run => {
                let step = self.step_mut(name)?;
                (step.resumes, step.waits) = (0, step.waits + 1);
                step.phase = Phase::Waiting(wait);
            }
            Side::Undo => self.active_undo(name)?.phase = UndoPhase::Waiting(wait),
        }
        Ok(())
    }

    /// Its time begins here if nothing of it began before.
    fn await_permits(&mut self, awaited: PermitsAwaited) -> Verdicted {
        match awaited.side {
            Side::Run => {
                self.forward()?;
                allow(self.started_at.is_some(), "the run has not started")?;
                let turn = self.current_step().is_some_and(|step| step.spec.name == awaited.step);
                allow(turn, "it is not this step's turn")?;
                let step = self.step_mut(&awaited.step)?;
                allow(step.phase != Phase::Failed, "the step failed")?;
                step.count_from(awaited.since);
            }
            Side::Undo => self.active_undo(&awaited.step).map(|_| ())?,
        }
        self.permits_awaited = Some(awaited);
        Ok(())
    }

    fn receive(&mut self, seq: u64, signal: Signal, key: &str) -> Verdicted {
        allow(self.signal_keys.insert(key.to_owned()), "the signal is known")?;
        self.signals.insert(seq, signal);
        Ok(())
    }

    fn use_up(&mut self, signals: &[u64]) -> Verdicted {
        self.signals.retain(|seq, _| !signals.contains(seq));
        Ok(())
    }

    pub(super) fn step_mut(&mut self, name: &StepName) -> Verdicted<&mut StepState> {
        let place = self.place_of(name)?;
        Ok(&mut self.steps[place])
    }

    /// Almost always it is the step at which the run is.
    fn place_of(&self, name: &StepName) -> Verdicted<usize> {
        let is_it = |place: &usize| self.steps.get(*place).is_some_and(|step| step.spec.name == *name);
        let current = Some(self.steps_finished).filter(is_it);
        current
            .or_else(|| self.steps.iter().position(|step| step.spec.name == *name))
            .ok_or("there is no such step")
    }

    fn end(&mut self, ended: Ended) -> Verdicted {
        self.check_end(ended.verdict)?;
        self.ended = Some(ended);
        self.halt = None;
        Ok(())
    }

    fn check_end(&self, verdict: Verdict) -> Verdicted {
        let fine = match verdict {
            Verdict::Completed => self.undo.is_none() && self.current_index().is_none(),
            Verdict::Cancelled => self.cancel.is_some(),
            Verdict::Failed => self.halt.is_some() || self.undo.is_some() || self.started_at.is_none(),
        };
        allow(fine, "the verdict does not follow from what happened")
    }
}

pub(super) fn allow(fine: bool, why: &'static str) -> Verdicted {
    if fine { Ok(()) } else { Err(why) }
}

/// Tells whether this event shows that a workflow queues for permits no more. What others ask of it does not.
fn goes_on(kind: &EventKind) -> bool {
    !matches!(
        kind,
        EventKind::PermitsAwaited { .. }
            | EventKind::SignalReceived { .. }
            | EventKind::CancelRequested { .. }
            | EventKind::PowerOverridden { .. }
    )
}

pub(super) fn finish(step: &mut StepState, at: Timestamp) {
    step.ended_at = Some(at);
    step.guard = None;
}

fn decision(event: &Event, why: &str) -> Decision {
    Decision { by: event.actor.clone(), at: event.at, why: why.to_owned() }
}
