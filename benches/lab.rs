//! A manager over a store of either kind, and a runtime to run it on.

use hwautomation_core::actor::Actor;
use hwautomation_core::engine::{EngineOptions, Submission, WorkflowManager};
use hwautomation_core::store::{HistoryStore, MemoryStore};
use hwautomation_core::workflow::Workflow;
use hwautomation_store::{SqliteConfig, SqliteStore};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const SUBMITTING_MAX: usize = 256;

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
    pub async fn submit(&self, workflow: &'static str, count: usize) -> Outcome {
        let slots = Arc::new(Semaphore::new(SUBMITTING_MAX));
        let mut submissions = JoinSet::new();
        for _ in 0..count {
            let (manager, slot) = (Arc::clone(&self.manager), Arc::clone(&slots).acquire_owned().await?);
            submissions.spawn(async move {
                let _slot = slot;
                manager.submit(Submission::new(workflow), &Actor::service("bench")).await
            });
        }
        while let Some(submitted) = submissions.join_next().await {
            submitted??;
        }
        Ok(())
    }
}

/// Makes a folder on the disk that cargo builds on: the system's own may be in memory.
pub fn folder() -> std::io::Result<TempDir> {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR"))
}

pub fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}
