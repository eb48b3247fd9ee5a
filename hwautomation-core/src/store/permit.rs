//! Permits: what only so many workflows may use at once.

use crate::id::{PermitName, WorkflowId};
use crate::record::Hold;
use crate::time::Timestamp;
use std::fmt;
use std::num::NonZeroU32;

/// How many holders of a permit are listed by name.
pub const HOLDERS_MAX: usize = 100;

/// Asks for one permit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Which.
    pub name: PermitName,
    /// How many workflows may hold it at once.
    pub limit: NonZeroU32,
    /// How long it is kept.
    pub hold: Hold,
}

impl Wanted {
    /// Returns the limit as a count.
    #[must_use]
    pub fn places(&self) -> usize {
        usize::try_from(self.limit.get()).unwrap_or(usize::MAX)
    }
}

/// Answers a request for permits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acquired {
    /// The workflow holds all of them.
    Granted,
    /// It holds none that it did not hold before, and has its place in the queue.
    Queued {
        /// The first, by name, that it cannot have now.
        name: PermitName,
        /// How many requests for this one are before it.
        ahead: u64,
    },
}

/// Says which permits go back with an append.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum GiveBack {
    /// None.
    #[default]
    Nothing,
    /// Those held for a call, and the place in the queue.
    Call,
    /// All, and the place in the queue.
    All,
}

/// Says what a workflow queues for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermitWait {
    /// The first, by name, that it cannot have now.
    pub name: PermitName,
    /// How many requests for this one are before it.
    pub ahead: u64,
    /// Since when it queues.
    pub since: Timestamp,
}

/// Says who holds a permit and how many queue for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermitRow {
    /// Which.
    pub name: PermitName,
    /// Who holds it, by id, up to [`HOLDERS_MAX`].
    pub holders: Vec<WorkflowId>,
    /// How many hold it.
    pub held: u64,
    /// How many queue for it.
    pub waiting: u64,
}

impl fmt::Display for PermitRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} held", self.name, self.held)?;
        let mut between = " by ";
        for holder in &self.holders {
            write!(f, "{between}{holder}")?;
            between = ", ";
        }
        write!(f, "; {} in the queue", self.waiting)
    }
}
