//! Clauses about what one append stores.

use super::HistoryFixture;
use super::build::{HOUR, append, begin, begin_on, begun, blob, claim_only, count, end, item, keys, machine, started};
use crate::error::ErrorKind;
use crate::id::{BatchId, OwnerId, WorkflowId};
use crate::record::{Event, Position, RunState};
use crate::store::{Kinds, After, Append, Begin, HistoryStore, Lease, Only};
use crate::testing::conformance::check::{done, holds, refused, same};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Checks that events, blobs, consumed items, the lease's end and the projection are stored together or not at all.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn an_append_is_all_or_nothing(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let place = machine("rack1-u7");
    let lease = begun(&*store, begin_on(&place)).await?;
    let workflow = lease.key.workflow;
    for key in ["first", "second"] {
        done("posting", store.post(item(workflow, key)).await)?;
    }
    let items = done("reading the inbox", store.inbox(workflow).await)?;

    let refused_blob = blob("refused");
    let mut wrong = end(lease, 7);
    wrong.blobs.push(refused_blob.clone());
    wrong.consumed = items.iter().map(|item| item.id).collect();
    refused("appending event 7 next to event 0", ErrorKind::Conflict, store.append(wrong).await)?;
    same("events after a refusal", count(&*store, workflow).await?, 1)?;
    refused("a refused blob", ErrorKind::NotFound, store.blob(&refused_blob.hash).await)?;
    same("items after a refusal", keys(&*store, workflow).await?.len(), 2)?;
    same("the claim after a refusal", done("claim_on", store.claim_on(&place).await)?, Some(workflow))?;
    let row = done("reading the row", store.summary(workflow).await)?;
    same("the state after a refusal", row.map(|row| row.state), Some(RunState::Pending))?;

    let kept = blob("kept");
    let mut good = append(lease, 1, vec![started(1), started(2)]);
    good.blobs.push(kept.clone());
    good.consumed = items.iter().take(1).map(|item| item.id).collect();
    good.after = After::Release { wake_at: fixture.now() + HOUR };
    let appended = done("appending", store.append(good).await)?;
    same("events", count(&*store, workflow).await?, 3)?;
    same("the blob", done("reading the blob", store.blob(&kept.hash).await)?, kept.bytes)?;
    same("the items left", keys(&*store, workflow).await?, vec!["second".to_owned()])?;
    let row = done("reading the row", store.summary(workflow).await)?;
    let newest = appended.events.last().map(|event| (RunState::Running, event.position));
    same("the row", row.map(|row| (row.state, row.position)), newest)?;
    let late = store.append(append(lease, 3, vec![started(3)])).await;
    refused("writing with a released lease", ErrorKind::LeaseLost, late)?;
    claim_only(&*store, workflow).await.map(|_| ())
}

/// Checks the numbers of events that several writers store at once.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn seq_and_position_have_no_gaps(fixture: &dyn HistoryFixture) -> Result<(), String> {
    const WRITERS: usize = 8;
    const APPENDS: usize = 20;
    let store = fixture.store().await;
    for _ in 0..WRITERS {
        done("beginning", store.begin(begin()).await)?;
    }
    let leases = done("claiming", store.claim(OwnerId::generate(), HOUR, WRITERS, &Kinds::any()).await)?;
    same("leases", leases.len(), WRITERS)?;
    let mut writers = JoinSet::new();
    for lease in leases.clone() {
        writers.spawn(write_much(Arc::clone(&store), lease, APPENDS));
    }

    let mut read: Vec<Event> = Vec::new();
    while !writers.is_empty() {
        follow_on(&*store, &mut read).await?;
        while let Some(writer) = writers.try_join_next() {
            writer.map_err(|cause| format!("a writer died: {cause}"))??;
        }
        tokio::task::yield_now().await;
    }
    while follow_on(&*store, &mut read).await? > 0 {}
    // One append in three stores two events.
    same("events in the store", read.len(), WRITERS * (1 + APPENDS + APPENDS.div_ceil(3)))?;
    for lease in leases {
        let of_one: Vec<Event> =
            read.iter().filter(|event| event.workflow == lease.key.workflow).cloned().collect();
        let numbers = of_one.iter().map(|event| event.seq);
        holds("seq counts from 0 in the order of positions", numbers.eq(0..of_one.len() as u64))?;
        let by_workflow = done("reading events", store.events(lease.key.workflow, 0, 1000).await)?;
        same("the events by workflow", by_workflow, of_one)?;
    }
    Ok(())
}

