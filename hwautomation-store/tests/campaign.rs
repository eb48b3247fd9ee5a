//! Stop after every event, on SQLite: the same end, each time, in real time.

#![allow(clippy::unwrap_used, reason = "what a test calls is a test too, which clippy does not see")]

use async_trait::async_trait;
use hwautomation_core::batch::{Batch, BatchOptions, BatchRequest, StopAt, Wave};
use hwautomation_core::device::DeviceProfiles;
use hwautomation_core::error::Error;
use hwautomation_core::plugin::{PowerAction, PowerState};
use hwautomation_core::provisioning::{ProvisioningOptions, ProvisioningRequest, ServerProvisioning};
use hwautomation_core::record::{OnFailure, Resume};
use hwautomation_core::store::HistoryStore;
use hwautomation_core::testing::campaign::{FakeWorld, Stores, hinder_everywhere, stop_everywhere};
use hwautomation_core::time::Clock;
use hwautomation_core::workflow::{
    ApprovalGate, Probed, StepOutcome, UndoOutcome, Workflow, WorkflowStep, step_fn,
};
use hwautomation_store::{SqliteConfig, SqliteStore};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tempfile::TempDir;

const POLL: Duration = Duration::from_millis(2);
const LIMIT: Duration = Duration::from_secs(60);

/// Keeps each run's history in a file of its own.
struct Files {
    folder: TempDir,
    newest: AtomicU64,
}

impl Files {
    fn newest(&self) -> PathBuf {
        self.folder.path().join(format!("{}.db", self.newest.load(Ordering::SeqCst)))
    }
}

#[async_trait]
impl Stores for Files {
    async fn fresh(&self) -> Arc<dyn HistoryStore> {
        self.newest.fetch_add(1, Ordering::SeqCst);
        Arc::new(SqliteStore::open(SqliteConfig::new(self.newest())).unwrap())
    }

    /// The tasks of the process before may take a moment to be gone, and the file's lock with them.
    async fn reopen(&self) -> Arc<dyn HistoryStore> {
        loop {
            match SqliteStore::open(SqliteConfig::new(self.newest())) {
                Ok(store) => return Arc::new(store),
                Err(_) => tokio::task::yield_now().await,
            }
        }
    }

    fn clock(&self) -> Clock {
        Clock::system()
    }
}

/// Turns on, waits until it is so, and turns off again when undone.
fn turn_on() -> impl WorkflowStep {
    let run = |ctx: hwautomation_core::workflow::WorkflowContext| async move {
        if ctx.power()?.state().await? == PowerState::On {
            return StepOutcome::finished();
        }
        ctx.once("on", ctx.power()?.request(PowerAction::On)).await?;
        StepOutcome::wait("power to come on", POLL, LIMIT)
    };
    step_fn("turn-on", Resume::Probe, run)
        .probe(|ctx, intent| async move {
            let wanted = if intent.name.as_str() == "on" { PowerState::On } else { PowerState::Off };
            let found = ctx.power()?.state().await?;
            if found == wanted { Probed::happened(()) } else { Ok(Probed::DidNotHappen) }
        })
        .undo(|ctx, _| async move {
            if ctx.power()?.state().await? == PowerState::Off {
                return Ok(UndoOutcome::Undone);
            }
            ctx.once("off", ctx.power()?.request(PowerAction::ForcedOff)).await?;
            UndoOutcome::wait("power to go off", POLL, LIMIT)
        })
}

#[tokio::test]
async fn stopped_anywhere_a_workflow_comes_to_the_same_end_on_sqlite() {
    let stores = files();
    let fail = || step_fn("fail", Resume::Rerun, |_| async { Err(Error::invalid("told to fail")) });
    let there_and_back = || {
        let workflow = Workflow::new("there-and-back").step(turn_on()).step(fail());
        FakeWorld::new(workflow.on_failure(OnFailure::Undo))
    };
    let report = stop_everywhere(there_and_back, &stores).await.unwrap_or_else(|why| panic!("{why}"));
    assert!(report.stops >= 30, "{report:?}");
}

