//! Rules of the engine, each broken on purpose: tests that pass over one of these prove nothing.
//!
//! Give a builder to [`Mutation::of`], run your campaign over its manager, and see the campaign complain.

use crate::engine::ManagerBuilder;
use crate::engine::plan::{self, Action, Decide};
use crate::record::{OnFailure, Phase, Resume, Side, UndoCause, UndoOf, Verdict, WorkflowState};
use crate::time::Timestamp;
use std::time::Duration;

/// Says which rule an engine breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// Runs the step again without asking what became of its effect.
    SkipsTheProbe,
    /// Runs the step again where a person must decide.
    ResumesWhereAPersonMustDecide,
    /// Does not hear of a cancel.
    IgnoresCancel,
    /// Goes on after the run's deadline.
    IgnoresTheDeadline,
    /// Waits for a person for ever.
    IgnoresTheHaltLimit,
    /// Ends without undoing anything, and names nothing.
    ForgetsToUndo,
    /// Undoes the oldest step first.
    UndoesOldestFirst,
    /// Interrupts what nothing may interrupt.
    IgnoresTheGuard,
    /// Lets a waiting step wait until its time is up.
    NeverWakes,
    /// Halts, or undoes, where another attempt was promised.
    GivesUpWithoutRetry,
    /// Tries again at once.
    RetriesTooEarly,
    /// Calls a cancelled run failed.
    CallsACancelAFailure,
    /// Rests a while between two steps, though nothing in the run waits.
    Dawdles,
}

impl Mutation {
    /// Lists all.
    pub const ALL: [Self; 13] = [
        Self::SkipsTheProbe,
        Self::ResumesWhereAPersonMustDecide,
        Self::IgnoresCancel,
        Self::IgnoresTheDeadline,
        Self::IgnoresTheHaltLimit,
        Self::ForgetsToUndo,
        Self::UndoesOldestFirst,
        Self::IgnoresTheGuard,
        Self::NeverWakes,
        Self::GivesUpWithoutRetry,
        Self::RetriesTooEarly,
        Self::CallsACancelAFailure,
        Self::Dawdles,
    ];

    /// Makes this the rule of a manager to be.
    #[must_use]
    pub fn of(self, builder: ManagerBuilder) -> ManagerBuilder {
        builder.decide(self.rule())
    }

    fn rule(self) -> Decide {
        match self {
            Self::SkipsTheProbe => skip_the_probe,
            Self::ResumesWhereAPersonMustDecide => resume_where_a_person_must_decide,
            Self::IgnoresCancel => {
                |state, now| plan::next(&WorkflowState { cancel: None, ..state.clone() }, now)
            }
            Self::IgnoresTheDeadline => {
                |state, now| plan::next(&WorkflowState { deadline_at: None, ..state.clone() }, now)
            }
            Self::IgnoresTheHaltLimit => ignore_the_halt_limit,
            Self::ForgetsToUndo => forget_to_undo,
            Self::UndoesOldestFirst => undo_oldest_first,
            Self::IgnoresTheGuard => ignore_the_guard,
            Self::NeverWakes => never_wake,
            Self::GivesUpWithoutRetry => give_up_without_retry,
            Self::RetriesTooEarly => retry_too_early,
            Self::CallsACancelAFailure => call_a_cancel_a_failure,
            Self::Dawdles => dawdle,
        }
    }
}

fn skip_the_probe(state: &WorkflowState, now: Timestamp) -> Action {
    match plan::next(state, now) {
        Action::Probe { step, side: Side::Run, .. } if state.undo.is_none() => run_anyway(state, step),
        action => action,
    }
}

fn run_anyway(state: &WorkflowState, step: usize) -> Action {
    match state.steps[step].phase {
        Phase::Waiting(_) => Action::Wake { step },
        Phase::Retrying { .. } => Action::Start { step, attempt: state.steps[step].attempt + 1 },
        _ => Action::Resume { step },
    }
}

