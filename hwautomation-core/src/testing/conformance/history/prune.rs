//! Clauses about forgetting what ended long ago.

use super::HistoryFixture;
use super::build::{append, begin, begin_on, begun, blob, count, end, event, machine, moved, started};
use crate::error::ErrorKind;
use crate::id::{StepName, WorkflowId};
use crate::record::{Blob, CarriedStep, Event, EventKind, OutputRecord, Stored};
use crate::store::{Append, Begin, HistoryStore, Lease, Only, Pruned, Retention, WorkflowFilter};
use crate::testing::conformance::check::{Checked, done, holds, refused, same};
use crate::time::Timestamp;

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(1_000_000_000_000_000 + micros)
}

fn keep(newest: usize) -> Retention {
    Retention { keep_newest: Some(newest), ..Retention::default() }
}

/// An append after which the workflow has ended, at this time.
fn end_at(lease: Lease, expected_seq: u64, ended_at: Timestamp) -> Append {
    let mut last = end(lease, expected_seq);
    last.summary.ended_at = Some(ended_at);
    last
}

/// Begins a workflow that has two events and has ended.
async fn ended(store: &dyn HistoryStore, begin: Begin, ended_at: Timestamp) -> Checked<WorkflowId> {
    let parent = begin.summary.parent;
    let lease = begun(store, begin).await?;
    let mut last = end_at(lease, 1, ended_at);
    last.summary.parent = parent;
    done("ending", store.append(last).await)?;
    Ok(lease.key.workflow)
}

fn child_of(parent: WorkflowId) -> Begin {
    let mut begin = begin();
    begin.summary.parent = Some(parent);
    begin
}

async fn left(store: &dyn HistoryStore) -> Checked<Vec<WorkflowId>> {
    let rows = done("listing", store.list(&WorkflowFilter::default(), None, 100).await)?;
    Ok(rows.into_iter().rev().map(|row| row.id).collect())
}

async fn pruned(store: &dyn HistoryStore, retention: Retention) -> Checked<Pruned> {
    done("pruning", store.prune(&retention).await)
}

/// Checks what goes, in which order, and what never does.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn pruning_takes_what_ended_first_and_nothing_open(
    fixture: &dyn HistoryFixture,
) -> Result<(), String> {
    let store = fixture.store().await;
    // Begun in another order than that in which they ended.
    let mut ids = Vec::new();
    for ended_after in [5, 1, 4, 2, 3] {
        ids.push(ended(&*store, begin(), at(ended_after)).await?);
    }
    let open = begun(&*store, begin()).await?;
    let kept = |gone: &[usize]| {
        let all = ids.iter().enumerate().filter(|(index, _)| !gone.contains(index)).map(|(_, id)| *id);
        all.chain([open.key.workflow]).collect::<Vec<WorkflowId>>()
    };
    same("what goes without a limit", pruned(&*store, Retention::default()).await?, Pruned::default())?;
    let before = |ended_before| Retention { ended_before: Some(ended_before), ..Retention::default() };
    let both = Retention { keep_newest: Some(5), ..before(at(100)) };
    same("what goes when all are among the newest", pruned(&*store, both).await?.workflows, 0)?;
    same("what goes when none is old enough", pruned(&*store, before(at(1))).await?.workflows, 0)?;
    same("what is left", left(&*store).await?, kept(&[]))?;

    let first = pruned(&*store, Retention { limit: 1, ..before(at(4)) }).await?;
    same("what goes up to a limit", first, Pruned { workflows: 1, events: 2, blobs: 0 })?;
    same("what is left", left(&*store).await?, kept(&[1]))?;
    same("what ended before 4", pruned(&*store, before(at(4))).await?.workflows, 2)?;
    same("what is left", left(&*store).await?, kept(&[1, 3, 4]))?;
    same("what goes beside the newest", pruned(&*store, keep(1)).await?.workflows, 1)?;
    same("what is left", left(&*store).await?, kept(&[1, 2, 3, 4]))?;
    same("the row of one that is gone", done("summary", store.summary(ids[1]).await)?, None)?;
    same("the events of one that is gone", count(&*store, ids[1]).await?, 0)?;
    same("the events of one that is left", count(&*store, ids[0]).await?, 2)?;
    relatives_stay(&*store, open).await
}

/// What an open workflow goes on by stays until it has ended.
async fn relatives_stay(store: &dyn HistoryStore, open: Lease) -> Checked<()> {
    pruned(store, keep(0)).await?;
    same("what is left of ended ones", left(store).await?, vec![open.key.workflow])?;
    let child = ended(store, child_of(open.key.workflow), at(1)).await?;
    let parent = ended(store, begin(), at(2)).await?;
    let heir = begun(store, child_of(parent)).await?;
    let alone = ended(store, child_of(parent), at(3)).await?;
    same("what goes beside relatives", pruned(store, keep(0)).await?.workflows, 1)?;
    let all = left(store).await?;
    holds("a child of an open one stays", all.contains(&child))?;
    holds("the parent of an open one stays", all.contains(&parent))?;
    holds("a child of an ended one goes", !all.contains(&alone))?;
    done("ending", store.append(end_at(open, 1, at(4))).await)?;
    done("ending", store.append(end_at(heir, 1, at(5))).await)?;
    same("what goes when all have ended", pruned(store, keep(0)).await?.workflows, 4)
}

