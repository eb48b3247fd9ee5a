//! Configuring a BMC itself: its network and its users.

use super::VlanChange;
use crate::error::Result;
use crate::machine::Machine;
use crate::secret::Secret;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// Says how the BMC gets its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LanAddressSource {
    /// Set by hand.
    Static,
    /// By DHCP.
    Dhcp,
    /// By the BIOS or another way.
    Other,
}

/// Holds the BMC's network settings (IPv4, as IPMI 2.0 table 23-4 has them).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LanSettings {
    /// How it gets its address.
    pub source: LanAddressSource,
    /// Its address.
    pub address: Ipv4Addr,
    /// Its subnet mask.
    pub subnet_mask: Ipv4Addr,
    /// Its default gateway, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<Ipv4Addr>,
    /// Its VLAN id (1 to 4094), if it uses one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vlan: Option<u16>,
}

/// Says what to change; what is absent stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LanChange {
    /// How it shall get its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<LanAddressSource>,
    /// Its new address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Ipv4Addr>,
    /// Its new subnet mask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnet_mask: Option<Ipv4Addr>,
    /// Its new default gateway; 0.0.0.0 for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<Ipv4Addr>,
    /// What becomes of its VLAN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vlan: Option<VlanChange>,
}

impl LanChange {
    /// Tells whether the settings already are as this change wants them.
    #[must_use]
    pub fn is_in_force(&self, settings: &LanSettings) -> bool {
        self.source.is_none_or(|source| source == settings.source)
            && self.address.is_none_or(|address| address == settings.address)
            && self.subnet_mask.is_none_or(|mask| mask == settings.subnet_mask)
            && self.gateway.is_none_or(|gateway| gateway == settings.gateway.unwrap_or(Ipv4Addr::UNSPECIFIED))
            && self.vlan.is_none_or(|vlan| vlan.is_in_force(settings.vlan))
    }
}

/// Names what a BMC user may do (IPMI 2.0 section 6.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Privilege {
    /// Nothing.
    None,
    /// Reads.
    User,
    /// Reads, and controls power.
    Operator,
    /// Everything.
    Administrator,
}

/// Describes a BMC user, without the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BmcUser {
    /// Its number: 1 to 63 on IPMI.
    pub id: u8,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub privilege: Privilege,
    /// Whether it may log in.
    pub enabled: bool,
}

/// Configures the BMC of machines, reached at a *given* address, since the address is what changes.
///
/// # Contract
///
/// - `what_was_set_reads_back`: `read_lan` at the new address, and in the new VLAN, returns what was asked for: after
///   Ok, and after the `UnknownOutcome` of a BMC that moved before it answered.
/// - `what_is_absent_stays`: a change leaves alone what it does not name.
/// - `a_new_address_answers_and_the_old_one_does_not`.
/// - `changing_to_what_is_succeeds`: without touching the BMC's network.
/// - `users_read_back`: after `set_user`, `users` lists it so, and the new password logs in; without a new one
///   the old one stays; a disabled user does not log in.
/// - `a_cold_reset_keeps_the_settings`: and does not change the host's power state.
/// - `silence_is_an_error`: an address where nobody answers is `Unreachable` or `Timeout`.
/// - `a_lost_answer_is_an_unknown_outcome`.
/// - `a_wrong_password_is_unauthorized`.
/// - `errors_have_a_remedy_and_show_no_secret`.
#[async_trait]
pub trait BmcConfigurator: fmt::Debug + Send + Sync + 'static {
    /// Reads the network settings of the BMC that answers at `at`.
    ///
    /// # Errors
    ///
    /// `Unreachable`, `Timeout`, `Unauthorized`, `Protocol`.
    async fn read_lan(&self, machine: &Machine, at: IpAddr) -> Result<LanSettings>;

    /// Changes the network settings of the BMC that answers at `at`.
    ///
    /// # Errors
    ///
    /// Those of [`read_lan`](Self::read_lan), `Refused`, and `UnknownOutcome` when the BMC fell silent; `Conflict`
    /// when another BMC answers at the new address: who asks there asks that one.
    async fn set_lan(&self, machine: &Machine, at: IpAddr, change: &LanChange) -> Result<()>;

    /// Lists the users.
    ///
    /// # Errors
    ///
    /// Those of [`read_lan`](Self::read_lan).
    async fn users(&self, machine: &Machine, at: IpAddr) -> Result<Vec<BmcUser>>;

    /// Writes one user, and its password if one is given.
    ///
    /// # Errors
    ///
    /// Those of [`set_lan`](Self::set_lan).
    async fn set_user(
        &self,
        machine: &Machine,
        at: IpAddr,
        user: &BmcUser,
        password: Option<&Secret>,
    ) -> Result<()>;

    /// Restarts the BMC, not the host. On some boards the host restarts all the same: a quirk of the driver.
    ///
    /// # Errors
    ///
    /// Those of [`set_lan`](Self::set_lan).
    async fn cold_reset(&self, machine: &Machine, at: IpAddr) -> Result<()>;
}
