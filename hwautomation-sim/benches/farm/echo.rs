//! A server that only sends back what came, from the address that it came to: the limit of this kind of socket.

use crate::server::until_told_to_end;
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use std::io::{self, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::Interest;
use tokio::net::UdpSocket;

const DATAGRAM_MAX: usize = 2048;
const WAITING_MAX: usize = 16 << 20;

pub(crate) fn serve() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let socket = open()?;
        let state = UdpSocketState::new((&socket).into())?;
        let port = socket.local_addr()?.port();
        tokio::select! {
            ended = until_told_to_end(port) => ended,
            failed = echo(&socket, &state) => failed,
        }
    })
}

fn open() -> io::Result<UdpSocket> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None)?;
    socket.bind_device(Some(b"lo"))?;
    socket.set_recv_buffer_size(WAITING_MAX)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)).into())?;
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket.into())
}

async fn echo(socket: &UdpSocket, state: &UdpSocketState) -> io::Result<()> {
    let mut memory = vec![0; BATCH_SIZE * DATAGRAM_MAX];
    let mut about = [RecvMeta::default(); BATCH_SIZE];
    loop {
        let read = socket.async_io(Interest::READABLE, || {
            let mut chunks = memory.chunks_mut(DATAGRAM_MAX);
            let mut rooms: [IoSliceMut<'_>; BATCH_SIZE] =
                std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or_default()));
            state.recv(socket.into(), &mut rooms, &mut about)
        });
        let count = read.await?;
        for (memory, about) in memory.chunks(DATAGRAM_MAX).zip(&about).take(count) {
            let contents = memory.get(..about.len).unwrap_or_default();
            let (destination, src_ip) = (about.addr, about.dst_ip);
            let transmit = Transmit { destination, ecn: None, contents, segment_size: None, src_ip };
            state.try_send(socket.into(), &transmit)?;
        }
    }
}
