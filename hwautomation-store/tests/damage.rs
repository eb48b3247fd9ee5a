//! One damaged record never stops others: not their runs, not their followers, not the list.

#![allow(clippy::unwrap_used, reason = "what a test calls is a test too, which clippy does not see")]

mod common;

use common::{append, begun};
use futures_util::StreamExt;
use hwautomation_core::actor::Actor;
use hwautomation_core::engine::{Submission, WorkflowManager};
use hwautomation_core::id::{MachineId, OwnerId, SignalName, WorkflowId};
use hwautomation_core::machine::{Machine, MachineChange};
use hwautomation_core::record::{EventKind, Resume, RunState, SubState};
use hwautomation_core::store::{
    After, Append, Command, HistoryStore, Kinds, MachineDirectory, MemoryDirectory, NewItem, Only,
    OverlayDirectory, Posted, WorkflowFilter,
};
use hwautomation_core::time::Timestamp;
use hwautomation_core::workflow::{StepOutcome, Workflow, step_fn};
use hwautomation_store::{SqliteConfig, SqliteStore};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::{TempDir, tempdir};

fn file() -> (TempDir, PathBuf) {
    let folder = tempdir().unwrap();
    let path = folder.path().join("history.db");
    (folder, path)
}

fn open(path: &Path) -> Arc<SqliteStore> {
    Arc::new(SqliteStore::open(SqliteConfig::new(path)).unwrap())
}

