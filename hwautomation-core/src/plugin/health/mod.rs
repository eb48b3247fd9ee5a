//! Reading the health of a machine's hardware: its sensors and its event log.

mod event;
mod level;
mod reading;
mod sensor;
mod word;

pub use event::{EventChange, EventLog, EventPage, EventPosition, LogEvent};
pub use level::Health;
pub use reading::{SensorReading, Unit};
pub use sensor::{Sensor, SensorKind, Thresholds};

use crate::error::Result;
use crate::machine::Machine;
use async_trait::async_trait;
use std::fmt;

/// Reads the sensors and the event log of machines.
///
/// # Contract
///
/// - `sensors_read_as_they_are`: at the time of the call, with the name, kind, unit, limits and states that the
///   hardware gives them; [`Health::of`] says how the health follows.
/// - `a_sensor_is_told_from_all_others`: no two of one machine have the same id, and an id stays over calls.
/// - `a_crossed_limit_shows`: a number at or beyond a limit is at least as bad as that limit says, unless the hardware
///   compares it and says otherwise, as of a fan that stands in a machine that is off.
/// - `an_unknown_reading_is_no_number`: a sensor that gives none now is listed as `Unknown` with a reason, is not
///   `Ok`, and spoils no other.
/// - `events_read_as_they_are`: the oldest first, with what the hardware stored, byte for byte.
/// - `an_unset_clock_is_no_time`: an entry that carries no true time has none.
/// - `pages_join_to_the_whole_log`: without a gap and without a repeat; a page that is empty is the last.
/// - `a_page_is_bounded`: it holds no more entries than asked for, and to ask for none is `Invalid`.
/// - `an_empty_log_is_an_empty_page`.
/// - `a_position_that_is_gone_is_a_conflict`: when its entry was erased, even if another one has its number now.
///   Neither a page nor a clearing goes by it.
/// - `clearing_erases_what_was_seen`: after Ok, no entry up to that position is left. Hardware that notes the clearing
///   in its log may do so.
/// - `clearing_spares_what_was_not_seen`: with an entry after that position, it is `Conflict`, and nothing is erased.
/// - `a_log_that_stays_is_a_mismatch`: hardware that says Ok and erases nothing is an error (`Mismatch`): accepted
///   is not done.
/// - `reading_changes_nothing`: neither the log nor the host.
/// - `silence_is_an_error`: an unreachable BMC is `Unreachable` or `Timeout`.
/// - `a_lost_answer_is_an_unknown_outcome`: of a clearing.
/// - `a_wrong_password_is_unauthorized`: as a permanent error, after one try.
/// - `a_dropped_call_leaves_the_plugin_usable`.
/// - `errors_have_a_remedy_and_show_no_secret`.
///
/// # For plugin authors
///
/// An [`EventPosition`] is yours to write. Put into it what tells an entry from a later one with the same number,
/// such as the bytes of the entry. Where the hardware can clear only on condition (IPMI's reservation, section 31.4
/// of IPMI 2.0), use it; where it cannot, look at the end of the log right before.
#[async_trait]
pub trait HealthReader: fmt::Debug + Send + Sync + 'static {
    /// Reads every sensor.
    ///
    /// # Errors
    ///
    /// `Unreachable`, `Timeout`, `Unauthorized`, `Protocol`, `Unsupported`.
    async fn sensors(&self, machine: &Machine) -> Result<Vec<Sensor>>;

    /// Reads the next entries of the event log: from the oldest on, or those after a position; at most `limit`, and
    /// fewer where the driver has a limit of its own.
    ///
    /// # Errors
    ///
    /// Those of [`sensors`](Self::sensors), `Invalid` for a limit of 0, `Conflict` for a position that is gone.
    async fn events(
        &self,
        machine: &Machine,
        after: Option<&EventPosition>,
        limit: usize,
    ) -> Result<EventPage>;

    /// Erases the event log, if `seen` is the position of its last entry, and looks whether it is erased.
    ///
    /// # Errors
    ///
    /// Those of [`sensors`](Self::sensors), `Conflict` when there is more than was seen or `seen` is gone, `Mismatch`
    /// when it did not take; with the class `UnknownOutcome` when the command may have arrived.
    async fn clear_events(&self, machine: &Machine, seen: &EventPosition) -> Result<()>;
}
