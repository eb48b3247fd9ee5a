//! Reading and changing the power state.

use crate::error::Result;
use crate::machine::Machine;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Says whether a machine has power. *Unknown* is a value of its own and is never taken for off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "power", rename_all = "snake_case")]
pub enum PowerState {
    /// It is on.
    On,
    /// It is off.
    Off,
    /// Nobody knows.
    Unknown {
        /// Why nobody knows.
        reason: String,
    },
}

impl PowerState {
    /// Tells whether the state is unknown.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }
}

impl fmt::Display for PowerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On => f.write_str("on"),
            Self::Off => f.write_str("off"),
            Self::Unknown { reason } => write!(f, "unknown ({reason})"),
        }
    }
}

/// Names a power command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PowerAction {
    /// Turns on.
    On,
    /// Asks the operating system to shut down. It may refuse, or never finish.
    GracefulOff,
    /// Cuts the power.
    ForcedOff,
    /// Cuts the power and turns on again.
    Cycle,
    /// Resets without cutting the power.
    Reset,
    /// Asks the operating system to restart. It may refuse, or never finish.
    GracefulRestart,
    /// Sends a non-maskable interrupt, which makes the operating system write a crash dump.
    Nmi,
}

impl PowerAction {
    /// Every action.
    pub const ALL: [Self; 7] = [
        Self::On,
        Self::GracefulOff,
        Self::ForcedOff,
        Self::Cycle,
        Self::Reset,
        Self::GracefulRestart,
        Self::Nmi,
    ];

    /// Tells whether the machine boots anew when this action takes effect.
    #[must_use]
    pub fn boots(self) -> bool {
        matches!(self, Self::On | Self::Cycle | Self::Reset | Self::GracefulRestart)
    }
}

impl fmt::Display for PowerAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::On => "power on",
            Self::GracefulOff => "graceful power off",
            Self::ForcedOff => "forced power off",
            Self::Cycle => "power cycle",
            Self::Reset => "reset",
            Self::GracefulRestart => "graceful restart",
            Self::Nmi => "NMI",
        })
    }
}

/// Reads and changes the power state of machines.
///
/// # Contract
///
/// - `reads_the_true_state`: `power_state` says what the hardware says, at the time of the call.
/// - `an_accepted_request_takes_effect`: after Ok, the state changes as asked, if the hardware is sound.
/// - `on_when_on_is_no_error` and `off_when_off_is_no_error`: asking for what already is succeeds and changes
///   nothing.
/// - `refuses_what_it_does_not_support`: an action that [`supported`](Self::supported) leaves out is
///   `Unsupported`, and nothing is sent.
/// - `silence_is_never_off`: an unreachable BMC is an error or `Unknown`, not `Off`.
/// - `an_unclear_answer_is_unknown`: what the hardware cannot say is `Unknown` with a reason.
/// - `a_wrong_password_is_unauthorized`: as a permanent error, after one try: BMCs lock accounts.
/// - `a_lost_answer_is_an_unknown_outcome`: a command that was sent and not answered has the class
///   `UnknownOutcome`.
/// - `a_dropped_call_leaves_the_plugin_usable`: dropping a future mid-way does not spoil later calls.
/// - `errors_have_a_remedy_and_show_no_secret`.
///
/// # For callers
///
/// Inside a workflow, use `WorkflowContext::power`, whose handle refuses a command without a fresh reading.
#[async_trait]
pub trait PowerController: fmt::Debug + Send + Sync + 'static {
    /// Lists what this driver can do on this machine, without asking it.
    fn supported(&self, machine: &Machine) -> Vec<PowerAction>;

    /// Reads the power state.
    ///
    /// # Errors
    ///
    /// `Unreachable`, `Timeout`, `Unauthorized`, `Protocol`.
    async fn power_state(&self, machine: &Machine) -> Result<PowerState>;

    /// Sends a power command and returns when it was accepted.
    ///
    /// # Errors
    ///
    /// `Unsupported`, `Unreachable`, `Unauthorized`, `Refused`; with the class `UnknownOutcome` when the
    /// command may have arrived.
    async fn request_power(&self, machine: &Machine, action: PowerAction) -> Result<()>;
}
