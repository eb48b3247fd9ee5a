//! The tables as the writer sees them: one connection, the newest position, and what to tell afterwards.

use super::column::{int, number, standing, text, workflow_id};
use super::damaged::Damaged;
use crate::error::{Stop, StoreError};
use hwautomation_core::error::{ErrorClassName, Result};
use hwautomation_core::id::{OwnerId, WorkflowId};
use hwautomation_core::record::{Position, RunState, Seq, SubState, WorkflowSummary};
use hwautomation_core::store::{Counts, Kinds, LeaseKey, Standing, refusal};
use hwautomation_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params};
use std::collections::{BTreeSet, HashMap};

/// Writes. Every job reads and refuses before it writes, so that a refused one leaves nothing in its group.
#[derive(Debug)]
pub(super) struct Tables {
    pub(super) conn: Connection,
    /// The newest event's.
    pub(super) position: Position,
    /// The newest request's for permits.
    pub(super) turn: i64,
    /// How many workflows that have not ended stand where.
    pub(super) counts: Counts,
    /// The rows of workflows that somebody holds, as they are now: an append need not read its row.
    pub(super) held: HashMap<WorkflowId, Row>,
    pub(super) told: Told,
    /// Holds one event's JSON at a time.
    pub(super) json: Vec<u8>,
    pub(super) damaged: Damaged,
}

/// What to tell when the group is stored.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) events: bool,
    pub(super) due: bool,
    pub(super) inbox: BTreeSet<WorkflowId>,
}

/// What the columns say by which lists are filtered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) state: RunState,
    pub(super) sub_state: Option<SubState>,
    pub(super) error_class: Option<ErrorClassName>,
    pub(super) ended_at: Option<Timestamp>,
}

impl Shown {
    pub(super) fn of(summary: &WorkflowSummary) -> Self {
        let WorkflowSummary { state, sub_state, error_class, ended_at, .. } = *summary;
        Self { state, sub_state, error_class, ended_at }
    }
}

/// What decides about a write.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) next_seq: Seq,
    pub(super) position: Position,
    pub(super) standing: Option<Standing>,
    /// None where nobody looked.
    pub(super) shown: Option<Shown>,
    epoch: u64,
    owner: Option<[u8; 16]>,
    /// None when it has ended.
    pub(super) ready_at: Option<Timestamp>,
}

impl Row {
    pub(super) fn is_held(&self) -> bool {
        self.owner.is_some()
    }

    pub(super) fn is_held_by(&self, key: LeaseKey) -> bool {
        self.owner == Some(*key.owner.as_bytes()) && self.epoch == key.epoch
    }

    pub(super) fn check(&self, key: LeaseKey) -> Result<()> {
        if self.is_held_by(key) { Ok(()) } else { Err(refusal::lease_lost(key)) }
    }
}

