//! A manager over a store of either kind, and a runtime to run it on.

use hwautomation_core::engine::{EngineOptions, WorkflowManager};
use hwautomation_core::store::{HistoryStore, MemoryStore};
use hwautomation_core::workflow::Workflow;
use hwautomation_store::{SqliteConfig, SqliteStore};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::Runtime;

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
    pub manager: WorkflowManager,
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
        Ok(Self { manager: builder.start().await?, _folder: folder })
    }
}

/// Makes a folder on the disk that cargo builds on: the system's own may be in memory.
pub fn folder() -> std::io::Result<TempDir> {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR"))
}

pub fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}
