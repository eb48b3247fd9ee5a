//! What comes next: a pure function of the state and the time.

use super::backoff;
use crate::error::{ErrorClass, ErrorKind, ErrorRecord};
use crate::id::{IntentName, StepName};
use crate::record::{
    Intent, IntentOutcome, NotUndone, OnFailure, Phase, Resume, Side, StepState, UndoCause, UndoOf,
    UndoPhase, UndoState, Verdict, WaitState, WorkflowState,
};
use crate::time::Timestamp;
use std::time::Duration;

/// Says what to do next.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    /// Record that an attempt at this step begins, then run it.
    Start { step: usize, attempt: u32 },
    /// Run this step again after the process died.
    Resume { step: usize },
    /// Let this waiting step look again.
    Wake { step: usize },
    /// Ask the step what became of this effect.
    Probe { step: usize, side: Side, intent: IntentName },
    /// Record that the attempt failed.
    Fail { step: usize, side: Side, error: ErrorRecord, retry_at: Option<Timestamp> },
    /// Let go until then.
    WaitUntil(Timestamp),
    /// Record that a person must decide.
    Halt { step: Option<StepName>, reason: String, until: Timestamp },
    /// Record that the run goes backwards from here.
    BeginUndo { because: UndoCause, deadline_at: Timestamp },
    /// Record that an attempt at undoing this step begins.
    StartUndo { step: usize, of: UndoOf, attempt: u32 },
    /// Undo this step.
    Undo { step: usize, of: UndoOf },
    /// Record the verdict.
    Finish { verdict: Verdict, reason: String, not_undone: Vec<NotUndone> },
}

impl Action {
    /// Tells whether this needs the step's own code.
    pub(crate) fn calls_a_step(&self) -> bool {
        matches!(
            self,
            Self::Start { .. }
                | Self::Resume { .. }
                | Self::Wake { .. }
                | Self::Probe { .. }
                | Self::Undo { .. }
        )
    }
}

/// A function that decides what comes next.
pub(crate) type Decide = fn(&WorkflowState, Timestamp) -> Action;

/// Decides what comes next.
pub(crate) fn next(state: &WorkflowState, now: Timestamp) -> Action {
    if let Some(why) = state.unreadable() {
        return next_unrunnable(state, now, &why);
    }
    if let Some(undo) = &state.undo {
        return next_undo(state, undo, now);
    }
    let guarded = state.guard(now).is_some();
    if state.cancel.is_some() && !guarded {
        return cancel(state, now);
    }
    if let Some(action) = next_halted(state, now) {
        return action;
    }
    if !guarded && state.deadline_at.is_some_and(|deadline| now >= deadline) {
        let step = state.current_step().map(|step| step.spec.name.clone());
        return give_up(state, step, UndoCause::Deadline, "its deadline passed".to_owned(), now);
    }
    if state.started_at.is_none()
        && let Some(limit) = state.spec.start_limit.filter(|_| state.start_until.is_some_and(|at| now >= at))
    {
        return finish(Verdict::Failed, &format!("nobody started it within {limit:?}"));
    }
    match state.current_index() {
        Some(index) => next_step(state, index, guarded, now),
        None => finish(Verdict::Completed, "every step is done or skipped"),
    }
}

/// How long a program looks itself before it says that a run stood still: after a pause or with all programs away for
/// long, what is missing may be back in a minute.
const LOOKS: Duration = Duration::from_secs(3600);

/// Decides for a run whose steps cannot be called here now, as this program has seen since then: what `action` says, but
/// where no limit of its own counts, it does not stand still for ever.
pub(crate) fn next_held_up(
    state: &WorkflowState,
    now: Timestamp,
    action: Action,
    why: &str,
    seen_since: Timestamp,
) -> Action {
    let (from, limit) = (idle_from(state), state.standstill_limit());
    let until = (from + limit).max(seen_since + limit.min(LOOKS));
    if !action.calls_a_step() || state.presses_at().is_some() || now < until {
        return action;
    }
    let step = state.current_step().map(|step| step.spec.name.clone());
    let reason = format!("nobody could go on with it from {from} to {until}: {why}");
    give_up(state, step, UndoCause::Deadline, reason, now)
}

/// From when on it stands still if nothing more is recorded: a step may be silent as long as one call of it may take.
fn idle_from(state: &WorkflowState) -> Timestamp {
    let step = state.current_step();
    step.map_or(state.last_at, |step| match step.phase {
        Phase::Running => state.last_at + step.spec.policy.timeout,
        Phase::Retrying { at } => state.last_at.max(at),
        _ => state.last_at,
    })
}

