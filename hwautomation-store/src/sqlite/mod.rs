//! The store: what the contract asks, handed to the writer or to the readers.

mod append;
mod claim;
mod column;
mod file;
mod inbox;
mod job;
mod list;
mod read;
mod readers;
mod schema;
mod tables;
mod writer;

use crate::config::SqliteConfig;
use crate::error::StoreError;
use append::SummaryJson;
use async_trait::async_trait;
use hwautomation_core::error::Result;
use hwautomation_core::id::{MachineId, OwnerId, WorkflowId};
use hwautomation_core::record::{BlobHash, Event, Position, Seq, WorkflowSummary};
use hwautomation_core::store::{
    Append, Appended, Begin, Counts, Hints, HistoryStore, InboxItem, Lease, LeaseKey, NewItem, Only, Posted,
    WorkflowFilter,
};
use hwautomation_core::time::{Clock, Timestamp};
use readers::Readers;
use std::time::Duration;
use tables::Tables;
use writer::Writer;

/// Keeps history in an SQLite file.
///
/// Reads need a tokio runtime, whose blocking threads they use. Dropping the store waits for what was handed to
/// its writer.
#[derive(Debug)]
pub struct SqliteStore {
    // Dropped in this order: the writer's connection is the last one, and so tidies the write-ahead log away.
    readers: Readers,
    writer: Writer,
    hints: Hints,
    clock: Clock,
    _lock: file::Lock,
}

/// Says how durable the writer's commits are, as SQLite itself reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pragmas {
    /// Such as `wal`.
    pub journal_mode: String,
    /// Such as `full`.
    pub synchronous: String,
}

impl SqliteStore {
    /// Opens a history, by the computer's clock; a file that does not exist is created. Ends all leases.
    ///
    /// # Errors
    ///
    /// `Invalid` settings; `Busy` when another store has the file open; `Corrupt` when it is damaged, of another
    /// program or of a newer version; `Storage` when it cannot be read and written.
    pub fn open(config: SqliteConfig) -> Result<Self> {
        Self::open_with_clock(config, Clock::system())
    }

    /// Opens a history by this clock, which is read in the caller's task.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open).
    pub fn open_with_clock(config: SqliteConfig, clock: Clock) -> Result<Self> {
        config.validate()?;
        let path = file::resolve(&config.path)?;
        if path.exists() {
            schema::check_head(&path)?;
        }
        let lock = file::Lock::take(&path)?;
        file::create(&path)?;
        let tables = Tables::open(schema::open_writer(&path, &config)?, clock.now())?;
        let hints = Hints::default();
        let writer = Writer::start(tables, hints.clone(), config.group_max, config.queue_max)?;
        Ok(Self { readers: Readers::new(path, config), writer, hints, clock, _lock: lock })
    }

    /// Asks the writer's connection how durable it is.
    ///
    /// # Errors
    ///
    /// `Storage`.
    pub async fn pragmas(&self) -> Result<Pragmas> {
        self.writer.call(|tables| Ok(tables.pragmas()?)).await
    }
}

impl Tables {
    fn pragmas(&self) -> rusqlite::Result<Pragmas> {
        let journal_mode = self.conn.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
        let level: i64 = self.conn.pragma_query_value(None, "synchronous", |row| row.get(0))?;
        let synchronous = match level {
            0 => "off".to_owned(),
            1 => "normal".to_owned(),
            2 => "full".to_owned(),
            3 => "extra".to_owned(),
            other => other.to_string(),
        };
        Ok(Pragmas { journal_mode, synchronous })
    }
}

#[async_trait]
impl HistoryStore for SqliteStore {
    async fn begin(&self, begin: Begin) -> Result<Appended> {
        let (json, now) = (SummaryJson::of(&begin.summary)?, self.clock.now());
        self.writer.call(move |tables| tables.begin(begin, &json, now)).await
    }

    async fn append(&self, append: Append) -> Result<Appended> {
        let (json, now) = (SummaryJson::of(&append.summary)?, self.clock.now());
        self.writer.call(move |tables| tables.append(append, &json, now)).await
    }

    async fn claim(&self, owner: OwnerId, lease_for: Duration, limit: usize) -> Result<Vec<Lease>> {
        let now = self.clock.now();
        self.writer.call(move |tables| tables.claim(owner, now, now + lease_for, limit)).await
    }

    async fn renew(&self, leases: &[LeaseKey], lease_for: Duration) -> Result<Vec<LeaseKey>> {
        let (keys, until) = (leases.to_vec(), self.clock.now() + lease_for);
        self.writer.call(move |tables| tables.renew(&keys, until)).await
    }

    async fn release(&self, lease: LeaseKey, wake_at: Timestamp) -> Result<()> {
        let now = self.clock.now();
        self.writer.call(move |tables| tables.release(lease, wake_at, now)).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>> {
        self.readers.read(read::next_due).await
    }

    async fn post(&self, item: NewItem) -> Result<Posted> {
        let json = serde_json::to_string(&item).map_err(StoreError::row("an inbox item"))?;
        let now = self.clock.now();
        self.writer.call(move |tables| tables.post(&item, &json, now)).await
    }

    async fn inbox(&self, workflow: WorkflowId) -> Result<Vec<InboxItem>> {
        self.readers.read(move |conn| read::inbox(conn, workflow)).await
    }

    async fn events(&self, workflow: WorkflowId, from: Seq, limit: usize) -> Result<Vec<Event>> {
        self.readers.read(move |conn| read::events(conn, workflow, from, limit)).await
    }

    async fn follow(&self, after: Position, limit: usize, only: Only) -> Result<Vec<Event>> {
        self.readers.read(move |conn| read::follow(conn, after, limit, only)).await
    }

    async fn blob(&self, hash: &BlobHash) -> Result<Vec<u8>> {
        let hash = hash.clone();
        self.readers.read(move |conn| read::blob(conn, &hash)).await
    }

    async fn summary(&self, workflow: WorkflowId) -> Result<Option<WorkflowSummary>> {
        self.readers.read(move |conn| read::summary(conn, workflow)).await
    }

    async fn list(
        &self,
        filter: &WorkflowFilter,
        before: Option<WorkflowId>,
        limit: usize,
    ) -> Result<Vec<WorkflowSummary>> {
        let filter = filter.clone();
        self.readers.read(move |conn| list::list(conn, &filter, before, limit)).await
    }

    async fn counts(&self) -> Result<Counts> {
        self.readers.read(read::counts).await
    }

    async fn claim_on(&self, machine: &MachineId) -> Result<Option<WorkflowId>> {
        let machine = machine.clone();
        self.readers.read(move |conn| read::claim_on(conn, &machine)).await
    }

    fn hints(&self) -> &Hints {
        &self.hints
    }
}
