//! Where a campaign keeps history, and how a new process opens it.

use crate::store::{HistoryStore, MemoryStore};
use crate::time::Clock;
use async_trait::async_trait;
use std::sync::{Arc, Mutex, PoisonError};

/// Gives each run of a campaign a store.
#[async_trait]
pub trait Stores: Send + Sync {
    /// Returns a new, empty store.
    async fn fresh(&self) -> Arc<dyn HistoryStore>;

    /// Opens the newest store as a new process would: nobody's lease holds any more. The campaign has dropped
    /// every handle to it.
    async fn reopen(&self) -> Arc<dyn HistoryStore>;

    /// Returns the clock of stores and managers.
    fn clock(&self) -> Clock;
}

/// Keeps history in memory, by tokio's clock, which may be paused.
#[derive(Debug)]
pub struct MemoryStores {
    clock: Clock,
    newest: Mutex<Arc<MemoryStore>>,
}

impl MemoryStores {
    /// Begins without a store. Call it inside the test's runtime.
    #[must_use]
    pub fn new() -> Self {
        let clock = Clock::tokio();
        let newest = Mutex::new(Arc::new(MemoryStore::with_clock(clock.clone())));
        Self { clock, newest }
    }
}

impl Default for MemoryStores {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Stores for MemoryStores {
    async fn fresh(&self) -> Arc<dyn HistoryStore> {
        let store = Arc::new(MemoryStore::with_clock(self.clock.clone()));
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&store);
        store
    }

    async fn reopen(&self) -> Arc<dyn HistoryStore> {
        let store = Arc::clone(&self.newest.lock().unwrap_or_else(PoisonError::into_inner));
        store.end_leases();
        store
    }

    fn clock(&self) -> Clock {
        self.clock.clone()
    }
}
