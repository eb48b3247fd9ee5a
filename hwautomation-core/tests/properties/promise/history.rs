//! Events are the only truth, and there is one end.

use super::{Kept, require};
use crate::story::{Story, Told};
use hwautomation_core::id::{MachineId, WorkflowId};
use hwautomation_core::record::{EventKind, WorkflowState, WorkflowSummary};
use std::collections::BTreeMap;

/// No event follows that may not follow; in particular none after the verdict.
pub(super) fn the_history_folds(_: &Story, run: &Told) -> Kept {
    WorkflowState::fold(&run.events).map(|_| ()).map_err(|error| error.to_string())
}

pub(super) fn seq_has_no_gaps(_: &Story, run: &Told) -> Kept {
    let seqs = run.events.iter().map(|event| event.seq);
    require(seqs.eq(0..run.events.len() as u64), || "its numbers have gaps or repeats".to_owned())
}

pub(super) fn positions_have_no_gaps(story: &Story) -> Kept {
    let positions = story.followed.iter().map(|event| event.position);
    require(positions.eq(1..=story.followed.len() as u64), || "positions have gaps or repeats".to_owned())?;
    let count: usize = story.runs.iter().map(|run| run.events.len()).sum();
    require(count == story.followed.len(), || "followers see other events than readers".to_owned())
}

/// Every accepted run ends, within its limits.
pub(super) fn it_ends_in_one_verdict_in_time(story: &Story, run: &Told) -> Kept {
    let verdicts = run.events.iter().filter(|event| matches!(event.kind, EventKind::WorkflowEnded { .. }));
    let ends: Vec<_> = verdicts.map(|event| event.at).collect();
    require(ends.len() == 1, || {
        let last = run.events.last().map(ToString::to_string);
        format!("{} verdicts by {}; its last event is {last:?}", ends.len(), story.bound)
    })
}

pub(super) fn the_row_says_what_the_events_say(_: &Story, run: &Told) -> Kept {
    let position = run.events.last().map_or(0, |event| event.position);
    let folded = WorkflowSummary { position, ..WorkflowSummary::of(&run.after(u64::MAX)) };
    require(run.summary.as_ref() == Some(&folded), || {
        format!("the row is {:?}, the events say {folded:?}", run.summary)
    })
}

pub(super) fn a_machine_has_one_run_at_a_time(story: &Story) -> Kept {
    let mut holders: BTreeMap<MachineId, WorkflowId> = BTreeMap::new();
    for event in &story.followed {
        match &event.kind {
            EventKind::WorkflowSubmitted(spec) => {
                let Some(machine) = spec.machine.clone() else { continue };
                if let Some(other) = holders.insert(machine.clone(), event.workflow) {
                    return Err(format!("{machine} is given to {} while {other} has it", event.workflow));
                }
            }
            EventKind::WorkflowEnded { .. } => holders.retain(|_, holder| *holder != event.workflow),
            _ => {}
        }
    }
    Ok(())
}
