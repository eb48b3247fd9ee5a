//! The sockets: one of this machine's loopback interface for each nominal one.

use crate::model::state::State;
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::{TcpListener, UdpSocket};

/// The port of RMCP (IPMI 2.0, section 13.1.1).
const RMCP: u16 = 623;
const SSH: u16 = 22;

/// Are the sockets of a rack, for its faces.
#[derive(Debug)]
pub(crate) struct Sockets {
    /// By nominal address: those that BMCs have, and the spare ones.
    pub(crate) bmc: Vec<(Ipv4Addr, UdpSocket)>,
    /// By nominal host address.
    pub(crate) host: Vec<(Ipv4Addr, TcpListener)>,
    pub(crate) maas: TcpListener,
}

/// Is which socket stands for which nominal one.
#[derive(Debug)]
pub(crate) struct Ports {
    bmc: BTreeMap<Ipv4Addr, SocketAddr>,
    host: BTreeMap<Ipv4Addr, SocketAddr>,
    pub(crate) maas: SocketAddr,
}

/// Binds a socket for every nominal one.
pub(crate) async fn bind(state: &State) -> io::Result<(Sockets, Ports)> {
    let any = (Ipv4Addr::LOCALHOST, 0);
    let maas = TcpListener::bind(any).await?;
    let mut sockets = Sockets { bmc: Vec::new(), host: Vec::new(), maas };
    let mut ports = Ports { bmc: BTreeMap::new(), host: BTreeMap::new(), maas: sockets.maas.local_addr()? };
    let bmcs = state.machines.iter().map(|machine| machine.bmc.lan.address);
    for address in bmcs.chain(state.spare_bmc_addresses.iter().copied()) {
        let socket = UdpSocket::bind(any).await?;
        ports.bmc.insert(address, socket.local_addr()?);
        sockets.bmc.push((address, socket));
    }
    for address in state.machines.iter().map(|machine| machine.host_address) {
        let listener = TcpListener::bind(any).await?;
        ports.host.insert(address, listener.local_addr()?);
        sockets.host.push((address, listener));
    }
    Ok((sockets, ports))
}

impl Ports {
    /// Returns the map from nominal sockets to real ones.
    pub(crate) fn connect(&self) -> BTreeMap<String, String> {
        let named = |port: u16| {
            move |(address, socket): (&Ipv4Addr, &SocketAddr)| {
                (format!("{address}:{port}"), socket.to_string())
            }
        };
        self.bmc.iter().map(named(RMCP)).chain(self.host.iter().map(named(SSH))).collect()
    }
}
