//! The power of many machines in one call.

use super::{PowerAction, PowerState};
use crate::error::Result;
use crate::machine::Machine;
use futures_core::Stream;
use std::fmt;
use std::pin::Pin;

/// The answers of many machines, in the order in which they come. No machine is begun but while it is polled; what was
/// begun goes on by itself with some drivers, and with others stands still until the next poll.
pub type FleetAnswers<'a, T> = Pin<Box<dyn Stream<Item = FleetAnswer<T>> + Send + 'a>>;

/// Is what one machine of many answered.
#[derive(Debug)]
pub struct FleetAnswer<T> {
    /// Which machine: its place in the list that was asked for, from 0. A machine that is in the list twice has two
    /// places, and two answers.
    pub index: usize,
    /// What it answered, or why it did not.
    pub result: Result<T>,
}

/// Reads and changes the power state of many machines in one call, with an answer for each.
///
/// # Contract
///
/// - `every_place_is_answered_once`: also when a machine is in the list twice.
/// - `an_answer_names_its_machine`: and says what its hardware says, at the time of the call.
/// - `an_accepted_request_takes_effect`: on the machines of the list and on no other.
/// - `what_is_already_so_is_no_error`: asking for what is succeeds and changes nothing.
/// - `no_machines_no_answers`: the stream of an empty list ends at once.
/// - `a_dead_machine_holds_up_nobody`: the others answer before it does, as long as the driver has more under way at
///   once than there are dead ones.
/// - `a_bad_machine_fails_alone`: an entry that cannot be used, or a wrong password, is that machine's error.
/// - `refuses_what_it_does_not_support`: an action that [`supported_of`](Self::supported_of) leaves out is
///   `Unsupported` for the machine, and nothing is sent.
/// - `silence_is_never_off`: an unreachable BMC is an error or `Unknown`, not `Off`.
/// - `an_unclear_answer_is_unknown`: what the hardware cannot say is `Unknown` with a reason.
/// - `a_wrong_password_is_unauthorized`: as a permanent error, after one try: BMCs lock accounts.
/// - `a_lost_answer_is_an_unknown_outcome`: a command that was sent and not answered has the class
///   `UnknownOutcome`.
/// - `a_dropped_stream_stops_asking`: machines that were not begun are sent nothing, and the plugin stays usable.
/// - `errors_have_a_remedy_and_show_no_secret`.
///
/// # For callers
///
/// Poll the stream to its end without long pauses: with a driver whose calls stand still meanwhile, what is under way
/// may time out while nobody looks. Drop it to stop; the machines that had not answered then may have been told, or
/// not. Inside a workflow, use `WorkflowContext::power` for the workflow's own machine, whose handle refuses a command
/// without a fresh reading; here nobody looks first.
///
/// # For plugin authors
///
/// Where calls share something with those of other callers, such as places or a device that takes one at a time, let
/// what was begun go on while nobody polls: a caller may ask this driver between two answers, and would wait for
/// itself. Begin nobody for a caller who does not read.
///
/// The names differ from those of [`PowerController`](super::PowerController), so that one driver can be both. A
/// driver without a way of its own to ask many is served by [`EachPower`](super::EachPower).
pub trait FleetPower: fmt::Debug + Send + Sync + 'static {
    /// Lists what this driver can do on this machine, without asking it.
    fn supported_of(&self, machine: &Machine) -> Vec<PowerAction>;

    /// Reads the power state of each machine.
    ///
    /// # Errors
    ///
    /// Per machine: those of [`power_state`](super::PowerController::power_state).
    fn read_power_of<'a>(&'a self, machines: &'a [Machine]) -> FleetAnswers<'a, PowerState>;

    /// Sends a power command to each machine; each answers when it was accepted.
    ///
    /// # Errors
    ///
    /// Per machine: those of [`request_power`](super::PowerController::request_power).
    fn request_power_of<'a>(&'a self, machines: &'a [Machine], action: PowerAction) -> FleetAnswers<'a, ()>;
}
