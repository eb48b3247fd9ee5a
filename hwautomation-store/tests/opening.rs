//! Opening a history: who may, what is refused, and that what is refused stays untouched.

#![allow(clippy::unwrap_used, reason = "what a test calls is a test too, which clippy does not see")]

mod common;

use hwautomation_core::error::{Error, ErrorKind};
use hwautomation_core::record::Hold;
use hwautomation_core::store::{
    Acquired, After, Append, HistoryStore, Kinds, Only, Retention, Standing, Wanted, WorkflowFilter,
};
use hwautomation_store::{SqliteConfig, SqliteStore};
use rusqlite::Connection;
use std::num::NonZeroU32;
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

/// The first byte of a page says what it is (SQLite file format, section 1.6); the first page begins with the head.
#[tokio::test]
async fn a_page_that_is_not_what_it_was_is_refused_whichever_it_is() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("history.db");
    filled(&path, 100).await;
    let whole = std::fs::read(&path).unwrap();
    assert!(whole.len() > 20 * 8192, "{} bytes", whole.len());
    for page in 0..whole.len() / 8192 {
        let mut damaged = whole.clone();
        damaged[if page == 0 { 100 } else { page * 8192 }] ^= 0xff;
        std::fs::write(&path, damaged).unwrap();
        refused_untouched(&path, ErrorKind::Corrupt, "damaged");
    }
}

/// What the check of the structure cannot see is in a value: then it is read as damaged, or not at all.
#[tokio::test]
async fn bytes_that_flipped_anywhere_are_refused_or_read_as_damaged() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("history.db");
    filled(&path, 30).await;
    let whole = std::fs::read(&path).unwrap();
    let (mut random, mut refused) = (common::random::Random::new(), 0);
    for _ in 0..150 {
        let mut damaged = whole.clone();
        let at = 100 + usize::try_from(random.next()).unwrap() % (whole.len() - 108);
        damaged[at..at + 8].iter_mut().for_each(|byte| *byte ^= 0xff);
        std::fs::write(&path, damaged).unwrap();
        match open(&path) {
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Corrupt, "at {at}: {error:?}");
                assert!(error.remedy().is_some(), "at {at}: {error:?}");
                refused += 1;
            }
            Ok(store) => {
                let rows = store.list(&WorkflowFilter::default(), None, 100).await;
                let events = store.follow(0, 100, Default::default()).await;
                for error in [rows.err(), events.err()].into_iter().flatten() {
                    assert_eq!(error.kind(), ErrorKind::Corrupt, "at {at}: {error:?}");
                }
            }
        }
        for beside in ["history.db-wal", "history.db-shm"] {
            let _there_is_none = std::fs::remove_file(folder.path().join(beside));
        }
    }
    assert!(refused > 0);
}

/// The names of columns are text on a page like any other, and the check of the structure does not read it.
#[tokio::test]
async fn a_file_whose_columns_have_other_names_is_damaged_and_not_merely_out_of_order() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("history.db");
    filled(&path, 3).await;
    let whole = std::fs::read(&path).unwrap();
    for name in ["next_seq", "position", "ready_at", "submitted_at", "machine_changed"] {
        let mut damaged = whole.clone();
        let places: Vec<usize> =
            (0..whole.len() - name.len()).filter(|at| whole[*at..].starts_with(name.as_bytes())).collect();
        places.iter().for_each(|at| damaged[*at] ^= 1);
        std::fs::write(&path, damaged).unwrap();
        let error = match open(&path) {
            Err(error) => error,
            Ok(store) => {
                let rows = store.list(&WorkflowFilter::default(), None, 100).await.err();
                let changes = store.follow(0, 100, Only::MachineChanges).await.err();
                rows.or(changes).unwrap()
            }
        };
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{name}: {error:?}");
        for beside in ["history.db-wal", "history.db-shm"] {
            let _there_is_none = std::fs::remove_file(folder.path().join(beside));
        }
    }
}

/// SQLite itself takes over any log that is whole, and shows one history in the file of another.
#[tokio::test]
async fn the_log_of_another_history_is_refused_and_neither_file_is_touched() {
    let folder = tempdir().unwrap();
    let (path, other) = (folder.path().join("history.db"), folder.path().join("other.db"));
    let log = folder.path().join("history.db-wal");
    filled(&path, 50).await;
    let running = open(&other).unwrap();
    for workflows in [1, 200] {
        common::begun(&running, workflows).await;
        let foreign = std::fs::read(folder.path().join("other.db-wal")).unwrap();
        std::fs::write(&log, &foreign).unwrap();
        refused_untouched(&path, ErrorKind::Corrupt, "another history");
        assert!(std::fs::read(&log).unwrap() == foreign, "the log was touched");
    }
    std::fs::remove_file(&log).unwrap();
    let store = open(&path).unwrap();
    assert_eq!(store.list(&WorkflowFilter::default(), None, 100).await.unwrap().len(), 50);
    drop(store);

    // Its own log is taken over, as after a crash.
    let crashed = folder.path().join("crashed.db");
    for (name, copy) in [("other.db", &crashed), ("other.db-wal", &folder.path().join("crashed.db-wal"))] {
        std::fs::copy(folder.path().join(name), copy).unwrap();
    }
    let store = open(&crashed).unwrap();
    assert_eq!(store.list(&WorkflowFilter::default(), None, 1000).await.unwrap().len(), 201);
}

