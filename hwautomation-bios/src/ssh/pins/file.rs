//! Pins that outlive the process.

use super::HostKeyPins;
use super::table::Table;
use async_trait::async_trait;
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::id::MachineId;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind as IoKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Keeps pins in a file: a line for each machine, replaced whole at each new pin, readable by its owner only.
///
/// One process at a time owns the file; a lock on a second file beside it, named as the first with `.lock`, keeps
/// others out until this value is dropped.
#[derive(Debug)]
pub struct FilePins {
    path: PathBuf,
    table: Mutex<Table>,
    _lock: File,
}

impl FilePins {
    /// Opens the file, or begins one when there is none.
    ///
    /// # Errors
    ///
    /// `Busy` when another process has it open, `Corrupt` when a line cannot be read, `Storage` when the file
    /// cannot be opened.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let lock = lock(&path)?;
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == IoKind::NotFound => String::new(),
            Err(cause) => return Err(storage("reading", &path, cause)),
        };
        let table = Table::read(&text).map_err(|line| corrupt(&path, line))?;
        Ok(Self { path, table: Mutex::new(table), _lock: lock })
    }

    /// Writes the table beside the file, then puts it in the file's place: whoever reads sees the old or the new.
    fn write(&self, table: &Table) -> std::io::Result<()> {
        let next = beside(&self.path, "next");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&next)?;
        file.write_all(table.to_text().as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&next, &self.path)
    }
}

#[async_trait]
impl HostKeyPins for FilePins {
    async fn pinned(&self, machine: &MachineId, generation: u64) -> Result<Option<String>> {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(table.pinned(machine, generation).map(str::to_owned))
    }

    async fn pin(&self, machine: &MachineId, generation: u64, seen: &str) -> Result<String> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pinned) = table.pinned(machine, generation) {
            return Ok(pinned.to_owned());
        }
        let mut next = table.clone();
        next.insert(machine, generation, seen);
        // Stored before told: a pin that did not reach the file is none.
        self.write(&next).map_err(|cause| storage("writing", &self.path, cause))?;
        *table = next;
        Ok(seen.to_owned())
    }
}

fn lock(path: &Path) -> Result<File> {
    let lock = beside(path, "lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&lock);
    let file = file.map_err(|cause| storage("opening", &lock, cause))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Error::new(ErrorKind::Busy, format!("opening the host key pins in {}", path.display()))
                .with_remedy("end the other process that has them open, or give each its own file"))
        }
        Err(TryLockError::Error(cause)) => Err(storage("locking", &lock, cause)),
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

fn storage(doing: &str, path: &Path, cause: std::io::Error) -> Error {
    Error::new(ErrorKind::Storage, format!("{doing} the host key pins in {}", path.display()))
        .with_remedy("check the disk, the folder and this process's rights there")
        .with_source(cause)
}

fn corrupt(path: &Path, line: usize) -> Error {
    Error::new(ErrorKind::Corrupt, format!("reading the host key pins in {}, line {line}", path.display()))
        .with_remedy("correct or remove the line: each is a machine's id, its generation and SHA256:...")
}
