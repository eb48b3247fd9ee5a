//! The clause about counting.

use super::HistoryFixture;
use super::build::{HOUR, append, begin, begun, end, started};
use crate::record::{RunState, SubState, WorkflowSummary};
use crate::store::{After, Append, Counts, HistoryStore, Lease, Standing};
use crate::testing::conformance::check::{done, same};

/// Where a workflow goes in this clause, and what it is counted as there.
const WAY: [(RunState, Option<SubState>, Standing); 8] = [
    (RunState::Running, None, Standing::Running),
    (RunState::Running, Some(SubState::Waiting), Standing::Waiting),
    (RunState::Running, Some(SubState::Halted), Standing::Halted),
    (RunState::Running, None, Standing::Running),
    (RunState::Running, Some(SubState::Cancelling), Standing::Cancelling),
    (RunState::Running, Some(SubState::Undoing), Standing::Undoing),
    (RunState::Pending, Some(SubState::Halted), Standing::Halted),
    (RunState::Pending, None, Standing::Pending),
];

/// Checks that each workflow is counted where its newest projection says, until it ends.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn open_workflows_are_counted_by_standing(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    counted(&*store, "an empty store", &[]).await?;
    let waiting = begun(&*store, begin()).await?;
    counted(&*store, "one begun", &[Standing::Pending]).await?;
    let (state, sub_state) = (RunState::Running, Some(SubState::Waiting));
    let wake_at = fixture.now() + HOUR;
    let sleeps = Append { after: After::Release { wake_at }, ..stands(waiting, 1, state, sub_state) };
    done("letting one wait", store.append(sleeps).await)?;

    let lease = begun(&*store, begin()).await?;
    counted(&*store, "one begun beside", &[Standing::Waiting, Standing::Pending]).await?;
    for ((state, sub_state, standing), seq) in WAY.into_iter().zip(1..) {
        let what = format!("one that is {standing:?}");
        let sent = stands(lease, seq, state, sub_state);
        done(&what, store.append(sent.clone()).await)?;
        counted(&*store, &what, &[Standing::Waiting, standing]).await?;
        done("the same batch again", store.append(sent).await)?;
        counted(&*store, &format!("{what}, twice sent"), &[Standing::Waiting, standing]).await?;
    }
    let last = WAY.len() as u64;
    let refused = store.append(stands(lease, last, RunState::Running, Some(SubState::Halted))).await;
    same("a wrong seq is refused", refused.is_err(), true)?;
    counted(&*store, "a refused append", &[Standing::Waiting, Standing::Pending]).await?;
    done("ending", store.append(end(lease, last + 1)).await)?;
    counted(&*store, "one ended", &[Standing::Waiting]).await?;
    match fixture.reopen(store).await {
        Some(store) => counted(&*store, "a reopened store", &[Standing::Waiting]).await,
        None => Ok(()),
    }
}

fn stands(lease: Lease, seq: u64, state: RunState, sub_state: Option<SubState>) -> Append {
    let plain = append(lease, seq, vec![started(1)]);
    let summary = WorkflowSummary { state, sub_state, ..plain.summary.clone() };
    Append { summary, ..plain }
}

async fn counted(store: &dyn HistoryStore, what: &str, expected: &[Standing]) -> Result<(), String> {
    let mut counts = Counts::default();
    expected.iter().for_each(|standing| counts.shift(None, Some(*standing)));
    same(what, done("counting", store.counts().await)?, counts)
}
