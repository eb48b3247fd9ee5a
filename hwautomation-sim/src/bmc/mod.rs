//! The BMC face: RMCP+ over UDP, written from the IPMI 2.0 specification.

pub(crate) mod asked;
mod command;
pub(crate) mod controller;
mod crypto;
#[cfg(test)]
mod fake;
pub(crate) mod ground;
mod handshake;
mod privilege;
mod server;
mod session;
mod site;
#[cfg(test)]
mod tests;
mod wire;

use crate::world::World;
use site::Bmcs;
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

/// Serves each nominal address on its socket.
pub(crate) fn serve(world: &Arc<World>, sockets: Vec<(Ipv4Addr, UdpSocket)>, tasks: &mut JoinSet<()>) {
    let bmcs = Arc::new(Bmcs::new(Arc::clone(world)));
    for (address, socket) in sockets {
        let bmcs = Arc::clone(&bmcs);
        tasks.spawn(server::serve(socket, move |datagram, peer| bmcs.receive(address, datagram, peer)));
    }
}
