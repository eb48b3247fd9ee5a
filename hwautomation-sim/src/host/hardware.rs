//! What a running environment sees of its machine: the seam between this face and the model.

use std::fmt::Debug;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::program::config::{Change, Menu};

/// Is what stands on a machine's labels and in its firmware.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) name: String,
    pub(crate) vendor: String,
    pub(crate) product: String,
    pub(crate) board: String,
    pub(crate) serial: String,
    pub(crate) uuid: String,
    pub(crate) bios_version: String,
    pub(crate) bios_date: String,
    /// Major and minor, the minor as it is printed.
    pub(crate) bmc_firmware: (u8, u8),
    pub(crate) bmc_manufacturer: u32,
    pub(crate) bmc_product: u16,
    pub(crate) bmc_guid: String,
}

/// Is the BMC's LAN configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lan {
    /// As `ipmitool` calls it.
    pub(crate) source: &'static str,
    pub(crate) address: Ipv4Addr,
    pub(crate) mask: Ipv4Addr,
    pub(crate) gateway: Ipv4Addr,
    pub(crate) vlan: Option<u16>,
    pub(crate) mac: String,
}

/// Is one change to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LanChange {
    Static,
    Dhcp,
    Address(Ipv4Addr),
    Mask(Ipv4Addr),
    Gateway(Ipv4Addr),
    Vlan(Option<u16>),
}

/// Is a user of the BMC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BmcUser {
    pub(crate) id: u8,
    pub(crate) name: String,
    pub(crate) privilege: u8,
    pub(crate) enabled: bool,
}

/// Says which settings are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    InForce,
    Default,
}

/// Is what the faults say about a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Run,
    /// The connection dies before the command runs.
    Drop,
    /// The command takes effect, and the connection dies before its exit status.
    LoseAnswer,
    Refuse {
        status: u8,
        text: String,
    },
    /// The command says that all went well and does nothing.
    Pretend,
    Slow,
}

/// Says what became of a command, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The command only read.
    Read,
    TookEffect,
    Refused,
    Ignored,
}

/// Is the machine under a running environment.
pub(crate) trait Hardware: Debug + Send + Sync {
    fn facts(&self) -> Facts;
    fn lan_channel(&self) -> u8;
    fn lan(&self) -> Lan;
    fn set_lan(&self, change: LanChange) -> Result<(), String>;
    fn bmc_users(&self) -> Vec<BmcUser>;
    fn bios(&self, which: Which) -> Vec<Menu>;
    /// Stages settings that have been checked: they come into force at the next reset.
    fn stage(&self, changes: &[Change]);
    fn reboot(&self);
    fn power_off(&self);
    /// Asks the faults about a command, once.
    fn judge(&self, command: &str) -> (Duration, Verdict);
    fn note(&self, source: &str, command: &str, outcome: Outcome);
}

/// Is an address at which an environment may answer.
pub(crate) trait Site: Debug + Send + Sync {
    /// Returns the environment that answers now, if one does.
    fn up(&self) -> Option<Up>;
    /// Says whether a boot still runs: one that ends itself answers nobody new, and lasts until its end.
    fn runs(&self, machine: &str, boot: u64) -> bool;
    /// Returns a receiver that changes when the world does.
    fn changes(&self) -> watch::Receiver<u64>;
}

/// Is an environment that answers SSH.
#[derive(Clone, Debug)]
pub(crate) struct Up {
    pub(crate) machine: String,
    pub(crate) boot: u64,
    pub(crate) key: russh::keys::PrivateKey,
    pub(crate) login: String,
    /// Public keys in OpenSSH's form that the login user is let in with.
    pub(crate) authorized: Vec<String>,
    pub(crate) password: Option<String>,
    pub(crate) hardware: Arc<dyn Hardware>,
}

impl Up {
    /// Returns whether this is the same boot of the same machine.
    pub(crate) fn is_same(&self, machine: &str, boot: u64) -> bool {
        self.machine == machine && self.boot == boot
    }
}

/// Waits until a boot has ended.
pub(crate) async fn until_gone(site: &dyn Site, machine: &str, boot: u64) {
    let mut changes = site.changes();
    loop {
        changes.borrow_and_update();
        if !site.runs(machine, boot) || changes.changed().await.is_err() {
            return;
        }
    }
}
