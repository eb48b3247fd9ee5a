//! What a BMC stands on: time, its machine, the faults that are injected, and the log.

use super::board::Board;
use std::net::SocketAddr;
use std::time::Duration;

/// The world around one BMC.
pub(crate) trait Ground {
    /// Milliseconds, which never go back.
    fn now(&self) -> u64;
    /// Returns the fault that the next rule has for a command, and counts it.
    fn fault(&self, command: &str) -> Option<Fault>;
    /// Lends the machine, or a copy that is thrown away.
    fn board<R>(&self, which: Which, act: impl FnOnce(&mut dyn Board) -> R) -> R;
    fn note(&self, entry: Entry);
}

/// The machine, or a copy of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Real,
    Copy,
}

/// What goes wrong with a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It never arrives.
    Drop,
    /// It is done, and nothing comes back.
    LoseAnswer,
    Delay(Duration),
    /// The answer comes twice.
    Duplicate,
    /// It is refused with a completion code, or a status code of the handshake.
    Refuse(u8),
    /// It is answered as if it were done.
    Pretend,
    /// It is answered with something that says nothing.
    Unclear,
}

/// What happened to a command, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) peer: SocketAddr,
    /// Who is logged in; nobody, outside of a session.
    pub(crate) user: Option<String>,
    pub(crate) command: String,
    pub(crate) reads: bool,
    pub(crate) outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    Refused(u8),
    /// It never arrived, or was only pretended.
    Ignored,
}
