//! Keeps the history of workflows in an SQLite file.
//!
//! ```
//! use hwautomation_core::engine::WorkflowManager;
//! use hwautomation_core::store::WorkflowFilter;
//! use hwautomation_store::{SqliteConfig, SqliteStore};
//! use std::sync::Arc;
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("history.db");
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let store = Arc::new(SqliteStore::open(SqliteConfig::new(path))?);
//! assert_eq!(store.pragmas().await?.synchronous, "full");
//! // A program also adds its machines, plugins and workflows here.
//! let manager = WorkflowManager::builder().store(store).start().await?;
//! for row in manager.list(&WorkflowFilter::open(), None, 100).await? {
//!     println!("goes on: {row}");
//! }
//! # Ok::<(), hwautomation_core::error::Error>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! After a crash, opening the file and starting a manager with the same workflows is all there is to do: what had not
//! ended goes on by itself.
//!
//! # What it promises
//!
//! An answer comes after the data was synced to the disk (WAL, `synchronous=FULL`). One thread writes, and what
//! waits for it is committed together, so many workflows share one sync. One process at a time has the file
//! open; inside the process, share one store behind an `Arc`.

mod config;
mod error;
mod sqlite;

pub use config::SqliteConfig;
pub use sqlite::{Pragmas, SqliteStore};
