//! The file and its lock.

use crate::error::StoreError;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

/// Keeps every other store away from a file as long as it lives, in this process and in others.
///
/// It lies beside the database, since closing any handle of a file drops SQLite's own locks on it (POSIX
/// advisory locks, fcntl(2)). The operating system frees it when the process dies.
#[derive(Debug)]
pub(super) struct Lock {
    _held: File,
}

impl Lock {
    pub(super) fn take(database: &Path) -> Result<Self, StoreError> {
        let mut name = database.as_os_str().to_owned();
        name.push(".lock");
        let path = PathBuf::from(name);
        let file = private().create(true).truncate(false).open(&path);
        let file = file.map_err(StoreError::io("opening", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _held: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked(database.to_owned())),
            Err(TryLockError::Error(cause)) => Err(StoreError::io("locking", path)(cause)),
        }
    }
}

/// Returns the one path of a file, however it was named, so that one file has one lock.
pub(super) fn resolve(path: &Path) -> Result<PathBuf, StoreError> {
    if path.exists() {
        return path.canonicalize().map_err(StoreError::io("opening", path));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder.canonicalize().map_err(StoreError::io("opening", folder))?;
    Ok(folder.join(path.file_name().unwrap_or_default()))
}

/// Creates a new file that only its owner may read, and makes its name last.
pub(super) fn create(path: &Path) -> Result<(), StoreError> {
    if path.exists() {
        return Ok(());
    }
    private().create_new(true).open(path).map_err(StoreError::io("creating", path))?;
    let Some(folder) = path.parent() else { return Ok(()) };
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(StoreError::io("syncing", folder))
}

/// A history says where machines and their secrets are: nobody else reads it. SQLite gives `-wal` and `-shm` the
/// rights of the database.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
