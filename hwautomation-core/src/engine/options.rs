//! The limits of an engine.

use std::time::Duration;

/// Limits an engine. Every value is a default that a builder may replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineOptions {
    /// How many workflows run at once in this manager; waiting ones do not count. Default 256.
    pub running_max: usize,
    /// How many workflows may be accepted and not started, whoever accepted them on this store; more are `Busy`.
    /// Default 10,000.
    pub pending_max: usize,
    /// How long a claimed workflow stays ours without a renewal. Default 30 s; renewed three times as often.
    pub lease: Duration,
    /// How long a running step has to reach a checkpoint after a cancel before it is dropped. Default 10 s.
    pub cancel_grace: Duration,
    /// How long an accepted run may wait to be started, before it fails. One that was started may as long stand still
    /// where no limit of its own counts: queue for a permit, miss its machine or its definition. What one call of its
    /// step may take comes before that, and a program that was started or resumed looks for an hour first. Default 7
    /// days.
    pub start_limit: Duration,
    /// How long a halted run waits for a person. Default 24 h.
    pub halt_limit: Duration,
    /// How long undoing may take. Default 1 h.
    pub undo_limit: Duration,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            running_max: 256,
            pending_max: 10_000,
            lease: Duration::from_secs(30),
            cancel_grace: Duration::from_secs(10),
            start_limit: Duration::from_secs(7 * 24 * 3600),
            halt_limit: Duration::from_secs(24 * 3600),
            undo_limit: Duration::from_secs(3600),
        }
    }
}