fn sql(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

fn hex(id: WorkflowId) -> String {
    id.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn item(workflow: WorkflowId, key: &str) -> NewItem {
    let command =
        Command::Signal { name: SignalName::from_static("approved"), payload: serde_json::Value::Null };
    NewItem { workflow, key: key.to_owned(), at: Timestamp::MIN, actor: Actor::person("ops"), command }
}

#[tokio::test]
async fn a_damaged_row_is_listed_as_far_as_it_is_known_and_mended_by_the_next_append() {
    let (_folder, path) = file();
    let store = open(&path);
    let leases = begun(&*store, 3).await;
    let hurt = leases[1].workflow;
    for damage in ["'{'", "'7'", "x'ff00'", "(SELECT summary FROM workflow LIMIT 1)"] {
        sql(&path, &format!("UPDATE workflow SET summary = {damage} WHERE id = x'{}'", hex(hurt)));
        let rows = store.list(&WorkflowFilter::default(), None, 10).await.unwrap();
        assert_eq!(rows.len(), 3, "{damage}");
        let alone = store.summary(hurt).await.unwrap().unwrap();
        assert!(rows.contains(&alone), "{damage}");
        assert_eq!((alone.name.as_str(), alone.state, alone.events), ("relight", RunState::Pending, 1));
        assert!(alone.error.is_some_and(|error| error.contains("damaged")), "{damage}");
    }
    store.append(append(leases[1], 1)).await.unwrap();
    assert_eq!(store.summary(hurt).await.unwrap().unwrap().error, None);
}

/// Whatever stands where an id should be, also in the row that is due first.
#[tokio::test]
async fn a_row_of_a_damaged_id_stops_no_claim_and_no_list() {
    let (_folder, path) = file();
    let store = open(&path);
    let lease = begun(&*store, 1).await[0];
    store.release(lease, Timestamp::from_micros(7)).await.unwrap();
    for damage in ["x'ffff'", "'an id of 16 byte'", "7"] {
        sql(
            &path,
            &format!(
                "INSERT INTO workflow (id, name, state, ended, summary, position, next_seq, ready_at)
                    SELECT {damage}, name, state, 0, summary, position, next_seq, 1 FROM workflow LIMIT 1"
            ),
        );
    }
    assert_eq!(store.next_due(&Kinds::any()).await.unwrap(), Some(Timestamp::from_micros(7)));
    let claimed = store.claim(OwnerId::generate(), common::HOUR, 10, &Kinds::any()).await.unwrap();
    assert_eq!(claimed.iter().map(|lease| lease.key.workflow).collect::<Vec<_>>(), [lease.workflow]);
    assert_eq!(store.claim_pressing(OwnerId::generate(), common::HOUR, 10).await.unwrap(), []);
    for filter in [WorkflowFilter::default(), WorkflowFilter::open()] {
        // The page is as long as was asked for.
        let rows = store.list(&filter, None, 1).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [lease.workflow]);
        assert_eq!(store.list(&filter, Some(lease.workflow), 10).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_damaged_item_is_set_aside_and_does_not_wake_its_workflow_for_ever() {
    let (_folder, path) = file();
    let store = open(&path);
    let lease = begun(&*store, 1).await[0];
    for key in ["first", "second", "third"] {
        store.post(item(lease.workflow, key)).await.unwrap();
    }
    sql(&path, "UPDATE inbox SET item = '{' WHERE key = 'second'");
    let items = store.inbox(lease.workflow).await.unwrap();
    let keys: Vec<&str> = items.iter().map(|item| item.item.key.as_str()).collect();
    assert_eq!(keys, ["first", "third"]);

    let consumed = items.iter().map(|item| item.id).collect();
    let late = Timestamp::MAX;
    let quiet = Append { consumed, after: After::Release { wake_at: late }, ..append(lease, 1) };
    store.append(quiet).await.unwrap();
    assert_eq!(store.next_due(&Kinds::any()).await.unwrap(), Some(late));
    assert_eq!(store.claim(OwnerId::generate(), common::HOUR, 10, &Kinds::any()).await.unwrap(), []);
    let kept: String = Connection::open(&path)
        .unwrap()
        .query_row("SELECT key || ' ' || item FROM inbox_damaged", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, "second {");
    assert_eq!(store.post(item(lease.workflow, "second")).await.unwrap(), Posted::Accepted);
}

#[tokio::test]
async fn the_machine_directory_goes_on_past_a_damaged_change() {
    let (_folder, path) = file();
    let store = open(&path);
    let lease = begun(&*store, 1).await[0];
    let machine = MachineId::from_static("srv001");
    let change = |last: u8| EventKind::MachineChanged {
        machine: machine.clone(),
        change: MachineChange::HostAddress { address: Some([10, 0, 0, last].into()) },
    };
    let mut changes = append(lease, 1);
    let new = changes.events[0].clone();
    changes.events = [1, 2, 3]
        .map(|last| hwautomation_core::record::NewEvent { kind: change(last), ..new.clone() })
        .to_vec();
    store.append(changes).await.unwrap();
    sql(&path, "UPDATE event SET json = '{\"v\":1}' WHERE seq = 2");
    let machines = OverlayDirectory::new(Arc::new(MemoryDirectory::new([Machine::new(machine.clone())])));
    for event in store.follow(0, 10, Only::MachineChanges).await.unwrap() {
        machines.apply(&event);
    }
    let found = machines.find("srv001").await.unwrap().unwrap();
    assert_eq!(found.addresses.host, Some([10, 0, 0, 3].into()));
    assert_eq!(machines.position(), 4);
}

async fn start(store: &Arc<SqliteStore>) -> WorkflowManager {
    let wait = step_fn("wait", Resume::Rerun, |ctx| async move {
        match ctx.signal::<bool>(&SignalName::from_static("go")).await? {
            Some(_) => StepOutcome::finished(),
            None => StepOutcome::wait("a signal", Duration::from_secs(60), Duration::from_secs(3600)),
        }
    });
    let builder = WorkflowManager::builder().store(Arc::clone(store) as _);
    builder.workflow(Workflow::new("wait").step(wait)).start().await.unwrap()
}

/// How often a run was claimed.
fn epoch(path: &Path, id: WorkflowId) -> i64 {
    let conn = Connection::open(path).unwrap();
    conn.query_row("SELECT epoch FROM workflow WHERE id = ?1", [id.as_bytes()], |row| row.get(0)).unwrap()
}

async fn until_waiting(manager: &WorkflowManager, ids: &[WorkflowId]) {
    let mut events = Box::pin(manager.subscribe_all(0));
    let mut waiting = 0;
    while waiting < ids.len() {
        let event = events.next().await.unwrap().unwrap();
        waiting += usize::from(matches!(event.kind, EventKind::StepWaiting { .. }));
    }
}

/// Of four runs that wait, two are damaged, in the middle and at the beginning.
#[tokio::test(flavor = "multi_thread")]
async fn damage_to_one_history_stops_neither_other_runs_nor_those_who_follow_all() {
    let (_folder, path) = file();
    let (store, ops) = (open(&path), Actor::person("ops"));
    let manager = start(&store).await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(manager.submit(Submission::new("wait"), &ops).await.unwrap());
    }
    until_waiting(&manager, &ids).await;
    manager.shutdown().await;
    drop(manager);
    let (first, second) = (ids[0], ids[1]);
    for (workflow, seq) in [(first, 2), (second, 0)] {
        let id = hex(workflow);
        sql(&path, &format!("UPDATE event SET json = '{{' WHERE seq = {seq} AND workflow = x'{id}'"));
    }

    let claims_before = epoch(&path, second);
    let manager = start(&store).await;
    for id in &ids {
        manager.signal(*id, SignalName::from_static("go"), true, "once", &ops).await.unwrap();
    }
    for id in &ids[2..] {
        assert_eq!(manager.wait(*id).await.unwrap().state, RunState::Completed);
    }
    let status = manager.wait_or_halt(first).await.unwrap();
    assert_eq!(status.sub_state, Some(SubState::Halted));
    assert!(status.headline.contains("event 2 cannot be read"), "{status}");
    let status = manager.wait_or_halt(second).await.unwrap();
    assert!(status.headline.contains("event 0") && status.headline.contains("cannot be read"), "{status}");

    // It has a signal that nobody can read: without care it would be due again at once, for ever.
    assert!(epoch(&path, second) <= claims_before + 1, "it was claimed again and again");

    let all = store.follow(0, 1000, Only::Everything).await.unwrap();
    let events: Vec<_> = manager.subscribe_all(0).take(all.len()).map(Result::unwrap).collect().await;
    assert_eq!(events, all);
    let damaged = all.iter().filter(|event| matches!(event.kind, EventKind::Unreadable { .. }));
    assert_eq!(damaged.count(), 2);
    manager.cancel(first, "it is damaged", &ops).await.unwrap();
    assert_eq!(manager.wait(first).await.unwrap().state, RunState::Cancelled);
}
