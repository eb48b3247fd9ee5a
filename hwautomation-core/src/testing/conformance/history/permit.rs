//! Clauses about permits.

use super::HistoryFixture;
use super::build::{HOUR, LEASE, append, begin, begun, claim_due, claim_only, end, started};
use crate::error::ErrorKind;
use crate::id::{OwnerId, PermitName, WorkflowId};
use crate::record::Hold;
use crate::store::{Acquired, After, Append, GiveBack, HistoryStore, Lease, LeaseKey, PermitWait, Wanted};
use crate::testing::conformance::check::{Checked, done, holds, refused, same};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

fn name(text: &str) -> PermitName {
    PermitName::new(text).expect("the clauses name permits well")
}

fn want(text: &str, limit: u32, hold: Hold) -> Wanted {
    Wanted { name: name(text), limit: NonZeroU32::new(limit).unwrap_or(NonZeroU32::MIN), hold }
}

/// One place of each, for a call.
fn calls(names: &[&str]) -> Vec<Wanted> {
    names.iter().map(|text| want(text, 1, Hold::Call)).collect()
}

/// One place of each, for the step.
fn steps(names: &[&str]) -> Vec<Wanted> {
    names.iter().map(|text| want(text, 1, Hold::Step)).collect()
}

fn queued(text: &str, ahead: u64) -> Acquired {
    Acquired::Queued { name: name(text), ahead }
}

async fn ask(store: &dyn HistoryStore, lease: Lease, wants: &[Wanted]) -> Checked<Acquired> {
    done("acquiring", store.acquire(lease.key, wants).await)
}

async fn get(store: &dyn HistoryStore, lease: Lease, wants: &[Wanted]) -> Checked {
    same("the answer", ask(store, lease, wants).await?, Acquired::Granted)
}

/// Begins and claims so many workflows, in order.
async fn many(store: &dyn HistoryStore, count: usize) -> Checked<Vec<Lease>> {
    let mut leases = Vec::new();
    for _ in 0..count {
        leases.push(begun(store, begin()).await?);
    }
    Ok(leases)
}

/// Gives permits back and keeps the lease; as the first event of its workflow.
fn back(lease: Lease, gives_back: GiveBack) -> Append {
    Append { gives_back, ..append(lease, 1, vec![started(1)]) }
}

async fn give_back(store: &dyn HistoryStore, lease: Lease, what: GiveBack) -> Checked {
    done("giving back", store.append(back(lease, what)).await).map(|_| ())
}

/// Lists who holds a permit.
async fn holders(store: &dyn HistoryStore, text: &str) -> Checked<Vec<WorkflowId>> {
    let rows = done("listing permits", store.permits(None, 1000).await)?;
    Ok(rows.into_iter().find(|row| row.name == name(text)).map(|row| row.holders).unwrap_or_default())
}

/// Claims what is due and says which workflows those are.
async fn due(store: &dyn HistoryStore) -> Checked<Vec<WorkflowId>> {
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

/// Checks each way in which a lease ends.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn a_call_permit_ends_with_the_lease(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let lease = begun(&*store, begin()).await?;
    let (id, late) = (lease.key.workflow, fixture.now() + HOUR);
    get(&*store, lease, &calls(&["a"])).await?;
    done("renewing", store.renew(&[lease.key], LEASE).await)?;
    same("holders under the lease", holders(&*store, "a").await?, vec![id])?;
    done("releasing", store.release(lease.key, fixture.now()).await)?;
    same("holders after a release", holders(&*store, "a").await?, vec![])?;

    let lease = claim_only(&*store, id).await?;
    get(&*store, lease, &calls(&["a"])).await?;
    let after = After::Release { wake_at: fixture.now() };
    done("appending", store.append(Append { after, ..append(lease, 1, vec![started(1)]) }).await)?;
    same("holders after an append that lets go", holders(&*store, "a").await?, vec![])?;

    let lease = claim_only(&*store, id).await?;
    get(&*store, lease, &calls(&["a"])).await?;
    let other = begun(&*store, begin()).await?;
    ask(&*store, other, &calls(&["a"])).await?;
    done("letting go", store.release(other.key, late).await)?;
    fixture.pass(LEASE).await;
    let lease = claim_only(&*store, id).await?;
    same("holders after a take-over", holders(&*store, "a").await?, vec![])?;
    same("who is woken by it", due(&*store).await?, vec![other.key.workflow])?;
    same("the one taken over", ask(&*store, lease, &calls(&["a"])).await?, queued("a", 1))?;
    reopened(fixture).await
}

