//! The file that outlives the process: the hardware goes on where it was.
//!
//! The state and the log entries that belong to it are written together, into a new file that then takes the old one's name; only then are the
//! entries appended to the log file. Whatever moment the process dies at, the state file is whole, and entries that the log file lacks are in it.

use crate::log::LogEntry;
use crate::model::state::State;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The version of the file's form.
const VERSION: u32 = 1;

#[derive(Debug)]
pub(crate) struct Keep {
    path: PathBuf,
    log: File,
    /// What the file holds now, without its entries.
    written: Vec<u8>,
}

/// Is what was kept.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) state: State,
    pub(crate) log: Vec<LogEntry>,
}

#[derive(Serialize)]
struct Page<'a> {
    version: u32,
    state: &'a State,
    /// The entries since the page before.
    entries: &'a [LogEntry],
}

#[derive(Deserialize)]
struct ReadPage {
    version: u32,
    state: State,
    entries: Vec<LogEntry>,
}

impl Keep {
    /// Opens the file, and reads what it holds if it exists.
    pub(crate) fn open(path: &Path) -> io::Result<(Self, Option<Kept>)> {
        let kept = match fs::read(path) {
            Ok(bytes) => Some(read(path, &bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let log_path = log_path(path);
        let log = kept.as_ref().map(|kept| kept.log.as_slice()).unwrap_or_default();
        // Written anew, so that a line that the last process did not finish is gone.
        replace(&log_path, &lines(log)?)?;
        let log = OpenOptions::new().append(true).open(&log_path)?;
        Ok((Self { path: path.to_owned(), log, written: Vec::new() }, kept))
    }

    /// Writes the state when it differs from what is kept, and its fresh log entries.
    pub(crate) fn write(&mut self, state: &State) -> io::Result<()> {
        let plain = serde_json::to_vec(state)?;
        if plain != self.written {
            let page = Page { version: VERSION, state, entries: &state.fresh };
            replace(&self.path, &serde_json::to_vec(&page)?)?;
            self.written = plain;
        }
        self.log.write_all(&lines(&state.fresh)?)
    }
}

fn read(path: &Path, bytes: &[u8]) -> io::Result<Kept> {
    let wrong = |why: String| {
        let text = format!("{} is no kept rack: {why}; remove it to begin anew", path.display());
        io::Error::new(io::ErrorKind::InvalidData, text)
    };
    let page: ReadPage = serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
    if page.version != VERSION {
        return Err(wrong(format!("it has version {} and not {VERSION}", page.version)));
    }
    let mut log = read_log(&log_path(path))?;
    let next = log.last().map_or(0, |entry| entry.order + 1);
    log.extend(page.entries.into_iter().filter(|entry| entry.order >= next));
    Ok(Kept { state: page.state, log })
}

/// Reads the log up to the first line that is not whole: the last process may have died while it wrote it.
fn read_log(path: &Path) -> io::Result<Vec<LogEntry>> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes)
            .lines()
            .map_while(|line| serde_json::from_str(line).ok())
            .collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn lines(entries: &[LogEntry]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for entry in entries {
        serde_json::to_writer(&mut bytes, entry)?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

/// Writes a file that is whole at every moment.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = with_ending(path, "new");
    let mut file = private(&new)?;
    file.write_all(bytes)?;
    drop(file);
    fs::rename(new, path)
}

/// Creates a file that only its owner reads: there are passwords in it.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

pub(crate) fn log_path(path: &Path) -> PathBuf {
    with_ending(path, "log")
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}
