//! A process that runs workflows on an SQLite history is killed again and again: each workflow still comes to its one
//! end, each effect happened once, what people said is neither lost nor doubled, and the file stays sound.
//!
//! Fifty workflows of five kinds: plain ones, some behind an approval gate, some that wait for a signal, some that fail
//! and are undone, some that halt until a person says "try again".
//!
//! `HWAUTOMATION_KILLS` says how often it is killed (default 15), `HWAUTOMATION_KILL_TEST_SEED` repeats a run;
//! `scripts/campaigns` kills it 200 times.

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
use hwautomation_core::id::{SignalName, StepName};
use hwautomation_core::record::{
    Backoff, OnFailure, Policy, Resume, RunState, Side, UndoOf, WorkflowState, WorkflowSummary,
};
use hwautomation_core::store::{HistoryStore, WorkflowFilter};
use hwautomation_core::workflow::{
    ApprovalGate, Probed, ProbedIntent, StepOutcome, UndoOutcome, Workflow, WorkflowContext, WorkflowStep,
    step_fn,
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

/// The kinds of workflows, and how each has to end.
const KINDS: [(&str, RunState); 5] = [
    ("plain", RunState::Completed),
    ("gated", RunState::Completed),
    ("told", RunState::Completed),
    ("undone", RunState::Failed),
    ("halting", RunState::Completed),
];
const GATE: &str = "go-ahead";

/// Sends one command to a piece of hardware that writes down what it gets: a file. Undone, it sends another one.
#[derive(Debug)]
struct Press {
    name: &'static str,
    hardware: PathBuf,
}

impl Press {
    fn line(&self, ctx: &WorkflowContext, side: Side) -> String {
        let what = if side == Side::Undo { " back" } else { "" };
        format!("{}{what}\n", ctx.idempotency_key())
    }

    /// Some steps fail once, some wait, some for a word, so that kills meet every state.
    async fn is_ready(&self, ctx: &WorkflowContext) -> Result<Option<StepOutcome>> {
        let wait = |what: &str| {
            StepOutcome::wait(what, Duration::from_millis(2), Duration::from_secs(600)).map(Some)
        };
        match self.name {
            "broken" if ctx.attempt() == 1 => Err(Error::new(ErrorKind::Refused, "a person must look")),
            "listen" if ctx.signal::<u8>(&word()).await?.is_none() => wait("a word"),
            _ => Ok(None),
        }
    }
}

fn word() -> SignalName {
    SignalName::from_static("word")
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
        // A hundred kills may meet the same attempt.
        Policy { backoff, resumes_max: 1000, ..Policy::default() }
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        if let Some(outcome) = self.is_ready(ctx).await? {
            return Ok(outcome);
        }
        ctx.report_sub_task("pressing the button");
        ctx.once("press", async { append(&self.hardware, &self.line(ctx, Side::Run)) }).await?;
        match self.name {
            "two" if ctx.attempt() == 1 => Err(Error::new(ErrorKind::Busy, "the first try always fails")),
            "four" if ctx.now().as_micros() % 2 == 0 => {
                StepOutcome::wait("an odd moment", Duration::from_millis(2), Duration::from_secs(60))
            }
            _ => StepOutcome::finished(),
        }
    }

    async fn probe(&self, ctx: &WorkflowContext, intent: &ProbedIntent) -> Result<Probed> {
        let log = std::fs::read_to_string(&self.hardware).unwrap_or_default();
        if log.contains(&self.line(ctx, intent.side)) {
            Probed::happened(())
        } else {
            Ok(Probed::DidNotHappen)
        }
    }

    async fn undo(&self, ctx: &WorkflowContext, _of: UndoOf) -> Result<UndoOutcome> {
        ctx.once("back", async { append(&self.hardware, &self.line(ctx, Side::Undo)) }).await?;
        Ok(UndoOutcome::Undone)
    }
}

fn append(hardware: &Path, line: &str) -> Result<()> {
    let opened = std::fs::OpenOptions::new().append(true).create(true).open(hardware);
    opened
        .and_then(|mut file| file.write_all(line.as_bytes()))
        .map_err(|cause| Error::new(ErrorKind::Unreachable, "pressing the button").with_source(cause))
}

/// The steps that press, of each kind.
fn presses(kind: &str) -> &'static [&'static str] {
    match kind {
        "plain" => &STEPS,
        "gated" => &["one", "two"],
        "told" => &["one", "listen"],
        "undone" => &["one", "two", "four"],
        _ => &["one", "broken", "two"],
    }
}

