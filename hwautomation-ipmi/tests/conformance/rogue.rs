//! A peer between the driver and its BMC, who has the BMC's address and port towards the driver: it carries what both
//! say, and adds what neither has said.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// How many forgeries stand before an answer at most, so that it finds room behind them: the driver keeps eight.
const FORGED_MAX: usize = 6;
/// Where the number of the session stands, and what is in the packet (IPMI 2.0, table 13-8).
const PAYLOAD: usize = 5;
const SESSION: std::ops::Range<usize> = 6..10;
/// How many questions have a number of their own: the field is six bits wide (section 13.8).
const NUMBERS: usize = 64;
/// Where the initial vector of an encrypted message begins.
const VECTOR: usize = 16;
/// A message of a session, and three answers of a log-in (table 13-16).
const SEALED: u8 = 0xC0;
const OPENED: u8 = 0x11;
const RAKP_2: u8 = 0x13;
const RAKP_4: u8 = 0x15;
/// Where the body of what opens a session begins, and its status.
const TAG: usize = 16;
const STATUS: usize = 17;

/// Says what is added to each answer of the BMC, in front of it unless it says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attack {
    Nothing,
    /// Its beginnings.
    Truncated,
    /// Earlier answers, and the one to the last question with the same number.
    Replayed,
    /// Earlier answers, but behind it.
    Late,
    /// The same in another session.
    WrongSession,
    /// In sessions, the same with another code. Before, nobody can tell a forged proof from a true one.
    WrongHash,
    /// Datagrams that no BMC sends, up to the longest that there are.
    Oversize,
    /// Headers with anything behind them.
    Garbage,
    /// A refusal to another message of the log-in.
    RefusedAnother,
    /// "The machine is off", outside of any session, under each number that the question may have.
    OffUnprotected,
    /// From another address: the same, refused or spoilt.
    Stranger,
    /// Every question reaches the BMC twice, and every answer the driver three times.
    Repeated,
}

/// Says what reaches the driver in the place of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theft {
    /// It comes, but from another address.
    FromStranger,
    /// Answers in sessions come with another code.
    WrongHash,
    /// RAKP message 2 comes with another proof.
    WrongProof,
}

pub(crate) struct Rogue {
    pub(crate) address: SocketAddr,
    heard: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

struct Ways {
    front: UdpSocket,
    back: UdpSocket,
    stranger: UdpSocket,
    attack: Attack,
    theft: Option<Theft>,
    past: Vec<Vec<u8>>,
}

impl Rogue {
    pub(crate) async fn start(bmc: SocketAddr, attack: Attack, theft: Option<Theft>) -> Self {
        let front = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let back = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        back.connect(bmc).await.unwrap();
        let stranger = UdpSocket::bind("127.0.0.2:0").await.unwrap();
        let (address, heard) = (front.local_addr().unwrap(), Arc::<AtomicU64>::default());
        let ways = Ways { front, back, stranger, attack, theft, past: Vec::new() };
        let task = tokio::spawn(carry(ways, Arc::clone(&heard)));
        Self { address, heard, task }
    }

    /// Counts what the driver has sent.
    pub(crate) fn heard(&self) -> u64 {
        self.heard.load(Ordering::SeqCst)
    }
}

impl Drop for Rogue {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(mut ways: Ways, heard: Arc<AtomicU64>) {
    let (mut question, mut answer) = (vec![0; 2_048], vec![0; 2_048]);
    let mut driver = None;
    loop {
        tokio::select! {
            Ok((length, from)) = ways.front.recv_from(&mut question) => {
                driver = Some(from);
                heard.fetch_add(1, Ordering::SeqCst);
                for _ in 0..if ways.attack == Attack::Repeated { 2 } else { 1 } {
                    ways.back.send(&question[..length]).await.unwrap();
                }
            }
            Ok(length) = ways.back.recv(&mut answer) => {
                let driver = driver.expect("a BMC speaks when it is spoken to");
                ways.answer(answer[..length].to_vec(), driver).await;
            }
        }
    }
}

impl Ways {
    async fn answer(&mut self, answer: Vec<u8>, driver: SocketAddr) {
        match (self.theft, answer[PAYLOAD]) {
            (Some(Theft::FromStranger), _) => return self.send_from_elsewhere(&answer, driver).await,
            (Some(Theft::WrongHash), SEALED) | (Some(Theft::WrongProof), RAKP_2) => {
                return self.send(&spoilt(&answer), driver).await;
            }
            _ => {}
        }
        for forged in self.forgeries(&answer).iter().take(FORGED_MAX) {
            match self.attack {
                Attack::Stranger => self.send_from_elsewhere(forged, driver).await,
                _ => self.send(forged, driver).await,
            }
        }
        self.send(&answer, driver).await;
        if self.attack == Attack::Late {
            for late in self.past.iter().take(FORGED_MAX) {
                self.send(late, driver).await;
            }
        }
        self.past.insert(0, answer);
    }