/// Decides for a run that this program cannot run: only a person, or the halt's deadline, ends it.
pub(crate) fn next_unrunnable(state: &WorkflowState, now: Timestamp, why: &str) -> Action {
    if let Some(guard) = state.guard(now).filter(|_| state.cancel.is_some() || state.undo.is_some()) {
        // The process died in work that nothing may interrupt: it may still be going on.
        return Action::WaitUntil(guard.until);
    }
    let left = |why: &str| {
        state.steps.iter().filter(|step| is_begun(step)).map(|step| not_undone(step, why)).collect()
    };
    if state.cancel.is_some() {
        let reason = format!("cancelled without undoing: {why}");
        return Action::Finish { verdict: Verdict::Cancelled, reason, not_undone: left(why) };
    }
    if state.undo.is_some() {
        let reason = format!("cannot be undone: {why}");
        return Action::Finish { verdict: Verdict::Failed, reason, not_undone: left(why) };
    }
    next_halted(state, now).unwrap_or_else(|| halt(state, None, why.to_owned(), now))
}

fn next_halted(state: &WorkflowState, now: Timestamp) -> Option<Action> {
    let halt = state.halt.as_ref()?;
    if let Some(abort) = &state.abort {
        return Some(finish(Verdict::Failed, &format!("given up by {}: {}", abort.by, abort.why)));
    }
    if now >= halt.until {
        return Some(finish(Verdict::Failed, &format!("nobody decided in time: {}", halt.reason)));
    }
    Some(Action::WaitUntil(halt.until))
}

fn cancel(state: &WorkflowState, now: Timestamp) -> Action {
    if state.steps.iter().any(is_begun) {
        return Action::BeginUndo { because: UndoCause::Cancelled, deadline_at: now + state.spec.undo_limit };
    }
    let not_undone: Vec<_> = state.steps.iter().filter(|step| has_acted(step)).map(left_by_skip).collect();
    let when =
        if not_undone.is_empty() { "before anything was done" } else { "after a skipped step had acted" };
    Action::Finish { verdict: Verdict::Cancelled, reason: format!("cancelled {when}"), not_undone }
}

/// A skipped step is not undone: who skips it takes it over. What it did before is named.
fn has_acted(step: &StepState) -> bool {
    let unresolved = |intent: &Intent| intent.end.is_some_and(|end| end.outcome == IntentOutcome::Unresolved);
    let acted = step.intents.values().any(|it| it.is_open() || it.value.is_some() || unresolved(it));
    matches!(step.phase, Phase::Skipped { .. }) && acted
}

fn left_by_skip(step: &StepState) -> NotUndone {
    not_undone(step, "it was skipped after it had acted; look at what it left")
}

fn next_step(state: &WorkflowState, index: usize, guarded: bool, now: Timestamp) -> Action {
    let step = &state.steps[index];
    match &step.phase {
        Phase::Pending => {
            queued_too_long(state, index, now).unwrap_or(Action::Start { step: index, attempt: 1 })
        }
        Phase::Running if guarded => {
            // The process died in work that nothing may interrupt: it may still be going on.
            Action::WaitUntil(step.guard.map_or(now, |guard| guard.until))
        }
        Phase::Running => open_effect(state, index, now)
            .or_else(|| overdue(state, index, now))
            .or_else(|| queued_too_long(state, index, now))
            .or_else(|| deadly(state, index, now))
            .unwrap_or(Action::Resume { step: index }),
        Phase::Waiting(wait) => open_effect(state, index, now)
            .or_else(|| if guarded { None } else { waited_too_long(state, index, wait, now) })
            .unwrap_or(Action::Wake { step: index }),
        Phase::Retrying { at } if now < *at => Action::WaitUntil(*at),
        Phase::Retrying { .. } => open_effect(state, index, now)
            .or_else(|| queued_too_long(state, index, now))
            .unwrap_or(Action::Start { step: index, attempt: step.attempt + 1 }),
        Phase::Failed => {
            let error = step.failures.last().map_or("it failed", |failure| failure.error.message.as_str());
            let reason = format!("step {} failed: {error}", step.spec.name);
            give_up(state, Some(step.spec.name.clone()), UndoCause::Failed, reason, now)
        }
        Phase::Done | Phase::Skipped { .. } => finish(Verdict::Completed, "every step is done or skipped"),
    }
}

