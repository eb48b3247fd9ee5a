//! The SSH face: the environment that runs on a simulated machine, from outside.
//!
//! One [`Door`] per nominal host address. Behind it is an SSH server whose commands are run by the simulated shell (`shell`) over simulated
//! programs (`program`) and a file system in memory (`files`) that lasts one boot. No command ever starts a process or opens a file of the real
//! machine: what a client may send is looked up in a table of functions.
//!
//! Faults are asked at each connection, as the command `connect` (`Drop` hangs up, a `Delay` is a host that does not answer, `ChangeHostKey` acts
//! before the handshake), and at each program, by its name without its folder and its arguments: `cat /tmp/x`, `ipmitool lan set 1 ..`; the vendor's
//! tool is `sum GetCurrentBiosCfg ..`. Wrappers (`sudo`, `sh -c`, `timeout`) are not asked about, what they start is. The log has stable texts for
//! what changes the machine (`sum ChangeBiosCfg`, `reboot`, `poweroff`, `set lan: ip ..`) and the programs' own words for the rest.

mod bind;
mod board;
mod door;
mod exec;
mod files;
mod key;
mod machine;
mod program;
mod session;
mod shell;
#[cfg(test)]
mod tests;

use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::world::World;
use bind::Address;
use door::Door;

/// Serves every host address. The tasks end when the set is dropped.
pub(crate) fn serve(world: &Arc<World>, sockets: Vec<(Ipv4Addr, TcpListener)>, tasks: &mut JoinSet<()>) {
    for (address, listener) in sockets {
        let site = Arc::new(Address::new(world.clone(), address));
        tasks.spawn(Arc::new(Door::new(site)).serve(listener));
    }
}