async fn write_much(store: Arc<dyn HistoryStore>, lease: Lease, appends: usize) -> Result<(), String> {
    let (mut seq, mut newest) = (1, 0);
    for round in 0..appends {
        let events = if round % 3 == 0 { vec![started(1), started(2)] } else { vec![started(3)] };
        let appended = done("appending", store.append(append(lease, seq, events)).await)?;
        for event in appended.events {
            same("the next seq", event.seq, seq)?;
            holds("a later append has a later position", event.position > newest)?;
            (seq, newest) = (seq + 1, event.position);
        }
    }
    Ok(())
}

/// Reads on, and expects that no position is missing: a follower never looks back.
async fn follow_on(store: &dyn HistoryStore, read: &mut Vec<Event>) -> Result<usize, String> {
    let after = read.len() as Position;
    let page = done("following", store.follow(after, 7, Only::Everything).await)?;
    for (event, position) in page.iter().zip(after + 1..) {
        same("the next position", event.position, position)?;
    }
    let len = page.len();
    read.extend(page);
    Ok(len)
}

/// Checks that an append at any other place than the end is refused and stores nothing.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn a_wrong_seq_is_a_conflict(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let lease = begun(&*store, begin()).await?;
    let workflow = lease.key.workflow;
    done("appending", store.append(append(lease, 1, vec![started(1)])).await)?;
    for seq in [0, 1, 3, u64::MAX] {
        let what = format!("appending at {seq} when 2 is next");
        refused(&what, ErrorKind::Conflict, store.append(append(lease, seq, vec![started(2)])).await)?;
        let nothing = store.append(append(lease, seq, Vec::new())).await;
        refused(&format!("{what}, without events"), ErrorKind::Conflict, nothing)?;
    }
    same("events after refusals", count(&*store, workflow).await?, 2)?;

    let mut rivals = JoinSet::new();
    for attempt in 0..8 {
        let store = Arc::clone(&store);
        rivals.spawn(async move { store.append(append(lease, 2, vec![started(attempt)])).await });
    }
    let results = rivals.join_all().await;
    same("winners of one place", results.iter().filter(|result| result.is_ok()).count(), 1)?;
    for lost in results.into_iter().filter(Result::is_err) {
        refused("losing a place", ErrorKind::Conflict, lost)?;
    }
    same("events after a race", count(&*store, workflow).await?, 3)
}

/// Checks that the same batch again is answered the same and stored once.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn a_lost_answer_is_repeated(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let first: Begin = begin();
    let workflow = first.workflow;
    let begun_once = done("beginning", store.begin(first.clone()).await)?;
    same("the answer to the same begin", done("again", store.begin(first.clone()).await)?, begun_once)?;
    let other = Begin { batch: BatchId::generate(), ..first };
    refused("beginning the same workflow by another batch", ErrorKind::Conflict, store.begin(other).await)?;

    let lease = claim_only(&*store, workflow).await?;
    let two = append(lease, 1, vec![started(1), started(2)]);
    let stored = done("appending", store.append(two.clone()).await)?;
    same("the answer to the same batch", done("again", store.append(two.clone()).await)?, stored.clone())?;
    let other = Append { batch: BatchId::generate(), ..two.clone() };
    refused("another batch at the same place", ErrorKind::Conflict, store.append(other).await)?;

    let last = end(lease, 3);
    let ended = done("ending", store.append(last.clone()).await)?;
    same("the answer to the same end", done("again", store.append(last).await)?, ended)?;
    same("the answer when more followed", done("again", store.append(two).await)?, stored)?;
    same("events", count(&*store, workflow).await?, 4)?;
    repeated_at_once(&*store).await
}

/// The same batch twice at once, as when a caller gives up waiting and tries again.
async fn repeated_at_once(store: &dyn HistoryStore) -> Result<(), String> {
    let lease = begun(store, begin()).await?;
    let workflow: WorkflowId = lease.key.workflow;
    let batch = append(lease, 1, vec![started(1)]);
    let (one, two) = tokio::join!(store.append(batch.clone()), store.append(batch));
    same("both answers", done("the first", one)?, done("the second", two)?)?;
    same("events stored once", count(store, workflow).await?, 2)
}
