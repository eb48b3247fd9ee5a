//! Clauses about the beginning and the claim on a machine.

use super::HistoryFixture;
use super::build::{HOUR, begin, begin_on, begun, claim_only, end, machine};
use crate::error::ErrorKind;
use crate::store::Only;
use crate::testing::conformance::check::{done, holds, refused, same};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Checks that a machine is claimed by one workflow, also when several begin at once.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn one_claim_per_machine(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let place = machine("rack1-u7");
    same("a free machine", done("claim_on", store.claim_on(&place).await)?, None)?;
    let mut rivals = JoinSet::new();
    for _ in 0..8 {
        let (store, begin) = (Arc::clone(&store), begin_on(&place));
        rivals.spawn(async move { (begin.workflow, store.begin(begin).await) });
    }
    let results = rivals.join_all().await;
    let winners: Vec<_> = results.iter().filter(|(_, result)| result.is_ok()).map(|(id, _)| *id).collect();
    same("winners of one machine", winners.len(), 1)?;
    same("the holder", done("claim_on", store.claim_on(&place).await)?, winners.first().copied())?;
    for (workflow, result) in results.into_iter().filter(|(_, result)| result.is_err()) {
        let error = refused("beginning on a claimed machine", ErrorKind::Conflict, result)?;
        let holder = winners.first().map(ToString::to_string).unwrap_or_default();
        holds("the refusal names the holder", error.message().contains(&holder))?;
        same("the row of a refused one", done("summary", store.summary(workflow).await)?, None)?;
    }
    let log = done("following", store.follow(0, 100, Only::Everything).await)?;
    same("events stored", log.len(), 1)?;

    done("beginning on another machine", store.begin(begin_on(&machine("rack1-u8"))).await)?;
    let mut unclaimed = begin_on(&place);
    unclaimed.claim = None;
    done("beginning about a machine without a claim", store.begin(unclaimed).await).map(|_| ())
}

/// Checks that the claim ends with the workflow, and not before.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn the_end_frees_the_machine(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let place = machine("rack1-u7");
    let lease = begun(&*store, begin_on(&place)).await?;
    done("releasing", store.release(lease.key, fixture.now() + HOUR).await)?;
    let holder = done("claim_on", store.claim_on(&place).await)?;
    same("the claim of one that waits", holder, Some(lease.key.workflow))?;
    refused("beginning meanwhile", ErrorKind::Conflict, store.begin(begin_on(&place)).await)?;

    fixture.pass(HOUR).await;
    let lease = claim_only(&*store, lease.key.workflow).await?;
    // What the projection says about the machine is not the claim.
    let mut last = end(lease, 1);
    last.summary.machine = None;
    done("ending", store.append(last).await)?;
    same("the claim after the end", done("claim_on", store.claim_on(&place).await)?, None)?;
    done("beginning on the freed machine", store.begin(begin_on(&place)).await).map(|_| ())
}

/// Checks that a new workflow waits for nothing.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn a_begun_workflow_is_due_at_once(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    same("when an empty store is due", done("next_due", store.next_due().await)?, None)?;
    let first = begin();
    let workflow = first.workflow;
    done("beginning", store.begin(first).await)?;
    let due = done("next_due", store.next_due().await)?;
    holds(&format!("it is due by now, not at {due:?}"), due.is_some_and(|due| due <= fixture.now()))?;
    claim_only(&*store, workflow).await.map(|_| ())
}