fn workflow(kind: &'static str, hardware: &Path) -> Workflow {
    let press = |name: &&'static str| Press { name, hardware: hardware.to_owned() };
    let workflow = Workflow::new(kind);
    let workflow = if kind == "gated" { workflow.step(ApprovalGate::new(GATE, "may it?")) } else { workflow };
    let workflow = presses(kind).iter().map(press).fold(workflow, Workflow::step);
    if kind == "undone" {
        let fail = step_fn("fail", Resume::Rerun, |_| async { Err(Error::invalid("told to fail")) });
        return workflow.step(fail).on_failure(OnFailure::Undo);
    }
    workflow
}

async fn start(folder: &Path) -> (Arc<SqliteStore>, WorkflowManager) {
    let store = Arc::new(SqliteStore::open(SqliteConfig::new(folder.join("history.db"))).unwrap());
    let hardware = folder.join("hardware.log");
    let builder = WorkflowManager::builder().store(Arc::clone(&store) as _);
    let builder =
        KINDS.iter().fold(builder, |builder, (kind, _)| builder.workflow(workflow(kind, &hardware)));
    (store, builder.start().await.unwrap())
}

/// Says to each run what it may be waiting for; what was said before, also by a process that died, is said once.
async fn say_to(manager: &WorkflowManager, row: &WorkflowSummary) {
    let ops = Actor::person("ops");
    let said = match row.name.as_str() {
        "gated" => manager.approve(row.id, SignalName::from_static(GATE), "go", &ops).await,
        "told" => manager.signal(row.id, word(), 1, "the word", &ops).await.map(|_| ()),
        "halting" => manager.retry(row.id, "looked at it", &ops).await,
        _ => Ok(()),
    };
    if let Err(error) = said {
        assert_eq!(
            error.kind(),
            ErrorKind::Conflict,
            "it has ended meanwhile, or is not halted yet: {error}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_child_runs_what_is_unfinished() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let (store, manager) = start(Path::new(&folder)).await;
    loop {
        let open = store.list(&WorkflowFilter::open(), None, WORKFLOWS).await.unwrap();
        if open.is_empty() {
            break;
        }
        for row in &open {
            say_to(&manager, row).await;
        }
        let _some_end = tokio::time::timeout(Duration::from_millis(20), manager.wait(open[0].id)).await;
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
            check_file(folder.path());
        }
        run(folder.path(), None);
        check(folder.path()).await;
    }
}

async fn submit(folder: &Path) {
    let (_store, manager) = start(folder).await;
    manager.pause();
    for number in 0..WORKFLOWS {
        let (kind, _) = KINDS[number % KINDS.len()];
        manager.submit(Submission::new(kind), &Actor::service("test")).await.unwrap();
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

fn check_file(folder: &Path) {
    let file = rusqlite::Connection::open(folder.join("history.db")).unwrap();
    let found: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(found, "ok");
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
        check_run(&row, &WorkflowState::fold(&events).unwrap(), &mut pressed);
    }
    assert!(pressed.is_empty(), "effects of nobody: {pressed:?}");
}

/// It ended as its kind does, and each button was pressed once; and, where it was undone, once more on the way back.
fn check_run(row: &WorkflowSummary, state: &WorkflowState, pressed: &mut BTreeMap<&str, u32>) {
    let end = KINDS.iter().find(|(kind, _)| *kind == row.name.as_str()).map(|(_, end)| *end);
    assert_eq!(Some(state.run_state()), end, "{}", state.status());
    assert_eq!(*row, WorkflowSummary { position: row.position, ..WorkflowSummary::of(state) });
    assert!(state.ended.as_ref().is_some_and(|ended| ended.not_undone.is_empty()), "{}", state.status());
    let said = u32::from(matches!(row.name.as_str(), "gated" | "told"));
    assert_eq!(u32::try_from(state.signal_keys.len()), Ok(said), "signals of {}", state.status());
    for step in presses(row.name.as_str()) {
        let line = format!("{}/{step}", row.id);
        assert_eq!(pressed.remove(line.as_str()), Some(1), "{line}");
        let back = (end == Some(RunState::Failed)).then_some(1);
        assert_eq!(pressed.remove(format!("{line} back").as_str()), back, "{line} on the way back");
    }
}
