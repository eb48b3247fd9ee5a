//! Whether the write-ahead log beside a file is its own.
//!
//! SQLite takes over any log that is whole in itself, also that of another file: one history replaces the other, or
//! both are mixed, without an error. But what the file alone says happened last must have happened with its log, too.

use super::column::{int, number};
use crate::error::StoreError;
use hwautomation_core::record::Position;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::path::Path;

/// An event, by what makes it this one and no other.
type Known = (Position, [u8; 16], [u8; 16]);

/// Refuses a log with which the file would lose what it has. A file that cannot be read alone says nothing: it may
/// need its log, and the check of all pages finds damage.
pub(super) fn check_log(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if std::fs::metadata(&log).map_or(0, |log| log.len()) == 0 {
        return Ok(());
    }
    match without_log(path) {
        Ok(Some(newest)) if !has(conn, newest).unwrap_or(false) => {
            Err(StoreError::ForeignLog(path.to_owned()))
        }
        _ => Ok(()),
    }
}

/// The newest event of the file alone. SQLite reads a file that nobody changes without its log (sqlite.org/uri.html,
/// "immutable").
fn without_log(path: &Path) -> rusqlite::Result<Option<Known>> {
    const SQL: &str = "SELECT position, workflow, batch FROM event ORDER BY position DESC LIMIT 1";
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let name = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let conn = Connection::open_with_flags(format!("file:{name}?immutable=1"), flags)?;
    conn.query_row(SQL, [], |row| Ok((number(row.get(0)?), row.get(1)?, row.get(2)?))).optional()
}

/// Tells whether the event is there, or was pruned.
fn has(conn: &Connection, (position, workflow, batch): Known) -> rusqlite::Result<bool> {
    let found: Option<([u8; 16], [u8; 16])> = conn
        .query_row("SELECT workflow, batch FROM event WHERE position = ?1", [int(position)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    match found {
        Some(found) => Ok(found == (workflow, batch)),
        None => {
            const PRUNED: &str = "SELECT value FROM counter WHERE name = 'position'";
            let upto: Option<i64> = conn.query_row(PRUNED, [], |row| row.get(0)).optional()?;
            Ok(upto.is_some_and(|upto| number(upto) >= position))
        }
    }
}
