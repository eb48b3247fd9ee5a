//! Clauses about reading.

use super::HistoryFixture;
use super::build::{append, begin, begin_on, begun, blob, claim_due, count, end, machine, moved, started};
use crate::error::ErrorKind;
use crate::id::{WorkflowId, WorkflowName};
use crate::record::{Blob, Event, EventKind, NewEvent, RunState, Seq, Stored};
use crate::store::{Begin, HistoryStore, Only, WorkflowFilter};
use crate::testing::conformance::check::{Checked, done, holds, refused, same};

/// Checks that events come back as they were given, whole and in pages.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn events_read_back_as_written(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let (place, large) = (machine("rack1-u7"), blob("large"));
    let first = begin_on(&place);
    let mut given = vec![first.event.clone()];
    let lease = begun(&*store, first).await?;
    let workflow = lease.key.workflow;
    let evidence = EventKind::Recorded {
        step: crate::id::StepName::from_static("cut"),
        name: "log".to_owned(),
        payload: Stored::Blob(large.hash.clone()),
    };
    let events = vec![started(1), moved(&place), super::build::event(evidence), started(2), moved(&place)];
    given.extend(events.clone());
    let mut written = append(lease, 1, events);
    written.blobs.push(large);
    done("appending", store.append(written).await)?;
    let other = begun(&*store, begin()).await?;
    done("appending elsewhere", store.append(append(other, 1, vec![started(1)])).await)?;

    let expected: Vec<Event> = numbered(workflow, given);
    for page in [1, 2, 3, 100] {
        same(&format!("events in pages of {page}"), in_pages(&*store, workflow, page).await?, expected.clone())?;
    }
    let middle = done("reading from 4", store.events(workflow, 4, 1).await)?;
    same("one event in the middle", middle, expected[4..5].to_vec())?;
    for (from, limit) in [(6, 10), (u64::MAX, 10), (0, 0)] {
        let none = done("reading none", store.events(workflow, from, limit).await)?;
        same(&format!("{limit} events from {from}"), none, Vec::new())?;
    }
    same("events of nobody", count(&*store, begin().workflow).await?, 0)?;
    follows(&*store, &expected).await
}

fn numbered(workflow: WorkflowId, given: Vec<NewEvent>) -> Vec<Event> {
    given.into_iter().zip(0..).map(|(event, seq)| event.numbered(workflow, seq, seq + 1)).collect()
}

async fn in_pages(store: &dyn HistoryStore, workflow: WorkflowId, page: usize) -> Checked<Vec<Event>> {
    let mut read = Vec::new();
    loop {
        let from = read.len() as Seq;
        let events = done("reading a page", store.events(workflow, from, page).await)?;
        if events.is_empty() || read.len() > 100 {
            return Ok(read);
        }
        read.extend(events);
    }
}

async fn follows(store: &dyn HistoryStore, expected: &[Event]) -> Result<(), String> {
    let all = done("following", store.follow(0, 100, Only::Everything).await)?;
    same("the log of one workflow", all.get(..6).map(<[_]>::to_vec), Some(expected.to_vec()))?;
    same("the log", all.len(), 8)?;
    for (after, limit) in [(0, 2), (2, 3), (7, 10), (8, 10), (u64::MAX, 10), (0, 0)] {
        let page = done("following", store.follow(after, limit, Only::Everything).await)?;
        let skipped = usize::try_from(after).unwrap_or(usize::MAX);
        let expected: Vec<Event> = all.iter().skip(skipped).take(limit).cloned().collect();
        same(&format!("{limit} after {after}"), page, expected)?;
    }
    for (after, positions) in [(0, vec![3, 6]), (3, vec![6]), (6, vec![])] {
        let page = done("following changes", store.follow(after, 10, Only::MachineChanges).await)?;
        let found: Vec<u64> = page.iter().map(|event| event.position).collect();
        same(&format!("machine changes after {after}"), found, positions)?;
    }
    let first = done("following one change", store.follow(0, 1, Only::MachineChanges).await)?;
    same("the first machine change", first, expected[2..3].to_vec())
}