/// Opening anew ends what was held for calls, and keeps what queued in order.
async fn reopened(fixture: &dyn HistoryFixture) -> Checked {
    let store = fixture.store().await;
    let leases = many(&*store, 3).await?;
    get(&*store, leases[0], &calls(&["a"])).await?;
    for lease in &leases[1..] {
        ask(&*store, *lease, &calls(&["a"])).await?;
        done("letting go", store.release(lease.key, fixture.now() + HOUR).await)?;
    }
    let Some(store) = fixture.reopen(store).await else { return Ok(()) };
    same("holders after opening anew", holders(&*store, "a").await?, vec![])?;
    let again = claim_due(&*store).await?;
    let find = |at: usize| again.iter().find(|lease| lease.key.workflow == leases[at].key.workflow).copied();
    let (held, first) = (find(0).ok_or("the holder is due")?, find(1).ok_or("the first one is due")?);
    same("who held it before", ask(&*store, held, &calls(&["a"])).await?, queued("a", 2))?;
    get(&*store, first, &calls(&["a"])).await
}

/// Checks that a permit for the step stays over waits, take-overs and opening anew, and ends with the workflow.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn a_step_permit_outlives_the_lease(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let lease = begun(&*store, begin()).await?;
    let id = lease.key.workflow;
    get(&*store, lease, &steps(&["a"])).await?;
    get(&*store, lease, &calls(&["a"])).await?;
    done("releasing", store.release(lease.key, fixture.now()).await)?;
    same("holders after a release", holders(&*store, "a").await?, vec![id])?;
    claim_only(&*store, id).await?;
    fixture.pass(LEASE).await;
    let lease = claim_only(&*store, id).await?;
    same("holders after a take-over", holders(&*store, "a").await?, vec![id])?;
    give_back(&*store, lease, GiveBack::Call).await?;
    same("holders after a call of it", holders(&*store, "a").await?, vec![id])?;
    let other = begun(&*store, begin()).await?;
    get(&*store, other, &steps(&["b"])).await?;
    done("ending", store.append(end(other, 1)).await)?;
    same("holders after the end", holders(&*store, "b").await?, vec![])?;

    let Some(store) = fixture.reopen(store).await else { return Ok(()) };
    same("holders after opening anew", holders(&*store, "a").await?, vec![id])?;
    let lease = claim_only(&*store, id).await?;
    get(&*store, lease, &calls(&["a"])).await?;
    done("ending", store.append(end(lease, 2)).await)?;
    same("holders after the end", holders(&*store, "a").await?, vec![])
}

