//! From the schema of yesterday to that of today. Each step may be done twice: what is there already is left alone.

use super::schema::VERSION;
use crate::error::StoreError;
use hwautomation_core::record::{Event, WorkflowSummary};
use hwautomation_core::time::Timestamp;
use rusqlite::{Connection, Row};

/// Brings a file of this version to today's, or leaves it as it was.
pub(super) fn migrate(conn: &Connection, found: i64) -> Result<(), StoreError> {
    if found >= VERSION {
        return Ok(());
    }
    let sql = || StoreError::sql("bringing the history to this version");
    conn.execute_batch("BEGIN EXCLUSIVE").map_err(sql())?;
    let done = to_2(conn)
        .and_then(|()| conn.execute_batch(&format!("PRAGMA user_version={VERSION}; COMMIT")).map_err(sql()));
    if done.is_err() && !conn.is_autocommit() {
        conn.execute_batch("ROLLBACK").map_err(sql())?;
    }
    done
}

/// The columns that version 2 added to `workflow`.
const COLUMNS_2: [(&str, &str); 5] = [
    ("submitted_at", "INTEGER"),
    ("ended_at", "INTEGER"),
    ("sub_state", "TEXT"),
    ("error_class", "TEXT"),
    // Somebody woke it since it was claimed: its next release is due at once.
    ("woken", "INTEGER NOT NULL DEFAULT 0"),
];

fn to_2(conn: &Connection) -> Result<(), StoreError> {
    let sql = || StoreError::sql("adding to the history's tables");
    for (name, kind) in COLUMNS_2 {
        add_column(conn, "workflow", name, kind).map_err(sql())?;
    }
    fill_rows(conn).map_err(sql())?;
    conn.execute_batch(concat!(include_str!("schema_2.sql"), include_str!("permit.sql"))).map_err(sql())?;
    fill_blob_uses(conn).map_err(sql())
}

fn add_column(conn: &Connection, table: &str, name: &str, kind: &str) -> rusqlite::Result<()> {
    if conn.column_exists(None, table, name)? {
        return Ok(());
    }
    conn.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {name} {kind}"))
}

/// Copies into the new columns what the old rows say as text. A damaged row, or one of a damaged id, keeps them empty.
fn fill_rows(conn: &Connection) -> rusqlite::Result<()> {
    let mut all = conn.prepare("SELECT id FROM workflow WHERE submitted_at IS NULL")?;
    let ids: Vec<Option<[u8; 16]>> = all.query_map([], id)?.collect::<rusqlite::Result<_>>()?;
    let mut read = conn.prepare("SELECT summary FROM workflow WHERE id = ?1")?;
    let mut write = conn.prepare(
        "UPDATE workflow SET submitted_at = ?2, ended_at = ?3, sub_state = ?4, error_class = ?5 WHERE id = ?1",
    )?;
    for id in ids.into_iter().flatten() {
        let row = read.query_row([id], |row| {
            Ok(serde_json::from_slice::<WorkflowSummary>(super::read::bytes(row, 0)?).ok())
        })?;
        let Some(row) = row else { continue };
        let sub_state = row.sub_state.map(|sub_state| sub_state.to_string());
        let class = row.error_class.map(|class| class.to_string());
        let (submitted_at, ended_at) = (row.submitted_at.as_micros(), row.ended_at.map(Timestamp::as_micros));
        write.execute((id, submitted_at, ended_at, sub_state, class))?;
    }
    Ok(())
}

/// Reads the id of a workflow, or that it is damaged.
fn id(row: &Row<'_>) -> rusqlite::Result<Option<[u8; 16]>> {
    let value = row.get_ref(0)?;
    let id = value.as_blob().ok().and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
    if id.is_none() {
        tracing::error!(?value, "what should be the id of a workflow is none; the record is left as it is");
    }
    Ok(id)
}

/// Finds out which workflow names which blob. One that only a damaged event names has no user, and stays.
fn fill_blob_uses(conn: &Connection) -> rusqlite::Result<()> {
    let mut naming = conn.prepare("SELECT workflow, json FROM event WHERE json LIKE '%\"blob\":%'")?;
    let mut rows = naming.query([])?;
    while let Some(row) = rows.next()? {
        let Some(workflow) = id(row)? else { continue };
        let event = serde_json::from_slice::<Event>(super::read::bytes(row, 1)?);
        for hash in event.iter().flat_map(|event| event.kind.blobs()) {
            conn.execute(
                "INSERT OR IGNORE INTO blob_use (workflow, hash) VALUES (?1, ?2)",
                (workflow, hash.as_str()),
            )?;
        }
    }
    Ok(())
}
