//! What a BMC stands on: its machine, the faults that are injected, and the log.

use super::asked::Asked;
use crate::fault::Action;
use crate::log::{Kind, Outcome};
use crate::model::machine::Machine;
use std::net::SocketAddr;

/// The world around one BMC.
pub(crate) trait Ground {
    /// Milliseconds, which never go back.
    fn now(&self) -> u64;
    /// Returns what the next rule does to a command, and counts it.
    fn fault(&self, asked: Asked<'_>) -> Option<Action>;
    /// Reads the machine.
    fn look<R>(&self, read: impl FnOnce(&Machine) -> R) -> R;
    /// Lends the machine, or a copy that is thrown away, and logs what became of that.
    fn act<'a, R>(&self, which: Which, act: impl FnOnce(&mut Machine) -> (R, Entry<'a>)) -> R;
    /// Changes the machine without a word in the log.
    fn change(&self, change: impl FnOnce(&mut Machine));
    /// The port at which the BMC is reached.
    fn port(&self) -> u16;
    /// Logs what was done to nothing.
    fn note(&self, entry: Entry<'_>);
}

/// The machine, or a copy of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Real,
    Copy,
}

/// What happened to a command, for the log. Who keeps it makes texts of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) peer: SocketAddr,
    /// Who is logged in; nobody, outside of a session.
    pub(crate) user: Option<&'a str>,
    pub(crate) asked: Asked<'a>,
    pub(crate) kind: Kind,
    pub(crate) outcome: Outcome,
}
