//! What is read, on any connection.

use super::column::{int, number, standing, workflow_id};
use crate::error::{Stop, StoreError};
use hwautomation_core::error::Result;
use hwautomation_core::id::{MachineId, WorkflowId};
use hwautomation_core::record::{BlobHash, Event, Position, Seq, WorkflowSummary};
use hwautomation_core::store::{Counts, InboxItem, Only, refusal};
use hwautomation_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params};

pub(super) fn events(
    conn: &Connection,
    workflow: WorkflowId,
    from: Seq,
    limit: usize,
) -> Result<Vec<Event>, Stop> {
    const SQL: &str =
        "SELECT position, json FROM event WHERE workflow = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3";
    read_events(conn, SQL, (workflow.as_bytes(), int(from), int(limit)))
}

pub(super) fn follow(
    conn: &Connection,
    after: Position,
    limit: usize,
    only: Only,
) -> Result<Vec<Event>, Stop> {
    const ALL: &str = "SELECT position, json FROM event WHERE position > ?1 ORDER BY position LIMIT ?2";
    const CHANGES: &str = "SELECT position, json FROM event WHERE position > ?1 AND machine_changed = 1
        ORDER BY position LIMIT ?2";
    let sql = match only {
        Only::Everything => ALL,
        Only::MachineChanges => CHANGES,
    };
    read_events(conn, sql, (int(after), int(limit)))
}

fn read_events(conn: &Connection, sql: &str, values: impl Params) -> Result<Vec<Event>, Stop> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let (position, json) =
            (row.get::<_, i64>(0)?, row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?);
        let event =
            serde_json::from_str(json).map_err(StoreError::row(format!("the event at position {position}")));
        events.push(event.map_err(hwautomation_core::error::Error::from)?);
    }
    Ok(events)
}

pub(super) fn inbox(conn: &Connection, workflow: WorkflowId) -> Result<Vec<InboxItem>, Stop> {
    let mut statement = conn.prepare_cached("SELECT id, item FROM inbox WHERE workflow = ?1 ORDER BY id")?;
    let mut rows = statement.query([workflow.as_bytes()])?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, json): (i64, String) = (row.get(0)?, row.get(1)?);
        let item = serde_json::from_str(&json).map_err(StoreError::row(format!("the inbox item {id}")))?;
        items.push(InboxItem { id: number(id), item });
    }
    Ok(items)
}

pub(super) fn blob(conn: &Connection, hash: &BlobHash) -> Result<Vec<u8>, Stop> {
    const SQL: &str = "SELECT bytes FROM blob WHERE hash = ?1";
    let bytes: Option<Vec<u8>> =
        conn.prepare_cached(SQL)?.query_row([hash.as_str()], |row| row.get(0)).optional()?;
    let bytes = bytes.ok_or_else(|| refusal::no_blob(hash))?;
    refusal::check_blob(hash, &bytes)?;
    Ok(bytes)
}

pub(super) fn summary(conn: &Connection, workflow: WorkflowId) -> Result<Option<WorkflowSummary>, Stop> {
    const SQL: &str = "SELECT id, summary, position FROM workflow WHERE id = ?1";
    let mut statement = conn.prepare_cached(SQL)?;
    let mut rows = statement.query([workflow.as_bytes()])?;
    Ok(rows.next()?.map(read_summary).transpose()?)
}

pub(super) fn read_summary(row: &rusqlite::Row<'_>) -> Result<WorkflowSummary, StoreError> {
    let sql = || StoreError::sql("reading a summary from the history");
    let id = workflow_id(row, 0).map_err(sql())?;
    let json: String = row.get(1).map_err(sql())?;
    let what = || StoreError::row(format!("the summary of workflow {id}"));
    let summary: WorkflowSummary = serde_json::from_str(&json).map_err(what())?;
    Ok(WorkflowSummary { position: number(row.get(2).map_err(sql())?), ..summary })
}

pub(super) fn claim_on(conn: &Connection, machine: &MachineId) -> Result<Option<WorkflowId>, Stop> {
    const SQL: &str = "SELECT workflow FROM claim WHERE machine = ?1";
    let holder = conn.prepare_cached(SQL)?.query_row([machine.as_str()], |row| workflow_id(row, 0));
    Ok(holder.optional()?)
}

pub(super) fn counts(conn: &Connection) -> Result<Counts, Stop> {
    let mut statement = conn.prepare_cached("SELECT name, workflows FROM standing")?;
    let mut rows = statement.query([])?;
    let mut counts = Counts::default();
    while let Some(row) = rows.next()? {
        if let Some(standing) = standing(row, 0)? {
            counts.set(standing, number(row.get(1)?));
        }
    }
    Ok(counts)
}

pub(super) fn next_due(conn: &Connection) -> Result<Option<Timestamp>, Stop> {
    const SQL: &str = "SELECT ready_at FROM workflow WHERE ready_at IS NOT NULL ORDER BY ready_at LIMIT 1";
    let at: Option<i64> = conn.prepare_cached(SQL)?.query_row([], |row| row.get(0)).optional()?;
    Ok(at.map(Timestamp::from_micros))
}