/// Checks that damage to one event hides no other, whoever reads.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn a_damaged_event_reads_as_unreadable(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let hurt = begun(&*store, begin()).await?.key.workflow;
    let lease = begun(&*store, begin()).await?;
    let whole = lease.key.workflow;
    done("appending", store.append(append(lease, 1, vec![started(1), started(2), started(3)])).await)?;
    let before = done("following", store.follow(0, 100, Only::Everything).await)?;
    for (workflow, seq) in [(whole, 2), (hurt, 0)] {
        fixture.damage(workflow, seq).await;
    }
    let damaged = |event: &Event| (event.workflow, event.seq) == (whole, 2) || event.workflow == hurt;
    for page in [1, 2, 100] {
        let mut after: Vec<Event> = Vec::new();
        while after.len() < before.len() {
            let from = after.last().map_or(0, |event| event.position);
            let read = done("following past damage", store.follow(from, page, Only::Everything).await)?;
            same("whether there is more", read.is_empty(), false)?;
            after.extend(read);
        }
        check_damage(&before, &after, damaged)?;
    }
    for workflow in [hurt, whole] {
        let before: Vec<Event> = before.iter().filter(|event| event.workflow == workflow).cloned().collect();
        let after = done("reading past damage", store.events(workflow, 0, 100).await)?;
        check_damage(&before, &after, damaged)?;
    }
    let last = done("reading behind damage", store.events(whole, 3, 100).await)?;
    same("the event behind the damaged one", last.last(), before.last())?;
    let next = done("appending", store.append(append(lease, 4, vec![started(4)])).await)?;
    same("the next number", next.events.first().map(|event| event.seq), Some(4))
}

fn check_damage(before: &[Event], after: &[Event], damaged: impl Fn(&Event) -> bool) -> Checked<()> {
    same("events", after.len(), before.len())?;
    for (before, after) in before.iter().zip(after) {
        if !damaged(before) {
            same("an event that was not damaged", after, before)?;
            continue;
        }
        let numbers = |event: &Event| (event.workflow, event.seq, event.position);
        same("the numbers of a damaged event", numbers(after), numbers(before))?;
        let says_why = matches!(&after.kind, EventKind::Unreadable { why } if !why.is_empty());
        holds("a damaged event is unreadable, and says why", says_why)?;
    }
    Ok(())
}

/// Checks blobs: the bytes under a hash, once, for all workflows.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn a_blob_reads_back_and_is_stored_once(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let (shared, binary) = (blob("shared"), Blob { hash: crate::record::BlobHash::of(&[0, 255]), bytes: vec![0, 255] });
    let first = Begin { blobs: vec![shared.clone(), binary.clone()], ..begin() };
    let lease = begun(&*store, first).await?;
    let mut again = append(lease, 1, vec![started(1)]);
    again.blobs = vec![shared.clone(), shared.clone()];
    done("the same blob again", store.append(again).await)?;
    for blob in [&shared, &binary] {
        let bytes = done("reading a blob", store.blob(&blob.hash).await)?;
        same("its bytes", bytes, blob.bytes.clone())?;
    }
    refused("an unknown blob", ErrorKind::NotFound, store.blob(&blob("unknown").hash).await)?;

    let lie = |about: &Blob| Blob { hash: about.hash.clone(), bytes: b"other bytes".to_vec() };
    let (mut lying, hidden) = (append(lease, 2, vec![started(2)]), blob("hidden"));
    lying.blobs = vec![lie(&shared), lie(&hidden)];
    done("other bytes under a known hash", store.append(lying).await)?;
    let bytes = done("reading what was there first", store.blob(&shared.hash).await)?;
    same("what was there first", bytes, shared.bytes)?;
    refused("bytes of another hash", ErrorKind::Corrupt, store.blob(&hidden.hash).await).map(|_| ())
}

