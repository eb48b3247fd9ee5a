//! One UDP socket, and the task that hands out what arrives on it.

use super::mailbox::Mailbox;
use crate::error::IpmiError;
use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

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
    mailboxes: Mutex<Mailboxes>,
}

/// Those of one BMC: of its session for calls, and of a console. A datagram goes to each, which knows what is its own.
type Mailboxes = HashMap<SocketAddr, Arc<[Arc<Mailbox>]>>;

impl Socket {
    /// Binds one to a port of the system's choice, and begins to receive.
    pub(super) fn bind(any: IpAddr) -> Result<Self, IpmiError> {
        let socket = std::net::UdpSocket::bind((any, 0))?;
        socket.set_nonblocking(true)?;
        let shared = Arc::new(Shared { udp: UdpSocket::from_std(socket)?, mailboxes: Mutex::default() });
        let receiver = tokio::spawn(receive(Arc::clone(&shared)));
        Ok(Self { shared, receiver })
    }

    /// Tells whether it receives: it ends with the runtime that it was made on.
    pub(super) fn is_alive(&self) -> bool {
        !self.receiver.is_finished()
    }

    pub(super) fn listen_to(&self, peer: SocketAddr, mailbox: Arc<Mailbox>) {
        let mut mailboxes = self.shared.mailboxes();
        let others = mailboxes.get(&peer).into_iter().flat_map(|all| all.iter().cloned());
        let all = others.chain([mailbox]).collect();
        mailboxes.insert(peer, all);
    }

    pub(super) fn forget(&self, peer: SocketAddr, mailbox: &Arc<Mailbox>) {
        let mut mailboxes = self.shared.mailboxes();
        let Some(all) = mailboxes.get(&peer) else { return };
        let others: Arc<[_]> = all.iter().filter(|other| !Arc::ptr_eq(other, mailbox)).cloned().collect();
        if others.is_empty() {
            mailboxes.remove(&peer);
        } else {
            mailboxes.insert(peer, others);
        }
    }

    pub(super) async fn send(&self, datagram: &[u8], peer: SocketAddr) -> Result<(), IpmiError> {
        match self.shared.udp.try_send_to(datagram, peer) {
            // Rare, and its state is large: boxed, the calls in flight stay small.
            Err(full) if full.kind() == ErrorKind::WouldBlock => {
                Box::pin(self.shared.udp.send_to(datagram, peer)).await?;
                Ok(())
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
    fn mailboxes(&self) -> MutexGuard<'_, Mailboxes> {
        self.mailboxes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a datagram to whoever talks with its sender. What strangers send is lost.
    fn hand_out(&self, datagram: &[u8], peer: SocketAddr) {
        let mailboxes = self.mailboxes().get(&peer).cloned();
        mailboxes.iter().flat_map(|all| all.iter()).for_each(|mailbox| mailbox.put(datagram));
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
