//! One UDP socket, and the task that hands out what arrives on it.

use super::Link;
use super::links::Links;
use crate::error::IpmiError;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

/// How long a datagram may be: a session's longest is under 400 bytes, and what is longer is not for us.
const DATAGRAM_BYTES_MAX: usize = 1_024;

/// A socket that many BMCs share.
#[derive(Debug)]
pub(super) struct Socket {
    shared: Arc<Shared>,
    receiver: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    udp: UdpSocket,
    /// A link goes with its last owner; strangers cannot add to this.
    links: Mutex<HashMap<SocketAddr, Links, RandomState>>,
}

impl Socket {
    /// Binds one to a port of the system's choice, and begins to receive.
    pub(super) fn bind(any: IpAddr) -> Result<Self, IpmiError> {
        let socket = std::net::UdpSocket::bind((any, 0))?;
        socket.set_nonblocking(true)?;
        never_in_fragments(&socket, any);
        let shared = Arc::new(Shared { udp: UdpSocket::from_std(socket)?, links: Mutex::default() });
        let receiver = tokio::spawn(receive(Arc::clone(&shared)));
        Ok(Self { shared, receiver })
    }

    /// Tells whether it receives: it ends with the runtime that it was made on.
    pub(super) fn is_alive(&self) -> bool {
        !self.receiver.is_finished()
    }

    pub(super) fn listen_to(&self, peer: SocketAddr, link: &Arc<Link>) {
        self.shared.links().entry(peer).or_default().add(Arc::downgrade(link));
    }

    pub(super) fn forget(&self, peer: SocketAddr, link: *const Link) {
        let mut links = self.shared.links();
        if links.get_mut(&peer).is_some_and(|those| those.are_none_without(link)) {
            links.remove(&peer);
        }
    }

    pub(super) async fn send(
        &self,
        datagram: &[u8],
        peer: SocketAddr,
        until: Instant,
    ) -> Result<(), IpmiError> {
        match self.shared.udp.try_send_to(datagram, peer) {
            // Rare, and its state is large: boxed, the calls in flight stay small.
            Err(full) if full.kind() == ErrorKind::WouldBlock => {
                let sent = Box::pin(timeout_at(until, self.shared.udp.send_to(datagram, peer))).await;
                Ok(sent.map_err(std::io::Error::from)?.map(drop)?)
            }
            sent => Ok(sent.map(drop)?),
        }
    }

    pub(super) fn send_now(&self, datagram: &[u8], peer: SocketAddr) {
        if let Err(cause) = self.shared.udp.try_send_to(datagram, peer) {
            tracing::debug!(%peer, error = %cause, "a last datagram was not sent");
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.receiver.abort();
    }
}

impl Shared {
    fn links(&self) -> MutexGuard<'_, HashMap<SocketAddr, Links, RandomState>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a datagram to whoever talks with its sender. What strangers send is lost.
    fn hand_out(&self, datagram: &[u8], peer: SocketAddr) {
        let links = self.links().get(&peer).cloned();
        links.iter().flat_map(Links::each).for_each(|link| link.put(datagram));
    }
}

/// Receives until it is aborted.
async fn receive(shared: Arc<Shared>) {
    let mut buffer = [0; DATAGRAM_BYTES_MAX + 1];
    loop {
        // An error is about one datagram, and the next may be good.
        let Ok((length, peer)) = shared.udp.recv_from(&mut buffer).await else { continue };
        if let Some(datagram) = buffer.get(..length).filter(|_| length <= DATAGRAM_BYTES_MAX) {
            shared.hand_out(datagram, peer);
        }
    }
}

/// Our datagrams fit into any packet. Told so, the system need not look for the number of what might be parts.
#[cfg(target_os = "linux")]
fn never_in_fragments(socket: &std::net::UdpSocket, any: IpAddr) {
    use rustix::net::sockopt::{Ipv4PathMtuDiscovery, set_ip_mtu_discover};
    if any.is_ipv4()
        && let Err(cause) = set_ip_mtu_discover(socket, Ipv4PathMtuDiscovery::DO)
    {
        tracing::debug!(error = %cause, "datagrams may be sent in fragments");
    }
}

#[cfg(not(target_os = "linux"))]
fn never_in_fragments(_: &std::net::UdpSocket, _: IpAddr) {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use std::time::Duration;

    /// A runtime with one thread hears of room in a new socket only when nobody runs: until then it is as if full.
    #[tokio::test(flavor = "current_thread")]
    async fn room_in_a_full_socket_is_waited_for_until_the_deadline() {
        let peer = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let full = || Socket::bind(Ipv4Addr::UNSPECIFIED.into()).unwrap();
        let past = Instant::now() - Duration::from_secs(1);
        let error = full().send(b"now", peer, past).await.unwrap_err();
        let IpmiError::Network(cause) = error else { panic!("{error}") };
        assert_eq!(cause.kind(), ErrorKind::TimedOut);
        full().send(b"soon", peer, Instant::now() + Duration::from_secs(20)).await.unwrap();
    }
}
