//! What is kept about one BMC.

use super::breaker::Breaker;
use super::login::Entrance;
use super::refusal::Refusal;
use super::standing::Standing;
use super::told::Told;
use tokio::time::Instant;

/// The place of one BMC: whoever has it talks to the BMC.
#[derive(Debug, Default)]
pub(super) struct Seat {
    pub(super) standing: Option<Standing>,
    /// How the last log-in got in.
    pub(super) entrance: Option<Entrance>,
    pub(super) breaker: Breaker,
    /// The last log-in, if it failed by the credentials.
    pub(super) refusal: Option<Box<Refusal>>,
    /// What it was told about power last.
    pub(super) told: Option<Told>,
    /// The keeper that looks after the session, by its number.
    pub(super) kept_by: Option<u64>,
    /// When somebody last had it.
    pub(super) used: Option<Instant>,
}

impl Seat {
    /// Tells whether nothing is lost with it but the count of silences, once nobody waits for it: a refusal is for those
    /// who do.
    pub(super) fn is_blank(&self) -> bool {
        self.entrance.is_none() && self.told.is_none()
    }

    /// Returns its session, which ends when it is dropped. Nobody looks after it any more.
    pub(super) fn end(&mut self) -> Option<Standing> {
        self.kept_by = None;
        self.standing.take()
    }
}
