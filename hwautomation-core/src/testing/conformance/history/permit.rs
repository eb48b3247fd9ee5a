//! Clauses about permits: who gets them and when.

use super::HistoryFixture;
use super::build::{HOUR, append, begin, begun, claim_due, claim_only, end, started};
use crate::id::{PermitName, WorkflowId};
use crate::record::Hold;
use crate::store::{Acquired, Append, GiveBack, HistoryStore, Lease, Wanted};
use crate::testing::conformance::check::{Checked, done, same};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

pub(super) fn name(text: &str) -> PermitName {
    PermitName::new(text).expect("the clauses name permits well")
}

pub(super) fn want(text: &str, limit: u32, hold: Hold) -> Wanted {
    Wanted { name: name(text), limit: NonZeroU32::new(limit).unwrap_or(NonZeroU32::MIN), hold }
}

/// One place of each, for a call.
pub(super) fn calls(names: &[&str]) -> Vec<Wanted> {
    names.iter().map(|text| want(text, 1, Hold::Call)).collect()
}

/// One place of each, for the step.
pub(super) fn steps(names: &[&str]) -> Vec<Wanted> {
    names.iter().map(|text| want(text, 1, Hold::Step)).collect()
}

pub(super) fn queued(text: &str, ahead: u64) -> Acquired {
    Acquired::Queued { name: name(text), ahead }
}

pub(super) async fn ask(store: &dyn HistoryStore, lease: Lease, wants: &[Wanted]) -> Checked<Acquired> {
    done("acquiring", store.acquire(lease.key, wants).await)
}

pub(super) async fn get(store: &dyn HistoryStore, lease: Lease, wants: &[Wanted]) -> Checked {
    same("the answer", ask(store, lease, wants).await?, Acquired::Granted)
}

/// Begins and claims so many workflows, in order.
pub(super) async fn many(store: &dyn HistoryStore, count: usize) -> Checked<Vec<Lease>> {
    let mut leases = Vec::new();
    for _ in 0..count {
        leases.push(begun(store, begin()).await?);
    }
    Ok(leases)
}

/// Gives permits back and keeps the lease; as the first event of its workflow.
pub(super) fn back(lease: Lease, gives_back: GiveBack) -> Append {
    Append { gives_back, ..append(lease, 1, vec![started(1)]) }
}

pub(super) async fn give_back(store: &dyn HistoryStore, lease: Lease, what: GiveBack) -> Checked {
    done("giving back", store.append(back(lease, what)).await).map(|_| ())
}

/// Lists who holds a permit.
pub(super) async fn holders(store: &dyn HistoryStore, text: &str) -> Checked<Vec<WorkflowId>> {
    let rows = done("listing permits", store.permits(None, 1000).await)?;
    Ok(rows.into_iter().find(|row| row.name == name(text)).map(|row| row.holders).unwrap_or_default())
}

/// Claims what is due and says which workflows those are.
pub(super) async fn due(store: &dyn HistoryStore) -> Checked<Vec<WorkflowId>> {
    Ok(claim_due(store).await?.iter().map(|lease| lease.key.workflow).collect())
}

/// Checks that a request gets all or nothing, and that no permit has more holders than its limit.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn permits_are_taken_all_or_none(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let leases = many(&*store, 4).await?;
    let id = |at: usize| leases[at].key.workflow;
    get(&*store, leases[0], &calls(&["b"])).await?;
    same("one of two is taken", ask(&*store, leases[1], &calls(&["a", "b", "c"])).await?, queued("b", 0))?;
    same("holders of what was free", holders(&*store, "a").await?, vec![])?;
    same("holders of what was free", holders(&*store, "c").await?, vec![])?;
    get(&*store, leases[0], &calls(&["b", "d"])).await?;
    same("holders of what was held", holders(&*store, "b").await?, vec![id(0)])?;
    same("holders of what was added", holders(&*store, "d").await?, vec![id(0)])?;
    let two = [want("two", 2, Hold::Call)];
    get(&*store, leases[0], &two).await?;
    get(&*store, leases[2], &two).await?;
    get(&*store, leases[2], &two).await?;
    same("two of two", ask(&*store, leases[3], &two).await?, queued("two", 0))?;
    get(&*store, leases[3], &[]).await?;
    crowd(fixture.store().await).await
}

/// Many at once.
async fn crowd(store: Arc<dyn HistoryStore>) -> Checked {
    let leases = many(&*store, 40).await?;
    let mut askers = JoinSet::new();
    for lease in leases {
        let store = Arc::clone(&store);
        askers.spawn(async move { store.acquire(lease.key, &[want("rack", 8, Hold::Call)]).await });
    }
    let mut granted = 0;
    for answer in askers.join_all().await {
        granted += usize::from(done("acquiring", answer)? == Acquired::Granted);
    }
    same("who got one of 8", granted, 8)?;
    same("holders", holders(&*store, "rack").await?.len(), 8)
}