/// Checks the list of workflows: its order, its pages, its filters.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn summaries_are_listed_newest_first_in_pages(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let (here, there) = (machine("here"), machine("there"));
    let flash = WorkflowName::from_static("flash");
    let mut begins = vec![begin_on(&here), begin_on(&there), begin(), begin(), begin()];
    begins[1].summary.name = flash.clone();
    let parent = Some(begins[0].workflow);
    (begins[1].summary.parent, begins[2].summary.parent) = (parent, parent);
    begins[3].summary.machine = Some(here.clone());
    let ids: Vec<WorkflowId> = begins.iter().map(|begin| begin.workflow).collect();
    // Begun in another order than that of their ids.
    for begin in begins.into_iter().rev() {
        done("beginning", store.begin(begin).await)?;
    }
    for lease in claim_due(&*store).await? {
        let step = append(lease, 1, vec![started(1)]);
        let last = end(lease, 1);
        if lease.key.workflow == ids[1] {
            let name = flash.clone();
            let machine = Some(there.clone());
            let summary = crate::record::WorkflowSummary { name, machine, parent, ..last.summary.clone() };
            done("ending", store.append(crate::store::Append { summary, ..last }).await)?;
        } else if lease.key.workflow == ids[4] {
            done("appending", store.append(step).await)?;
        }
    }
    let newest_first: Vec<WorkflowId> = ids.iter().rev().copied().collect();
    for page in [1, 2, 4, 5, 50] {
        same(&format!("pages of {page}"), list_in_pages(&*store, page).await?, newest_first.clone())?;
    }
    let any = WorkflowFilter::default;
    let states = |states: &[RunState]| WorkflowFilter { states: states.to_vec(), ..any() };
    let cases = [
        ("open ones", WorkflowFilter::open(), vec![4, 3, 2, 0]),
        ("running ones", states(&[RunState::Running]), vec![4]),
        ("completed ones", states(&[RunState::Completed]), vec![1]),
        ("failed ones", states(&[RunState::Failed]), vec![]),
        ("running or completed", states(&[RunState::Running, RunState::Completed]), vec![4, 1]),
        ("of a machine", WorkflowFilter { machine: Some(here.clone()), ..any() }, vec![3, 0]),
        ("of a name", WorkflowFilter { name: Some(flash.clone()), ..any() }, vec![1]),
        ("of a parent", WorkflowFilter { parent, ..any() }, vec![2, 1]),
        ("open ones of a parent", WorkflowFilter { parent, ..WorkflowFilter::open() }, vec![2]),
        ("ended ones of a parent", WorkflowFilter { parent, ..states(&[RunState::Completed]) }, vec![1]),
        ("of a machine and a name", WorkflowFilter { machine: Some(here), name: Some(flash), ..any() }, vec![]),
    ];
    for (what, filter, expected) in cases {
        let rows = done(what, store.list(&filter, None, 50).await)?;
        let found: Vec<WorkflowId> = rows.iter().map(|row| row.id).collect();
        same(what, found, expected.into_iter().map(|index: usize| ids[index]).collect())?;
        for row in rows {
            let alone = done("reading the row", store.summary(row.id).await)?;
            same("the row in a list and alone", alone, Some(row))?;
        }
    }
    let page = done("a filtered page", store.list(&WorkflowFilter::open(), Some(ids[3]), 1).await)?;
    same("a filtered page", page.first().map(|row| row.id), Some(ids[2]))?;
    let children = WorkflowFilter { parent, ..any() };
    let page = done("a page of a parent", store.list(&children, Some(ids[2]), 1).await)?;
    same("a page of a parent", page.first().map(|row| row.id), Some(ids[1]))
}

async fn list_in_pages(store: &dyn HistoryStore, page: usize) -> Checked<Vec<WorkflowId>> {
    let mut found: Vec<WorkflowId> = Vec::new();
    loop {
        let before = found.last().copied();
        let rows = done("listing", store.list(&WorkflowFilter::default(), before, page).await)?;
        if rows.is_empty() || found.len() > 100 {
            return Ok(found);
        }
        found.extend(rows.iter().map(|row| row.id));
    }
}
