//! What is kept about one BMC.

use super::breaker::Breaker;
use super::login::Entrance;
use super::refusal::Refusal;
use super::standing::Standing;
use super::told::Told;

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
}
