//! Whose file it is, which version it has, and how a connection is set up.

use super::column::{int, number};
use super::log::check_log;
use super::migrate::migrate;
use crate::config::SqliteConfig;
use crate::error::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

/// Marks the file as ours in its head: "hwau" (SQLite file format, section 1.3).
pub(super) const APPLICATION_ID: i64 = 0x6877_6175;
/// The version of the schema.
pub(super) const VERSION: i64 = 2;
/// The page of a new file, in bytes: with 256 workflows in flight a group's rows share more pages than at SQLite's
/// 4096, and a single append still writes little.
const PAGE_BYTES: u32 = 8192;
/// How many pages the write-ahead log may grow before it is copied into the file: fewer copies of hot pages.
const CHECKPOINT_PAGES: u32 = 2000;
/// How many KiB of pages the writer keeps, so that the rows of open workflows stay in memory.
const WRITER_KIB: i64 = 32 * 1024;
/// How many KiB of pages a reader keeps: it reads here and there, and the system keeps the file's pages too.
const READER_KIB: i64 = 2 * 1024;
/// How many prepared statements a connection keeps: more than there are.
const STATEMENTS: usize = 128;

/// Refuses a file that is not ours by its head alone, so that nothing is touched in it.
pub(super) fn check_head(path: &Path) -> Result<(), StoreError> {
    let mut head = Vec::new();
    let file = File::open(path).map_err(StoreError::io("opening", path))?;
    file.take(100).read_to_end(&mut head).map_err(StoreError::io("reading", path))?;
    let foreign = |what| Err(StoreError::Foreign { path: path.to_owned(), what });
    if head.is_empty() {
        return Ok(());
    }
    if head.len() < 100 || !head.starts_with(b"SQLite format 3\0") {
        return foreign("no SQLite database");
    }
    if big_endian(&head, 68) != APPLICATION_ID {
        return foreign("the SQLite database of another program");
    }
    check_version(path, big_endian(&head, 60))
}

fn big_endian(head: &[u8], at: usize) -> i64 {
    head[at..at + 4].iter().fold(0, |value, byte| value << 8 | i64::from(*byte))
}

fn check_version(path: &Path, found: i64) -> Result<(), StoreError> {
    if found <= VERSION {
        return Ok(());
    }
    Err(StoreError::Newer { path: path.to_owned(), found, known: VERSION })
}

/// Opens the connection that writes, creates the tables of a new file, and checks an old one.
pub(super) fn open_writer(path: &Path, config: &SqliteConfig) -> Result<Connection, StoreError> {
    let conn = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(StoreError::sql("opening the history"))?;
    prepare(&conn, path, config).map_err(|error| at_path(error, path))?;
    Ok(conn)
}

fn prepare(conn: &Connection, path: &Path, config: &SqliteConfig) -> Result<(), StoreError> {
    let sql = || StoreError::sql("opening the history");
    // Until it is known to be sound: closing would copy the log of a damaged file, or of another one, into it.
    let copy_at_closing = |copy: bool| conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !copy);
    copy_at_closing(false).map_err(sql())?;
    check_log(conn, path)?;
    set_up(conn, config, WRITER_KIB).map_err(sql())?;
    let number = |pragma| conn.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let tables = "SELECT count(*) FROM sqlite_schema";
    if conn.query_row(tables, [], |row| row.get::<_, i64>(0)).map_err(sql())? == 0 {
        create(conn).map_err(StoreError::sql("creating the history"))?;
    }
    if number("application_id").map_err(sql())? != APPLICATION_ID {
        return Err(StoreError::Foreign {
            path: path.to_owned(),
            what: "the SQLite database of another program",
        });
    }
    let found = number("user_version").map_err(sql())?;
    check_version(path, found)?;
    check_pages(conn, path, config.check_mib_max)?;
    migrate(conn, found)?;
    copy_at_closing(true).map_err(sql())?;
    let mode: String =
        conn.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0)).map_err(sql())?;
    if mode != "wal" {
        tracing::warn!(path = %path.display(), mode, "the history has no write-ahead log: reads and writes block each other");
    }
    limit(conn, config).map_err(sql())
}

fn limit(conn: &Connection, config: &SqliteConfig) -> rusqlite::Result<()> {
    conn.execute_batch(&format!("PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}"))?;
    let Some(mib) = config.mib_max else { return Ok(()) };
    let page: u64 = conn.pragma_query_value(None, "page_size", |row| row.get(0)).map(number)?;
    let pages = mib.saturating_mul(1024 * 1024) / page.max(1);
    conn.pragma_update_and_check(None, "max_page_count", int(pages), |_| Ok(()))
}

/// What every connection has.
fn set_up(conn: &Connection, config: &SqliteConfig, cache_kib: i64) -> rusqlite::Result<()> {
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // A plan does not depend on a bound value, such as LIMIT ?: else SQLite prepares anew at each run.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.busy_timeout(Duration::from_millis(config.busy_ms.into()))?;
    conn.execute_batch(&format!(
        "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-{cache_kib}; PRAGMA temp_store=MEMORY"
    ))
}

/// Writes the head together with the tables, before the write-ahead log is switched on: whoever finds the file
/// after a crash finds either nothing in it or all of this.
fn create(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch(&format!(
        "PRAGMA page_size={PAGE_BYTES}; BEGIN EXCLUSIVE; PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version=1;\n{}\nCOMMIT;",
        include_str!("schema.sql")
    ))
}

fn check_pages(conn: &Connection, path: &Path, mib_max: u64) -> Result<(), StoreError> {
    let size = std::fs::metadata(path).map_err(StoreError::io("looking at", path))?.len();
    if size > mib_max.saturating_mul(1024 * 1024) {
        tracing::info!(path = %path.display(), size, mib_max, "the history is too large to be checked at opening");
        return Ok(());
    }
    let first = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    match first.optional().map_err(StoreError::sql("checking the history"))? {
        Some(report) if report != "ok" => Err(StoreError::Damaged { path: path.to_owned(), report }),
        _ => Ok(()),
    }
}

/// Says which file is damaged.
pub(super) fn at_path(error: StoreError, path: &Path) -> StoreError {
    match &error {
        StoreError::Sql { source, .. } if error.is_damage() => {
            StoreError::Damaged { path: path.to_owned(), report: source.to_string() }
        }
        _ => error,
    }
}

/// Opens a connection that only reads.
pub(super) fn open_reader(path: &Path, config: &SqliteConfig) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    set_up(&conn, config, READER_KIB)?;
    Ok(conn)
}
