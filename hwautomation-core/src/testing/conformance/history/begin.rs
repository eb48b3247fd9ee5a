//! Clauses about the beginning and the claim on a machine.

use super::HistoryFixture;
use super::build::{HOUR, append, begin, begin_on, begun, claim_due, claim_only, end, machine, started};
use crate::error::ErrorKind;
use crate::record::RunState;
use crate::store::{Kinds, Begin, HistoryStore, Only};
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
    same("when an empty store is due", done("next_due", store.next_due(&Kinds::any()).await)?, None)?;
    let first = begin();
    let workflow = first.workflow;
    done("beginning", store.begin(first).await)?;
    let due = done("next_due", store.next_due(&Kinds::any()).await)?;
    holds(&format!("it is due by now, not at {due:?}"), due.is_some_and(|due| due <= fixture.now()))?;
    claim_only(&*store, workflow).await.map(|_| ())
}

/// Checks that no more wait to be started than may, and that each that starts or ends makes room for one.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn a_full_queue_is_busy(fixture: &dyn HistoryFixture) -> Result<(), String> {
    const MAX: usize = 3;
    let store = fixture.store().await;
    let another = || Begin { pending_max: Some(MAX), ..begin() };
    let mut accepted = Vec::new();
    for _ in 0..MAX {
        let begin = another();
        accepted.push(begin.clone());
        done("beginning while there is room", store.begin(begin).await)?;
    }
    full(&*store, another()).await?;
    let again = accepted.first().cloned().ok_or("nothing was accepted")?;
    done("the same batch again", store.begin(again).await)?;
    done("beginning without a limit", store.begin(begin()).await)?;

    let leases = claim_due(&*store).await?;
    same("leases", leases.len(), MAX + 1)?;
    full(&*store, another()).await?;
    let [first, second, third, _] = leases.as_slice() else { return Err("not 4 leases".to_owned()) };
    let mut still_pending = append(*first, 1, vec![started(1)]);
    still_pending.summary.state = RunState::Pending;
    done("appending, still pending", store.append(still_pending).await)?;
    full(&*store, another()).await?;
    done("starting", store.append(append(*first, 2, vec![started(1)])).await)?;
    done("going on", store.append(append(*first, 3, vec![started(2)])).await)?;
    full(&*store, another()).await?;
    done("starting", store.append(append(*second, 1, vec![started(1)])).await)?;
    done("beginning in the room of one", store.begin(another()).await)?;
    full(&*store, another()).await?;
    done("ending unstarted", store.append(end(*third, 1)).await)?;

    let Some(store) = fixture.reopen(store).await else { return Ok(()) };
    done("beginning in the room of another", store.begin(another()).await)?;
    full(&*store, another()).await
}

/// Expects that this one is refused, with the number, and leaves no trace.
async fn full(store: &dyn HistoryStore, begin: Begin) -> Result<(), String> {
    let workflow = begin.workflow;
    let before = done("following", store.follow(0, 100, Only::Everything).await)?.len();
    let error = refused("beginning in a full queue", ErrorKind::Busy, store.begin(begin).await)?;
    let says_how_many = error.message().contains(|digit: char| digit.is_ascii_digit());
    holds("the refusal says how many wait, and what to do", says_how_many && error.remedy().is_some())?;
    same("the row of a refused one", done("summary", store.summary(workflow).await)?, None)?;
    same("events", done("following", store.follow(0, 100, Only::Everything).await)?.len(), before)
}
