//! A damaged page fails the calls that touch it, and no call that waits beside them.

#![allow(clippy::unwrap_used, reason = "what a test calls is a test too, which clippy does not see")]

mod common;

use common::{append, begin, begun};
use hwautomation_core::actor::Actor;
use hwautomation_core::error::ErrorKind;
use hwautomation_core::id::{OwnerId, WorkflowId};
use hwautomation_core::store::{Command, HistoryStore, Kinds, LeaseKey, NewItem};
use hwautomation_core::time::Clock;
use hwautomation_store::{SqliteConfig, SqliteStore};
use rusqlite::{Connection, ErrorCode};
use std::collections::BTreeSet;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::{TempDir, tempdir};
use tokio::task::JoinSet;

const WORKFLOWS: usize = 200;
const PAGE_BYTES: u64 = 8192;

fn open() -> (TempDir, PathBuf, Arc<SqliteStore>) {
    let folder = tempdir().unwrap();
    let path = folder.path().join("history.db");
    let store = Arc::new(SqliteStore::open(SqliteConfig::new(&path)).unwrap());
    (folder, path, store)
}

/// Overwrites the first leaf of the table of workflows while the store is open, and lists who lies on it.
fn damage(path: &Path, workflows: &[WorkflowId]) -> BTreeSet<WorkflowId> {
    damage_leaf(path, "workflow");
    let conn = Connection::open(path).unwrap();
    let is_lost = |id: &&WorkflowId| {
        let read = conn.query_row("SELECT summary FROM workflow WHERE id = ?1", [id.as_bytes()], |_| Ok(()));
        read.is_err_and(|error| error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt))
    };
    let lost: BTreeSet<WorkflowId> = workflows.iter().filter(is_lost).copied().collect();
    assert!(!lost.is_empty() && lost.len() < workflows.len() / 2, "{} lie on the page", lost.len());
    lost
}

/// Overwrites the first leaf of a table or an index.
fn damage_leaf(path: &Path, of: &str) {
    let conn = Connection::open(path).unwrap();
    let leaf = "SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = 'leaf' ORDER BY path";
    let page: u64 = conn.query_row(leaf, [of], |row| row.get::<_, i64>(0)).unwrap().try_into().unwrap();
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let mut file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start((page - 1) * PAGE_BYTES)).unwrap();
    file.write_all(&[0xa5; 400]).unwrap();
    // A commit of somebody else makes every connection read its pages anew.
    conn.execute_batch("PRAGMA user_version = 2").unwrap();
}

fn ids(leases: &[LeaseKey]) -> Vec<WorkflowId> {
    leases.iter().map(|lease| lease.workflow).collect()
}

/// Begins, claims and appends once, so that the pages have room for another append of the same size.
async fn filled(store: &SqliteStore) -> Vec<LeaseKey> {
    let leases = begun(store, WORKFLOWS).await;
    for lease in &leases {
        store.append(append(*lease, 1)).await.unwrap();
    }
    leases
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_page_fails_the_calls_that_touch_it_and_not_their_group() {
    let (_folder, path, store) = open();
    let leases = filled(&store).await;
    let lost = damage(&path, &ids(&leases));
    let mut writers = JoinSet::new();
    for lease in leases {
        let store = Arc::clone(&store);
        writers.spawn(async move { (lease.workflow, store.append(append(lease, 2)).await) });
    }
    let mut stored = Vec::new();
    for (workflow, result) in writers.join_all().await {
        match result {
            Ok(appended) => stored.extend(appended.events),
            Err(error) => {
                assert!(lost.contains(&workflow), "{workflow} does not lie there: {error:?}");
                assert_eq!(error.kind(), ErrorKind::Corrupt);
                assert!(error.remedy().is_some_and(|remedy| remedy.contains("copy")), "{error:?}");
            }
        }
    }
    assert_eq!(stored.len(), WORKFLOWS - lost.len());
    let all = store.follow(0, 1000, Default::default()).await.unwrap();
    assert!(all.iter().map(|event| event.position).eq(1..=(3 * WORKFLOWS - lost.len()) as u64));
    stored.sort_by_key(|event| event.position);
    assert_eq!(all[2 * WORKFLOWS..], stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_on_a_damaged_page_is_not_claimed_and_everything_else_is_once() {
    let (_folder, path, store) = open();
    let mut workflows = Vec::new();
    for _ in 0..WORKFLOWS {
        let begin = begin();
        workflows.push(begin.workflow);
        store.begin(begin).await.unwrap();
    }
    let lost = damage(&path, &workflows);
    // One at a time too: what is passed over takes nobody's place.
    let mut claimed = store.claim(OwnerId::generate(), common::HOUR, 1, &Kinds::any()).await.unwrap();
    claimed.extend(store.claim(OwnerId::generate(), common::HOUR, 1000, &Kinds::any()).await.unwrap());
    let claimed: Vec<WorkflowId> = claimed.iter().map(|lease| lease.key.workflow).collect();
    let expected: Vec<WorkflowId> = workflows.into_iter().filter(|id| !lost.contains(id)).collect();
    assert_eq!(claimed, expected);
    // Else a worker would look again at once, for ever.
    let due = store.next_due(&Kinds::any()).await.unwrap().unwrap();
    assert!(due > hwautomation_core::time::Clock::system().now(), "{due}");
}

#[tokio::test(flavor = "multi_thread")]
async fn leases_on_a_damaged_page_are_lost_and_the_others_are_renewed() {
    let (_folder, path, store) = open();
    let leases = filled(&store).await;
    let lost = damage(&path, &ids(&leases));
    let named = store.renew(&leases, common::HOUR * 2).await.unwrap();
    assert_eq!(ids(&named).into_iter().collect::<BTreeSet<_>>(), lost);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_page_of_the_inbox_stops_those_whose_items_lie_there_and_nobody_else() {
    let (_folder, path, store) = open();
    let mut workflows = Vec::new();
    for number in 0..WORKFLOWS {
        let begin = begin();
        workflows.push(begin.workflow);
        store.begin(begin).await.unwrap();
        let command = Command::Cancel { why: "enough".to_owned() };
        let (at, actor) = (Clock::system().now(), Actor::person("ops"));
        let item = NewItem { workflow: workflows[number], key: "k".repeat(200), at, actor, command };
        store.post(item).await.unwrap();
    }
    damage_leaf(&path, "sqlite_autoindex_inbox_1");
    let claimed = store.claim(OwnerId::generate(), common::HOUR, 1000, &Kinds::any()).await.unwrap();
    assert!((WORKFLOWS / 2..WORKFLOWS).contains(&claimed.len()), "{} were claimed", claimed.len());
    assert!(claimed.iter().all(|lease| lease.has_items));
}