fn resume_where_a_person_must_decide(state: &WorkflowState, now: Timestamp) -> Action {
    let action = plan::next(state, now);
    let asks = |step: &usize| {
        let step = &state.steps[*step];
        step.spec.resume == Resume::Halt && step.open_intents(Side::Run).next().is_some()
    };
    match (&action, state.current_index().filter(asks)) {
        (Action::Halt { .. }, Some(step)) if state.steps[step].phase != Phase::Failed => {
            run_anyway(state, step)
        }
        _ => action,
    }
}

fn ignore_the_halt_limit(state: &WorkflowState, now: Timestamp) -> Action {
    let mut state = state.clone();
    if let Some(halt) = &mut state.halt {
        halt.until = Timestamp::MAX;
    }
    plan::next(&state, now)
}

fn forget_to_undo(state: &WorkflowState, now: Timestamp) -> Action {
    let Some(undo) = &state.undo else { return plan::next(state, now) };
    let verdict = if undo.because == UndoCause::Cancelled { Verdict::Cancelled } else { Verdict::Failed };
    Action::Finish { verdict, reason: "everything was undone".to_owned(), not_undone: Vec::new() }
}

fn undo_oldest_first(state: &WorkflowState, now: Timestamp) -> Action {
    let action = plan::next(state, now);
    let Action::StartUndo { attempt: 1, .. } = action else { return action };
    let is_left = |name| state.undo.as_ref().is_some_and(|undo| !undo.steps.contains_key(name));
    let is_begun = |phase: &Phase| !matches!(phase, Phase::Pending | Phase::Skipped { .. });
    let oldest =
        state.steps.iter().position(|step| is_begun(&step.phase) && is_left(&step.spec.name)).unwrap_or(0);
    let of = if state.steps[oldest].phase == Phase::Done { UndoOf::Done } else { UndoOf::Partial };
    Action::StartUndo { step: oldest, of, attempt: 1 }
}

fn ignore_the_guard(state: &WorkflowState, now: Timestamp) -> Action {
    let mut state = state.clone();
    state.steps.iter_mut().for_each(|step| step.guard = None);
    plan::next(&state, now)
}

fn never_wake(state: &WorkflowState, now: Timestamp) -> Action {
    match plan::next(state, now) {
        Action::Wake { step } => match &state.steps[step].phase {
            Phase::Waiting(wait) if now < wait.deadline_at => Action::WaitUntil(wait.deadline_at),
            _ => Action::Wake { step },
        },
        other => other,
    }
}

fn give_up_without_retry(state: &WorkflowState, now: Timestamp) -> Action {
    match plan::next(state, now) {
        Action::Start { step, attempt } if attempt > 1 && state.steps[step].failures_in_a_row > 0 => {
            match state.spec.on_failure {
                OnFailure::Keep => Action::Halt {
                    step: Some(state.steps[step].spec.name.clone()),
                    reason: "it failed".to_owned(),
                    until: now + state.spec.halt_limit,
                },
                OnFailure::Undo => {
                    Action::BeginUndo { because: UndoCause::Failed, deadline_at: now + state.spec.undo_limit }
                }
            }
        }
        action => action,
    }
}

fn retry_too_early(state: &WorkflowState, now: Timestamp) -> Action {
    let retrying = state.current_step().is_some_and(|step| matches!(step.phase, Phase::Retrying { .. }));
    match plan::next(state, now) {
        Action::WaitUntil(at) if retrying && state.halt.is_none() && state.undo.is_none() => {
            plan::next(state, at)
        }
        action => action,
    }
}

fn call_a_cancel_a_failure(state: &WorkflowState, now: Timestamp) -> Action {
    match plan::next(state, now) {
        Action::Finish { verdict: Verdict::Cancelled, reason, not_undone } => {
            Action::Finish { verdict: Verdict::Failed, reason, not_undone }
        }
        action => action,
    }
}

fn dawdle(state: &WorkflowState, now: Timestamp) -> Action {
    let until = state.last_at + Duration::from_secs(10);
    match plan::next(state, now) {
        Action::Start { step, attempt: 1 } if step > 0 && now < until => Action::WaitUntil(until),
        action => action,
    }
}
