//! The store: what the contract asks, handed to the writer or to the readers.

mod append;
mod claim;
mod column;
mod damaged;
mod file;
mod inbox;
mod job;
mod list;
mod log;
mod migrate;
mod permits;
mod prune;
mod read;
mod readers;
mod row;
mod schema;
mod summary;
mod tables;
mod writer;

use crate::config::SqliteConfig;
use crate::error::StoreError;
use async_trait::async_trait;
use damaged::Damaged;
use hwautomation_core::error::Result;
use hwautomation_core::id::{MachineId, OwnerId, PermitName, WorkflowId};
use hwautomation_core::record::{BlobHash, Event, Position, Seq, WorkflowSummary};
use hwautomation_core::store::{
    Acquired, Append, Appended, Begin, Counts, Hints, HistoryStore, InboxItem, Kinds, Lease, LeaseKey,
    NewItem, Only, PermitRow, PermitWait, Posted, Pruned, Retention, Wanted, WorkflowFilter,
};
use hwautomation_core::time::{Clock, Timestamp};
use readers::Readers;
use row::Text;
use std::sync::Arc;
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
    damaged: Damaged,
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
        let damaged = Damaged::default();
        let conn = schema::open_writer(&path, &config)?;
        let tables = Tables::open(conn, clock.now(), damaged.clone());
        let tables = tables.map_err(|error| schema::at_path(error, &path))?;
        let hints = Hints::default();
        let writer = Writer::start(tables, hints.clone(), config.group_max, config.queue_max)?;
        Ok(Self { readers: Readers::new(path, config), writer, hints, clock, damaged, _lock: lock })
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

impl SqliteStore {
    /// An item that cannot be read would wake its workflow for ever, and nobody could consume it.
    async fn set_aside(&self, workflow: WorkflowId, items: Vec<read::Unreadable>) {
        for (id, why) in &items {
            tracing::error!(%workflow, item = id, why, "an inbox item is damaged; it is set aside");
        }
        if let Err(error) = self.writer.call(move |tables| tables.set_aside(&items)).await {
            tracing::error!(%workflow, %error, "damaged inbox items stay where they are");
        }
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
        let event = std::slice::from_ref(&begin.event);
        let (text, now) = (Text::of(begin.workflow, &begin.summary, 0, event)?, self.clock.now());
        let begin = Arc::new(begin);
        let given = Arc::clone(&begin);
        let placed = self.writer.call(move |tables| tables.begin(&given, &text, now)).await?;
        let begin = Arc::unwrap_or_clone(begin);
        Ok(placed.number(begin.workflow, vec![begin.event]))
    }

    async fn append(&self, append: Append) -> Result<Appended> {
        let workflow = append.lease.workflow;
        let text = Text::of(workflow, &append.summary, append.expected_seq, &append.events)?;
        let now = self.clock.now();
        let append = Arc::new(append);
        let given = Arc::clone(&append);
        let placed = self.writer.call(move |tables| tables.append(&given, &text, now)).await?;
        let append = Arc::unwrap_or_clone(append);
        Ok(placed.number(workflow, append.events))
    }

    async fn claim(
        &self,
        owner: OwnerId,
        lease_for: Duration,
        limit: usize,
        kinds: &Kinds,
    ) -> Result<Vec<Lease>> {
        let (now, kinds) = (self.clock.now(), kinds.clone());
        self.writer.call(move |tables| tables.claim(owner, now, now + lease_for, limit, &kinds)).await
    }

    async fn claim_pressing(&self, owner: OwnerId, lease_for: Duration, limit: usize) -> Result<Vec<Lease>> {
        let now = self.clock.now();
        self.writer.call(move |tables| tables.claim_pressing(owner, now, now + lease_for, limit)).await
    }

    async fn renew(&self, leases: &[LeaseKey], lease_for: Duration) -> Result<Vec<LeaseKey>> {
        let (keys, until) = (leases.to_vec(), self.clock.now() + lease_for);
        self.writer.call(move |tables| tables.renew(&keys, until)).await
    }

    async fn release(&self, lease: LeaseKey, wake_at: Timestamp) -> Result<()> {
        let now = self.clock.now();
        self.writer.call(move |tables| tables.release(lease, wake_at, now)).await
    }

    async fn acquire(&self, lease: LeaseKey, wants: &[Wanted]) -> Result<Acquired> {
        let (wants, now) = (wants.to_vec(), self.clock.now());
        self.writer.call(move |tables| tables.acquire(lease, &wants, now)).await
    }

    async fn permit_queue(&self, workflow: WorkflowId) -> Result<Option<PermitWait>> {
        self.readers.read(move |conn| permits::queue(conn, workflow)).await
    }

    async fn permits(&self, after: Option<&PermitName>, limit: usize) -> Result<Vec<PermitRow>> {
        let after = after.cloned();
        self.readers.read(move |conn| read::permits(conn, after.as_ref(), limit)).await
    }

    async fn wake(&self, workflow: WorkflowId) -> Result<()> {
        let now = self.clock.now();
        self.writer.call(move |tables| tables.wake(workflow, now)).await
    }

    async fn next_due(&self, kinds: &Kinds) -> Result<Option<Timestamp>> {
        let (damaged, kinds) = (self.damaged.clone(), kinds.clone());
        self.readers.read(move |conn| read::next_due(conn, &damaged, &kinds)).await
    }

    async fn post(&self, item: NewItem) -> Result<Posted> {
        let json = serde_json::to_string(&item).map_err(StoreError::row("an inbox item"))?;
        let now = self.clock.now();
        self.writer.call(move |tables| tables.post(&item, &json, now)).await
    }

    async fn inbox(&self, workflow: WorkflowId) -> Result<Vec<InboxItem>> {
        let (items, unreadable) = self.readers.read(move |conn| read::inbox(conn, workflow)).await?;
        if !unreadable.is_empty() {
            self.set_aside(workflow, unreadable).await;
        }
        Ok(items)
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
        self.readers.read(move |conn| summary::one(conn, workflow)).await
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
        self.writer.call(|tables| Ok(tables.counts)).await
    }

    async fn claim_on(&self, machine: &MachineId) -> Result<Option<WorkflowId>> {
        let machine = machine.clone();
        self.readers.read(move |conn| read::claim_on(conn, &machine)).await
    }

    async fn prune(&self, retention: &Retention) -> Result<Pruned> {
        let (retention, mut pruned) = (*retention, Pruned::default());
        while pruned.workflows < retention.limit {
            let limit = prune::BATCH.min(retention.limit - pruned.workflows);
            let batch = self.writer.call(move |tables| tables.prune(&retention, limit)).await?;
            pruned += batch;
            if batch.workflows < limit {
                break;
            }
        }
        Ok(pruned)
    }

    fn hints(&self) -> &Hints {
        &self.hints
    }
}
