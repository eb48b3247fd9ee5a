//! A full disk stops new work and loses nothing: what runs waits, and goes on when there is room.

#![allow(clippy::unwrap_used, reason = "what a test calls is a test too, which clippy does not see")]

use hwautomation_core::actor::Actor;
use hwautomation_core::engine::{Submission, WorkflowManager};
use hwautomation_core::error::{Error, ErrorKind};
use hwautomation_core::id::WorkflowId;
use hwautomation_core::record::{Resume, RunState};
use hwautomation_core::store::WorkflowFilter;
use hwautomation_core::workflow::{Probed, StepOutcome, Workflow, step_fn};
use hwautomation_store::{SqliteConfig, SqliteStore};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// More than is left in any page: recording it needs room on the disk.
const EVIDENCE: usize = 12 * 1024;
const RUNNING: usize = 5;

/// What the steps do to the world, and where the test holds them.
struct World {
    gate: Semaphore,
    arrived: Semaphore,
    recorded: Mutex<usize>,
    pressed: Mutex<BTreeMap<String, usize>>,
}

impl World {
    fn pressed(&self, key: &str) -> usize {
        self.pressed.lock().unwrap().get(key).copied().unwrap_or(0)
    }
}

async fn start(path: &Path, mib_max: u64, world: &Arc<World>) -> WorkflowManager {
    let config = SqliteConfig { mib_max: Some(mib_max), ..SqliteConfig::new(path) };
    let store = Arc::new(SqliteStore::open(config).unwrap());
    let (runs, asked) = (Arc::clone(world), Arc::clone(world));
    let press = step_fn("press", Resume::Probe, move |ctx| {
        let world = Arc::clone(&runs);
        async move {
            world.gate.acquire().await.unwrap().forget();
            world.arrived.add_permits(1);
            ctx.record("log", "x".repeat(EVIDENCE)).await?;
            *world.recorded.lock().unwrap() += 1;
            let key = ctx.idempotency_key();
            ctx.once("press", async {
                *world.pressed.lock().unwrap().entry(key).or_default() += 1;
                Ok(())
            })
            .await?;
            StepOutcome::finished()
        }
    })
    .probe(move |ctx, _| {
        let pressed = asked.pressed(&ctx.idempotency_key());
        async move { if pressed > 0 { Probed::happened(()) } else { Ok(Probed::DidNotHappen) } }
    });
    let rest = step_fn("rest", Resume::Rerun, |_| async { StepOutcome::finished() });
    let builder = WorkflowManager::builder().store(store);
    let builder =
        builder.workflow(Workflow::new("press").step(press)).workflow(Workflow::new("ballast").step(rest));
    builder.start().await.unwrap()
}

fn ops() -> Actor {
    Actor::person("ops")
}

async fn submit(manager: &WorkflowManager, name: &str, bytes: usize) -> Result<WorkflowId, Error> {
    manager.submit(Submission::new(name).request("x".repeat(bytes)).unwrap(), &ops()).await
}

/// Submits until nothing more is accepted, not even something small.
async fn fill(manager: &WorkflowManager) -> Vec<WorkflowId> {
    let mut accepted = Vec::new();
    for bytes in [50_000, 5_000, 0] {
        let error = loop {
            match submit(manager, "ballast", bytes).await {
                Ok(id) => accepted.push(id),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::Storage, "{error:?}");
        assert!(error.remedy().is_some_and(|remedy| remedy.contains("free space")), "{error:?}");
    }
    accepted
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_new_work_and_what_was_accepted_completes_once_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let world = Arc::new(World {
        gate: Semaphore::new(0),
        arrived: Semaphore::new(0),
        recorded: Mutex::default(),
        pressed: Mutex::default(),
    });
    let manager = start(&path, 1, &world).await;
    let mut accepted = Vec::new();
    for _ in 0..RUNNING {
        accepted.push(submit(&manager, "press", 0).await.unwrap());
    }
    let running = accepted.clone();
    accepted.extend(fill(&manager).await);
    assert!(accepted.len() > RUNNING + 5, "{} were accepted", accepted.len());

    // What runs comes to where it must record, and waits there.
    world.gate.add_permits(RUNNING);
    world.arrived.acquire_many(RUNNING as u32).await.unwrap().forget();
    let error = submit(&manager, "ballast", 0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage, "{error:?}");
    assert_eq!(*world.recorded.lock().unwrap(), 0);
    for id in &running {
        assert_eq!(manager.summary(*id).await.unwrap().state, RunState::Running);
        assert_eq!(world.pressed(&format!("{id}/press")), 0);
    }
    manager.shutdown().await;
    drop(manager);

    world.gate.add_permits(RUNNING);
    let manager = start(&path, 16, &world).await;
    for id in &accepted {
        assert_eq!(manager.wait_or_halt(*id).await.unwrap().state, RunState::Completed);
    }
    for id in &running {
        assert_eq!(world.pressed(&format!("{id}/press")), 1);
    }
    let rows = manager.list(&WorkflowFilter::default(), None, 10_000).await.unwrap();
    accepted.sort();
    let mut stored: Vec<WorkflowId> = rows.iter().map(|row| row.id).collect();
    stored.sort();
    assert_eq!(stored, accepted, "what was refused left no trace");
}
