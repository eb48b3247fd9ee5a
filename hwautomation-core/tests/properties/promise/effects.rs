//! A command is sent once per intent, never unrecorded, never by an owner that lost its lease.

use super::{Kept, require};
use crate::case::Rule;
use crate::story::{Story, Told};
use crate::world::{Entry, What};
use hwautomation_core::id::{IntentName, StepName};
use hwautomation_core::record::{ClosedBy, EventKind, IntentResult, Side};
use std::collections::BTreeMap;

/// Names an effect inside a run.
pub(super) type Effect = (StepName, Side, IntentName);

/// One command that was sent.
pub(super) struct Sent<'a> {
    pub(super) effect: Effect,
    pub(super) number: Option<u32>,
    pub(super) happens: bool,
    pub(super) entry: &'a Entry,
}

pub(super) fn sent<'a>(story: &'a Story, run: &'a Told) -> impl Iterator<Item = Sent<'a>> {
    story.log_of(run).filter_map(|entry| match &entry.what {
        What::Sent { side, name, number, happens } => {
            let effect = (entry.place.1.clone(), *side, name.clone());
            Some(Sent { effect, number: *number, happens: *happens, entry })
        }
        _ => None,
    })
}

pub(super) fn a_command_is_recorded_before_it_is_sent(story: &Story, run: &Told) -> Kept {
    sent(story, run).try_for_each(|sent| {
        let happened = |kind: &EventKind| {
            matches!(kind, EventKind::IntentOpened { step, side, intent, number }
                if (step, side, intent) == (&sent.effect.0, &sent.effect.1, &sent.effect.2)
                    && Some(*number) == sent.number)
        };
        require(run.find(happened).is_some(), || {
            format!("{:?} was sent unrecorded at {}", sent.effect, sent.entry.at)
        })
    })
}

/// Only where doing it twice is harmless may it be done twice.
pub(super) fn a_command_is_sent_once_per_intent(story: &Story, run: &Told) -> Kept {
    let mut times: BTreeMap<(Effect, Option<u32>), u32> = BTreeMap::new();
    for sent in sent(story, run).filter(|sent| run.step_plan(story, &sent.effect.0).rule != Rule::Rerun) {
        let count = times.entry((sent.effect.clone(), sent.number)).or_default();
        *count += 1;
        require(*count == 1, || format!("{:?} was sent again at {}", sent.effect, sent.entry.at))?;
    }
    Ok(())
}

pub(super) fn nothing_is_sent_after_it_happened(story: &Story, run: &Told) -> Kept {
    sent(story, run).try_for_each(|sent| {
        let happened = run.events.iter().find(|event| {
            matches!(&event.kind, EventKind::IntentClosed { step, side, intent, result: IntentResult::Happened { .. }, .. }
                if (step, side, intent) == (&sent.effect.0, &sent.effect.1, &sent.effect.2))
        });
        require(happened.is_none_or(|event| sent.entry.seq <= event.seq), || {
            format!("{:?} had happened and was sent at {}", sent.effect, sent.entry.at)
        })
    })
}

/// Unless a person said "it did not happen", or doing it twice is harmless.
pub(super) fn an_effect_happens_once(story: &Story, run: &Told) -> Kept {
    let mut happened: BTreeMap<Effect, u32> = BTreeMap::new();
    for sent in sent(story, run).filter(|sent| sent.happens) {
        *happened.entry(sent.effect).or_default() += 1;
    }
    for (effect, times) in &happened {
        let harmless = run.step_plan(story, &effect.0).rule == Rule::Rerun;
        require(*times == 1 || harmless || was_decided(run, effect), || {
            format!("{effect:?} happened {times} times")
        })?;
    }
    let recorded = run.events.iter().filter_map(|event| match &event.kind {
        EventKind::IntentClosed { step, side, intent, result: IntentResult::Happened { .. }, .. } => {
            Some((step.clone(), *side, intent.clone()))
        }
        _ => None,
    });
    recorded.into_iter().try_for_each(|effect| {
        require(happened.contains_key(&effect), || format!("{effect:?} is recorded as happened and did not"))
    })
}

pub(super) fn was_decided(run: &Told, effect: &Effect) -> bool {
    run.find(|kind| {
        matches!(kind, EventKind::IntentClosed { step, side, intent, by: ClosedBy::Person, .. }
            if (step, side, intent) == (&effect.0, &effect.1, &effect.2))
    })
    .is_some()
}

/// It begins no call either.
pub(super) fn who_lost_the_lease_sends_nothing(story: &Story, run: &Told) -> Kept {
    let mut begun = story.log_of(run).filter(|entry| matches!(entry.what, What::Called { .. }));
    let stale = begun.find(|entry| entry.epoch != entry.newest_epoch);
    require(stale.is_none(), || format!("a stale owner called a step: {stale:?}"))?;
    sent(story, run).try_for_each(|sent| {
        let entry = sent.entry;
        require(entry.epoch == entry.newest_epoch, || {
            format!(
                "{:?} was sent under epoch {} while {} holds it",
                sent.effect, entry.epoch, entry.newest_epoch
            )
        })
    })
}
