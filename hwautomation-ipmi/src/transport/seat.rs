//! What is kept about one BMC.

use super::breaker::Breaker;
use super::standing::Standing;
use crate::wire::Suite;

/// The place of one BMC: whoever has it talks to the BMC.
#[derive(Debug, Default)]
pub(super) struct Seat {
    pub(super) standing: Option<Standing>,
    /// The suite of the last log-in.
    pub(super) suite: Option<Suite>,
    pub(super) breaker: Breaker,
    /// The keeper that looks after the session, by its number.
    pub(super) kept_by: Option<u64>,
}
