//! Where the history lies, and the limits of its store.

use hwautomation_core::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Says where the history lies. What is left out has its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqliteConfig {
    /// The file. Its folder must exist; beside it lie `-wal`, `-shm` and `.lock`.
    pub path: PathBuf,
    /// How many calls are committed together at most. Default 512.
    #[serde(default = "group_max")]
    pub group_max: usize,
    /// How many calls may wait for the writer before a caller waits to be let in. Default 4096.
    #[serde(default = "queue_max")]
    pub queue_max: usize,
    /// How many reads run at once. Default 4.
    #[serde(default = "readers_max")]
    pub readers_max: usize,
    /// How long to wait, in milliseconds, while a backup or a person's shell locks the file. Default 5000.
    #[serde(default = "busy_ms")]
    pub busy_ms: u32,
    /// Up to which size, in MiB, the whole file is checked at opening; of a larger one only the head and the
    /// schema are read, and damage shows when the page is read. Default 256, which takes about 0.3 s from the
    /// system's cache; 0 never checks.
    #[serde(default = "check_mib_max")]
    pub check_mib_max: u64,
    /// How large the file may grow, in MiB: more is `Storage`, as on a full disk. Default: as large as the disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mib_max: Option<u64>,
}

fn group_max() -> usize {
    512
}

fn queue_max() -> usize {
    4096
}

fn readers_max() -> usize {
    4
}

fn busy_ms() -> u32 {
    5000
}

fn check_mib_max() -> u64 {
    256
}

impl SqliteConfig {
    /// Says where the file lies, with every default.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            group_max: group_max(),
            queue_max: queue_max(),
            readers_max: readers_max(),
            busy_ms: busy_ms(),
            check_mib_max: check_mib_max(),
            mib_max: None,
        }
    }

    /// Checks the values.
    ///
    /// # Errors
    ///
    /// `Invalid`, naming all that is wrong.
    pub fn validate(&self) -> Result<()> {
        let counts =
            [("group_max", self.group_max), ("queue_max", self.queue_max), ("readers_max", self.readers_max)];
        let out_of_range = counts.iter().filter(|(_, count)| !(1..=COUNT_MAX).contains(count));
        let mut wrong: Vec<String> =
            out_of_range.map(|(name, count)| format!("{name} is {count}, not 1 to {COUNT_MAX}")).collect();
        if self.path.file_name().is_none() {
            wrong.push(format!("path is {:?}, which names no file", self.path));
        }
        if self.mib_max == Some(0) {
            wrong.push("mib_max is 0, not 1 or more".to_owned());
        }
        if wrong.is_empty() {
            return Ok(());
        }
        Err(Error::invalid(format!("the store's settings: {}", wrong.join("; ")))
            .with_remedy("correct them, or leave them out for their defaults"))
    }
}

/// More calls in one commit, or waiting, would make each wait long; more readers would only queue at the disk.
const COUNT_MAX: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_has_its_default() {
        let read: SqliteConfig = serde_json::from_str(r#"{"path": "history.db"}"#).unwrap();
        assert_eq!(read, SqliteConfig::new("history.db"));
        assert!(read.validate().is_ok());
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let config = SqliteConfig { group_max: 0, readers_max: 0, ..SqliteConfig::new("") };
        let error = config.validate().unwrap_err();
        for name in ["group_max", "readers_max", "path"] {
            assert!(error.message().contains(name), "{error}");
        }
        assert!(serde_json::from_str::<SqliteConfig>(r#"{"path": "a", "grupo": 1}"#).is_err());
    }
}
