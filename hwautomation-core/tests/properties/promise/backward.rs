//! The way back.

use super::effects::{sent, was_decided};
use super::{Kept, require};
use crate::story::{Story, Told};
use crate::world::Job;
use hwautomation_core::record::{EventKind, Phase, Side, UndoPhase};

/// The started, unfinished step first, then the done ones; and none is begun before the one after it is through.
pub(super) fn undo_goes_newest_first(story: &Story, run: &Told) -> Kept {
    let begun = run.events.iter().filter_map(|event| match &event.kind {
        EventKind::StepUndoStarted { step, .. } => Some(run.index(step)),
        _ => None,
    });
    let begun: Vec<usize> = begun.collect();
    require(begun.is_sorted_by(|a, b| a >= b), || format!("steps were undone in the order {begun:?}"))?;
    let called: Vec<usize> = story.calls(run, Job::Undo).map(|call| run.index(&call.place.1)).collect();
    require(called.is_sorted_by(|a, b| a >= b), || format!("undo was called in the order {called:?}"))
}

/// Each step that was begun and not left out; and one that was left out after something had happened is named, unless
/// a person said that it had not.
pub(super) fn what_was_begun_is_undone_or_named(story: &Story, run: &Told) -> Kept {
    let state = run.after(u64::MAX);
    let (Some(undo), Some(ended)) = (&state.undo, &state.ended) else { return Ok(()) };
    state.steps.iter().filter(|step| step.attempt > 0).try_for_each(|step| {
        let name = &step.spec.name;
        let undone = undo.steps.get(name).is_some_and(|known| matches!(known.phase, UndoPhase::Undone(_)));
        let named = ended.not_undone.iter().any(|left| left.step == *name);
        let skipped = matches!(step.phase, Phase::Skipped { .. });
        let mut sent = sent(story, run);
        let acted = sent.any(|sent| {
            sent.happens
                && (&sent.effect.0, sent.effect.1) == (name, Side::Run)
                && !was_decided(run, &sent.effect)
        });
        require(undone || named || (skipped && !acted), || {
            format!("{name} was begun, not undone and not named")
        })?;
        require(!(undone && named), || format!("{name} was undone and is named as not undone"))
    })
}
