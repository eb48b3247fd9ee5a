//! A few UDP sockets for all BMCs: what arrives goes to whoever talks with its sender.

mod links;
mod mailbox;
mod socket;

use crate::error::IpmiError;
use mailbox::Mailbox;
use socket::Socket;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::{Instant, timeout_at};

/// Holds the sockets, each made when the first BMC that falls to it is talked to.
#[derive(Debug)]
pub(crate) struct Net {
    hasher: RandomState,
    v4: Vec<Place>,
    v6: Vec<Place>,
}

/// Where a socket is, or will be.
type Place = Mutex<Option<Arc<Socket>>>;

impl Net {
    pub(crate) fn new(sockets: u8) -> Self {
        let places = || (0..sockets.max(1)).map(|_| Place::default()).collect();
        Self { hasher: RandomState::new(), v4: places(), v6: places() }
    }

    /// Begins to listen to one peer. Who has another link to it hears the same datagrams.
    pub(super) fn link(&self, peer: SocketAddr) -> Result<Arc<Link>, IpmiError> {
        let socket = self.socket(peer)?;
        let link = Arc::new(Link { peer, socket, mailbox: Mailbox::default() });
        link.socket.listen_to(peer, &link);
        Ok(link)
    }

    fn socket(&self, peer: SocketAddr) -> Result<Arc<Socket>, IpmiError> {
        let (places, any): (_, IpAddr) = match peer {
            SocketAddr::V4(_) => (&self.v4, Ipv4Addr::UNSPECIFIED.into()),
            SocketAddr::V6(_) => (&self.v6, Ipv6Addr::UNSPECIFIED.into()),
        };
        let at = usize::try_from(self.hasher.hash_one(peer)).unwrap_or(usize::MAX) % places.len();
        let place = places.get(at).expect("a remainder is smaller than the divisor");
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        match place.as_ref() {
            Some(socket) if socket.is_alive() => Ok(Arc::clone(socket)),
            // The first, or the runtime that its receiver ran on is gone.
            _ => Ok(Arc::clone(place.insert(Arc::new(Socket::bind(any)?)))),
        }
    }
}

/// The way to one BMC and back.
#[derive(Debug)]
pub(crate) struct Link {
    peer: SocketAddr,
    socket: Arc<Socket>,
    mailbox: Mailbox,
}

impl Link {
    /// Returns whom it leads to.
    pub(super) fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Sends a datagram. Fails when the system has no room for it until then.
    pub(super) async fn send(&self, datagram: &[u8], until: Instant) -> Result<(), IpmiError> {
        self.mailbox.open();
        self.socket.send(datagram, self.peer, until).await
    }

    /// Sends without waiting, for when nobody can, or need not. What the system does not take is lost.
    pub(super) fn send_now(&self, datagram: &[u8]) {
        self.socket.send_now(datagram, self.peer);
    }

    /// Expects datagrams at any time from now on, also those with characters of the serial port.
    pub(super) fn listen(&self) {
        self.mailbox.listen();
    }

    /// Waits for the next datagram.
    pub(super) async fn next(&self) -> Vec<u8> {
        self.mailbox.take().await
    }

    /// Waits for a datagram that `pick` takes; nothing when there was none until then.
    pub(super) async fn receive<T>(
        &self,
        until: Instant,
        mut pick: impl FnMut(Vec<u8>) -> Option<T>,
    ) -> Option<T> {
        let picked = timeout_at(until, async {
            loop {
                let datagram = self.mailbox.take().await;
                if let Some(picked) = pick(datagram) {
                    return picked;
                }
            }
        });
        let picked = picked.await.ok();
        if picked.is_some() {
            // What comes now was sent twice, or too late.
            self.mailbox.close();
        }
        picked
    }

    /// Takes what came from the BMC.
    fn put(&self, datagram: &[u8]) {
        self.mailbox.put(datagram);
    }

    /// Tells whether anything can come from there: not when the runtime that its socket was made on is gone.
    pub(super) fn is_alive(&self) -> bool {
        self.socket.is_alive()
    }

    /// Tells whether anything ever came from there.
    pub(super) fn was_heard(&self) -> bool {
        self.mailbox.was_used()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.socket.forget(self.peer, self);
    }
}
