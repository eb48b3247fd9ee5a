//! Bringing a machine under a provisioning service's control.

use crate::error::Result;
use crate::machine::Machine;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

/// Names where a machine stands in the service's life cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CommissionState {
    /// Known, not yet commissioned.
    New,
    /// Being commissioned.
    Commissioning,
    /// Being tested.
    Testing,
    /// Commissioned.
    Ready,
    /// Reserved by somebody.
    Allocated,
    /// Running an operating system, or being given one.
    Deployed,
    /// In rescue mode, reachable by SSH.
    Rescue,
    /// Rescue mode could not be entered, or not be left.
    RescueFailed,
    /// On its way from one state to another.
    Changing,
    /// The last commissioning or test failed.
    Failed,
    /// Marked broken by a person.
    Broken,
    /// A state this crate does not know, in the service's words.
    Other(String),
}

/// Names one commissioning, so that a *Ready* left over from an older one is not taken for success.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommissionRun(pub String);

/// Holds what the service says about a machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommissionReading {
    /// Where it stands.
    pub state: CommissionState,
    /// The service's own words.
    pub message: String,
    /// The newest commissioning, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<CommissionRun>,
    /// How much of that commissioning is done, 0 to 1, if the service can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<f32>,
}

/// Says whether the machine shall stay on and reachable by SSH afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeepReachable {
    /// It stays on, and SSH is let in.
    Yes,
    /// The service powers it off.
    No,
}

/// Says how to commission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommissionOptions {
    /// What happens afterwards.
    pub keep_reachable: KeepReachable,
    /// Whether to run the service's hardware tests too.
    pub skip_tests: bool,
}

/// Holds what the service found in a machine. Absent is unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HardwareSummary {
    /// Who made the board or the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Which product it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Its serial number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// How many processor cores or threads the service counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_count: Option<u32>,
    /// Memory in MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u64>,
}

/// Commissions machines that the service already knows.
///
/// # Contract
///
/// - `commissioning_starts_a_new_run`: the run that `commission` returns is not the one read before.
/// - `a_run_ends_ready_or_failed`: while it goes on, the state is `Commissioning` or `Testing`, and the reading
///   names the run.
/// - `kept_reachable_stays_reachable`: with `KeepReachable::Yes`, the machine is on when it is ready, and the
///   host answers at the first address.
/// - `rescue_mode_can_be_entered_and_left`: and the state before comes back.
/// - `abort_ends_the_named_run_only`: aborting a run that is over, or another's, is `Conflict` and stops nothing.
/// - `a_bmc_address_set_reads_back`: and the service then commands the machine through it.
/// - `tags_added_are_listed` and `tags_removed_are_gone`: adding or removing twice is as good as once.
/// - `an_unknown_machine_is_not_found`: by every method.
/// - `silence_is_an_error`.
/// - `a_wrong_key_is_unauthorized`: and the service's answer is not quoted, since it may hold the right key.
/// - `errors_have_a_remedy_and_show_no_secret`.
#[async_trait]
pub trait Commissioner: fmt::Debug + Send + Sync + 'static {
    /// Reads where the machine stands.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Unreachable`, `Timeout`, `Unauthorized`, `Busy`, `Protocol`.
    async fn commission_state(&self, machine: &Machine) -> Result<CommissionReading>;

    /// Starts a commissioning and returns its name.
    ///
    /// # Errors
    ///
    /// Those of [`commission_state`](Self::commission_state), and `Conflict` when the state does not allow it.
    async fn commission(&self, machine: &Machine, options: &CommissionOptions) -> Result<CommissionRun>;

    /// Stops this commissioning, if it is the one that runs.
    ///
    /// # Errors
    ///
    /// Those of [`commission`](Self::commission).
    async fn abort_commission(&self, machine: &Machine, run: &CommissionRun) -> Result<()>;

    /// Boots the machine into rescue mode, or returns at once if it is there.
    ///
    /// # Errors
    ///
    /// Those of [`commission`](Self::commission).
    async fn enter_rescue(&self, machine: &Machine) -> Result<()>;

    /// Leaves rescue mode.
    ///
    /// # Errors
    ///
    /// Those of [`commission`](Self::commission).
    async fn leave_rescue(&self, machine: &Machine) -> Result<()>;

    /// Lists the addresses the service knows for the running host, the best first; empty when none is known yet.
    ///
    /// # Errors
    ///
    /// Those of [`commission_state`](Self::commission_state).
    async fn host_addresses(&self, machine: &Machine) -> Result<Vec<IpAddr>>;

    /// Returns the BMC's address as the service's power settings have it.
    ///
    /// # Errors
    ///
    /// Those of [`commission_state`](Self::commission_state).
    async fn bmc_address(&self, machine: &Machine) -> Result<Option<IpAddr>>;

    /// Tells the service at which address it reaches the BMC from now on. The BMC itself is left alone.
    ///
    /// # Errors
    ///
    /// Those of [`commission_state`](Self::commission_state), and `Unsupported` when the service reaches the
    /// machine in another way than through an address.
    async fn set_bmc_address(&self, machine: &Machine, address: IpAddr) -> Result<()>;

    /// Returns what the service found in the machine.
    ///
    /// # Errors
    ///
    /// Those of [`commission_state`](Self::commission_state).
    async fn hardware(&self, machine: &Machine) -> Result<HardwareSummary>;

    /// Lists the machine's tags.
    ///
    /// # Errors
    ///
    /// Those of [`commission_state`](Self::commission_state).
    async fn tags(&self, machine: &Machine) -> Result<BTreeSet<String>>;

    /// Adds a tag, and creates it where the service wants that.
    ///
    /// # Errors
    ///
    /// Those of [`commission_state`](Self::commission_state), and `Invalid` for a name the service does not take.
    async fn add_tag(&self, machine: &Machine, tag: &str) -> Result<()>;

    /// Removes a tag from the machine.
    ///
    /// # Errors
    ///
    /// Those of [`add_tag`](Self::add_tag).
    async fn remove_tag(&self, machine: &Machine, tag: &str) -> Result<()>;

    /// Gives the machine back to the service.
    ///
    /// # Errors
    ///
    /// Those of [`commission`](Self::commission).
    async fn release(&self, machine: &Machine) -> Result<()>;
}
