//! Clauses about leases.

use super::HistoryFixture;
use super::build::{HOUR, LEASE, append, begin, begun, claim_due, claim_only, end, item, started};
use crate::error::ErrorKind;
use crate::id::{OwnerId, WorkflowName};
use crate::store::{Kinds, Command, HistoryStore, Lease, LeaseKey, NewItem};
use crate::testing::conformance::check::{done, holds, refused, same};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Checks that what is due is handed out once, the longest due first, with a growing epoch.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn a_due_workflow_is_claimed_once(fixture: &dyn HistoryFixture) -> Result<(), String> {
    const DUE: usize = 40;
    let store = fixture.store().await;
    let mut oldest_first = Vec::new();
    for _ in 0..DUE {
        let begin = begin();
        oldest_first.push(begin.workflow);
        done("beginning", store.begin(begin).await)?;
        fixture.pass(Duration::from_secs(1)).await;
    }
    let first = done("claiming two", store.claim(OwnerId::generate(), HOUR, 2, &Kinds::any()).await)?;
    let ids: Vec<_> = first.iter().map(|lease| lease.key.workflow).collect();
    same("those that are due longest", ids, oldest_first[..2].to_vec())?;
    same("claiming none", done("claim", store.claim(OwnerId::generate(), HOUR, 0, &Kinds::any()).await)?, Vec::new())?;

    let mut claimers = JoinSet::new();
    for _ in 0..8 {
        claimers.spawn(claim_until_none(Arc::clone(&store)));
    }
    let mut claimed = first;
    for leases in claimers.join_all().await {
        claimed.extend(leases?);
    }
    let ids: BTreeSet<_> = claimed.iter().map(|lease| lease.key.workflow).collect();
    same("claims and workflows", (claimed.len(), ids.len()), (DUE, DUE))?;
    epochs_grow(fixture, &*store, claimed).await
}

async fn claim_until_none(store: Arc<dyn HistoryStore>) -> Result<Vec<Lease>, String> {
    let (owner, mut claimed) = (OwnerId::generate(), Vec::new());
    loop {
        let leases = done("claiming", store.claim(owner, HOUR, 3, &Kinds::any()).await)?;
        holds("no more than the limit", leases.len() <= 3)?;
        holds("for this owner", leases.iter().all(|lease| lease.key.owner == owner))?;
        if leases.is_empty() {
            return Ok(claimed);
        }
        claimed.extend(leases);
    }
}

async fn epochs_grow(
    fixture: &dyn HistoryFixture,
    store: &dyn HistoryStore,
    claimed: Vec<Lease>,
) -> Result<(), String> {
    let lease = claimed.first().copied().ok_or("nothing was claimed")?;
    done("releasing", store.release(lease.key, fixture.now()).await)?;
    let again = claim_only(store, lease.key.workflow).await?;
    holds("the epoch grows after a release", again.key.epoch > lease.key.epoch)?;
    same("when the lease ends", again.until, fixture.now() + LEASE)?;
    fixture.pass(LEASE).await;
    let taken = claim_only(store, lease.key.workflow).await?;
    holds("the epoch grows after a lease ran out", taken.key.epoch > again.key.epoch)
}

/// Checks that workflows of other kinds are neither handed out nor told as due.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn only_the_kinds_asked_for_are_claimed(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let named = |name: &'static str| {
        let mut begin = begin();
        begin.summary.name = WorkflowName::from_static(name);
        begin.summary.presses_at = Some(fixture.now());
        begin
    };
    let kinds = |name: &'static str| Kinds::of([WorkflowName::from_static(name)]);
    let (first, second) = (named("first"), named("second"));
    let (first_id, second_id) = (first.workflow, second.workflow);
    done("beginning", store.begin(first).await)?;
    fixture.pass(Duration::from_secs(1)).await;
    let at = fixture.now();
    done("beginning", store.begin(second).await)?;
    same("when the second kind is due", done("next_due", store.next_due(&kinds("second")).await)?, Some(at))?;
    same("when a third kind is due", done("next_due", store.next_due(&kinds("third")).await)?, None)?;
    let claim = async |kinds: Kinds| {
        let leases = done("claiming", store.claim(OwnerId::generate(), LEASE, 9, &kinds).await)?;
        Ok::<_, String>(leases.into_iter().map(|lease| lease.key.workflow).collect::<Vec<_>>())
    };
    same("of a third kind", claim(kinds("third")).await?, Vec::new())?;
    same("of the second kind", claim(kinds("second")).await?, vec![second_id])?;
    let pressing = done("claiming", store.claim_pressing(OwnerId::generate(), LEASE, 9).await)?;
    let pressing: Vec<_> = pressing.into_iter().map(|lease| lease.key.workflow).collect();
    same("what presses, of any kind", pressing, vec![first_id])
}

