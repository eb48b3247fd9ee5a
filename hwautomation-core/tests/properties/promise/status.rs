//! A status tells why a run rests.

use super::{Kept, require};
use crate::story::{Seen, Story, Told};
use hwautomation_core::record::{Phase, Side, StepState, UndoPhase, UndoState, WaitingFor, WorkflowState};
use hwautomation_core::time::Timestamp;

/// At every moment, whoever is asked: a run that has not ended and of which no step is called waits for something, since
/// a time that was and until one that was not. In peace it names what its events know of, and waits for nobody's place.
pub(super) fn a_run_that_rests_says_why(story: &Story, run: &Told) -> Kept {
    let rests = |seen: &&Seen| seen.id == run.id && !seen.acts;
    let mut state = run.after(1);
    for seen in story.seen.iter().filter(rests) {
        if state.next_seq != seen.seq {
            state = run.after(seen.seq);
        }
        says_why(story, &state, seen).map_err(|how| {
            format!("manager {} at {}, after {} events: {how}", seen.manager, seen.at, seen.seq)
        })?;
    }
    Ok(())
}

fn says_why(story: &Story, state: &WorkflowState, seen: &Seen) -> Kept {
    let Some(waiting) = &seen.waiting else { return Err("it rests and does not say why".to_owned()) };
    let WaitingFor { what, since, until, .. } = waiting;
    require(*since <= seen.at, || format!("it {waiting}, which is not yet"))?;
    require(until.is_none_or(|until| seen.at <= until), || format!("it {waiting}, which is over"))?;
    if !story.is_calm(seen.at, seen.at) {
        return Ok(());
    }
    let known = known(state, seen.at);
    require(known.as_ref().is_none_or(|known| what.contains(known)), || {
        format!("it {waiting}, and its events say {known:?}")
    })?;
    let has_place = story.has_places() && what.starts_with("a worker");
    require(!has_place, || format!("it {waiting}, and every worker has room"))?;
    require(!queues(state) || !story.has_places() || what.starts_with("permit service"), || {
        format!("it {waiting}, and its events say that it queues")
    })
}

/// Tells whether it can but queue for the permit, as nothing else keeps it.
fn queues(state: &WorkflowState) -> bool {
    let looks_again = state.current_step().is_some_and(|step| matches!(step.phase, Phase::Waiting(_)));
    state.permits_awaited.is_some() && state.undo.is_none() && !looks_again
}

/// What the events say that it waits for, if they do and its time has not come.
fn known(state: &WorkflowState, now: Timestamp) -> Option<String> {
    let known = match &state.undo {
        // Whether it still queues only the store knows.
        _ if state.permits_awaited.is_some() => None,
        Some(undo) => state.steps.iter().find_map(|step| known_of_undo(step, undo)),
        None => known_of_run(state, now),
    };
    known.filter(|(_, until)| now < *until).map(|(what, _)| what)
}

fn known_of_run(state: &WorkflowState, now: Timestamp) -> Option<(String, Timestamp)> {
    if let Some(halt) = &state.halt {
        return Some(("a person".to_owned(), halt.until));
    }
    let step = state.current_step()?;
    if let Some(asked) = asked(step) {
        return Some(asked);
    }
    match &step.phase {
        Phase::Running => state.guard(now).map(|guard| ("nothing may interrupt".to_owned(), guard.until)),
        Phase::Waiting(wait) => {
            let limit = step.attempt_deadline_at().into_iter().chain([wait.deadline_at]).min();
            // A guard holds every limit off.
            Some((wait.reason.clone(), limit.max(step.guard.map(|guard| guard.until))?))
        }
        Phase::Retrying { at } => Some(("the next attempt".to_owned(), *at)),
        _ => None,
    }
}

fn known_of_undo(step: &StepState, undo: &UndoState) -> Option<(String, Timestamp)> {
    match &undo.steps.get(&step.spec.name)?.phase {
        UndoPhase::Retrying { at } => Some((format!("attempt at undoing {}", step.spec.name), *at)),
        UndoPhase::Waiting(wait) => asked(step).or(Some((wait.reason.clone(), wait.deadline_at))),
        UndoPhase::Running => asked(step),
        UndoPhase::Undone(_) | UndoPhase::Failed => None,
    }
}

/// What became of an effect.
fn asked(step: &StepState) -> Option<(String, Timestamp)> {
    let mut open = step.open_intents(Side::Run).chain(step.open_intents(Side::Undo));
    let wait = open.find_map(|(_, intent)| intent.awaited.as_ref())?;
    Some(("to know whether".to_owned(), wait.deadline_at))
}