fn files() -> Files {
    Files { folder: tempfile::tempdir().unwrap(), newest: AtomicU64::new(0) }
}

/// A provisioning, and perhaps a person who says at its end whether it stays.
fn provisioning(gate: Option<&'static str>) -> impl Fn() -> FakeWorld {
    let text = "[device.\"a1.c5.large\"]\nvendor = \"Fake\"\nbios.settings = { BootMode = \"UEFI\" }";
    let profiles = DeviceProfiles::from_toml(text, "test").unwrap();
    let settle = Duration::from_millis(20);
    let options = ProvisioningOptions { poll: POLL, settle, ..ProvisioningOptions::default() };
    let provisioning = ServerProvisioning::new(profiles.clone()).options(options);
    let request = ProvisioningRequest::new("srv001", "a1.c5.large").unwrap();
    let request = request.target_ipmi_ip("192.0.2.100".parse().unwrap());
    move || {
        let workflow = provisioning.workflow();
        let workflow = match gate {
            Some(name) => workflow.step(ApprovalGate::new(name, "may it stay?")),
            None => workflow,
        };
        let world = FakeWorld::new(workflow).submission(request.submission().unwrap());
        let world = world.profiles(profiles.clone()).harmless("shell true");
        gate.into_iter().fold(world, FakeWorld::gate)
    }
}

#[tokio::test]
async fn a_provisioning_stopped_anywhere_comes_to_the_same_end_on_sqlite() {
    let report = stop_everywhere(provisioning(None), &files()).await.unwrap_or_else(|why| panic!("{why}"));
    assert!(report.stops >= 100, "{report:?}");
}

/// Turns three machines on, one before the two others; one of them fails.
fn batch() -> FakeWorld {
    const MACHINES: [&str; 3] = ["srv001", "srv002", "srv003"];
    let look = step_fn("look", Resume::Rerun, |ctx| async move {
        let broken = ctx.machine()?.id.as_str() == "srv002";
        if broken { Err(Error::invalid("told to fail")) } else { StepOutcome::finished() }
    });
    let request = BatchRequest::new("turn-on", MACHINES)
        .concurrency(2)
        .waves([Wave::count(1)])
        .stop_at(StopAt::Count { count: 2 })
        .on_failure(OnFailure::Undo);
    FakeWorld::new(Batch::default().options(BatchOptions { poll: POLL * 10 }).workflow())
        .machines(MACHINES)
        .child(Workflow::new("turn-on").step(turn_on()).step(look))
        .submission(request.submission().unwrap())
}

#[tokio::test]
async fn a_batch_stopped_anywhere_comes_to_the_same_end_on_sqlite() {
    let report = stop_everywhere(batch, &files()).await.unwrap_or_else(|why| panic!("{why}"));
    assert!(report.stops >= 80, "{report:?}");
}

#[tokio::test]
async fn a_batch_hindered_everywhere_comes_to_the_same_end_on_sqlite() {
    let report = hinder_everywhere(batch, &files()).await.unwrap_or_else(|why| panic!("{why}"));
    assert!(report.runs >= 6 && report.undos >= 1 && report.wakes >= 5, "{report:?}");
}

#[tokio::test]
async fn a_gate_stopped_anywhere_opens_once_on_sqlite() {
    let gate = || ApprovalGate::new("go-ahead", "may it be turned on?");
    let make = || FakeWorld::new(Workflow::new("gated").step(gate()).step(turn_on())).gate("go-ahead");
    let report = stop_everywhere(make, &files()).await.unwrap_or_else(|why| panic!("{why}"));
    assert!(report.stops >= 15, "{report:?}");
}

#[tokio::test]
async fn a_gated_provisioning_hindered_everywhere_comes_to_the_same_end_on_sqlite() {
    let make = provisioning(Some("go-ahead"));
    let report = hinder_everywhere(make, &files()).await.unwrap_or_else(|why| panic!("{why}"));
    assert!(report.runs >= 14 && report.wakes >= 3, "{report:?}");
}