/// Checks who is served next, that a later request passes only where it takes nothing from an earlier one, and that
/// one that needs much gets it.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn permits_go_in_the_order_of_asking(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let leases = many(&*store, 6).await?;
    get(&*store, leases[0], &calls(&["a"])).await?;
    same("the wide one", ask(&*store, leases[1], &calls(&["a", "b"])).await?, queued("a", 0))?;
    same("one that would pass it", ask(&*store, leases[2], &calls(&["b"])).await?, queued("b", 1))?;
    same("one behind both", ask(&*store, leases[3], &calls(&["b", "c"])).await?, queued("b", 2))?;
    same("one behind that", ask(&*store, leases[4], &calls(&["c"])).await?, queued("c", 1))?;
    get(&*store, leases[5], &calls(&["d"])).await?;
    give_back(&*store, leases[0], GiveBack::Call).await?;
    same("the second is not first", ask(&*store, leases[2], &calls(&["b"])).await?, queued("b", 1))?;
    get(&*store, leases[1], &calls(&["a", "b"])).await?;
    give_back(&*store, leases[1], GiveBack::Call).await?;
    same("the third is not second", ask(&*store, leases[3], &calls(&["b", "c"])).await?, queued("b", 1))?;
    get(&*store, leases[2], &calls(&["b"])).await?;
    give_back(&*store, leases[2], GiveBack::Call).await?;
    get(&*store, leases[3], &calls(&["b", "c"])).await?;
    places_are_kept_free(&*fixture.store().await).await
}

/// Where there is more than one place, one is kept free for each that asked before.
async fn places_are_kept_free(store: &dyn HistoryStore) -> Checked {
    let leases = many(store, 5).await?;
    let rack = |more: &[&str]| {
        let mut wants = calls(more);
        wants.push(want("rack", 3, Hold::Call));
        wants
    };
    get(store, leases[0], &calls(&["bmc"])).await?;
    same("one whose BMC is busy", ask(store, leases[1], &rack(&["bmc"])).await?, queued("bmc", 0))?;
    get(store, leases[2], &rack(&[])).await?;
    get(store, leases[3], &rack(&[])).await?;
    same("the place that is kept", ask(store, leases[4], &rack(&[])).await?, queued("rack", 1))?;
    give_back(store, leases[0], GiveBack::Call).await?;
    get(store, leases[1], &rack(&["bmc"])).await
}

/// Checks that who asks again is not put behind others, and that who asks for something else is.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn asking_again_keeps_the_place(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let leases = many(&*store, 3).await?;
    get(&*store, leases[0], &steps(&["a"])).await?;
    for _ in 0..2 {
        same("the first", ask(&*store, leases[1], &calls(&["a"])).await?, queued("a", 0))?;
        same("the second", ask(&*store, leases[2], &calls(&["a"])).await?, queued("a", 1))?;
        fixture.pass(Duration::from_secs(1)).await;
    }
    done("letting go", store.release(leases[1].key, fixture.now()).await)?;
    let again = claim_only(&*store, leases[1].key.workflow).await?;
    same("the first under its next lease", ask(&*store, again, &calls(&["a"])).await?, queued("a", 0))?;
    same("other names", ask(&*store, again, &calls(&["a", "b"])).await?, queued("a", 1))?;
    same("the second now", ask(&*store, leases[2], &calls(&["a"])).await?, queued("a", 0))
}

/// Checks that a workflow that holds something is served before those that hold nothing: otherwise they would wait
/// for each other.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn who_holds_permits_goes_first(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let leases = many(&*store, 3).await?;
    get(&*store, leases[0], &steps(&["rack"])).await?;
    get(&*store, leases[1], &calls(&["bmc"])).await?;
    same("one without", ask(&*store, leases[2], &calls(&["bmc", "rack"])).await?, queued("bmc", 0))?;
    let mut both = steps(&["rack"]);
    both.extend(calls(&["bmc"]));
    same("one that holds the rack", ask(&*store, leases[0], &both).await?, queued("bmc", 0))?;
    same("the one without", ask(&*store, leases[2], &calls(&["bmc", "rack"])).await?, queued("bmc", 1))?;
    give_back(&*store, leases[1], GiveBack::Call).await?;
    get(&*store, leases[0], &both).await
}

/// Checks that a workflow in the queue is due as soon as its turn has come, and not before.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn freed_permits_wake_who_can_be_served(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let leases = many(&*store, 4).await?;
    let id = |at: usize| leases[at].key.workflow;
    let late = fixture.now() + HOUR;
    get(&*store, leases[0], &steps(&["a", "b"])).await?;
    for lease in &leases[1..3] {
        ask(&*store, *lease, &calls(&["a"])).await?;
        done("letting go", store.release(lease.key, late).await)?;
    }
    ask(&*store, leases[3], &calls(&["b"])).await?;
    same("who is due before", due(&*store).await?, vec![])?;
    done("giving back", store.append(back(leases[0], GiveBack::All)).await)?;
    same("who is due: the first, not the second", due(&*store).await?, vec![id(1)])?;
    done("one that was about to let go", store.release(leases[3].key, late).await)?;
    let again = claim_only(&*store, id(3)).await?;
    done("and does not ask", store.release(again.key, late).await)?;
    same("who is due: it was told once", due(&*store).await?, vec![])?;
    who_leaves_wakes_the_next(fixture).await
}

/// The first goes away and the second can be served.
async fn who_leaves_wakes_the_next(fixture: &dyn HistoryFixture) -> Checked {
    let store = fixture.store().await;
    let leases = many(&*store, 3).await?;
    get(&*store, leases[0], &steps(&["a"])).await?;
    ask(&*store, leases[1], &calls(&["a", "b"])).await?;
    ask(&*store, leases[2], &calls(&["b"])).await?;
    done("letting go", store.release(leases[2].key, fixture.now() + HOUR).await)?;
    done("ending the first", store.append(end(leases[1], 1)).await)?;
    same("who is due", due(&*store).await?, vec![leases[2].key.workflow])
}
