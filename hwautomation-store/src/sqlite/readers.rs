//! Connections that only read, on threads that may block.

use super::schema;
use crate::config::SqliteConfig;
use crate::error::{Stop, StoreError};
use hwautomation_core::error::{Error, Result};
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Lends connections, at most so many at once.
#[derive(Debug)]
pub(super) struct Readers {
    permits: Semaphore,
    idle: Arc<Idle>,
}

#[derive(Debug)]
struct Idle {
    path: PathBuf,
    config: SqliteConfig,
    connections: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf, config: SqliteConfig) -> Self {
        let permits = Semaphore::new(config.readers_max);
        Self { permits, idle: Arc::new(Idle { path, config, connections: Mutex::default() }) }
    }

    /// Reads on a thread that may block.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T> {
        let _permit = self.permits.acquire().await.map_err(|_| StoreError::Stopped)?;
        let idle = Arc::clone(&self.idle);
        let read = tokio::task::spawn_blocking(move || idle.lend(work)).await;
        read.map_err(|cause| Error::internal("reading from the history").with_source(cause))?
    }
}

impl Idle {
    fn lend<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Stop>) -> Result<T> {
        let conn = match self.take() {
            Some(conn) => conn,
            None => schema::open_reader(&self.path, &self.config)
                .map_err(StoreError::sql("opening the history to read"))?,
        };
        let read = work(&conn);
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
        Ok(read?)
    }

    fn take(&self) -> Option<Connection> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}
