//! Clauses about choosing workflows.

use super::HistoryFixture;
use super::build::{append, begin, claim_due, end, started};
use crate::error::ErrorClassName::{Permanent, Transient};
use crate::id::WorkflowId;
use crate::record::SubState::{Halted, Waiting};
use crate::record::{RunState, WorkflowSummary};
use crate::store::{Append, HistoryStore, WorkflowFilter};
use crate::testing::conformance::check::{Checked, done, same};
use crate::time::Timestamp;

/// So many microseconds after some time.
fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(1_000_000_000_000_000 + micros)
}

/// Begins five workflows: two that wait, one of them halted since, and three that end, one after another.
async fn filled(store: &dyn HistoryStore) -> Checked<Vec<WorkflowId>> {
    let mut ids = Vec::new();
    for number in 0..5 {
        let mut begin = begin();
        begin.summary.submitted_at = at(number);
        ids.push(begin.workflow);
        done("beginning", store.begin(begin).await)?;
    }
    for lease in claim_due(store).await? {
        let number = ids.iter().position(|id| *id == lease.key.workflow).unwrap_or_default();
        let submitted_at = at(i64::try_from(number).unwrap_or_default());
        let mut first = append(lease, 1, vec![started(1)]);
        first.summary = WorkflowSummary {
            submitted_at,
            sub_state: Some(Waiting),
            error_class: (number % 2 == 0).then_some(Transient),
            ..first.summary
        };
        let before = first.summary.clone();
        done("appending", store.append(first).await)?;
        let next = match number {
            0 => continue,
            1 => {
                let summary =
                    WorkflowSummary { sub_state: Some(Halted), error_class: Some(Permanent), ..before };
                Append { summary, ..append(lease, 2, vec![started(2)]) }
            }
            _ => {
                let ended_at = Some(at(100 - i64::try_from(number).unwrap_or_default()));
                let last = end(lease, 2);
                let summary =
                    WorkflowSummary { ended_at, sub_state: None, state: last.summary.state, ..before };
                Append { summary, ..last }
            }
        };
        done("appending", store.append(next).await)?;
    }
    Ok(ids)
}

/// Checks the filters by time, class of error and sub-state.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn summaries_are_filtered_by_time_and_trouble(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let ids = filled(&*store).await?;
    let any = WorkflowFilter::default;
    let submitted = |from, before| WorkflowFilter { submitted_from: from, submitted_before: before, ..any() };
    let ended = |from, before| WorkflowFilter { ended_from: from, ended_before: before, ..any() };
    let class = |class| WorkflowFilter { error_class: Some(class), ..any() };
    let sub_state = |sub_state| WorkflowFilter { sub_state: Some(sub_state), ..any() };
    let completed = vec![RunState::Completed];
    let cases = [
        ("accepted from 2 on", submitted(Some(at(2)), None), vec![4, 3, 2]),
        ("accepted before 2", submitted(None, Some(at(2))), vec![1, 0]),
        ("accepted from 1 to 3", submitted(Some(at(1)), Some(at(3))), vec![2, 1]),
        ("accepted at no time", submitted(Some(at(3)), Some(at(3))), vec![]),
        ("ended from 97 on", ended(Some(at(97)), None), vec![3, 2]),
        ("ended before 97", ended(None, Some(at(97))), vec![4]),
        ("ended ever", ended(Some(Timestamp::MIN), None), vec![4, 3, 2]),
        ("failed in passing", class(Transient), vec![4, 2, 0]),
        ("failed for good", class(Permanent), vec![1]),
        ("waiting", sub_state(Waiting), vec![0]),
        ("halted", sub_state(Halted), vec![1]),
        (
            "completed, accepted from 3 on",
            WorkflowFilter { states: completed.clone(), ..submitted(Some(at(3)), None) },
            vec![4, 3],
        ),
        (
            "completed or running, failed in passing",
            WorkflowFilter { states: vec![RunState::Completed, RunState::Running], ..class(Transient) },
            vec![4, 2, 0],
        ),
        ("all of it", WorkflowFilter { states: completed, ended_before: Some(at(99)), ..class(Transient) }, vec![4, 2]),
    ];
    for (what, filter, expected) in cases {
        let rows = done(what, store.list(&filter, None, 50).await)?;
        let found: Vec<WorkflowId> = rows.iter().map(|row| row.id).collect();
        let expected: Vec<WorkflowId> = expected.into_iter().map(|index: usize| ids[index]).collect();
        same(what, found, expected.clone())?;
        let second = done(what, store.list(&filter, expected.first().copied(), 1).await)?;
        let second: Vec<WorkflowId> = second.iter().map(|row| row.id).collect();
        let after_first: Vec<WorkflowId> = expected.iter().skip(1).take(1).copied().collect();
        // Without a first one the page begins at the newest.
        if !expected.is_empty() {
            same(&format!("{what}, the second page"), second, after_first)?;
        }
    }
    Ok(())
}