/// Checks what followers find after pruning, and that no position comes twice.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn pruning_keeps_machine_changes_and_positions(
    fixture: &dyn HistoryFixture,
) -> Result<(), String> {
    let store = fixture.store().await;
    let place = machine("rack1-u7");
    let lease = begun(&*store, begin_on(&place)).await?;
    done("appending", store.append(append(lease, 1, vec![moved(&place), started(1)])).await)?;
    done("ending", store.append(end_at(lease, 3, at(1))).await)?;
    let open = begun(&*store, begin()).await?;
    ended(&*store, begin(), at(2)).await?;
    let log = follow(&*store, 0, Only::Everything).await?;
    let changes = follow(&*store, 0, Only::MachineChanges).await?;
    same("positions", positions(&log), (1..=7).collect())?;

    let gone = pruned(&*store, keep(0)).await?;
    same("what went", gone, Pruned { workflows: 2, events: 5, blobs: 0 })?;
    let remaining = [&log[1..2], &log[4..5]].concat();
    check_followers(&*store, &remaining, &changes).await?;
    same("events of one that is gone", count(&*store, lease.key.workflow).await?, 0)?;
    same("the machine's claim", done("claim_on", store.claim_on(&place).await)?, None)?;

    let Some(store) = fixture.reopen(store).await else { return Ok(()) };
    check_followers(&*store, &remaining, &changes).await?;
    let next = done("beginning", store.begin(begin()).await)?;
    same("the next position", positions(&next.events), vec![8])?;
    same("what is new", positions(&follow(&*store, 7, Only::Everything).await?), vec![8])?;
    same("the open one", count(&*store, open.key.workflow).await?, 1)
}

async fn follow(store: &dyn HistoryStore, after: u64, only: Only) -> Checked<Vec<Event>> {
    done("following", store.follow(after, 100, only).await)
}

fn positions(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.position).collect()
}

/// Whoever is behind gets what remains, in order; whoever folds the machine directory gets all.
async fn check_followers(store: &dyn HistoryStore, remaining: &[Event], changes: &[Event]) -> Checked<()> {
    for after in 0..8 {
        let expected: Vec<Event> = remaining.iter().filter(|event| event.position > after).cloned().collect();
        same(&format!("what follows {after}"), follow(store, after, Only::Everything).await?, expected.clone())?;
        let one = done("following", store.follow(after, 1, Only::Everything).await)?;
        same(&format!("the next after {after}"), one.first(), expected.first())?;
    }
    same("the machine changes", follow(store, 0, Only::MachineChanges).await?.as_slice(), changes)
}

/// Checks that a blob goes with the last workflow that stored or names it.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn pruning_takes_blobs_that_nobody_names(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let (own, shared, named, carried) = (blob("own"), blob("shared"), blob("named"), blob("carried"));
    let blobs = vec![own.clone(), shared.clone(), named.clone(), carried.clone()];
    ended(&*store, Begin { blobs, ..begin() }, at(1)).await?;
    let second = begun(&*store, begin()).await?;
    let mut again = append(second, 1, vec![started(1)]);
    again.blobs.push(shared.clone());
    done("storing it again", store.append(again).await)?;
    let third = begun(&*store, begin()).await?;
    let names = event(EventKind::Recorded {
        step: StepName::from_static("cut"),
        name: "log".to_owned(),
        payload: Stored::Blob(named.hash.clone()),
    });
    done("naming it", store.append(append(third, 1, vec![names])).await)?;
    let fourth = begun(&*store, carrying(&carried)).await?;

    same("blobs that went", pruned(&*store, keep(0)).await?.blobs, 1)?;
    refused("a blob of one that is gone", ErrorKind::NotFound, store.blob(&own.hash).await)?;
    for blob in [&shared, &named, &carried] {
        let bytes = done("reading a blob that is needed", store.blob(&blob.hash).await)?;
        same("its bytes", bytes, blob.bytes.clone())?;
    }
    for lease in [second, third] {
        done("ending", store.append(end_at(lease, 2, at(2))).await)?;
    }
    done("ending", store.append(end_at(fourth, 1, at(2))).await)?;
    same("blobs that went with the last", pruned(&*store, keep(0)).await?.blobs, 3)?;
    let gone = |blob: Blob| async move { store.blob(&blob.hash).await };
    refused("a blob that nobody needs", ErrorKind::NotFound, gone(shared).await).map(|_| ())
}

/// A workflow that takes over what another one handed on.
fn carrying(blob: &Blob) -> Begin {
    let mut begin = begin();
    if let EventKind::WorkflowSubmitted(spec) = &mut begin.event.kind {
        let value = Stored::Blob(blob.hash.clone());
        let output = Some(OutputRecord { name: "log".to_owned(), value });
        spec.carried.push(CarriedStep { step: StepName::from_static("cut"), output });
    }
    begin
}
