//! A farm and a client of it.

use crate::console::{Console, Step};
use crate::suite::Suite;
use hwautomation_sim::{BmcFarm, FarmPlan};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::UdpSocket;

/// How long an answer may take on a machine that is busy.
pub(crate) const SOON: Duration = Duration::from_secs(20);

pub(crate) struct Lab {
    pub(crate) farm: BmcFarm,
    socket: UdpSocket,
}

impl Lab {
    pub(crate) async fn new(plan: FarmPlan) -> Self {
        let farm = plan.port(0).start().await.expect("a farm");
        Self { farm, socket: UdpSocket::bind("127.0.0.1:0").await.unwrap() }
    }

    pub(crate) fn address(&self, number: usize) -> Ipv4Addr {
        self.farm.addresses().nth(number).unwrap()
    }

    pub(crate) async fn send(&self, to: Ipv4Addr, bytes: &[u8]) {
        self.socket.send_to(bytes, (to, self.farm.port())).await.unwrap();
    }

    /// Returns the next datagram and who sent it.
    pub(crate) async fn heard(&self) -> (Ipv4Addr, Vec<u8>) {
        let mut bytes = [0; 512];
        let heard = tokio::time::timeout(SOON, self.socket.recv_from(&mut bytes)).await;
        let (length, from) = heard.expect("an answer in time").unwrap();
        assert_eq!(from.port(), self.farm.port());
        match from {
            SocketAddr::V4(from) => (*from.ip(), bytes[..length].to_vec()),
            SocketAddr::V6(from) => panic!("{from} is no BMC"),
        }
    }

    /// Asks whether somebody is there, with a tag to repeat (ASF 2.0, section 3.2.4.2).
    pub(crate) async fn ping(&self, to: Ipv4Addr, tag: u8) {
        self.send(to, &[6, 0, 0xFF, 6, 0, 0, 0x11, 0xBE, 0x80, tag, 0, 0]).await;
    }

    /// Returns the tag of the next answer to a ping, and who sent it.
    pub(crate) async fn pong(&self) -> (Ipv4Addr, u8) {
        let (from, bytes) = self.heard().await;
        assert_eq!((bytes.len(), bytes[8]), (28, 0x40), "a pong");
        (from, bytes[9])
    }

    /// Sends a packet to a BMC and returns its answer.
    pub(crate) async fn ask(&self, to: Ipv4Addr, packet: &[u8]) -> Vec<u8> {
        self.send(to, packet).await;
        let (from, answer) = self.heard().await;
        assert_eq!(from, to);
        answer
    }

    /// Opens a session as an administrator.
    pub(crate) async fn log_in(&self, to: Ipv4Addr, suite: Suite) -> Console {
        let mut console = Console::new(suite);
        let mut packet = console.begin();
        while console.step() != Step::Status {
            let answer = self.ask(to, &packet).await;
            packet = console.next(&answer).expect("the log-in goes on");
        }
        // The packet that asks for the status is not sent: it was the sign that the session is open.
        console
    }

    pub(crate) async fn call(
        &self,
        to: Ipv4Addr,
        console: &mut Console,
        net_fn: u8,
        command: u8,
        data: &[u8],
    ) -> Vec<u8> {
        let packet = console.sealed(net_fn, command, data);
        console.check(&self.ask(to, &packet).await)
    }

    pub(crate) async fn is_on(&self, to: Ipv4Addr, console: &mut Console) -> bool {
        self.call(to, console, 0x00, 0x01, &[]).await[0] & 1 == 1
    }
}

/// An address of this machine that is not loopback's, if it has one.
pub(crate) fn address_beyond_loopback() -> Option<Ipv4Addr> {
    // Nothing is sent: the system only says from where it would send.
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.connect("192.0.2.77:9").ok()?;
    match socket.local_addr().unwrap().ip() {
        IpAddr::V4(address) if !address.is_loopback() => Some(address),
        _ => None,
    }
}