/// Checks what an append gives back, and that a refused one gives back nothing.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn permits_are_given_back_with_the_append(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let leases = many(&*store, 2).await?;
    let id = leases[0].key.workflow;
    let mut both = steps(&["rack"]);
    both.extend(calls(&["bmc"]));
    get(&*store, leases[0], &both).await?;
    let wrong = Append { expected_seq: 7, ..back(leases[0], GiveBack::All) };
    refused("an append at the wrong place", ErrorKind::Conflict, store.append(wrong).await)?;
    let stranger = LeaseKey { owner: OwnerId::generate(), ..leases[0].key };
    let foreign = Append { lease: stranger, ..back(leases[0], GiveBack::All) };
    refused("somebody else's append", ErrorKind::LeaseLost, store.append(foreign).await)?;
    done("an append that gives nothing back", store.append(append(leases[0], 1, vec![started(1)])).await)?;
    same("holders of the BMC", holders(&*store, "bmc").await?, vec![id])?;

    same("who queues", ask(&*store, leases[1], &calls(&["bmc"])).await?, queued("bmc", 0))?;
    let next = |seq, gives_back| Append { gives_back, ..append(leases[0], seq, vec![started(1)]) };
    done("the call is over", store.append(next(2, GiveBack::Call)).await)?;
    same("holders of the BMC", holders(&*store, "bmc").await?, vec![])?;
    same("holders of the rack", holders(&*store, "rack").await?, vec![id])?;
    done("the step is over", store.append(next(3, GiveBack::All)).await)?;
    same("holders of the rack", holders(&*store, "rack").await?, vec![])?;

    get(&*store, leases[0], &calls(&["bmc", "x"])).await.err().ok_or("the queue was passed")?;
    give_back(&*store, leases[1], GiveBack::Call).await?;
    let queue = done("reading the queue", store.permit_queue(leases[1].key.workflow).await)?;
    same("the queue of one that gave its place back", queue, None)?;
    get(&*store, leases[0], &calls(&["bmc", "x"])).await
}

/// Checks that a fenced owner takes nothing.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn only_the_lease_owner_takes_permits(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let old = begun(&*store, begin()).await?;
    fixture.pass(LEASE).await;
    let new = claim_only(&*store, old.key.workflow).await?;
    let late = store.acquire(old.key, &calls(&["a"])).await;
    refused("the old owner asks", ErrorKind::LeaseLost, late)?;
    let stranger = LeaseKey { owner: OwnerId::generate(), ..new.key };
    refused("a stranger asks", ErrorKind::LeaseLost, store.acquire(stranger, &calls(&["a"])).await)?;
    let unknown = LeaseKey { workflow: begin().workflow, ..new.key };
    refused("nobody asks", ErrorKind::NotFound, store.acquire(unknown, &calls(&["a"])).await)?;
    same("holders", holders(&*store, "a").await?, vec![])?;
    get(&*store, new, &calls(&["a"])).await?;
    done("ending", store.append(end(new, 1)).await)?;
    let ended = store.acquire(new.key, &calls(&["a"])).await;
    refused("an ended workflow asks", ErrorKind::LeaseLost, ended).map(|_| ())
}

/// Checks what people see of queues and holders.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn queues_and_holders_can_be_read(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let leases = many(&*store, 4).await?;
    let id = |at: usize| leases[at].key.workflow;
    get(&*store, leases[0], &calls(&["a", "b", "c"])).await?;
    let since = fixture.now();
    for lease in &leases[1..] {
        ask(&*store, *lease, &calls(&["b", "c"])).await?;
    }
    fixture.pass(Duration::from_secs(1)).await;
    ask(&*store, leases[3], &calls(&["b", "c"])).await?;
    let queue = |at: usize| store.permit_queue(id(at));
    let wait = |ahead| Some(PermitWait { name: name("b"), ahead, since });
    for (at, ahead) in [(1, 0), (2, 1), (3, 2)] {
        same("what one queues for", done("reading", queue(at).await)?, wait(ahead))?;
    }
    same("what the holder queues for", done("reading", queue(0).await)?, None)?;
    let first = done("the first page", store.permits(None, 2).await)?;
    let counts: Vec<_> = first.iter().map(|row| (row.name.to_string(), row.held, row.waiting)).collect();
    same("rows", counts, vec![("a".to_owned(), 1, 0), ("b".to_owned(), 1, 3)])?;
    holds("their holders", first.iter().all(|row| row.holders == [id(0)]))?;
    let rest = done("the next page", store.permits(Some(&name("b")), 2).await)?;
    same("names", rest.iter().map(|row| row.name.clone()).collect(), vec![name("c")])?;
    done("ending", store.append(end(leases[0], 1)).await)?;
    same("what the first queues for", done("reading", queue(1).await)?, wait(0))?;
    let free = done("the first page", store.permits(None, 1).await)?;
    same("names that nobody uses", free.first().map(|row| row.name.clone()), Some(name("b")))
}
