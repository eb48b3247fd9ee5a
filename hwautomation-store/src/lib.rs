//! Keeps the history of workflows in an SQLite file.
//!
//! ```
//! use hwautomation_store::{SqliteConfig, SqliteStore};
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("history.db");
//! let store = SqliteStore::open(SqliteConfig::new(path))?;
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # runtime.block_on(async {
//! assert_eq!(store.pragmas().await?.synchronous, "full");
//! # Ok::<(), hwautomation_core::error::Error>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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
