//! A process that is killed while it writes loses nothing that it was told was stored.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "what a test calls is a test too, which clippy does not see"
)]
#![cfg(unix)]

mod common;

use common::random::Random;
use common::{append, begun};
use hwautomation_core::id::WorkflowId;
use hwautomation_core::store::{HistoryStore, Kinds, LeaseKey, Only};
use hwautomation_store::{SqliteConfig, SqliteStore};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Tells the child where the history is. Without it the child's test does nothing.
const PATH: &str = "HWAUTOMATION_KILL_TEST_PATH";
/// What [`Child::kill`] sends.
const SIGKILL: i32 = 9;
const KILLS: usize = 25;
const WRITERS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn the_child_appends_until_it_is_killed() {
    let Some(path) = std::env::var_os(PATH) else { return };
    let store = Arc::new(SqliteStore::open(SqliteConfig::new(path)).unwrap());
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        store.begin(common::begin()).await.unwrap();
    }
    // Those of the runs before are due too; each child writes to a few, old and new.
    for lease in begun(&*store, 1).await.into_iter().chain(claim(&store).await) {
        writers.spawn(write(Arc::clone(&store), lease));
    }
    writers.join_all().await;
}

async fn claim(store: &SqliteStore) -> Vec<LeaseKey> {
    let owner = hwautomation_core::id::OwnerId::generate();
    let leases = store.claim(owner, common::HOUR, WRITERS, &Kinds::any()).await.unwrap();
    leases.into_iter().map(|lease| lease.key).collect()
}

async fn write(store: Arc<SqliteStore>, lease: LeaseKey) {
    let from = store.events(lease.workflow, 0, 1_000_000).await.unwrap().len() as u64;
    for seq in from.. {
        store.append(append(lease, seq)).await.unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "stored {} {seq}", lease.workflow).unwrap();
        out.flush().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_sigkill() {
    if std::env::var_os(PATH).is_some() {
        return;
    }
    let mut random = Random::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let mut acknowledged = BTreeMap::new();
    for _ in 0..KILLS {
        // Now and then it dies while it opens.
        let answers = random.next() % 150;
        run_and_kill(&path, answers, &mut acknowledged);
        check(&path, &acknowledged).await;
    }
    assert!(acknowledged.len() > KILLS / 2, "only {} workflows were written", acknowledged.len());
}

fn run_and_kill(path: &Path, answers: u64, acknowledged: &mut BTreeMap<WorkflowId, u64>) {
    let mut child = child(path);
    let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut line = String::new();
    let mut left = answers;
    // After the kill the pipe still holds answers that were given: they count.
    loop {
        if left == 0 {
            child.kill().unwrap();
        }
        left = left.saturating_sub(1);
        line.clear();
        if out.read_line(&mut line).unwrap() == 0 {
            break;
        }
        // The last line may be torn.
        if let Some((workflow, seq)) = line.strip_suffix('\n').and_then(parse) {
            acknowledged.insert(workflow, seq);
        }
    }
    assert_eq!(child.wait().unwrap().signal(), Some(SIGKILL), "it was killed, and did not fail by itself");
}

fn child(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_child_appends_until_it_is_killed", "--nocapture"])
        .env(PATH, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn parse(line: &str) -> Option<(WorkflowId, u64)> {
    let (workflow, seq) = line.split_once("stored ")?.1.split_once(' ')?;
    Some((workflow.parse().ok()?, seq.parse().ok()?))
}

async fn check(path: &Path, acknowledged: &BTreeMap<WorkflowId, u64>) {
    let store = SqliteStore::open(SqliteConfig::new(path)).unwrap();
    let log = store.follow(0, 1_000_000, Only::Everything).await.unwrap();
    assert!(log.iter().map(|event| event.position).eq(1..=log.len() as u64), "positions have a gap");
    for (workflow, seq) in acknowledged {
        let events = store.events(*workflow, 0, 1_000_000).await.unwrap();
        assert!(events.iter().map(|event| event.seq).eq(0..events.len() as u64), "{workflow} has a gap");
        assert!(events.len() as u64 > *seq, "{workflow}: event {seq} was acknowledged and is lost");
        let row = store.summary(*workflow).await.unwrap().expect("it has a row");
        assert_eq!(Some(row.position), events.last().map(|event| event.position));
    }
}
