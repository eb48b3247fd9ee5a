//! Whatever is wrong with a stored history, its run gets a clear verdict, and its machine is free again.

#![allow(clippy::unwrap_used, reason = "what a test calls is a test too, which clippy does not see")]

use hwautomation_core::actor::Actor;
use hwautomation_core::engine::{Submission, WorkflowManager};
use hwautomation_core::id::{MachineId, WorkflowId};
use hwautomation_core::machine::Machine;
use hwautomation_core::record::{Resume, RunState, SubState, WorkflowStatus};
use hwautomation_core::store::{HistoryStore, MemoryDirectory};
use hwautomation_core::workflow::{StepOutcome, Workflow, step_fn};
use hwautomation_store::{SqliteConfig, SqliteStore};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

fn ops() -> Actor {
    Actor::person("ops")
}

fn machine() -> MachineId {
    MachineId::from_static("srv001")
}

async fn start(path: &Path) -> (WorkflowManager, Arc<SqliteStore>) {
    let store = Arc::new(SqliteStore::open(SqliteConfig::new(path)).unwrap());
    let first = step_fn("first", Resume::Rerun, |_| async { StepOutcome::finished() });
    let hour = Duration::from_secs(3600);
    let second =
        step_fn("second", Resume::Rerun, move |_| async move { StepOutcome::wait("rain", hour, hour) });
    let manager = WorkflowManager::builder()
        .store(Arc::clone(&store) as Arc<dyn HistoryStore>)
        .machines(Arc::new(MemoryDirectory::new([Machine::new(machine())])))
        .workflow(Workflow::new("test").step(first).step(second));
    (manager.start().await.unwrap(), store)
}

/// A file with a run that waits in its second step: submitted, started, step started, done, started, waiting.
async fn file() -> (tempfile::TempDir, PathBuf, WorkflowId) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let (manager, _store) = start(&path).await;
    let id = manager.submit(Submission::new("test").machine("srv001"), &ops()).await.unwrap();
    while manager.summary(id).await.unwrap().sub_state != Some(SubState::Waiting) {
        tokio::task::yield_now().await;
    }
    manager.shutdown().await;
    (folder, path, id)
}

/// Damages the run, opens the file anew, and returns how it halted and how it ended.
async fn verdict_after(damage: &str) -> (WorkflowStatus, WorkflowStatus) {
    let (_folder, path, id) = file().await;
    Connection::open(&path).unwrap().execute_batch(damage).unwrap();
    let (manager, store) = start(&path).await;
    // A waiting run is looked at when it is due; a decision makes it so.
    Connection::open(&path).unwrap().execute_batch("UPDATE workflow SET ready_at = 0").unwrap();
    store.hints().tell(hwautomation_core::store::Hint::Due);
    let halted = manager.wait_or_halt(id).await.unwrap();
    assert_eq!(store.claim_on(&machine()).await.unwrap(), Some(id), "{halted}");
    manager.abort(id, "it is beyond help", &ops()).await.unwrap();
    let ended = manager.wait(id).await.unwrap();
    assert_eq!(ended.state, RunState::Failed, "{ended}");
    assert_eq!(store.claim_on(&machine()).await.unwrap(), None);
    (halted, ended)
}

async fn halts_with(damage: &str, why: &str) {
    let (halted, ended) = verdict_after(damage).await;
    assert_eq!(halted.sub_state, Some(SubState::Halted), "{damage}: {halted}");
    assert!(halted.headline.contains(why), "{damage}: {halted}");
    assert!(ended.headline.contains("it is beyond help"), "{damage}: {ended}");
}

#[tokio::test]
async fn a_history_with_a_hole_halts_and_says_where() {
    halts_with("DELETE FROM event WHERE seq = 3", "event 4").await;
}

#[tokio::test]
async fn a_history_without_its_end_halts_and_says_what_is_missing() {
    halts_with("DELETE FROM event WHERE seq >= 4", "events 4 to 5").await;
}

#[tokio::test]
async fn a_history_without_its_beginning_halts() {
    halts_with("DELETE FROM event WHERE seq = 0", "event 0").await;
    halts_with("DELETE FROM event", "event 0").await;
    halts_with("UPDATE event SET json = '{' WHERE seq = 0", "event 0").await;
}

#[tokio::test]
async fn an_event_that_cannot_be_read_halts() {
    halts_with("UPDATE event SET json = '{\"v\": 1' WHERE seq = 3", "event 3 cannot be read").await;
}

#[tokio::test]
async fn an_event_that_may_not_follow_halts() {
    let twice = "UPDATE event SET json = (SELECT json FROM event WHERE seq = 2) WHERE seq = 4";
    halts_with(twice, "event 4").await;
}

#[tokio::test]
async fn an_event_of_a_newer_version_halts() {
    let newer = "UPDATE event SET json = replace(json, '\"v\":1', '\"v\":9') WHERE seq = 3";
    halts_with(newer, "event format 9").await;
    let unknown = "UPDATE event SET json = replace(json, 'step_done', 'step_dreamt') WHERE seq = 3";
    halts_with(unknown, "step_dreamt").await;
}