/// Checks that of what is due, only that is claimed which is past its limit or is to be stopped.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn what_is_pressing_is_claimed_alone(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let presses_at = |at| {
        let mut begin = begin();
        begin.summary.presses_at = at;
        begin
    };
    let (never, later) = (presses_at(None), presses_at(Some(fixture.now() + HOUR)));
    let (soon, cancelled) = (presses_at(Some(fixture.now() + LEASE)), presses_at(None));
    let (soon_id, cancelled_id) = (soon.workflow, cancelled.workflow);
    for begin in [never, later, soon, cancelled] {
        done("beginning", store.begin(begin).await)?;
        fixture.pass(Duration::from_secs(1)).await;
    }
    let claim = async |limit| {
        let leases = done("claiming what presses", store.claim_pressing(OwnerId::generate(), LEASE, limit).await)?;
        Ok::<_, String>(leases.into_iter().map(|lease| lease.key.workflow).collect::<Vec<_>>())
    };
    same("what presses at first", claim(9).await?, Vec::new())?;
    let cancel = NewItem { command: Command::Cancel { why: "stop".to_owned() }, ..item(cancelled_id, "cancel") };
    done("posting", store.post(cancel).await)?;
    same("what presses up to none", claim(0).await?, Vec::new())?;
    same("what presses once one is cancelled", claim(9).await?, vec![cancelled_id])?;
    same("what somebody holds", claim(9).await?, Vec::new())?;
    fixture.pass(LEASE).await;
    let again = claim(9).await?;
    same("what presses once a limit has passed too", again, vec![soon_id, cancelled_id])
}

/// Checks that neither a waiting, nor a leased, nor an ended workflow is handed out.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn nothing_is_claimed_early(fixture: &dyn HistoryFixture) -> Result<(), String> {
    const MINUTE: Duration = Duration::from_secs(60);
    let store = fixture.store().await;
    let lease = begun(&*store, begin()).await?;
    let workflow = lease.key.workflow;
    same("what is due while it is leased", claim_due(&*store).await?, Vec::new())?;
    same("when something is due", done("next_due", store.next_due(&Kinds::any()).await)?, Some(lease.until))?;

    let wake_at = fixture.now() + MINUTE;
    done("releasing", store.release(lease.key, wake_at).await)?;
    fixture.pass(MINUTE - Duration::from_micros(1)).await;
    same("what is due before it wakes", claim_due(&*store).await?, Vec::new())?;
    same("when something is due", done("next_due", store.next_due(&Kinds::any()).await)?, Some(wake_at))?;
    fixture.pass(Duration::from_micros(1)).await;
    let lease = claim_only(&*store, workflow).await?;

    done("ending", store.append(end(lease, 1)).await)?;
    fixture.pass(HOUR).await;
    same("what is due after the end", claim_due(&*store).await?, Vec::new())?;
    same("when something is due", done("next_due", store.next_due(&Kinds::any()).await)?, None)
}

/// Checks that a lease that ran out may be taken, and that its old owner is fenced then.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn an_expired_lease_can_be_taken_over(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let old = begun(&*store, begin()).await?;
    fixture.pass(LEASE - Duration::from_micros(1)).await;
    same("what is due before the lease ends", claim_due(&*store).await?, Vec::new())?;
    fixture.pass(Duration::from_micros(1)).await;
    let new = claim_only(&*store, old.key.workflow).await?;
    holds("the new epoch is above the old one", new.key.epoch > old.key.epoch)?;

    let late = store.append(append(old, 1, vec![started(1)])).await;
    refused("the old owner writes", ErrorKind::LeaseLost, late)?;
    refused("the old owner lets go", ErrorKind::LeaseLost, store.release(old.key, fixture.now()).await)?;
    let lost = done("the old owner renews", store.renew(&[old.key], LEASE).await)?;
    same("what it lost", lost, vec![old.key])?;
    done("the new owner writes", store.append(append(new, 1, vec![started(1)])).await)?;
    let late = store.append(append(old, 1, vec![started(1)])).await;
    refused("the old owner writes where the new one wrote", ErrorKind::LeaseLost, late).map(|_| ())
}

/// Checks that renewing prolongs, never shortens, and names what was lost.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn renewing_keeps_a_lease(fixture: &dyn HistoryFixture) -> Result<(), String> {
    const MOST: Duration = Duration::from_secs(20);
    let store = fixture.store().await;
    let lease = begun(&*store, begin()).await?;
    let stranger = LeaseKey { owner: OwnerId::generate(), ..lease.key };
    let unknown = LeaseKey { workflow: begin().workflow, ..lease.key };
    for _ in 0..3 {
        fixture.pass(MOST).await;
        let lost = done("renewing", store.renew(&[stranger, lease.key, unknown], LEASE).await)?;
        same("what is lost", lost, vec![stranger, unknown])?;
        same("what is due", claim_due(&*store).await?, Vec::new())?;
    }
    let until = fixture.now() + LEASE;
    same("when the lease ends", done("next_due", store.next_due(&Kinds::any()).await)?, Some(until))?;
    same("losses", done("renewing for less", store.renew(&[lease.key], Duration::ZERO).await)?, vec![])?;
    same("when the lease still ends", done("next_due", store.next_due(&Kinds::any()).await)?, Some(until))?;

    fixture.pass(HOUR).await;
    let lost = done("renewing what ran out", store.renew(&[lease.key], LEASE).await)?;
    same("losses of a lease that nobody took", lost, vec![])?;
    same("what is due", claim_due(&*store).await?, Vec::new())?;
    done("writing", store.append(end(lease, 1)).await)?;
    let lost = done("renewing after the end", store.renew(&[lease.key], LEASE).await)?;
    same("what is lost after the end", lost, vec![lease.key])
}
