//! Clauses about the inbox.

use super::HistoryFixture;
use super::build::{HOUR, append, begin, begun, claim_due, claim_only, end, item, keys, started};
use crate::error::ErrorKind;
use crate::id::WorkflowId;
use crate::store::refusal::INBOX_MAX;
use crate::store::{Hint, Kinds, After, Append, HistoryStore, InboxItem, Lease, Posted};
use crate::testing::conformance::check::{Checked, done, holds, refused, same};
use std::sync::Arc;
use tokio::task::JoinSet;

async fn post(store: &dyn HistoryStore, workflow: WorkflowId, key: &str) -> Checked<Posted> {
    done(&format!("posting {key}"), store.post(item(workflow, key)).await)
}

/// Begins a workflow that waits for an hour.
async fn asleep(fixture: &dyn HistoryFixture, store: &dyn HistoryStore) -> Checked<WorkflowId> {
    let lease = begun(store, begin()).await?;
    done("releasing", store.release(lease.key, fixture.now() + HOUR).await)?;
    Ok(lease.key.workflow)
}

/// Checks that a workflow with an item does not sleep on, however it let go.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn an_item_wakes_its_workflow(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let (workflow, other) = (asleep(fixture, &*store).await?, asleep(fixture, &*store).await?);
    post(&*store, workflow, "while it sleeps").await?;
    let due = done("next_due", store.next_due(&Kinds::any()).await)?;
    holds(&format!("it is due by now, not at {due:?}"), due.is_some_and(|due| due <= fixture.now()))?;
    let lease = claim_only(&*store, workflow).await?;

    post(&*store, workflow, "while it is leased").await?;
    same("what an item takes from its owner", claim_due(&*store).await?, Vec::new())?;
    let late = fixture.now() + HOUR;
    done("releasing with items", store.release(lease.key, late).await)?;
    let lease = claim_only(&*store, workflow).await?;
    let let_go = |lease: Lease, seq, items: &[InboxItem]| Append {
        consumed: items.iter().map(|item| item.id).collect(),
        after: After::Release { wake_at: late },
        ..append(lease, seq, vec![started(1)])
    };
    let items = done("reading the inbox", store.inbox(workflow).await)?;
    done("appending, one item left", store.append(let_go(lease, 1, &items[..1])).await)?;
    let lease = claim_only(&*store, workflow).await?;
    done("appending, no item left", store.append(let_go(lease, 2, &items[1..])).await)?;
    same("what is due without items", claim_due(&*store).await?, Vec::new())?;
    post(&*store, other, "to another").await?;
    claim_only(&*store, other).await.map(|_| ())
}

/// Checks that a sender may send the same item again, and that this tells nobody.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn an_item_with_a_waiting_key_is_a_duplicate(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let lease = begun(&*store, begin()).await?;
    let (workflow, other) = (lease.key.workflow, asleep(fixture, &*store).await?);
    same("the first", post(&*store, workflow, "key").await?, Posted::Accepted)?;
    same("the second", post(&*store, workflow, "key").await?, Posted::Duplicate)?;
    same("the same key elsewhere", post(&*store, other, "key").await?, Posted::Accepted)?;
    same("the waiting keys", keys(&*store, workflow).await?, vec!["key".to_owned()])?;

    let mut hints = store.hints().listen();
    same("the third", post(&*store, workflow, "key").await?, Posted::Duplicate)?;
    let ours = Hint::Inbox(begin().workflow);
    store.hints().tell(ours);
    same("the first hint after a duplicate", hints.next().await, ours)?;

    let items = done("reading the inbox", store.inbox(workflow).await)?;
    let consumed = items.iter().map(|item| item.id).collect();
    done("consuming", store.append(Append { consumed, ..append(lease, 1, vec![started(1)]) }).await)?;
    same("the key of one that is gone", post(&*store, workflow, "key").await?, Posted::Accepted)
}

/// Checks the order of items, and that each stays until its own workflow has consumed it.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn items_come_in_order_until_consumed(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let lease = begun(&*store, begin()).await?;
    let (workflow, other) = (lease.key.workflow, asleep(fixture, &*store).await?);
    for key in ["c", "a", "b"] {
        post(&*store, workflow, key).await?;
        post(&*store, other, key).await?;
    }
    let items = done("reading the inbox", store.inbox(workflow).await)?;
    let read: Vec<_> = items.iter().map(|item| item.item.clone()).collect();
    same("the items", read, ["c", "a", "b"].map(|key| item(workflow, key)).to_vec())?;
    holds("their numbers grow", items.is_sorted_by(|a, b| a.id < b.id))?;

    let theirs = done("reading the other inbox", store.inbox(other).await)?;
    let consumed = vec![items[1].id, theirs[0].id, u64::MAX >> 1];
    done("consuming one", store.append(Append { consumed, ..append(lease, 1, Vec::new()) }).await)?;
    same("the items left", keys(&*store, workflow).await?, vec!["c".to_owned(), "b".to_owned()])?;
    same("the items of another workflow", keys(&*store, other).await?.len(), 3)?;
    let consumed = items.iter().map(|item| item.id).collect();
    done("consuming all", store.append(Append { consumed, ..append(lease, 1, vec![started(1)]) }).await)?;
    post(&*store, workflow, "later").await?;
    let later = done("reading the inbox", store.inbox(workflow).await)?;
    let newest = items.iter().chain(&theirs).map(|item| item.id).max();
    holds("a number is never used again", later.first().map(|item| item.id) > newest)?;
    same("the inbox of nobody", keys(&*store, begin().workflow).await?, Vec::<String>::new())
}

/// Checks that an item for a workflow that will not read it is refused.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn an_ended_workflow_takes_no_items(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let lease = begun(&*store, begin()).await?;
    let workflow = lease.key.workflow;
    post(&*store, workflow, "too late to be read").await?;
    done("ending", store.append(end(lease, 1)).await)?;
    same("the items after the end", keys(&*store, workflow).await?, Vec::<String>::new())?;
    refused("posting after the end", ErrorKind::Conflict, store.post(item(workflow, "late")).await)?;
    let unknown = store.post(item(begin().workflow, "to nobody")).await;
    refused("posting to nobody", ErrorKind::NotFound, unknown).map(|_| ())
}

/// Checks that a sender gone wild is stopped.
///
/// # Errors
///
/// Says which expectation broke.
pub async fn a_full_inbox_is_busy(fixture: &dyn HistoryFixture) -> Result<(), String> {
    let store = fixture.store().await;
    let workflow = asleep(fixture, &*store).await?;
    let mut senders = JoinSet::new();
    for number in 0..INBOX_MAX {
        let store = Arc::clone(&store);
        senders.spawn(async move { store.post(item(workflow, &number.to_string())).await });
    }
    for result in senders.join_all().await {
        same("room", done("posting", result)?, Posted::Accepted)?;
    }
    refused("one too many", ErrorKind::Busy, store.post(item(workflow, "one too many")).await)?;
    same("a waiting key", post(&*store, workflow, "7").await?, Posted::Duplicate)?;
    same("items", keys(&*store, workflow).await?.len(), INBOX_MAX)
}
