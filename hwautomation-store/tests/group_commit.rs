//! What waits is committed together, and each call keeps its own answer.

mod common;

use common::{append, begin, begun};
use hwautomation_core::error::{ErrorClass, ErrorKind};
use hwautomation_core::id::{OwnerId, SignalName};
use hwautomation_core::store::{Command, Hint, HistoryStore, Kinds, LeaseKey, NewItem, Only, WorkflowFilter};
use hwautomation_store::{SqliteConfig, SqliteStore};
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use tempfile::{TempDir, tempdir};
use tokio::task::JoinSet;

fn open(folder: &TempDir) -> Arc<SqliteStore> {
    Arc::new(SqliteStore::open(SqliteConfig::new(folder.path().join("history.db"))).expect("it opens"))
}

/// Counts the commits since the log began anew, each of which marks its last frame with the size of the database
/// (SQLite file format, section 4.1: 32 bytes of header, then frames of 24 bytes and a page).
fn commits(folder: &Path) -> usize {
    let log = std::fs::read(folder.join("history.db-wal")).expect("the log is there");
    let page = log[8..12].iter().fold(0, |size, byte| size << 8 | usize::from(*byte));
    let of_this_log = |at: &usize| log[at + 8..at + 16] == log[16..24];
    let frames = (32..log.len().saturating_sub(24)).step_by(24 + page);
    frames.take_while(of_this_log).filter(|at| log[at + 4..at + 8] != [0; 4]).count()
}

async fn append_at_once(store: &Arc<SqliteStore>, leases: &[LeaseKey], seq: u64) -> Vec<bool> {
    let mut writers = JoinSet::new();
    for lease in leases {
        let (store, append) = (Arc::clone(store), append(*lease, seq));
        writers.spawn(async move { store.append(append).await.is_ok() });
    }
    writers.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_appends_at_once_need_few_commits() {
    let folder = tempdir().unwrap();
    let store = open(&folder);
    let mut leases = Vec::new();
    let mut beginners = JoinSet::new();
    for _ in 0..1000 {
        let store = Arc::clone(&store);
        beginners.spawn(async move { store.begin(begin()).await.is_ok() });
    }
    assert!(beginners.join_all().await.into_iter().all(|begun| begun));
    leases.extend(store.claim(OwnerId::generate(), common::HOUR, 1000, &Kinds::any()).await.unwrap());
    let leases: Vec<LeaseKey> = leases.into_iter().map(|lease| lease.key).collect();
    let before = commits(folder.path());
    assert!(append_at_once(&store, &leases, 1).await.into_iter().all(|stored| stored));
    let commits = commits(folder.path()) - before;
    assert!((1..=200).contains(&commits), "1000 appends took {commits} commits");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_call_does_not_spoil_its_group() {
    let folder = tempdir().unwrap();
    let store = open(&folder);
    let leases = begun(&*store, 50).await;
    let mut writers = JoinSet::new();
    for lease in &leases {
        for key in [*lease, LeaseKey { epoch: 9, ..*lease }] {
            let (store, append) = (Arc::clone(&store), append(key, 1));
            writers.spawn(async move { (key.epoch == 9, store.append(append).await) });
        }
    }
    for (stranger, result) in writers.join_all().await {
        match result {
            Ok(_) => assert!(!stranger),
            Err(error) => assert!(stranger && error.kind() == ErrorKind::LeaseLost, "{error:?}"),
        }
    }
    assert_eq!(store.follow(0, 1000, Only::Everything).await.unwrap().len(), 100);
}

/// SQLite answers alike when the disk is full and when `max_page_count` is reached: SQLITE_FULL.
#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_all_that_wait_hear_it_and_nothing_is_half_stored() {
    let folder = tempdir().unwrap();
    let config = SqliteConfig::new(folder.path().join("history.db"));
    let store = Arc::new(SqliteStore::open(SqliteConfig { mib_max: Some(1), ..config }).unwrap());
    let leases = begun(&*store, 30).await;
    let mut writers = JoinSet::new();
    for (index, lease) in leases.iter().enumerate() {
        let (store, mut append) = (Arc::clone(&store), append(*lease, 1));
        // Every second one is larger than all that fits, and takes its group with it.
        append.summary.error = Some("x".repeat(if index % 2 == 0 { 1024 * 1024 } else { 10 }));
        writers.spawn(async move { store.append(append).await });
    }
    let errors: Vec<_> = writers.join_all().await.into_iter().filter_map(Result::err).collect();
    assert!(errors.len() >= 15, "{} of 30 were refused", errors.len());
    for error in &errors {
        assert_eq!(
            (error.kind(), error.class()),
            (ErrorKind::Storage, ErrorClass::Transient { after: None })
        );
        assert!(error.remedy().is_some_and(|remedy| remedy.contains("free space")), "{error:?}");
    }
    let stored = store.follow(0, 1000, Only::Everything).await.unwrap();
    assert_eq!(stored.len(), 60 - errors.len());
    for row in store.list(&WorkflowFilter::default(), None, 1000).await.unwrap() {
        let events = store.events(row.id, 0, 10).await.unwrap();
        assert_eq!(Some(row.position), events.last().map(|event| event.position));
        assert_eq!(row.error.is_some(), events.len() == 2);
    }

    // What fits still goes on, and the numbers have no gap.
    let small = append_at_once(&store, &leases, 1).await.into_iter().filter(|stored| *stored).count();
    assert_eq!(small, errors.len());
    let log = store.follow(0, 1000, Only::Everything).await.unwrap();
    assert!(log.iter().map(|event| event.position).eq(1..=60));
}

#[tokio::test]
async fn whoever_hears_a_hint_finds_it_stored() {
    let folder = tempdir().unwrap();
    let store = open(&folder);
    let (mut hints, mut events) = (store.hints().listen(), store.hints().listen_for_events());
    let leases = begun(&*store, 1).await;
    let workflow = leases[0].workflow;
    events.changed().await;
    assert_eq!(hints.next().await, Hint::Due);
    let actor = hwautomation_core::actor::Actor::person("ops");
    let name = SignalName::from_static("approved");
    let command = Command::Signal { name, payload: serde_json::Value::Null };
    let (key, at) = ("once".to_owned(), hwautomation_core::time::Timestamp::MIN);
    let item = NewItem { workflow, key, at, actor, command };
    let (heard, posted) = tokio::join!(
        async {
            let hint = hints.next().await;
            (hint, store.inbox(workflow).await.unwrap().len())
        },
        store.post(item)
    );
    posted.unwrap();
    assert_eq!(heard, (Hint::Inbox(workflow), 1));
}

#[tokio::test]
async fn dropping_the_store_stores_what_was_handed_in() {
    let folder = tempdir().unwrap();
    let store = open(&folder);
    let leases = begun(&*store, 20).await;
    for lease in &leases {
        // The caller gives up after the call was handed in.
        let mut call = Box::pin(store.append(append(*lease, 1)));
        let polled =
            std::future::poll_fn(|cx| std::task::Poll::Ready(call.as_mut().poll(cx).is_pending())).await;
        assert!(polled || store.events(lease.workflow, 1, 1).await.unwrap().len() == 1);
    }
    drop(store);
    assert_eq!(open(&folder).follow(0, 100, Only::Everything).await.unwrap().len(), 40);
}
