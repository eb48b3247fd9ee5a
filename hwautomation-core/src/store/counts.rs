//! How many workflows stand where.

use crate::record::{RunState, SubState, WorkflowSummary};

/// Says where a workflow that has not ended stands, in one word: its sub-state, or else its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Standing {
    /// Accepted, not begun: the queue.
    Pending,
    /// Begun, and at work or about to be.
    Running,
    /// A step waits, or waits to be tried again.
    Waiting,
    /// A person must decide.
    Halted,
    /// Somebody asked for a stop.
    Cancelling,
    /// It goes backwards.
    Undoing,
}

impl Standing {
    /// Lists all.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Running, Self::Waiting, Self::Halted, Self::Cancelling, Self::Undoing];

    /// Says where a workflow stands, or nothing when it has ended.
    #[must_use]
    pub fn of(row: &WorkflowSummary) -> Option<Self> {
        let by_state = match row.state {
            RunState::Pending => Self::Pending,
            RunState::Running => Self::Running,
            RunState::Completed | RunState::Failed | RunState::Cancelled => return None,
        };
        Some(row.sub_state.map_or(by_state, |sub_state| match sub_state {
            SubState::Halted => Self::Halted,
            SubState::Cancelling => Self::Cancelling,
            SubState::Undoing => Self::Undoing,
            SubState::Waiting => Self::Waiting,
        }))
    }

    /// Returns the word, as stores and metrics write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Halted => "halted",
            Self::Cancelling => "cancelling",
            Self::Undoing => "undoing",
        }
    }
}

/// Counts the workflows that have not ended, each once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts([u64; Standing::ALL.len()]);

impl Counts {
    /// Returns how many stand there.
    #[must_use]
    pub fn of(&self, standing: Standing) -> u64 {
        self.0[standing as usize]
    }

    /// Sets how many stand there.
    pub fn set(&mut self, standing: Standing, count: u64) {
        self.0[standing as usize] = count;
    }

    /// Moves one workflow from where it stood to where it stands; nowhere is before it began and after it ended.
    pub fn shift(&mut self, from: Option<Standing>, to: Option<Standing>) {
        if let Some(from) = from {
            self.set(from, self.of(from).saturating_sub(1));
        }
        if let Some(to) = to {
            self.set(to, self.of(to) + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_standing_has_a_place_and_a_word_of_its_own() {
        let mut counts = Counts::default();
        for (index, standing) in Standing::ALL.into_iter().enumerate() {
            counts.set(standing, index as u64);
        }
        let found: Vec<u64> = Standing::ALL.map(|standing| counts.of(standing)).to_vec();
        assert_eq!(found, [0, 1, 2, 3, 4, 5]);
        let words: std::collections::BTreeSet<_> = Standing::ALL.map(Standing::as_str).into();
        assert_eq!(words.len(), Standing::ALL.len());
    }
}
