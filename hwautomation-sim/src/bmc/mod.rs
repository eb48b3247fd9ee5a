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
mod push;
mod server;
mod session;
mod site;
mod sol;
#[cfg(test)]
mod tests;
mod wire;

use crate::world::World;
use site::Bmcs;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

/// Serves each nominal address on its socket.
pub(crate) fn serve(world: &Arc<World>, sockets: Vec<(Ipv4Addr, UdpSocket)>, tasks: &mut JoinSet<()>) {
    let sockets: BTreeMap<_, _> =
        sockets.into_iter().map(|(address, socket)| (address, Arc::new(socket))).collect();
    let bmcs = Arc::new(Bmcs::new(Arc::clone(world), ports(&sockets)));
    for (&address, socket) in &sockets {
        let (bmcs, socket) = (Arc::clone(&bmcs), Arc::clone(socket));
        tasks.spawn(server::serve(socket, move |datagram, peer| bmcs.receive(address, datagram, peer)));
    }
    tasks.spawn(push::push(Arc::clone(world), bmcs, sockets));
}

/// The port that stands for each BMC's.
fn ports(sockets: &BTreeMap<Ipv4Addr, Arc<UdpSocket>>) -> BTreeMap<Ipv4Addr, u16> {
    let port = |socket: &UdpSocket| socket.local_addr().map_or(0, |address| address.port());
    sockets.iter().map(|(address, socket)| (*address, port(socket))).collect()
}
