//! A client that does as little as it can: it sends what is written already, and counts what comes back.

use crate::Figure;
use crate::console::{Console, Step};
use crate::server::Server;
use crate::suite::Suite;
use quinn_udp::{BATCH_SIZE, RecvMeta, UdpSocketState};
use std::collections::VecDeque;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

const DATAGRAM_MAX: usize = 2048;
const WAITING_MAX: usize = 16 << 20;
/// How many addresses of a network of 256 are BMCs'.
const PER_NETWORK: usize = 254;
/// As long as an RMCP+ packet that asks for the power, with suite 3.
const ECHO_LENGTH: usize = 64;
/// After how long an answer is lost for good.
const PATIENCE: Duration = Duration::from_secs(10);

/// A client of as many BMCs as the farm has.
pub(crate) struct Client<'a> {
    server: &'a Server,
    bmcs: usize,
    socket: UdpSocket,
    state: UdpSocketState,
    memory: Vec<u8>,
    about: [RecvMeta; BATCH_SIZE],
}

impl<'a> Client<'a> {
    pub(crate) fn new(server: &'a Server, bmcs: usize) -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket2::SockRef::from(&socket).set_recv_buffer_size(WAITING_MAX)?;
        let state = UdpSocketState::new((&socket).into())?;
        let about = [RecvMeta::default(); BATCH_SIZE];
        Ok(Self { server, bmcs, socket, state, memory: vec![0; BATCH_SIZE * DATAGRAM_MAX], about })
    }

    /// Sends the same bytes to all addresses in turn.
    pub(crate) fn echo(&mut self, requests: usize, in_flight: usize) -> io::Result<Figure> {
        let packet = [0x5A; ECHO_LENGTH];
        let mut turns = (0..self.bmcs).cycle().take(requests);
        self.timed(requests, |client| {
            client.converse(in_flight, |client, _| {
                let Some(number) = turns.next() else { return Ok(false) };
                client.send(number, &packet).map(|()| true)
            })
        })
    }

    /// Opens a session at every BMC, writes all requests, and then sends them to all BMCs in turn.
    pub(crate) fn sealed(&mut self, suite: Suite, requests: usize, in_flight: usize) -> io::Result<Figure> {
        let mut consoles = self.open_sessions(suite, in_flight)?;
        let each = requests.div_ceil(self.bmcs);
        let mut written: Vec<VecDeque<Vec<u8>>> =
            consoles.iter_mut().map(|console| (0..each).map(|_| console.status()).collect()).collect();
        let mut turns = (0..self.bmcs).cycle().take(each * self.bmcs);
        let figure = self.timed(each * self.bmcs, |client| {
            client.converse(in_flight, |client, _| {
                let Some(number) = turns.next() else { return Ok(false) };
                let packet = written[number].pop_front().expect("each has as many as its turns");
                client.send(number, &packet).map(|()| true)
            })
        })?;
        self.close_sessions(consoles, in_flight)?;
        Ok(figure)
    }

    /// Logs in at all BMCs in turn, asks each for its power, and says good-bye.
    pub(crate) fn log_ins(&mut self, suite: Suite, log_ins: usize, in_flight: usize) -> io::Result<Figure> {
        let mut consoles: Vec<Option<Console>> = (0..self.bmcs).map(|_| None).collect();
        let mut idle: VecDeque<usize> = (0..self.bmcs).collect();
        let mut left = log_ins;
        self.timed(log_ins, |client| {
            client.converse(in_flight, |client, answered| {
                if let Some((number, answer)) = answered {
                    if let Some(packet) = consoles[number].as_mut().and_then(|console| console.next(&answer))
                    {
                        return client.send(number, &packet).map(|()| true);
                    }
                    idle.push_back(number);
                }
                let Some(fewer) = left.checked_sub(1) else { return Ok(false) };
                left = fewer;
                let number = idle.pop_front().expect("fewer are in flight than there are BMCs");
                let console = consoles[number].insert(Console::new(suite));
                client.send(number, &console.begin()).map(|()| true)
            })
        })
    }

    /// Opens a session at every BMC.
    pub(crate) fn open_sessions(&mut self, suite: Suite, in_flight: usize) -> io::Result<Vec<Console>> {
        let mut consoles: Vec<Console> = (0..self.bmcs).map(|_| Console::new(suite)).collect();
        let mut fresh = 0..self.bmcs;
        self.converse(in_flight, |client, answered| {
            if let Some((number, answer)) = answered
                && consoles[number].step() != Step::Status
                && let Some(packet) = consoles[number].next(&answer)
            {
                return client.send(number, &packet).map(|()| true);
            }
            let Some(number) = fresh.next() else { return Ok(false) };
            client.send(number, &consoles[number].begin()).map(|()| true)
        })?;
        Ok(consoles)
    }

    fn close_sessions(&mut self, mut consoles: Vec<Console>, in_flight: usize) -> io::Result<()> {
        let mut fresh = 0..self.bmcs;
        self.converse(in_flight, |client, answered| {
            if let Some((number, answer)) = answered
                && let Some(packet) = consoles[number].next(&answer)
            {
                return client.send(number, &packet).map(|()| true);
            }
            let Some(number) = fresh.next() else { return Ok(false) };
            let packet = consoles[number].status();
            client.send(number, &packet).map(|()| true)
        })
    }

    /// Lets `act` send something for each answer, and at first as often as answers may be missing. It returns whether it sent.
    fn converse(
        &mut self,
        in_flight: usize,
        mut act: impl FnMut(&Self, Option<(usize, Vec<u8>)>) -> io::Result<bool>,
    ) -> io::Result<()> {
        let mut missing = 0;
        for _ in 0..in_flight {
            missing += usize::from(act(self, None)?);
        }
        while missing > 0 {
            let count = self.receive()?;
            for place in 0..count {
                let about = self.about[place];
                let bytes = self.memory[place * DATAGRAM_MAX..][..about.len].to_vec();
                missing -= usize::from(!act(self, Some((number(about.addr), bytes)))?);
            }
        }
        Ok(())
    }

    /// Waits by asking again and again: the client has a core of its own.
    fn receive(&mut self) -> io::Result<usize> {
        let began = Instant::now();
        loop {
            let mut chunks = self.memory.chunks_mut(DATAGRAM_MAX);
            let mut rooms: [IoSliceMut<'_>; BATCH_SIZE] =
                std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or_default()));
            match self.state.recv((&self.socket).into(), &mut rooms, &mut self.about) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && began.elapsed() < PATIENCE => {}
                result => return result,
            }
        }
    }

    fn send(&self, number: usize, packet: &[u8]) -> io::Result<()> {
        self.socket.send_to(packet, (address(number), self.server.port)).map(|_| ())
    }

    fn timed(&mut self, done: usize, act: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<Figure> {
        let (cpu, began) = (self.server.cpu()?, Instant::now());
        act(self)?;
        let (seconds, cpu_seconds) =
            (began.elapsed().as_secs_f64(), (self.server.cpu()? - cpu).as_secs_f64());
        Ok(Figure { done: done as u64, seconds, cpu_seconds })
    }
}

fn address(number: usize) -> Ipv4Addr {
    let host = (number % PER_NETWORK + 1) as u32;
    Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 64, 0, 0)) + (number / PER_NETWORK * 256) as u32 + host)
}

fn number(from: SocketAddr) -> usize {
    let IpAddr::V4(from) = from.ip() else { return 0 };
    let [_, b, c, d] = from.octets();
    (usize::from(b - 64) * 256 + usize::from(c)) * PER_NETWORK + usize::from(d) - 1
}
