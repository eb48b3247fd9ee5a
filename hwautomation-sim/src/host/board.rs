//! What a running environment sees of its machine: the seam between this face and the model.

use std::fmt::Debug;
use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::sync::watch;

use crate::fault::Action;
use crate::log::{Kind, Outcome};
use crate::model::bios::{Bios, Change};
use crate::model::hardware::Hardware;
use crate::model::lan::{Lan, LanSource};
use crate::model::users::User;

/// Is what stands on a machine's labels and in its firmware.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) name: String,
    pub(crate) hardware: Hardware,
    pub(crate) guid: [u8; 16],
}

/// Is one change to the BMC's LAN configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LanChange {
    Source(LanSource),
    Address(Ipv4Addr),
    Mask(Ipv4Addr),
    Gateway(Ipv4Addr),
    Vlan(Option<u16>),
}

/// Is something that changes the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Lan(LanChange),
    /// Stages settings that have been checked: they come into force at the next reset.
    Stage(Vec<Change>),
    Reboot,
    PowerOff,
}

/// Is what the log is told of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// Peer and user.
    pub(crate) source: String,
    pub(crate) command: String,
    pub(crate) kind: Kind,
    pub(crate) outcome: Outcome,
}

/// Is the machine under a running environment.
pub(crate) trait Board: Debug + Send + Sync {
    fn facts(&self) -> Facts;
    fn lan_channel(&self) -> u8;
    fn lan(&self) -> Lan;
    /// Returns the BMC's users, number 1 first.
    fn users(&self) -> Vec<User>;
    fn bios(&self) -> Bios;
    /// Does something and puts it into the log, both or neither. Under [`Action::AcceptWithoutEffect`] nothing is done, and the log says so; the
    /// faults of the firmware bend what is staged.
    fn act(&self, deed: Deed, under: Option<&Action>, said: Said);
    /// Asks the faults about a command, once.
    fn judge(&self, command: &str) -> Option<Action>;
    fn note(&self, said: Said);
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
    pub(crate) board: Arc<dyn Board>,
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
