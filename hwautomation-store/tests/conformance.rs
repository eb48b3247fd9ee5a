//! The SQLite store keeps the contract of a history store.

use async_trait::async_trait;
use hwautomation_core::id::WorkflowId;
use hwautomation_core::record::Seq;
use hwautomation_core::store::HistoryStore;
use hwautomation_core::testing::conformance::TestClock;
use hwautomation_core::testing::conformance::history::HistoryFixture;
use hwautomation_core::time::Timestamp;
use hwautomation_store::{SqliteConfig, SqliteStore};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tempfile::TempDir;

struct Sqlite {
    clock: TestClock,
    folder: TempDir,
    stores: AtomicU32,
}

impl Sqlite {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("the tests may write temporary files");
        Self { clock: TestClock::default(), folder, stores: AtomicU32::new(0) }
    }

    fn open(&self, number: u32) -> Arc<dyn HistoryStore> {
        let opened = SqliteStore::open_with_clock(SqliteConfig::new(self.path(number)), self.clock.clock());
        Arc::new(opened.expect("the history opens"))
    }

    fn path(&self, number: u32) -> PathBuf {
        self.folder.path().join(format!("{number}.db"))
    }
}

#[async_trait]
impl HistoryFixture for Sqlite {
    async fn store(&self) -> Arc<dyn HistoryStore> {
        self.open(self.stores.fetch_add(1, Ordering::SeqCst) + 1)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn pass(&self, span: Duration) {
        self.clock.pass(span);
    }

    /// Reopens the newest; the lock sees to it that the old one is closed.
    async fn reopen(&self, store: Arc<dyn HistoryStore>) -> Option<Arc<dyn HistoryStore>> {
        drop(store);
        Some(self.open(self.stores.load(Ordering::SeqCst)))
    }

    async fn damage(&self, workflow: WorkflowId, seq: Seq) {
        let newest = self.path(self.stores.load(Ordering::SeqCst));
        let sql = "UPDATE event SET json = substr(json, 1, 40) WHERE workflow = ?1 AND seq = ?2";
        let conn = rusqlite::Connection::open(newest).expect("the file opens");
        let changed = conn.execute(sql, (workflow.as_bytes(), i64::try_from(seq).expect("it is small")));
        assert_eq!(changed, Ok(1));
    }
}

hwautomation_core::history_conformance!(Sqlite::new());