/// An effect of which nobody recorded the outcome comes before anything else, by the step's rule.
fn open_effect(state: &WorkflowState, index: usize, now: Timestamp) -> Option<Action> {
    let step = &state.steps[index];
    let intent = step.open_intents(Side::Run).next()?.0;
    match step.spec.resume {
        Resume::Rerun => None,
        Resume::Probe => Some(Action::Probe { step: index, side: Side::Run, intent: intent.clone() }),
        Resume::Halt => {
            let name = &step.spec.name;
            let reason =
                format!("nobody knows whether {intent} of step {name} happened, and the step cannot tell");
            Some(halt(state, Some(name.clone()), reason, now))
        }
    }
}

/// Where no attempt runs, only the queue for permits takes time.
fn queued_too_long(state: &WorkflowState, index: usize, now: Timestamp) -> Option<Action> {
    let step = &state.steps[index];
    let awaited = state.permits_awaited.as_ref()?;
    let deadline = state.permits_until().filter(|deadline| now >= *deadline)?;
    let names: Vec<&str> = awaited.permits.iter().map(|name| name.as_str()).collect();
    let message = format!("step {} queued for {} until {deadline}", step.spec.name, names.join(", "));
    Some(fail(state, index, message, now))
}

fn overdue(state: &WorkflowState, index: usize, now: Timestamp) -> Option<Action> {
    let step = &state.steps[index];
    let deadline = step.attempt_deadline_at().filter(|deadline| now >= *deadline)?;
    Some(fail(state, index, format!("step {} was not done by {deadline}", step.spec.name), now))
}

/// A step that ends the process each time is not run for ever.
fn deadly(state: &WorkflowState, index: usize, now: Timestamp) -> Option<Action> {
    let step = &state.steps[index];
    let often = step.resumes;
    (often >= step.spec.policy.resumes_max).then(|| {
        let message = format!("the process ended {} times while step {} ran", often + 1, step.spec.name);
        let mut error = timeout(message);
        (error.kind, error.class) = (ErrorKind::Internal, ErrorClass::Permanent);
        error.remedy =
            Some("find out in the process's log whether the step ends it; then retry or skip it".to_owned());
        let retry_at = backoff::retry_at(state, step, &error, now);
        Action::Fail { step: index, side: Side::Run, error, retry_at }
    })
}

fn waited_too_long(state: &WorkflowState, index: usize, wait: &WaitState, now: Timestamp) -> Option<Action> {
    let deadline = state.steps[index].attempt_deadline_at().into_iter().chain([wait.deadline_at]).min()?;
    (now >= deadline).then(|| fail(state, index, format!("waited for {} until {deadline}", wait.reason), now))
}

fn fail(state: &WorkflowState, index: usize, message: String, now: Timestamp) -> Action {
    let error = timeout(message);
    let retry_at = backoff::retry_at(state, &state.steps[index], &error, now);
    Action::Fail { step: index, side: Side::Run, error, retry_at }
}

fn timeout(message: String) -> ErrorRecord {
    ErrorRecord {
        kind: ErrorKind::Timeout,
        class: ErrorClass::Transient { after: None },
        message,
        chain: Vec::new(),
        remedy: Some("look at the machine and its console; raise the limit if it is only slow".to_owned()),
        sub_task: None,
    }
}

fn give_up(
    state: &WorkflowState,
    step: Option<StepName>,
    because: UndoCause,
    reason: String,
    now: Timestamp,
) -> Action {
    match state.spec.on_failure {
        OnFailure::Keep => halt(state, step, reason, now),
        OnFailure::Undo => Action::BeginUndo { because, deadline_at: now + state.spec.undo_limit },
    }
}

fn halt(state: &WorkflowState, step: Option<StepName>, reason: String, now: Timestamp) -> Action {
    Action::Halt { step, reason, until: now + state.spec.halt_limit }
}

fn finish(verdict: Verdict, reason: &str) -> Action {
    Action::Finish { verdict, reason: reason.to_owned(), not_undone: Vec::new() }
}

/// A step that began and was not left out has something to undo.
fn is_begun(step: &StepState) -> bool {
    step.attempt > 0 && !matches!(step.phase, Phase::Skipped { .. })
}

fn not_undone(step: &StepState, why: &str) -> NotUndone {
    NotUndone { step: step.spec.name.clone(), why: why.to_owned() }
}

/// Goes backwards: the started, unfinished step first, then the done ones, newest first.
fn next_undo(state: &WorkflowState, undo: &UndoState, now: Timestamp) -> Action {
    if now >= undo.deadline_at && state.guard(now).is_none() {
        return undone(state, undo, "the time for undoing was over");
    }
    let mut begun = state.steps.iter().enumerate().rev().filter(|(_, step)| is_begun(step));
    begun
        .find_map(|(index, step)| next_undo_of(state, undo, index, step, now))
        .unwrap_or_else(|| undone(state, undo, "it was not tried"))
}

