//! What can go wrong with the file, and what the caller can do about it.

use hwautomation_core::error::{Error, ErrorKind};
use rusqlite::ErrorCode;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Why a call did not work, apart from the refusals of the contract.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("opening {0}, which another store has open")]
    Locked(PathBuf),
    #[error("opening {path}, which is {what}")]
    Foreign { path: PathBuf, what: &'static str },
    #[error("opening {path}, whose schema {found} is newer than the known schema {known}")]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("opening {path}, which is damaged: {report}")]
    Damaged { path: PathBuf, report: String },
    #[error(
        "opening {0}, beside which lies a write-ahead log (-wal) that does not fit it, as that of another history"
    )]
    ForeignLog(PathBuf),
    #[error("{doing} {path}")]
    Io { doing: &'static str, path: PathBuf, source: Arc<io::Error> },
    #[error("{doing}")]
    Sql { doing: &'static str, source: Arc<rusqlite::Error> },
    #[error("committing to the history")]
    Commit { source: Arc<rusqlite::Error> },
    #[error("reading {what} from the history")]
    Row { what: String, source: Arc<serde_json::Error> },
    #[error("asking the history's writer, which has stopped")]
    Stopped,
}

impl StoreError {
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source: Arc::new(source) }
    }

    pub(crate) fn sql(doing: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| Self::Sql { doing, source: Arc::new(source) }
    }

    pub(crate) fn row(what: impl Into<String>) -> impl FnOnce(serde_json::Error) -> Self {
        let what = what.into();
        move |source| Self::Row { what, source: Arc::new(source) }
    }

    /// Tells whether something in the file cannot be read, so that other parts of it may be.
    pub(crate) fn is_damage(&self) -> bool {
        self.kind() == ErrorKind::Corrupt
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Locked(_) => ErrorKind::Busy,
            Self::Foreign { .. }
            | Self::Newer { .. }
            | Self::Damaged { .. }
            | Self::ForeignLog(_)
            | Self::Row { .. } => ErrorKind::Corrupt,
            Self::Sql { source, .. } => sql_kind(source),
            Self::Io { .. } | Self::Commit { .. } | Self::Stopped => ErrorKind::Storage,
        }
    }

    fn remedy(&self) -> &'static str {
        match self {
            Self::Locked(_) => {
                "one process at a time uses a history: stop the other one, share its store, or choose another file"
            }
            Self::Foreign { .. } => "nothing was touched; name another file, a new one is created",
            Self::Newer { .. } => {
                "nothing was touched; use the version of this program that wrote it, or a later one"
            }
            Self::ForeignLog(_) => {
                "nothing was touched; put the file and its -wal back as they were copied together, or move this -wal away and lose what only it holds"
            }
            Self::Damaged { .. } | Self::Row { .. } => DAMAGED,
            Self::Io { source, .. } => io_remedy(source),
            Self::Sql { source, .. } | Self::Commit { source } => sql_remedy(source),
            Self::Stopped => "open the history again; the log says why its writer stopped",
        }
    }

    fn cause(&self) -> Option<Box<dyn std::error::Error + Send + Sync>> {
        match self {
            Self::Io { source, .. } => Some(Box::new(Arc::clone(source))),
            Self::Sql { source, .. } | Self::Commit { source } => Some(Box::new(Arc::clone(source))),
            Self::Row { source, .. } => Some(Box::new(Arc::clone(source))),
            _ => None,
        }
    }
}

const DAMAGED: &str =
    "restore the file from a copy; the events that can be read may be saved with sqlite3's .recover";

fn sql_kind(error: &rusqlite::Error) -> ErrorKind {
    use rusqlite::Error as Sql;
    // A column that holds what nobody wrote there.
    if matches!(
        error,
        Sql::InvalidColumnType(..)
            | Sql::FromSqlConversionFailure(..)
            | Sql::IntegralValueOutOfRange(..)
            | Sql::Utf8Error(..)
    ) || is_of_other_names(error)
    {
        return ErrorKind::Corrupt;
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => ErrorKind::Corrupt,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => ErrorKind::Busy,
        _ => ErrorKind::Storage,
    }
}

/// Our statements do not change: where one does not fit, the names of tables and columns in the file did.
fn is_of_other_names(error: &rusqlite::Error) -> bool {
    match error {
        rusqlite::Error::SqlInputError { .. } => true,
        rusqlite::Error::SqliteFailure(_, Some(what)) => what.starts_with("no such "),
        _ => false,
    }
}

fn sql_remedy(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        _ if sql_kind(error) == ErrorKind::Corrupt => DAMAGED,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "end the other program that locks the file"
        }
        Some(ErrorCode::DiskFull) => "free space on the disk of the history, or raise mib_max",
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => PERMISSION,
        _ => "check the disk of the history and the system's log",
    }
}

const PERMISSION: &str = "let this program's user read and write the file and its folder";

fn io_remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "create the folder first, or correct the path",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => PERMISSION,
        _ => "check the path, the disk of the history and the system's log",
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let mut core = Self::new(error.kind(), error.to_string()).with_remedy(error.remedy());
        if let Some(cause) = error.cause() {
            core = core.with_source(cause);
        }
        match error {
            StoreError::Commit { .. } | StoreError::Stopped => core.unknown_outcome(),
            _ => core,
        }
    }
}

/// Why a job of the writer stops: a refusal is its own answer, a failure spoils its group.
#[derive(Debug)]
pub(crate) enum Stop {
    Refused(Error),
    Failed(StoreError),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(StoreError::sql("using the history")(error))
    }
}

impl From<Stop> for Error {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(error) => error,
            Stop::Failed(error) => error.into(),
        }
    }
}
