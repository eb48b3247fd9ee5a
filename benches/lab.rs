//! A manager over a store of either kind, and a runtime to run it on.

use hwautomation_core::actor::Actor;
use hwautomation_core::engine::{EngineOptions, Submission, WorkflowManager};
use hwautomation_core::id::WorkflowId;
use hwautomation_core::store::{HistoryStore, MemoryStore, WorkflowFilter};
use hwautomation_core::workflow::Workflow;
use hwautomation_store::{SqliteConfig, SqliteStore};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;

const SUBMITTING_MAX: usize = 256;
/// Longer than the slowest disk needs.
const LIMIT: Duration = Duration::from_secs(600);
/// How often the history is looked at: seldom enough to cost nothing.
const LOOK: Duration = Duration::from_millis(2);

pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Memory,
    Sqlite,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
        })
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Memory, Self::Sqlite]
            .into_iter()
            .find(|kind| kind.to_string() == text)
            .ok_or_else(|| format!("{text} is neither memory nor sqlite"))
    }
}

/// A manager and what it stands on. The folder goes when this is dropped.
pub struct Lab {
    pub manager: Arc<WorkflowManager>,
    _folder: TempDir,
}

impl Lab {
    pub async fn start(kind: Kind, running_max: usize, workflow: Workflow) -> Outcome<Self> {
        let folder = folder()?;
        let store: Arc<dyn HistoryStore> = match kind {
            Kind::Memory => Arc::new(MemoryStore::new()),
            Kind::Sqlite => Arc::new(SqliteStore::open(SqliteConfig::new(folder.path().join("history.db")))?),
        };
        let options = EngineOptions { running_max, ..EngineOptions::default() };
        let builder = WorkflowManager::builder().store(store).options(options).workflow(workflow);
        Ok(Self { manager: Arc::new(builder.start().await?), _folder: folder })
    }

    /// Submits so many, many at once, so that they share commits.
    pub async fn submit(&self, workflow: &'static str, count: usize) -> Outcome<Vec<WorkflowId>> {
        self.submit_each(workflow, count, |_| 0).await
    }

    /// The same, with a number as each one's request.
    pub async fn submit_each(
        &self,
        workflow: &'static str,
        count: usize,
        request: impl Fn(usize) -> i64,
    ) -> Outcome<Vec<WorkflowId>> {
        let mut submissions = JoinSet::new();
        let mut ids = Vec::with_capacity(count);
        for number in 0..count {
            // A task keeps its memory until somebody takes its result.
            if submissions.len() >= SUBMITTING_MAX
                && let Some(submitted) = submissions.join_next().await
            {
                ids.push(submitted??);
            }
            let manager = Arc::clone(&self.manager);
            let submission = Submission::new(workflow).request(request(number))?;
            submissions.spawn(async move { manager.submit(submission, &Actor::service("bench")).await });
        }
        while let Some(submitted) = submissions.join_next().await {
            ids.push(submitted??);
        }
        Ok(ids)
    }

    /// Waits, looking often, until the end of every workflow is stored.
    pub async fn all_ended(&self) -> Outcome {
        let deadline = Instant::now() + LIMIT;
        while !self.manager.list(&WorkflowFilter::open(), None, 1).await?.is_empty() {
            assert!(Instant::now() < deadline, "every workflow ends");
            pause(LOOK).await;
        }
        Ok(())
    }
}

/// Counts what happened, and lets others wait for it.
#[derive(Debug, Clone, Default)]
pub struct Bell(Arc<watch::Sender<usize>>);

impl Bell {
    pub fn ring(&self) {
        self.0.send_modify(|count| *count += 1);
    }

    pub fn rung(&self) -> usize {
        *self.0.borrow()
    }

    pub async fn until(&self, count: usize) -> Outcome {
        let mut listening = self.0.subscribe();
        tokio::time::timeout(LIMIT, listening.wait_for(|rung| *rung >= count)).await??;
        Ok(())
    }
}

/// Waits for a while.
#[expect(clippy::disallowed_methods, reason = "a benchmark's steps take as long as they are told to")]
pub async fn pause(span: Duration) {
    tokio::time::sleep(span).await;
}

/// Makes a folder on the disk that cargo builds on: the system's own may be in memory.
pub fn folder() -> std::io::Result<TempDir> {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR"))
}

pub fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}
