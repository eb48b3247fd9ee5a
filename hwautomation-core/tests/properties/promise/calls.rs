//! When a step is called, and when it is not.

use super::{Kept, require};
use crate::case::Rule;
use crate::story::{Story, Told, seconds};
use crate::world::{Job, What};
use hwautomation_core::error::ErrorClass;
use hwautomation_core::record::{EventKind, Phase, Side, WorkflowState};
use std::collections::BTreeMap;

/// Neither by the engine nor by a person.
pub(super) fn what_succeeded_never_runs_again(story: &Story, run: &Told) -> Kept {
    story.calls(run, Job::Run).try_for_each(|call| {
        let done = run.find(|kind| matches!(kind, EventKind::StepDone { step, .. } if *step == call.place.1));
        require(done.is_none_or(|event| call.seq <= event.seq), || {
            format!("{} was done and ran again at {}", call.place.1, call.at)
        })
    })
}

/// Two owners may overlap, since the older one does not know; one owner calls one step at a time.
pub(super) fn a_step_is_called_by_one_at_a_time(story: &Story, run: &Told) -> Kept {
    let mut open: BTreeMap<u64, usize> = BTreeMap::new();
    for entry in story.log_of(run) {
        match entry.what {
            What::Called { call, .. } => {
                if let Some(other) = open.insert(entry.epoch, call) {
                    return Err(format!(
                        "call {call} began within call {other}, both of epoch {}",
                        entry.epoch
                    ));
                }
            }
            What::Left { call, .. } if open.get(&entry.epoch) == Some(&call) => {
                open.remove(&entry.epoch);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whatever asks for a stop. Only the end of the process ends it, and the guard's own limit.
pub(super) fn guarded_work_is_not_dropped(story: &Story, run: &Told) -> Kept {
    let dropped = story.log_of(run).filter(|entry| matches!(entry.what, What::Left { dropped: true, .. }));
    dropped.filter(|entry| story.is_calm(entry.at, entry.at)).try_for_each(|entry| {
        let guard = run.after(entry.seq).guard(entry.at);
        require(guard.is_none(), || format!("{} was dropped at {} under {guard:?}", entry.place.1, entry.at))
    })
}

/// What may still be going on is not begun again beside itself: a new owner waits until the guard's limit. A step that
/// waits under its guard said itself that it looks again.
pub(super) fn guarded_work_is_not_begun_twice(story: &Story, run: &Told) -> Kept {
    story.calls(run, Job::Run).try_for_each(|call| {
        let state = run.after(call.seq);
        let runs = state.step(&call.place.1).is_some_and(|step| step.phase == Phase::Running);
        let guard = state.guard(call.at).filter(|_| runs);
        require(guard.is_none(), || {
            format!("{} was begun again at {} under {guard:?}", call.place.1, call.at)
        })
    })
}

/// A step that can tell is asked about each open effect first; where nobody can, a person is.
pub(super) fn a_step_is_asked_before_it_runs_again(story: &Story, run: &Told) -> Kept {
    let runs = story.calls(run, Job::Run).chain(story.calls(run, Job::Undo));
    runs.filter(|call| run.step_plan(story, &call.place.1).rule != Rule::Rerun).try_for_each(|call| {
        let state = run.after(call.seq);
        let step = state.step(&call.place.1);
        let open = step.and_then(|step| step.open_intents(Side::Run).next()).map(|(name, _)| name.clone());
        require(open.is_none(), || {
            format!("{} was called at {} while {open:?} is open", call.place.1, call.at)
        })
    })
}

pub(super) fn attempts_stay_within_the_limit(story: &Story, run: &Told) -> Kept {
    let mut since: BTreeMap<String, u32> = BTreeMap::new();
    run.events.iter().try_for_each(|event| match &event.kind {
        EventKind::StepStarted { step, .. } => {
            let count = since.entry(step.to_string()).or_default();
            *count += 1;
            let most = run.step_plan(story, step).attempts;
            require(*count <= most, || format!("{step} has {count} attempts of {most}"))
        }
        EventKind::RetryRequested { .. } => {
            since.clear();
            Ok(())
        }
        _ => Ok(()),
    })
}

/// A failure that may pass, with attempts and time left, is not the last.
pub(super) fn what_may_pass_is_tried_again(story: &Story, run: &Told) -> Kept {
    run.events.iter().try_for_each(|event| {
        let EventKind::StepFailed { step, error, retry_at: None, .. } = &event.kind else { return Ok(()) };
        let state = run.after(event.seq);
        let (plan, known) = (run.step_plan(story, step), state.step(step));
        let failures = known.map_or(0, |known| known.failures_in_a_row);
        let longest = event.at + seconds(4 * plan.backoff + 1);
        let limits = known.and_then(|known| known.deadline_at).into_iter().chain(state.deadline_at);
        let in_time = limits.min().is_none_or(|limit| longest < limit);
        let passes = !matches!(error.class, ErrorClass::Permanent);
        let had_enough = failures + 1 >= plan.attempts || failures + 1 >= 3;
        require(!passes || had_enough || !in_time, || {
            format!("{step} gave up after {} failures: {error}", failures + 1)
        })
    })
}

/// The next attempt comes neither before its time nor, in peace, much later.
pub(super) fn a_retry_keeps_its_pause(story: &Story, run: &Told) -> Kept {
    run.events.iter().try_for_each(|event| {
        let EventKind::StepFailed { step, retry_at: Some(at), .. } = &event.kind else { return Ok(()) };
        let next = run.events[event.seq as usize + 1..].iter().find(|next| is_turn(&next.kind));
        let Some(next) = next else { return Ok(()) };
        let is_start = matches!(&next.kind, EventKind::StepStarted { step: other, .. } if other == step);
        require(!is_start || next.at >= *at, || {
            format!("{step} was to be tried again at {at} and was at {}", next.at)
        })?;
        let late =
            story.has_room() && story.is_calm(event.at, *at + seconds(2)) && next.at > *at + seconds(2);
        require(!late || has_open(&run.after(event.seq + 1)), || {
            format!("{step} was to be tried again at {at}; {} came at {}", next.kind.name(), next.at)
        })
    })
}

fn has_open(state: &WorkflowState) -> bool {
    state.current_step().is_some_and(|step| step.open_intents(Side::Run).next().is_some())
}

fn is_turn(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::StepStarted { .. }
            | EventKind::StepFailed { .. }
            | EventKind::Halted { .. }
            | EventKind::UndoStarted { .. }
            | EventKind::WorkflowEnded { .. }
    )
}

pub(super) fn is_over_for_good(state: &WorkflowState) -> bool {
    state.current_step().is_some_and(|step| step.phase == Phase::Failed)
}
