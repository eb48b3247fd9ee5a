//! Clauses about who may write, and whether it lasts.

use super::HistoryFixture;
use super::build::{
    HOUR, LEASE, append, begin, begin_on, begun, blob, claim_due, claim_only, count, item, keys, machine, started,
};
use crate::error::ErrorKind;
use crate::id::OwnerId;
use crate::store::{Kinds, HistoryStore, Lease, LeaseKey, Only};
use crate::testing::conformance::check::{done, holds, refused, same};
use std::time::Duration;

/// Checks that everybody but the holder of the newest lease is refused, whatever place it writes to.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn only_the_lease_owner_appends(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let first = begin();
    let workflow = first.workflow;
    done("beginning", store.begin(first).await)?;
    let nobody = LeaseKey { workflow, owner: OwnerId::generate(), epoch: 0 };
    fenced(&*store, "writing before any claim", nobody).await?;

    let old = claim_only(&*store, workflow).await?;
    fenced(&*store, "another owner", LeaseKey { owner: OwnerId::generate(), ..old.key }).await?;
    fenced(&*store, "a later epoch", LeaseKey { epoch: old.key.epoch + 1, ..old.key }).await?;
    done("releasing", store.release(old.key, fixture.now()).await)?;
    fenced(&*store, "a released lease", old.key).await?;

    let again = done("claiming again", store.claim(old.key.owner, LEASE, 1, &Kinds::any()).await)?;
    let newest = again.first().copied().ok_or("a released workflow was not due")?;
    done("writing with the newest lease", store.append(append(newest, 1, vec![started(1)])).await)?;
    fenced(&*store, "the same owner with an older epoch", old.key).await?;
    let unknown = LeaseKey { workflow: begin().workflow, ..newest.key };
    let lost = store.append(append(Lease { key: unknown, ..newest }, 1, Vec::new())).await;
    refused("an unknown workflow", ErrorKind::NotFound, lost)?;
    same("events", count(&*store, workflow).await?, 2)?;
    an_expired_lease_still_writes(fixture, &*store, newest).await
}

/// Expects that neither the right place nor a wrong one is written by this key: a fenced writer must stop, and
/// a `Conflict` would tell it to look again.
async fn fenced(store: &dyn HistoryStore, who: &str, key: LeaseKey) -> Result<(), String> {
    let lease = Lease { key, until: crate::time::Timestamp::MAX, next_seq: 1, has_items: false };
    for seq in 0..4 {
        let what = format!("{who}, at {seq}");
        refused(&what, ErrorKind::LeaseLost, store.append(append(lease, seq, vec![started(9)])).await)?;
    }
    let release = store.release(key, crate::time::Timestamp::MAX).await;
    refused(&format!("{who}, letting go"), ErrorKind::LeaseLost, release).map(|_| ())
}

async fn an_expired_lease_still_writes(
    fixture: &dyn HistoryFixture,
    store: &dyn HistoryStore,
    newest: Lease,
) -> Result<(), String> {
    // Another lease that ran out earlier, which one claim takes instead.
    fixture.pass(Duration::from_secs(1)).await;
    let other = begun(store, begin()).await?;
    fixture.pass(LEASE * 2).await;
    let taken = done("claiming one", store.claim(OwnerId::generate(), LEASE, 1, &Kinds::any()).await)?;
    same("what is claimed first", taken.first().map(|lease| lease.key.workflow), Some(newest.key.workflow))?;
    let late = append(other, 1, vec![started(1)]);
    done("a lease that ran out and nobody took", store.append(late).await).map(|_| ())
}

/// Checks that what was accepted is there after reopening, and that whoever held a lease may write no more.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn an_accepted_append_is_durable(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let place = machine("rack1-u7");
    let held = begun(&*store, begin_on(&place)).await?;
    let workflow = held.key.workflow;
    let large = blob("large");
    let mut written = append(held, 1, vec![started(1), started(2)]);
    written.blobs.push(large.clone());
    done("appending", store.append(written).await)?;
    done("posting", store.post(item(workflow, "first")).await)?;
    let asleep = begun(&*store, begin()).await?;
    done("releasing", store.release(asleep.key, fixture.now() + HOUR).await)?;
    let row = done("reading the row", store.summary(workflow).await)?;
    let log = done("following", store.follow(0, 100, Only::Everything).await)?;

    let Some(store) = fixture.reopen(store).await else { return Ok(()) };
    same("the log", done("following", store.follow(0, 100, Only::Everything).await)?, log.clone())?;
    same("the row", done("reading the row", store.summary(workflow).await)?, row)?;
    same("the blob", done("reading the blob", store.blob(&large.hash).await)?, large.bytes)?;
    same("the inbox", keys(&*store, workflow).await?, vec!["first".to_owned()])?;
    same("the claim", done("claim_on", store.claim_on(&place).await)?, Some(workflow))?;
    let late = store.append(append(held, 3, vec![started(3)])).await;
    refused("a lease from before", ErrorKind::LeaseLost, late)?;

    let now = claim_only(&*store, workflow).await?;
    holds("the epoch goes on growing", now.key.epoch > held.key.epoch)?;
    let next = done("appending", store.append(append(now, 3, vec![started(3)])).await)?;
    let position = next.events.first().map(|event| event.position);
    same("the next position", position, Some(log.len() as u64 + 1))?;
    fixture.pass(HOUR).await;
    let woken = claim_due(&*store).await?;
    holds("the one asleep wakes", woken.iter().any(|lease| lease.key.workflow == asleep.key.workflow))?;
    Ok(())
}
