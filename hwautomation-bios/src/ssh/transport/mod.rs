//! Connections to hosts: made, kept, used, and let go. The only rooms that know russh.

mod connection;
mod dial;
mod doorman;
mod exec;
mod pool;
mod slot;

pub(super) use exec::Finished;
pub(super) use pool::Pool;

use super::config::SshSettings;
use hwautomation_core::id::MachineId;
use hwautomation_core::secret::SecretRef;
use std::net::SocketAddr;

/// Says which connection is meant. Two calls with the same road may share one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Road {
    pub(super) machine: MachineId,
    /// A new generation may have a new key, so it has a connection of its own.
    pub(super) generation: u64,
    /// Where it truly is reached.
    pub(super) socket: SocketAddr,
    pub(super) settings: SshSettings,
    pub(super) credential: SecretRef,
}
