//! What people ask is heard, once; and a person is asked only what a person must decide.

use super::{Kept, calls::is_over_for_good, effects::sent, require};
use crate::story::{Asked, Post, Story, Told, seconds};
use crate::world::What;
use hwautomation_core::actor::Actor;
use hwautomation_core::record::{Event, EventKind, Side, UndoCause, Verdict};
use hwautomation_core::store::Posted;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How far the engine's own time may be from ours: it acts in the moment in which something is due.
const MOMENT: Duration = Duration::from_secs(1);

fn posts<'a>(story: &'a Story, run: &Told) -> impl Iterator<Item = &'a Post> {
    let id = run.id;
    story.posts.iter().filter(move |post| post.id == id && post.answer.is_ok())
}

/// What is accepted while the verdict is on its way to the store may be lost, and nothing else: its owner had looked
/// into the inbox before it decided. The verdict carries the time of that decision.
fn came_too_late(run: &Told, post: &Post) -> bool {
    run.ended().is_some_and(|ended| post.at >= ended.at)
}

fn cancel(run: &Told) -> Option<&Event> {
    run.find(|kind| matches!(kind, EventKind::CancelRequested { .. }))
}

pub(super) fn an_accepted_cancel_is_heard(story: &Story, run: &Told) -> Kept {
    let asked = posts(story, run).find(|post| post.what == Asked::Cancel && !came_too_late(run, post));
    require(asked.is_none() || cancel(run).is_some(), || "an accepted cancel was not recorded".to_owned())
}

/// Once no guard holds it off: within the grace, and the time that undoing has.
pub(super) fn a_cancelled_run_ends_as_cancelled(story: &Story, run: &Told) -> Kept {
    let (Some(cancel), Some(ended)) = (cancel(run), run.ended()) else { return Ok(()) };
    let backward = run.after(cancel.seq).undo.is_some();
    let EventKind::WorkflowEnded { verdict, .. } = &ended.kind else { return Ok(()) };
    require(backward || *verdict == Verdict::Cancelled, || {
        format!("it was cancelled and ended as {verdict:?}")
    })?;
    let guards = run.events.iter().filter_map(|event| match event.kind {
        EventKind::GuardOpened { until, .. } if event.seq < cancel.seq => Some(until),
        _ => None,
    });
    let from = guards.chain([cancel.at]).max().unwrap_or(cancel.at);
    let until = from + story.options.cancel_grace + story.options.undo_limit + seconds(30);
    require(ended.at <= until || !story.is_calm(cancel.at, ended.at), || {
        format!("it was cancelled at {} and ended at {}", cancel.at, ended.at)
    })
}

/// Neither a step nor a command, unless a guard holds the cancel off. A command whose intent was recorded before that is
/// on its way, once.
pub(super) fn nothing_forward_follows_a_cancel(story: &Story, run: &Told) -> Kept {
    let Some(cancel) = cancel(run) else { return Ok(()) };
    let is_late = |event: &Event| event.seq > cancel.seq && run.after(event.seq).guard(event.at).is_none();
    let mut begun = run.events.iter().filter(|event| is_late(event));
    let begun = begun.find(|event| matches!(event.kind, EventKind::IntentOpened { side: Side::Run, .. }));
    require(begun.is_none(), || {
        format!("after the cancel came {}", begun.map(Event::to_string).unwrap_or_default())
    })?;
    let mut known = BTreeSet::new();
    for sent in sent(story, run).filter(|sent| sent.effect.1 == Side::Run) {
        let again = !known.insert((sent.effect.clone(), sent.number));
        let late =
            again && sent.entry.seq > cancel.seq && run.after(sent.entry.seq).guard(sent.entry.at).is_none();
        require(!late, || format!("{:?} was sent again at {} after the cancel", sent.effect, sent.entry.at))?;
    }
    let mut started = run.events.iter().skip(cancel.seq as usize + 1);
    let started = started.find(|event| {
        let begins = matches!(event.kind, EventKind::StepStarted { .. } | EventKind::Halted { .. });
        begins && run.after(event.seq).guard(event.at).is_none()
    });
    require(started.is_none(), || {
        format!("after the cancel came {}", started.map(Event::to_string).unwrap_or_default())
    })
}

pub(super) fn signals_are_neither_lost_nor_doubled(story: &Story, run: &Told) -> Kept {
    let mut received: BTreeMap<&str, u64> = BTreeMap::new();
    let mut used = BTreeSet::new();
    for event in &run.events {
        match &event.kind {
            EventKind::SignalReceived { key, .. } => {
                let known = received.insert(key, event.seq);
                require(known.is_none(), || format!("signal {key} was received twice"))?;
            }
            EventKind::StepDone { signals_read, .. }
            | EventKind::StepSkipped { signals_read, .. }
            | EventKind::StepFailed { signals_read, .. } => {
                let fresh =
                    signals_read.iter().all(|seq| used.insert(*seq) && received.values().any(|at| at == seq));
                require(fresh, || format!("event {} uses up a signal that is used or unknown", event.seq))?;
            }
            _ => {}
        }
    }
    posts(story, run).filter(|post| !came_too_late(run, post)).try_for_each(|post| match &post.what {
        Asked::Signal { key } => {
            let taken = matches!(post.answer, Ok(Some(Posted::Accepted | Posted::Duplicate)));
            // The key in the history is that of the inbox.
            let heard = received.keys().any(|known| known.ends_with(key.as_str()));
            require(!taken || heard, || format!("signal {key} was accepted at {} and lost", post.at))
        }
        _ => Ok(()),
    })
}

/// Its step failed for good, nobody can tell what became of an effect, or its deadline passed.
pub(super) fn only_what_a_person_must_decide_halts(_: &Story, run: &Told) -> Kept {
    run.events.iter().try_for_each(|event| {
        let is_stop = match &event.kind {
            EventKind::Halted { .. } => true,
            EventKind::UndoStarted { because, .. } => *because == UndoCause::Failed,
            _ => false,
        };
        if !is_stop {
            return Ok(());
        }
        let state = run.after(event.seq);
        let open = state.current_step().is_some_and(|step| step.open_intents(Side::Run).next().is_some());
        let late = state.deadline_at.is_some_and(|deadline| deadline <= event.at);
        require(is_over_for_good(&state) || open || late, || format!("nothing asked for {event}"))
    })
}

/// Until then nothing happens.
pub(super) fn a_halt_ends_by_a_person_or_in_time(story: &Story, run: &Told) -> Kept {
    for (place, event) in run.events.iter().enumerate() {
        let EventKind::Halted { until, .. } = &event.kind else { continue };
        require(*until == event.at + story.options.halt_limit, || format!("{event} has another limit"))?;
        let rest = &run.events[place + 1..];
        let Some(next) = rest.iter().find(|next| !matches!(next.kind, EventKind::SignalReceived { .. }))
        else {
            continue;
        };
        let in_time = matches!(next.kind, EventKind::WorkflowEnded { .. }) && next.at >= *until;
        require(in_time || next.actor != Actor::engine(), || {
            format!("the halt of event {} ended by {next}", event.seq)
        })?;
        let late = next.at > *until + MOMENT && story.is_calm(*until, next.at) && story.has_room();
        require(!late, || format!("the halt until {until} ended at {}", next.at))?;
        let acted = story.log_of(run).find(|entry| {
            matches!(entry.what, What::Called { .. }) && entry.seq > event.seq && entry.seq <= next.seq
        });
        require(acted.is_none(), || {
            format!("a step was called at {:?} in a halt", acted.map(|entry| entry.at))
        })?;
    }
    Ok(())
}