/// The file alone still has what was pruned; that is no sign of a foreign log.
#[tokio::test]
async fn a_crash_after_pruning_the_newest_is_no_damage_and_positions_go_on() {
    let folder = tempdir().unwrap();
    let (path, crashed) = (folder.path().join("history.db"), folder.path().join("crashed.db"));
    let store = open(&path).unwrap();
    let lease = common::begun(&store, 1).await[0];
    let mut last = Append { after: After::End, ..common::append(lease, 1) };
    last.summary.ended_at = Some(hwautomation_core::time::Timestamp::MIN);
    store.append(last).await.unwrap();
    drop(store);
    let store = open(&path).unwrap();
    let all = Retention { keep_newest: Some(0), ..Retention::default() };
    assert_eq!(store.prune(&all).await.unwrap().events, 2);
    std::fs::copy(&path, &crashed).unwrap();
    std::fs::copy(folder.path().join("history.db-wal"), folder.path().join("crashed.db-wal")).unwrap();
    let store = open(&crashed).unwrap();
    assert_eq!(store.follow(0, 10, Default::default()).await.unwrap(), []);
    let begun = store.begin(common::begin()).await.unwrap();
    assert_eq!(begun.events[0].position, 3);
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
    store.next_due(&Kinds::any()).await.unwrap();
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
    let at = Some(rows[1].submitted_at);
    let since = WorkflowFilter { submitted_from: at, ..WorkflowFilter::default() };
    assert_eq!(store.list(&since, None, 10).await.unwrap(), rows, "old rows have the new columns");
    let before = WorkflowFilter { submitted_before: at, ..WorkflowFilter::default() };
    assert_eq!(store.list(&before, None, 10).await.unwrap(), []);
    assert_eq!(store.follow(0, 10, Default::default()).await.unwrap().len(), 4);
    assert_eq!(store.inbox(rows[0].id).await.unwrap().len(), 1);
    let large = hwautomation_core::record::BlobHash::of(b"large");
    assert_eq!(store.blob(&large).await.unwrap(), b"large");
    let machine = hwautomation_core::id::MachineId::from_static("rack1-u7");
    assert_eq!(store.claim_on(&machine).await.unwrap(), Some(rows[1].id));
    let leases = store
        .claim(hwautomation_core::id::OwnerId::generate(), common::HOUR, 10, &Kinds::any())
        .await
        .unwrap();
    assert_eq!(leases.len(), 2);
    let counts = store.counts().await.unwrap();
    let counted: u64 = Standing::ALL.map(|standing| counts.of(standing)).iter().sum();
    assert_eq!(counted, 2, "what began before there were counts is counted: {counts:?}");
    assert!(leases.iter().all(|lease| lease.key.epoch == 2), "{leases:?}");

    // Old blobs go with the old workflow that names them.
    let lease = leases.iter().find(|lease| lease.key.workflow == rows[1].id).unwrap();
    let mut last = Append { after: After::End, ..common::append(lease.key, 3) };
    last.summary.ended_at = Some(hwautomation_core::time::Timestamp::MIN);
    store.append(last).await.unwrap();
    let all = Retention { keep_newest: Some(0), ..Retention::default() };
    let pruned = store.prune(&all).await.unwrap();
    assert_eq!((pruned.workflows, pruned.events, pruned.blobs), (1, 3, 1));
    assert_eq!(store.blob(&large).await.unwrap_err().kind(), ErrorKind::NotFound);
    let name = hwautomation_core::id::PermitName::from_static("rack-7");
    let wanted = Wanted { name, limit: NonZeroU32::MIN, hold: Hold::Step };
    let other = leases.iter().find(|lease| lease.key.workflow != rows[1].id).unwrap();
    assert_eq!(store.acquire(other.key, &[wanted]).await.unwrap(), Acquired::Granted);
    store.wake(other.key.workflow).await.unwrap();
    drop(store);
    assert!(open(&path).is_ok(), "it opens again");
}

/// Whatever stands where an id should be: the other workflows are there, with their new columns and their blobs.
#[tokio::test]
async fn damaged_ids_in_yesterdays_history_do_not_keep_the_others_from_opening() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("history.db");
    sql(&path, include_str!("data/v1.sql"));
    sql(
        &path,
        "INSERT INTO workflow (id, name, state, ended, summary, position, next_seq)
            SELECT x'0102', name, state, 1, summary, position, next_seq FROM workflow LIMIT 1;
        INSERT INTO workflow (id, name, state, ended, summary, position, next_seq)
            SELECT 'an id', name, state, 1, 7, position, next_seq FROM workflow LIMIT 1;
        INSERT INTO event (position, workflow, seq, batch, machine_changed, json)
            SELECT 0, x'0102', seq, batch, machine_changed, json FROM event WHERE json LIKE '%\"blob\":%' LIMIT 1;
        INSERT INTO event (position, workflow, seq, batch, machine_changed, json)
            SELECT -1, 3, 0, batch, machine_changed, json FROM event WHERE json LIKE '%\"blob\":%' LIMIT 1;",
    );
    drop(open(&path).unwrap());
    let conn = Connection::open(&path).unwrap();
    let count = |sql| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM workflow WHERE length(id) = 16 AND submitted_at IS NOT NULL"), 2);
    assert_eq!(count("SELECT count(*) FROM blob_use WHERE length(workflow) = 16"), 1);
    assert_eq!(count("PRAGMA user_version"), 2);
}

#[tokio::test]
async fn yesterdays_history_has_the_tables_of_a_new_one() {
    let folder = tempdir().unwrap();
    let (old, new) = (folder.path().join("old.db"), folder.path().join("new.db"));
    sql(&old, include_str!("data/v1.sql"));
    let tables = |path: &Path| {
        drop(open(path).unwrap());
        let conn = Connection::open(path).unwrap();
        let mut names = conn.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY name").unwrap();
        let rows = names.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        let rows: Vec<(String, String, Option<String>)> = rows.unwrap().map(Result::unwrap).collect();
        (conn.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).unwrap(), rows)
    };
    assert_eq!(tables(&old), tables(&new));
}
