//! Stops a workflow everywhere and sees whether it comes to the same end.
//!
//! [`stop_everywhere`] runs a workflow once in peace and counts its appends and plugin calls. Then it runs it again
//! and again: the process dies before or after each append, and before or after each call takes effect; another
//! manager opens the store and goes on. Each time the end, the truth of the hardware and the commands that must
//! happen once have to be those of the run in peace, and nothing of the history may be broken.
//!
//! [`hinder_everywhere`] lets each step fail once before and once after it acted, each undo too, and wakes every step
//! that waits five times before it is due: again the end has to be that of the run in peace.

pub(crate) mod everywhere;
mod hinder;
mod hindered;
mod stopping;
mod stores;
mod world;

pub use everywhere::{Report, Stop, stop_everywhere};
pub use hinder::{Hindered, hinder_everywhere};
pub use stopping::{StopAppend, StoppingStore};
pub use stores::{MemoryStores, Stores};
pub use world::{FakeWorld, World};

/// Says on which side of an append or a call the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// It did not happen.
    Before,
    /// It happened, and nobody heard.
    After,
}
