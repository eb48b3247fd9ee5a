//! A process that runs workflows on an SQLite history is killed again and again: each workflow still comes to its one
//! end, and each effect happened once.
//!
//! `HWAUTOMATION_KILLS` says how often it is killed (default 15), `HWAUTOMATION_KILL_TEST_SEED` repeats a run. The
//! campaign in full: `HWAUTOMATION_KILLS=200 cargo nextest run -p hwautomation-store --test engine_kill`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    dead_code,
    reason = "what a test calls is a test too, which clippy does not see; the common room serves several tests"
)]
#![cfg(unix)]

mod common;

use common::random::Random;
use hwautomation_core::actor::Actor;
use hwautomation_core::engine::{Submission, WorkflowManager};
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::id::StepName;
use hwautomation_core::record::{Backoff, Policy, Resume, RunState, WorkflowState, WorkflowSummary};
use hwautomation_core::store::{HistoryStore, WorkflowFilter};
use hwautomation_core::workflow::{
    Probed, ProbedIntent, StepOutcome, Workflow, WorkflowContext, WorkflowStep,
};
use hwautomation_store::{SqliteConfig, SqliteStore};
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// Tells the child where history and hardware are. Without it the child's test does nothing.
const FOLDER: &str = "HWAUTOMATION_ENGINE_KILL_FOLDER";
const WORKFLOWS: usize = 50;
const STEPS: [&str; 7] = ["one", "two", "three", "four", "five", "six", "seven"];
const SIGKILL: i32 = 9;

/// Sends one command to a piece of hardware that writes down what it gets: a file.
#[derive(Debug)]
struct Press {
    name: &'static str,
    hardware: PathBuf,
}

impl Press {
    fn line(&self, ctx: &WorkflowContext) -> String {
        format!("{}\n", ctx.idempotency_key())
    }
}

#[async_trait::async_trait]
impl WorkflowStep for Press {
    fn name(&self) -> StepName {
        StepName::from_static(self.name)
    }

    fn resume(&self) -> Resume {
        Resume::Probe
    }

    fn policy(&self) -> Policy {
        let backoff = Backoff { first: Duration::from_millis(2), max: Duration::from_millis(5) };
        Policy { backoff, ..Policy::default() }
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        ctx.report_sub_task("pressing the button");
        ctx.once("press", async { append(&self.hardware, &self.line(ctx)) }).await?;
        // Some steps fail once, some wait once, so that kills meet every state.
        match self.name {
            "two" if ctx.attempt() == 1 => Err(Error::new(ErrorKind::Busy, "the first try always fails")),
            "four" if ctx.now().as_micros() % 2 == 0 => {
                StepOutcome::wait("an odd moment", Duration::from_millis(2), Duration::from_secs(60))
            }
            _ => StepOutcome::finished(),
        }
    }

    async fn probe(&self, ctx: &WorkflowContext, _intent: &ProbedIntent) -> Result<Probed> {
        let log = std::fs::read_to_string(&self.hardware).unwrap_or_default();
        if log.contains(&self.line(ctx)) { Probed::happened(()) } else { Ok(Probed::DidNotHappen) }
    }
}

fn append(hardware: &Path, line: &str) -> Result<()> {
    let opened = std::fs::OpenOptions::new().append(true).create(true).open(hardware);
    opened
        .and_then(|mut file| file.write_all(line.as_bytes()))
        .map_err(|cause| Error::new(ErrorKind::Unreachable, "pressing the button").with_source(cause))
}

async fn start(folder: &Path) -> (Arc<SqliteStore>, WorkflowManager) {
    let store = Arc::new(SqliteStore::open(SqliteConfig::new(folder.join("history.db"))).unwrap());
    let hardware = folder.join("hardware.log");
    let steps = STEPS.map(|name| Press { name, hardware: hardware.clone() });
    let workflow = steps.into_iter().fold(Workflow::new("press"), Workflow::step);
    let manager =
        WorkflowManager::builder().store(Arc::clone(&store) as _).workflow(workflow).start().await.unwrap();
    (store, manager)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_child_runs_what_is_unfinished() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let (store, manager) = start(Path::new(&folder)).await;
    for row in store.list(&WorkflowFilter::open(), None, WORKFLOWS).await.unwrap() {
        manager.wait_or_halt(row.id).await.unwrap();
    }
    manager.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_workflow_ends_once_and_every_effect_happens_once_whatever_is_killed() {
    if std::env::var_os(FOLDER).is_some() {
        return;
    }
    let kills: usize =
        std::env::var("HWAUTOMATION_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(15);
    let mut random = Random::new();
    let mut killed = 0;
    while killed < kills {
        let folder = tempfile::tempdir().unwrap();
        submit(folder.path()).await;
        while killed < kills && run(folder.path(), Some(random.next() % 60)) {
            killed += 1;
        }
        run(folder.path(), None);
        check(folder.path()).await;
    }
}

async fn submit(folder: &Path) {
    let (_store, manager) = start(folder).await;
    manager.pause();
    for _ in 0..WORKFLOWS {
        manager.submit(Submission::new("press"), &Actor::service("test")).await.unwrap();
    }
    manager.shutdown().await;
}

/// Runs the child, and kills it after so many lines of the hardware's log. Tells whether it was killed.
fn run(folder: &Path, lines: Option<u64>) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_child_runs_what_is_unfinished"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    if let Some(lines) = lines {
        let (log, bytes) = (folder.join("hardware.log"), lines * 40);
        let size = || std::fs::metadata(&log).map_or(0, |log| log.len());
        let enough = size() + bytes;
        while size() < enough && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().unwrap();
    }
    let status = child.wait().unwrap();
    assert!(status.success() || status.signal() == Some(SIGKILL), "the child failed: {status}");
    status.signal() == Some(SIGKILL)
}

async fn check(folder: &Path) {
    let store = SqliteStore::open(SqliteConfig::new(folder.join("history.db"))).unwrap();
    let log = std::fs::read_to_string(folder.join("hardware.log")).unwrap();
    let mut pressed = BTreeMap::new();
    log.lines().for_each(|line| *pressed.entry(line).or_insert(0) += 1);
    let rows = store.list(&WorkflowFilter::default(), None, 2 * WORKFLOWS).await.unwrap();
    assert_eq!(rows.len(), WORKFLOWS, "workflows were lost");
    for row in rows {
        let events = store.events(row.id, 0, 10_000).await.unwrap();
        let state = WorkflowState::fold(&events).unwrap();
        assert_eq!(state.run_state(), RunState::Completed, "{}", state.status());
        assert_eq!(row, WorkflowSummary { position: row.position, ..WorkflowSummary::of(&state) });
        for step in STEPS {
            let times = pressed.remove(format!("{}/{step}", row.id).as_str());
            assert_eq!(times, Some(1), "step {step} of {}", row.id);
        }
    }
    assert!(pressed.is_empty(), "effects of nobody: {pressed:?}");
}
