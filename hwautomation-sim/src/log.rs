//! The log: every command that reached the rack, and what became of it.

use serde::{Deserialize, Serialize};

/// Is one entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Counts up from 0 without a gap, also over restarts of a kept rack.
    pub order: u64,
    /// When it was, in milliseconds since 1970.
    pub at_ms: u64,
    /// Which machine it was for, if it was for one.
    pub machine: Option<String>,
    /// Through which face it came.
    pub face: Face,
    /// Who sent it: the peer's socket and the user, as far as they are known.
    pub source: String,
    /// The command, in a text that does not change between versions: `chassis control: power cycle`, `commission`, `reboot`, …
    pub command: String,
    /// Whether it would change a machine.
    pub kind: Kind,
    /// What became of it.
    pub outcome: Outcome,
}

/// Is a way into the rack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Face {
    /// RMCP+ over UDP.
    Bmc,
    /// The HTTP API.
    Maas,
    /// A command over SSH.
    Ssh,
    /// What a machine does by itself.
    Host,
    /// What MAAS does through a machine's BMC.
    MaasPower,
}

/// Says whether a command would change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It would.
    Command,
    /// It only reads.
    Read,
}

/// Says what became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was done.
    TookEffect,
    /// The sender was told that it was not done.
    Refused,
    /// It was not done, and the sender was not told so.
    Ignored,
}

/// Is what a face says about a command; the world adds number and time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) machine: Option<String>,
    pub(crate) face: Face,
    pub(crate) source: String,
    pub(crate) command: String,
    pub(crate) kind: Kind,
    pub(crate) outcome: Outcome,
}

impl LogEntry {
    pub(crate) fn new(order: u64, at_ms: u64, note: Note) -> Self {
        let Note { machine, face, source, command, kind, outcome } = note;
        Self { order, at_ms, machine, face, source, command, kind, outcome }
    }

    /// Says whether it is a command that was done.
    pub fn took_effect(&self) -> bool {
        self.kind == Kind::Command && self.outcome == Outcome::TookEffect
    }
}
