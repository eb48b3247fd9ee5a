//! Clauses about permits: how long they are held, by whom, and what is seen of them.

use super::HistoryFixture;
use super::build::{HOUR, LEASE, append, begin, begun, claim_due, claim_only, end, started};
use super::permit::{ask, back, calls, due, get, give_back, holders, many, name, queued, steps};
use crate::error::ErrorKind;
use crate::id::OwnerId;
use crate::store::{After, Append, GiveBack, LeaseKey, PermitWait};
use crate::testing::conformance::check::{Checked, done, holds, refused, same};
use std::time::Duration;

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
    for wants in [calls(&["a"]), steps(&["a"]), calls(&["a"])] {
        get(&*store, lease, &wants).await?;
    }
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

/// Checks that a request says all that the workflow wants: what it holds beside goes back, and wakes others.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn what_is_not_named_again_goes_back(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let leases = many(&*store, 3).await?;
    let (id, next) = (leases[0].key.workflow, leases[1].key.workflow);
    get(&*store, leases[0], &steps(&["a", "b"])).await?;
    ask(&*store, leases[1], &calls(&["a"])).await?;
    done("letting go", store.release(leases[1].key, fixture.now() + HOUR).await)?;
    get(&*store, leases[0], &steps(&["b"])).await?;
    same("holders of what was not named", holders(&*store, "a").await?, vec![])?;
    same("holders of what was", holders(&*store, "b").await?, vec![id])?;
    same("who is woken", due(&*store).await?, vec![next])?;

    get(&*store, leases[2], &calls(&["c"])).await?;
    same("one that queues", ask(&*store, leases[0], &calls(&["c"])).await?, queued("c", 0))?;
    same("holders of what it did not name", holders(&*store, "b").await?, vec![])
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
