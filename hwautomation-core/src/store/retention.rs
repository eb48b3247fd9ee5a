//! Which ended workflows may go, so that a history does not grow for ever.

use crate::time::Timestamp;

/// Says which ended workflows may go. A workflow goes when each limit that is given lets it; where none is given,
/// nothing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Those that ended before this time.
    pub ended_before: Option<Timestamp>,
    /// All but so many that ended last.
    pub keep_newest: Option<usize>,
    /// How many go in one call at most, those first that ended first. Default 1000.
    pub limit: usize,
}

impl Default for Retention {
    fn default() -> Self {
        Self { ended_before: None, keep_newest: None, limit: 1000 }
    }
}

impl Retention {
    /// Tells whether anything may go.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.ended_before.is_some() || self.keep_newest.is_some()
    }
}

/// Says what went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    /// How many workflows. As many as the limit: there may be more.
    pub workflows: usize,
    /// How many of their events.
    pub events: usize,
    /// How many blobs that nobody names any more.
    pub blobs: usize,
}

impl std::ops::AddAssign for Pruned {
    fn add_assign(&mut self, other: Self) {
        self.workflows += other.workflows;
        self.events += other.events;
        self.blobs += other.blobs;
    }
}
