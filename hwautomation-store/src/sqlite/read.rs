//! What is read, on any connection.

use super::column::{int, number, permit_name, text, workflow_id};
use super::damaged::Damaged;
use crate::error::Stop;
use hwautomation_core::error::Result;
use hwautomation_core::id::{MachineId, PermitName, WorkflowId};
use hwautomation_core::record::{BlobHash, Event, EventKind, Place, Position, Seq};
use hwautomation_core::store::{HOLDERS_MAX, InboxItem, ItemId, Kinds, NewItem, Only, PermitRow, refusal};
use hwautomation_core::time::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Params};

pub(super) fn events(
    conn: &Connection,
    workflow: WorkflowId,
    from: Seq,
    limit: usize,
) -> Result<Vec<Event>, Stop> {
    // Of one that was pruned its machine changes are left, for those who follow everything.
    const SQL: &str = "SELECT workflow, seq, position, json FROM event WHERE workflow = ?1 AND seq >= ?2
        AND EXISTS (SELECT 1 FROM workflow WHERE id = ?1) ORDER BY seq LIMIT ?3";
    read_events(conn, SQL, (workflow.as_bytes(), int(from), int(limit)))
}

pub(super) fn follow(
    conn: &Connection,
    after: Position,
    limit: usize,
    only: Only,
) -> Result<Vec<Event>, Stop> {
    const ALL: &str =
        "SELECT workflow, seq, position, json FROM event WHERE position > ?1 ORDER BY position LIMIT ?2";
    const CHANGES: &str = "SELECT workflow, seq, position, json FROM event
        WHERE position > ?1 AND machine_changed = 1 ORDER BY position LIMIT ?2";
    let sql = match only {
        Only::Everything => ALL,
        Only::MachineChanges => CHANGES,
    };
    read_events(conn, sql, (int(after), int(limit)))
}

fn read_events(conn: &Connection, sql: &str, values: impl Params) -> Result<Vec<Event>, Stop> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut events: Vec<Event> = Vec::new();
    while let Some(row) = rows.next()? {
        // What the columns hold of another type than they should is as damaged as their text.
        let number = |column| row.get(column).map_or(0, number);
        let workflow = workflow_id(row, 0).unwrap_or(WorkflowId::from_bytes([0; 16]));
        let place = Place { workflow, seq: number(1), position: number(2) };
        let before = events.last().map_or(Timestamp::MIN, |event| event.at);
        let event = Event::read(bytes(row, 3)?, place, before);
        if let EventKind::Unreadable { why } = &event.kind {
            tracing::error!(%workflow, seq = place.seq, position = place.position, why, "an event is damaged");
        }
        events.push(event);
    }
    Ok(events)
}

/// What a column holds, whatever its type.
pub(super) fn bytes<'a>(row: &'a rusqlite::Row<'_>, column: usize) -> rusqlite::Result<&'a [u8]> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        _ => &[],
    })
}

/// Lists the items that can be read, and the numbers of those that cannot.
pub(super) fn inbox(
    conn: &Connection,
    workflow: WorkflowId,
) -> Result<(Vec<InboxItem>, Vec<Unreadable>), Stop> {
    let mut statement = conn.prepare_cached("SELECT id, item FROM inbox WHERE workflow = ?1 ORDER BY id")?;
    let mut rows = statement.query([workflow.as_bytes()])?;
    let (mut items, mut unreadable) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let id = number(row.get(0)?);
        match serde_json::from_slice::<NewItem>(bytes(row, 1)?) {
            Ok(item) if item.workflow == workflow => items.push(InboxItem { id, item }),
            Ok(item) => unreadable.push((id, format!("it says that it is for workflow {}", item.workflow))),
            Err(cause) => unreadable.push((id, cause.to_string())),
        }
    }
    Ok((items, unreadable))
}

/// An item that cannot be read, and why.
pub(super) type Unreadable = (ItemId, String);

pub(super) fn blob(conn: &Connection, hash: &BlobHash) -> Result<Vec<u8>, Stop> {
    const SQL: &str = "SELECT bytes FROM blob WHERE hash = ?1";
    let bytes: Option<Vec<u8>> =
        conn.prepare_cached(SQL)?.query_row([hash.as_str()], |row| row.get(0)).optional()?;
    let bytes = bytes.ok_or_else(|| refusal::no_blob(hash))?;
    refusal::check_blob(hash, &bytes)?;
    Ok(bytes)
}

pub(super) fn claim_on(conn: &Connection, machine: &MachineId) -> Result<Option<WorkflowId>, Stop> {
    const SQL: &str = "SELECT workflow FROM claim WHERE machine = ?1";
    let holder = conn.prepare_cached(SQL)?.query_row([machine.as_str()], |row| workflow_id(row, 0));
    Ok(holder.optional()?)
}

pub(super) fn next_due(
    conn: &Connection,
    damaged: &Damaged,
    kinds: &Kinds,
) -> Result<Option<Timestamp>, Stop> {
    const SQL: &str = "SELECT ready_at, id, name FROM workflow WHERE ready_at IS NOT NULL ORDER BY ready_at";
    let mut statement = conn.prepare_cached(SQL)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if kinds.has(&text(row, 2)?) && workflow_id(row, 1).is_ok_and(|id| !damaged.has(id)) {
            return Ok(Some(Timestamp::from_micros(row.get(0)?)));
        }
    }
    Ok(None)
}

pub(super) fn permits(
    conn: &Connection,
    after: Option<&PermitName>,
    limit: usize,
) -> Result<Vec<PermitRow>, Stop> {
    const SQL: &str = "SELECT name, count(*) FILTER (WHERE turn IS NULL), count(turn) FROM permit
        WHERE name > ?1 GROUP BY name ORDER BY name LIMIT ?2";
    const HOLDERS: &str =
        "SELECT workflow FROM permit WHERE name = ?1 AND turn IS NULL ORDER BY workflow LIMIT ?2";
    let mut statement = conn.prepare_cached(SQL)?;
    // No name is empty.
    let rows = statement.query_map((after.map_or("", PermitName::as_str), int(limit)), |row| {
        let (held, waiting) = (number(row.get(1)?), number(row.get(2)?));
        Ok(PermitRow { name: permit_name(row, 0)?, holders: Vec::new(), held, waiting })
    })?;
    let mut rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut holders = conn.prepare_cached(HOLDERS)?;
    for row in &mut rows {
        let found =
            holders.query_map((row.name.as_str(), int(HOLDERS_MAX)), |found| workflow_id(found, 0))?;
        row.holders = found.collect::<rusqlite::Result<_>>()?;
    }
    Ok(rows)
}
