//! One socket that is every address of the loopback device, and none beyond it.

use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// The only device that the socket hears.
const DEVICE: &[u8] = b"lo";
/// How long a datagram may be: IPMI's are a tenth of it, and what is cut off makes no sense anyway.
const DATAGRAM_MAX: usize = 2048;
/// How much may wait to be read, in bytes, if the system allows for it: ten thousand consoles may speak at once.
const WAITING_MAX: usize = 16 << 20;

/// A socket that takes what is sent to any address of this machine from this machine, and answers from that address.
#[derive(Debug)]
pub(super) struct Loopback {
    socket: UdpSocket,
    state: UdpSocketState,
}

/// Room for what is read at once.
pub(super) struct Batch {
    memory: Vec<u8>,
    about: [RecvMeta; BATCH_SIZE],
    filled: usize,
}

/// A datagram: what it says, whom it was sent to, and by whom.
pub(super) struct Received<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) to: Ipv4Addr,
    pub(super) from: SocketAddr,
}

impl Loopback {
    /// Binds a port of the loopback device; 0 is one that is free.
    pub(super) fn bind(port: u16) -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
        socket.bind_device(Some(DEVICE))?;
        // The system takes as much of it as it allows for, and says nothing.
        socket.set_recv_buffer_size(WAITING_MAX)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)).into())?;
        let state = UdpSocketState::new((&socket).into())?;
        Ok(Self { socket: UdpSocket::from_std(socket.into())?, state })
    }

    pub(super) fn port(&self) -> io::Result<u16> {
        self.socket.local_addr().map(|address| address.port())
    }

    /// Waits for datagrams, and reads those that are there.
    pub(super) async fn receive(&self, batch: &mut Batch) -> io::Result<()> {
        batch.filled = 0;
        let read = |batch: &mut Batch| {
            let mut chunks = batch.memory.chunks_mut(DATAGRAM_MAX);
            let mut rooms: [IoSliceMut<'_>; BATCH_SIZE] =
                std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or_default()));
            self.state.recv((&self.socket).into(), &mut rooms, &mut batch.about)
        };
        batch.filled = self.socket.async_io(Interest::READABLE, || read(batch)).await?;
        Ok(())
    }

    /// Sends an answer from one of the addresses.
    pub(super) fn send(&self, bytes: &[u8], from: Ipv4Addr, to: SocketAddr) {
        let answer = Transmit {
            destination: to,
            ecn: None,
            contents: bytes,
            segment_size: None,
            src_ip: Some(IpAddr::V4(from)),
        };
        // UDP promises nothing, and neither does a BMC.
        if let Err(error) = self.state.try_send((&self.socket).into(), &answer) {
            tracing::debug!(%from, %to, %error, "an answer was not sent");
        }
    }
}

impl Batch {
    pub(super) fn new() -> Self {
        let about = [RecvMeta::default(); BATCH_SIZE];
        Self { memory: vec![0; BATCH_SIZE * DATAGRAM_MAX], about, filled: 0 }
    }

    /// Returns what was read.
    pub(super) fn datagrams(&self) -> impl Iterator<Item = Received<'_>> {
        let read = self.memory.chunks(DATAGRAM_MAX).zip(&self.about).take(self.filled);
        read.flat_map(|(memory, about)| {
            let to = match about.dst_ip {
                Some(IpAddr::V4(to)) => to,
                _ => Ipv4Addr::UNSPECIFIED,
            };
            // The system joins datagrams that one sender sent in one call, all of one length but the last.
            let joined = memory.get(..about.len).unwrap_or_default().chunks(about.stride.max(1));
            joined.map(move |bytes| Received { bytes, to, from: about.addr })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{DEVICE, Loopback};

    #[tokio::test]
    async fn only_the_loopback_device_is_heard() {
        let loopback = Loopback::bind(0).unwrap();
        let device = socket2::SockRef::from(&loopback.socket).device().unwrap();
        assert_eq!(device.as_deref(), Some(DEVICE));
    }
}
