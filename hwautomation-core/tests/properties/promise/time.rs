//! Limits hold, and what waits is looked at again.

use super::{Kept, require};
use crate::story::{Story, Told, seconds};
use crate::world::{Job, What};
use hwautomation_core::record::{EventKind, Side};

/// Neither the run's nor the step's, unless a guard holds it off.
pub(super) fn nothing_runs_after_the_deadline(story: &Story, run: &Told) -> Kept {
    story.calls(run, Job::Run).try_for_each(|call| {
        let state = run.after(call.seq);
        let step = state.step(&call.place.1).and_then(|step| step.deadline_at);
        let deadline = state.deadline_at.into_iter().chain(step).min();
        let late = deadline.is_some_and(|deadline| call.at > deadline) && state.guard(call.at).is_none();
        require(!late, || format!("{} was called at {}, after {deadline:?}", call.place.1, call.at))
    })?;
    let started = run.events.iter().filter(|event| matches!(event.kind, EventKind::StepStarted { .. }));
    started.into_iter().try_for_each(|event| {
        let state = run.after(event.seq);
        let late =
            state.deadline_at.is_some_and(|deadline| event.at > deadline) && state.guard(event.at).is_none();
        require(!late, || format!("{event} came after the deadline {:?}", state.deadline_at))
    })
}

/// At its pace, if nobody is in trouble and there is room.
pub(super) fn a_wait_looks_again_in_time(story: &Story, run: &Told) -> Kept {
    run.events.iter().try_for_each(|event| {
        let EventKind::StepWaiting { step, side: Side::Run, poll, deadline_at, .. } = &event.kind else {
            return Ok(());
        };
        let due = event.at + *poll + seconds(1);
        let later = run.events.get(event.seq as usize + 1);
        let goes_on = later.is_none_or(|later| later.at > due) && due < *deadline_at;
        if !goes_on || !story.has_room() || !story.is_calm(event.at, due) {
            return Ok(());
        }
        let mut calls = story.log_of(run).filter(|entry| matches!(entry.what, What::Called { .. }));
        let looked = calls.any(|call| call.seq > event.seq && call.at <= due);
        require(looked, || format!("{step} waits since {} and nobody looked by {due}", event.at))
    })
}
