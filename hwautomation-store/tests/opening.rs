//! Opening a history: who may, what is refused, and that what is refused stays untouched.

#![allow(clippy::unwrap_used, reason = "what a test calls is a test too, which clippy does not see")]

mod common;

use hwautomation_core::error::{Error, ErrorKind};
use hwautomation_core::store::{HistoryStore, Standing};
use hwautomation_store::{SqliteConfig, SqliteStore};
use rusqlite::Connection;
use std::path::Path;
use tempfile::tempdir;

fn open(path: &Path) -> Result<SqliteStore, Error> {
    SqliteStore::open(SqliteConfig::new(path))
}

/// Expects this kind, advice, and that the file is as it was.
fn refused_untouched(path: &Path, kind: ErrorKind, part: &str) {
    let before = std::fs::read(path).unwrap();
    let error = open(path).unwrap_err();
    assert_eq!(error.kind(), kind, "{error:?}");
    assert!(error.message().contains(part) && error.remedy().is_some(), "{error:?}");
    assert!(std::fs::read(path).unwrap() == before, "the file was touched");
}

fn sql(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

async fn filled(path: &Path, workflows: usize) {
    let store = open(path).unwrap();
    common::begun(&store, workflows).await;
}

#[tokio::test]
async fn the_second_opener_is_told_that_it_is_busy_until_the_first_closes() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("history.db");
    let first = open(&path).unwrap();
    let error = open(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(error.remedy().is_some_and(|remedy| remedy.contains("one process at a time")), "{error:?}");
    drop(first);
    open(&path).unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn another_name_of_the_file_has_the_same_lock() {
    let folder = tempdir().unwrap();
    let (path, link) = (folder.path().join("history.db"), folder.path().join("link.db"));
    let _first = open(&path).unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert_eq!(open(&link).unwrap_err().kind(), ErrorKind::Busy);
}

#[tokio::test]
async fn commits_are_synced() {
    let folder = tempdir().unwrap();
    let pragmas = open(&folder.path().join("history.db")).unwrap().pragmas().await.unwrap();
    assert_eq!((pragmas.journal_mode.as_str(), pragmas.synchronous.as_str()), ("wal", "full"));
}

#[test]
fn a_text_file_is_refused_and_gets_no_lock_file() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    for text in ["shopping list".to_owned(), "long ".repeat(1000)] {
        std::fs::write(&path, text).unwrap();
        refused_untouched(&path, ErrorKind::Corrupt, "no SQLite database");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn the_database_of_another_program_is_refused() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("photos.db");
    sql(&path, "CREATE TABLE photo (id INTEGER)");
    refused_untouched(&path, ErrorKind::Corrupt, "another program");
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("history.db");
    filled(&path, 1).await;
    sql(&path, "PRAGMA user_version=3");
    refused_untouched(&path, ErrorKind::Corrupt, "newer");
}

#[tokio::test]
async fn a_truncated_file_is_refused() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("history.db");
    filled(&path, 100).await;
    let whole = std::fs::read(&path).unwrap();
    for left in [whole.len() - 1000, whole.len() / 2, 4096, 150, 50] {
        std::fs::write(&path, &whole[..left]).unwrap();
        let error = open(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{left} bytes: {error:?}");
        assert!(error.message().contains("history.db") && error.remedy().is_some(), "{error:?}");
    }
}

#[tokio::test]
async fn a_damaged_page_is_refused() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("history.db");
    filled(&path, 100).await;
    let mut damaged = std::fs::read(&path).unwrap();
    let page = damaged.len() / 8192 / 2 * 8192;
    damaged[page..page + 400].fill(0xa5);
    std::fs::write(&path, damaged).unwrap();
    refused_untouched(&path, ErrorKind::Corrupt, "damaged");
}

#[tokio::test]
async fn a_damaged_event_stops_only_its_own_workflow() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("history.db");
    filled(&path, 2).await;
    sql(&path, "UPDATE event SET json = '{' WHERE position = 1");
    let store = open(&path).unwrap();
    let rows = store.list(&Default::default(), None, 10).await.unwrap();
    let error = store.events(rows[1].id, 0, 10).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.message().contains("position 1"), "{error:?}");
    assert_eq!(store.events(rows[0].id, 0, 10).await.unwrap().len(), 1);
}

#[test]
fn an_empty_file_and_a_relative_path_are_new_histories() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("history.db");
    std::fs::write(&path, "").unwrap();
    open(&path).unwrap();
    let error = SqliteStore::open(SqliteConfig::new("")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[test]
fn a_missing_folder_is_named() {
    let folder = tempdir().unwrap();
    let error = open(&folder.path().join("no/such/history.db")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(error.remedy().is_some_and(|remedy| remedy.contains("create the folder")), "{error:?}");
    assert!(error.message().contains("no/such"), "{error:?}");
}

#[test]
fn a_folder_is_no_history() {
    let folder = tempdir().unwrap();
    assert_eq!(open(folder.path()).unwrap_err().kind(), ErrorKind::Storage);
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o500)).unwrap();
    // The superuser may write everywhere but there.
    let superuser = std::fs::write(folder.path().join("probe"), "").is_ok();
    let place = if superuser { Path::new("/proc") } else { folder.path() };
    let error = open(&place.join("history.db")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(error.remedy().is_some(), "{error:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_a_new_history() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempdir().unwrap();
    let store = open(&folder.path().join("history.db")).unwrap();
    common::begun(&store, 1).await;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.path());
    }
}

#[tokio::test]
async fn closing_leaves_one_file_and_its_lock() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("history.db");
    let store = open(&path).unwrap();
    common::begun(&store, 3).await;
    store.next_due().await.unwrap();
    drop(store);
    let mut names: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["history.db", "history.db.lock"]);
}

/// `tests/data/v1.sql` says where it comes from. Stored histories only grow: it is never changed, and a later
/// version adds its own beside it.
#[tokio::test]
async fn yesterdays_history_opens() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("history.db");
    sql(&path, include_str!("data/v1.sql"));
    let store = open(&path).unwrap();
    let rows = store.list(&Default::default(), None, 10).await.unwrap();
    let mut events = Vec::new();
    for row in &rows {
        events.push(store.events(row.id, 0, 10).await.unwrap().len());
    }
    assert_eq!(events, [1, 3]);
    assert_eq!(store.follow(0, 10, Default::default()).await.unwrap().len(), 4);
    assert_eq!(store.inbox(rows[0].id).await.unwrap().len(), 1);
    let large = hwautomation_core::record::BlobHash::of(b"large");
    assert_eq!(store.blob(&large).await.unwrap(), b"large");
    let machine = hwautomation_core::id::MachineId::from_static("rack1-u7");
    assert_eq!(store.claim_on(&machine).await.unwrap(), Some(rows[1].id));
    let leases = store.claim(hwautomation_core::id::OwnerId::generate(), common::HOUR, 10).await.unwrap();
    assert_eq!(leases.len(), 2);
    let counts = store.counts().await.unwrap();
    let open: u64 = Standing::ALL.map(|standing| counts.of(standing)).iter().sum();
    assert_eq!(open, 2, "what began before there were counts is counted: {counts:?}");
    assert!(leases.iter().all(|lease| lease.key.epoch == 2), "{leases:?}");
}