/// What is left to do to undo one step, or nothing.
fn next_undo_of(
    state: &WorkflowState,
    undo: &UndoState,
    index: usize,
    step: &StepState,
    now: Timestamp,
) -> Option<Action> {
    let of = if step.phase == Phase::Done { UndoOf::Done } else { UndoOf::Partial };
    let Some(known) = undo.steps.get(&step.spec.name) else {
        return Some(Action::StartUndo { step: index, of, attempt: 1 });
    };
    match &known.phase {
        UndoPhase::Running if step.guard.is_some_and(|guard| now < guard.until) => {
            // The process died in work that nothing may interrupt: it may still be going on.
            step.guard.map(|guard| Action::WaitUntil(guard.until))
        }
        UndoPhase::Running => {
            Some(open_undo(state, undo, index, now).unwrap_or(Action::Undo { step: index, of }))
        }
        UndoPhase::Waiting(wait) if now >= wait.deadline_at => {
            let error = timeout(format!("undoing waited for {} until {}", wait.reason, wait.deadline_at));
            let retry_at = backoff::retry_undo_at(state, step, undo, &error, now);
            Some(Action::Fail { step: index, side: Side::Undo, error, retry_at })
        }
        UndoPhase::Waiting(_) => {
            Some(open_undo(state, undo, index, now).unwrap_or(Action::Undo { step: index, of }))
        }
        UndoPhase::Retrying { at } if now < *at => Some(Action::WaitUntil((*at).min(undo.deadline_at))),
        UndoPhase::Retrying { .. } => Some(Action::StartUndo { step: index, of, attempt: known.attempt + 1 }),
        UndoPhase::Undone(_) | UndoPhase::Failed => None,
    }
}

/// Before a step is undone, it is asked what became of the effects that are open on either side.
fn open_undo(state: &WorkflowState, undo: &UndoState, index: usize, now: Timestamp) -> Option<Action> {
    let step = &state.steps[index];
    let open = |side| step.open_intents(side).next().map(|(intent, _)| (side, intent.clone()));
    let (side, intent) = open(Side::Run).or_else(|| open(Side::Undo))?;
    match step.spec.resume {
        Resume::Rerun => None,
        Resume::Probe => Some(Action::Probe { step: index, side, intent }),
        Resume::Halt => {
            let mut error =
                timeout(format!("nobody knows whether {intent} happened, and the step cannot tell"));
            error.class = ErrorClass::Permanent;
            let retry_at = backoff::retry_undo_at(state, step, undo, &error, now);
            Some(Action::Fail { step: index, side: Side::Undo, error, retry_at })
        }
    }
}

/// Ends the way back, and names what is left.
fn undone(state: &WorkflowState, undo: &UndoState, otherwise: &str) -> Action {
    let left = |step: &&StepState| {
        let known = undo.steps.get(&step.spec.name);
        is_begun(step) && !known.is_some_and(|known| matches!(known.phase, UndoPhase::Undone(_)))
    };
    let why = |step: &StepState| {
        let failures =
            undo.steps.get(&step.spec.name).map(|known| known.failures.as_slice()).unwrap_or_default();
        failures.last().map_or_else(|| otherwise.to_owned(), |failure| failure.error.message.clone())
    };
    let begun = state.steps.iter().filter(left).map(|step| not_undone(step, &why(step)));
    let skipped = state.steps.iter().filter(|step| has_acted(step)).map(left_by_skip);
    let not_undone: Vec<_> = begun.chain(skipped).collect();
    let verdict = if undo.because == UndoCause::Cancelled { Verdict::Cancelled } else { Verdict::Failed };
    let cause = match undo.because {
        UndoCause::Cancelled => "cancelled".to_owned(),
        UndoCause::Deadline if state.deadline_at.is_some() => "its deadline passed".to_owned(),
        UndoCause::Deadline => "nobody could go on with it in time".to_owned(),
        UndoCause::Failed => state
            .steps
            .iter()
            .rev()
            .find(|step| step.phase == Phase::Failed)
            .map_or_else(|| "a step failed".to_owned(), |step| format!("step {} failed", step.spec.name)),
    };
    let rest =
        if not_undone.is_empty() { "; everything was undone" } else { "; not everything could be undone" };
    Action::Finish { verdict, reason: format!("{cause}{rest}"), not_undone }
}