    async fn send_from_elsewhere(&self, datagram: &[u8], driver: SocketAddr) {
        self.stranger.send_to(datagram, driver).await.unwrap();
    }

    async fn send(&self, datagram: &[u8], driver: SocketAddr) {
        self.front.send_to(datagram, driver).await.unwrap();
    }

    fn forgeries(&self, answer: &[u8]) -> Vec<Vec<u8>> {
        match self.attack {
            Attack::WrongHash if answer[PAYLOAD] == SEALED => vec![turned(answer), spoilt(answer)],
            Attack::Nothing | Attack::Late | Attack::WrongHash => Vec::new(),
            Attack::Truncated => [0, 4, 15, answer.len() / 2, answer.len() - 1]
                .map(|length| answer[..length.min(answer.len())].to_vec())
                .into(),
            Attack::Replayed => self.past.iter().take(3).chain(self.past.get(NUMBERS - 1)).cloned().collect(),
            Attack::WrongSession => {
                let mut other = answer.to_vec();
                other[SESSION].iter_mut().for_each(|byte| *byte ^= 0x5A);
                vec![other, with(answer, SESSION.start, 0)]
            }
            Attack::Oversize => [1_024, 1_025, 2_000, 60_000].map(|length| padded(answer, length)).into(),
            Attack::Garbage => (1..=FORGED_MAX).map(|seed| garbage(seed as u8)).collect(),
            Attack::RefusedAnother => match answer[PAYLOAD] {
                OPENED | RAKP_2 | RAKP_4 => {
                    [1, 0x80].map(|bit| refusal(&with(answer, TAG, answer[TAG] ^ bit))).into()
                }
                _ => Vec::new(),
            },
            Attack::OffUnprotected => (0..FORGED_MAX).map(|number| off(number as u8)).collect(),
            Attack::Stranger => vec![spoilt(answer), refusal(answer), answer.to_vec()],
            Attack::Repeated => vec![answer.to_vec(); 2],
        }
    }
}

fn with(datagram: &[u8], at: usize, byte: u8) -> Vec<u8> {
    let mut other = datagram.to_vec();
    other[at] = byte;
    other
}

/// Changes the last byte, which belongs to a code or to an algorithm.
fn spoilt(datagram: &[u8]) -> Vec<u8> {
    with(datagram, datagram.len() - 1, datagram[datagram.len() - 1] ^ 0xFF)
}

/// Turns the bit that says "on" in the answer to Get Chassis Status: what is turned in the initial vector is turned in
/// the first block of what it encrypts, where this is the eighth byte.
fn turned(datagram: &[u8]) -> Vec<u8> {
    with(datagram, VECTOR + 7, datagram[VECTOR + 7] ^ 1)
}

/// Makes "unauthorized name" of what opens a session, and nothing much of the rest.
fn refusal(datagram: &[u8]) -> Vec<u8> {
    if datagram.len() > STATUS { with(datagram, STATUS, 0x0D) } else { datagram.to_vec() }
}

fn padded(datagram: &[u8], length: usize) -> Vec<u8> {
    datagram.iter().copied().chain(std::iter::repeat(0xFF)).take(length).collect()
}

/// A header of a session's packet and bytes that follow from a seed.
fn garbage(seed: u8) -> Vec<u8> {
    let bytes = (0..seed.wrapping_mul(37)).map(|at| at.wrapping_mul(seed).wrapping_add(at >> 3));
    [0x06, 0x00, 0xFF, 0x07, 0x06, [SEALED, 0, OPENED, RAKP_2][usize::from(seed % 4)]]
        .into_iter()
        .chain(bytes)
        .collect()
}

/// The answer to Get Chassis Status that says "off", in a packet without a session.
fn off(number: u8) -> Vec<u8> {
    let (head, body) = ([0x81, 0x01 << 2], [0x20, number << 2, 0x01, 0x00, 0x00, 0x00, 0x40]);
    let sum = |bytes: &[u8]| bytes.iter().fold(0u8, |sum, byte| sum.wrapping_sub(*byte));
    let message = [&head[..], &[sum(&head)], &body, &[sum(&body)]].concat();
    let length = message.len() as u8;
    [&[0x06, 0x00, 0xFF, 0x07, 0x06, 0, 0, 0, 0, 0, 0, 0, 0, 0, length, 0], &message[..]].concat()
}
