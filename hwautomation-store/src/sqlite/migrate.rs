//! From the schema of yesterday to that of today. Each step may be done twice: what is there already is left alone.

use super::schema::VERSION;
use crate::error::StoreError;
use rusqlite::Connection;

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

fn to_2(conn: &Connection) -> Result<(), StoreError> {
    let sql = StoreError::sql("adding to the history's tables");
    conn.execute_batch(include_str!("schema_2.sql")).map_err(sql)
}
