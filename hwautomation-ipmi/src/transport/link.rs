//! A UDP socket that talks with one BMC.

use crate::error::IpmiError;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

/// How long a datagram may be: a session's longest is under 400 bytes, and what is longer is not for us.
const DATAGRAM_BYTES_MAX: usize = 1_024;

/// Connected, so that the system drops what others send.
#[derive(Debug)]
pub(crate) struct Link {
    socket: UdpSocket,
}

impl Link {
    pub(crate) async fn open(peer: SocketAddr) -> Result<Self, IpmiError> {
        let any: IpAddr = match peer {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let socket = UdpSocket::bind((any, 0)).await?;
        socket.connect(peer).await?;
        Ok(Self { socket })
    }

    pub(crate) async fn send(&self, datagram: &[u8]) -> Result<(), IpmiError> {
        self.socket.send(datagram).await?;
        Ok(())
    }

    /// Sends without waiting, for when nobody can wait any more. What the system does not take is lost.
    pub(crate) fn send_now(&self, datagram: &[u8]) {
        if let Err(cause) = self.socket.try_send(datagram) {
            tracing::debug!(error = %cause, "a last datagram was not sent");
        }
    }

    /// Waits for a datagram that `pick` takes; nothing when there was none until then.
    pub(crate) async fn receive<T>(
        &self,
        until: Instant,
        mut pick: impl FnMut(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, IpmiError> {
        let mut buffer = [0; DATAGRAM_BYTES_MAX];
        loop {
            let length = match timeout_at(until, self.socket.recv(&mut buffer)).await {
                Err(_) => return Ok(None),
                Ok(received) => received?,
            };
            let picked = buffer.get(..length).and_then(&mut pick);
            if picked.is_some() {
                return Ok(picked);
            }
            // A flood of strange datagrams must not keep us beyond the time.
            if Instant::now() >= until {
                return Ok(None);
            }
        }
    }
}