impl Tables {
    /// Takes over an opened file and ends all leases: whoever held one was another process.
    pub(super) fn open(conn: Connection, now: Timestamp, damaged: Damaged) -> Result<Self, StoreError> {
        let sql = || StoreError::sql("opening the history");
        const NEWEST: &str = "SELECT max(ifnull((SELECT max(position) FROM event), 0),
            ifnull((SELECT value FROM counter WHERE name = 'position'), 0))";
        let newest: i64 = conn.query_row(NEWEST, [], |row| row.get(0)).map_err(sql())?;
        let (position, turn) = (number(newest), Self::newest_turn(&conn).map_err(sql())?);
        let counts = count(&conn).map_err(sql())?;
        let (held, told, json) = (HashMap::new(), Told::default(), Vec::new());
        let mut tables = Self { conn, position, turn, counts, held, told, json, damaged };
        tables.in_one_transaction(|tables| tables.end_leases(now).map_err(sql()))?;
        Ok(tables)
    }

    /// Whoever queues for permits asks again: those held for a call came free.
    fn end_leases(&mut self, now: Timestamp) -> rusqlite::Result<()> {
        const SQL: &str = "UPDATE workflow SET owner = NULL, ready_at = ?1 WHERE ready_at IS NOT NULL AND owner IS NOT NULL";
        const WAKE: &str = "UPDATE workflow SET ready_at = ?1
            WHERE ready_at > ?1 AND id IN (SELECT workflow FROM permit WHERE turn IS NOT NULL)";
        self.conn.execute(SQL, [now.as_micros()])?;
        self.conn.execute("DELETE FROM permit WHERE turn IS NULL AND hold = 'call'", [])?;
        self.conn.execute(WAKE, [now.as_micros()]).map(|_| ())
    }

    /// Stores all that `work` does, or nothing.
    pub(super) fn in_one_transaction(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<(), StoreError>,
    ) -> Result<Told, StoreError> {
        let before = (self.position, self.counts);
        let begun = self
            .conn
            .execute_batch("BEGIN IMMEDIATE")
            .map_err(StoreError::sql("beginning to write to the history"));
        let done = begun.and_then(|()| work(self)).and_then(|()| {
            self.conn.execute_batch("COMMIT").map_err(|source| StoreError::Commit { source: source.into() })
        });
        let told = std::mem::take(&mut self.told);
        if done.is_err() {
            (self.position, self.counts) = before;
            self.held.clear();
            self.roll_back();
        }
        done.map(|()| told)
    }

    fn roll_back(&self) {
        // SQLite may have rolled back by itself, as on a full disk.
        if !self.conn.is_autocommit()
            && let Err(cause) = self.conn.execute_batch("ROLLBACK")
        {
            tracing::error!(error = %cause, "rolling back in the history");
        }
    }

    /// Runs one statement and returns how many rows it changed.
    pub(super) fn write(&self, sql: &'static str, values: impl Params) -> rusqlite::Result<usize> {
        self.conn.prepare_cached(sql)?.execute(values)
    }

    pub(super) fn find(&self, workflow: WorkflowId) -> Result<Option<Row>, Stop> {
        match self.held.get(&workflow) {
            Some(row) => Ok(Some(*row)),
            None => self.read(workflow),
        }
    }

    fn read(&self, workflow: WorkflowId) -> Result<Option<Row>, Stop> {
        const SQL: &str = "SELECT next_seq, position, epoch, owner, ready_at, coalesce(sub_state, state)
            FROM workflow WHERE id = ?1";
        let row = self.conn.prepare_cached(SQL)?.query_row([workflow.as_bytes()], |row| {
            Ok(Row {
                next_seq: number(row.get(0)?),
                position: number(row.get(1)?),
                epoch: number(row.get(2)?),
                owner: row.get(3)?,
                ready_at: row.get::<_, Option<i64>>(4)?.map(Timestamp::from_micros),
                standing: standing(row, 5)?,
                shown: None,
            })
        });
        Ok(row.optional()?)
    }

    pub(super) fn row(&self, workflow: WorkflowId) -> Result<Row, Stop> {
        Ok(self.find(workflow)?.ok_or_else(|| refusal::unknown(workflow))?)
    }

    /// Lists what is due, the longest due first.
    pub(super) fn due(
        &self,
        now: Timestamp,
        limit: usize,
        kinds: &Kinds,
    ) -> rusqlite::Result<Vec<WorkflowId>> {
        // The index has all that is asked for: a damaged page of the table does not matter here. No LIMIT, since
        // what is passed over does not count, and no more rows are stepped to than are taken.
        const SQL: &str = "SELECT id, name FROM workflow WHERE ready_at <= ?1 ORDER BY ready_at";
        let mut statement = self.conn.prepare_cached(SQL)?;
        let mut rows = statement.query([now.as_micros()])?;
        let mut due = Vec::new();
        while due.len() < limit
            && let Some(row) = rows.next()?
        {
            // One whose id is damaged is nobody's to run.
            let Ok(id) = workflow_id(row, 0) else { continue };
            if kinds.has(&text(row, 1)?) && !self.damaged.has(id) {
                due.push(id);
            }
        }
        Ok(due)
    }

    /// Gives a workflow to this owner, and returns the epoch and the number of its next event.
    pub(super) fn hold(
        &mut self,
        workflow: WorkflowId,
        owner: OwnerId,
        until: Timestamp,
    ) -> Result<(u64, Seq), Stop> {
        const SQL: &str =
            "UPDATE workflow SET owner = ?2, epoch = ?3, ready_at = ?4, woken = 0 WHERE id = ?1";
        let row = self.row(workflow)?;
        let (epoch, next_seq) = (row.epoch + 1, row.next_seq);
        self.write(SQL, (workflow.as_bytes(), owner.as_bytes(), int(epoch), until.as_micros()))?;
        let owner = Some(*owner.as_bytes());
        self.held.insert(workflow, Row { epoch, owner, ready_at: Some(until), ..row });
        Ok((epoch, next_seq))
    }

    pub(super) fn set_ready(&mut self, workflow: WorkflowId, at: Timestamp) -> rusqlite::Result<()> {
        const SQL: &str = "UPDATE workflow SET ready_at = ?2 WHERE id = ?1";
        self.write(SQL, (workflow.as_bytes(), at.as_micros()))?;
        if let Some(row) = self.held.get_mut(&workflow) {
            row.ready_at = Some(at);
        }
        Ok(())
    }
}

/// Counts what has not ended; from here on each append keeps count.
fn count(conn: &Connection) -> rusqlite::Result<Counts> {
    const SQL: &str = "SELECT coalesce(sub_state, state), count(*) FROM workflow WHERE ended = 0 GROUP BY 1";
    let mut statement = conn.prepare(SQL)?;
    let mut rows = statement.query([])?;
    let mut counts = Counts::default();
    while let Some(row) = rows.next()? {
        if let Some(standing) = standing(row, 0)? {
            counts.set(standing, number(row.get(1)?));
        }
    }
    Ok(counts)
}
