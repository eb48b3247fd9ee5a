//! Serial over LAN: a machine's console as a stream of bytes (IPMI 2.0, sections 15 and 24).
//!
//! A console has a session for itself, beside the one for calls, and a task that talks in it.
//!
//! ```text
//! Console ─ pipe (what was typed, what came) ─ talk (the task) ─┬─ outbound   one packet at a time, until it is received
//!                                                              ├─ inbound    each packet once, and pauses where nobody reads
//!                                                              └─ alive      a question where nobody types
//! ```

mod activate;
mod alive;
mod inbound;
mod line;
mod outbound;
mod pipe;
mod place;
mod talk;

#[cfg(test)]
mod properties;

#[cfg(any(test, fuzzing))]
pub(crate) use {
    inbound::{Inbound, Taken},
    outbound::{Next, Outbound, Piece},
};

pub(crate) use line::Line;
pub(crate) use pipe::Pipe;
pub(crate) use talk::open;

/// How often something goes out before the BMC is given up: with the usual waits, for some 25 s. A console stands for
/// hours, and a way that loses every fifth datagram must not end it.
const TRIES_MAX: u32 = 12;
