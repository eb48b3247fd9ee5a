//! What comes on a console, whatever it is, while somebody types and reads.

use super::script::{Part, Script};
use crate::config::IpmiConfig;
use crate::transport::sol::{Inbound, Next, Outbound, Piece, Taken};
use crate::transport::timing::Timing;
use crate::wire::sol::{Incoming, Outgoing};
use std::time::Duration;
use tokio::time::Instant;

/// The parts of an input: a packet that comes; characters that are typed; a break (whatever is in it); time that
/// passes, 10 ms for each byte and what it says; a reader who takes as much as there is.
pub(super) const PACKET: u8 = 0;
pub(super) const TYPED: u8 = 1;
pub(super) const BREAK: u8 = 2;
pub(super) const TIME: u8 = 3;
pub(super) const READ: u8 = 4;
const KINDS: u8 = 5;

const CHARACTERS_MAX: usize = 20;
const ROOM: usize = 600;

pub(super) fn run(input: &[u8]) {
    let script = Script::new(input);
    let mut console = Console::new(script.choice);
    script.for_each(|part| console.take(&part));
}

/// What a packet says, read without the code under test (table 15-3).
fn fields(packet: &[u8]) -> Option<(u8, u8, u8, u8, &[u8])> {
    match packet {
        [sequence, received, accepted, status, characters @ ..] if characters.len() <= 255 => {
            Some((sequence % 16, received % 16, *accepted, *status, characters))
        }
        _ => None,
    }
}

/// Reads a packet, and compares.
pub(crate) fn read(packet: &[u8]) {
    let found = Incoming::read(packet).map(|read| {
        let (received, accepted, refuses) = read
            .receipt
            .map_or((0, 0, false), |receipt| (receipt.sequence, receipt.accepted, receipt.refuses));
        let port = [read.port.is_unavailable, read.port.ends, read.port.overran, read.port.had_break];
        (read.sequence, received, accepted, refuses, port, read.characters)
    });
    let expected = fields(packet).map(|(sequence, received, accepted, status, characters)| {
        let port = [5, 4, 3, 2].map(|bit| status >> bit & 1 == 1);
        let told = if received == 0 { (0, 0, false) } else { (received, accepted, status >> 6 & 1 == 1) };
        (sequence, told.0, told.1, told.2, port, characters)
    });
    assert_eq!(found, expected, "{packet:02x?}");
}

/// A console, and beside it what one knows who only looks at what went in and out.
struct Console {
    outbound: Outbound,
    inbound: Inbound,
    now: Instant,
    /// What was typed and is not accepted.
    typed: Vec<Piece>,
    /// The packet whose receipt was not told.
    open: Option<Vec<u8>>,
    sequence: u8,
    tries: u32,
    is_over: bool,
    waits: usize,
    last: Option<(u8, u8)>,
}

impl Console {
    fn new(choice: u8) -> Self {
        let config =
            IpmiConfig { retransmit: Duration::from_millis(u64::from(choice) + 1), ..IpmiConfig::default() };
        let timing = Timing::of(&config);
        Self {
            outbound: Outbound::new(timing, CHARACTERS_MAX),
            inbound: Inbound::new(timing, ROOM / 2),
            now: Instant::now(),
            typed: Vec::new(),
            open: None,
            sequence: 0,
            tries: 0,
            is_over: false,
            waits: 0,
            last: None,
        }
    }

    fn take(&mut self, part: &Part<'_>) {
        match part.kind % KINDS {
            PACKET => self.packet(part.bytes),
            TYPED if !part.bytes.is_empty() => self.typed.push(Piece::Characters(part.bytes.to_vec())),
            TYPED => {}
            BREAK => self.typed.push(Piece::Break),
            TIME => {
                let tens = part.bytes.iter().map(|byte| u64::from(*byte) + 1).sum::<u64>();
                self.now += Duration::from_millis(10 * tens);
            }
            READ.. => self.waits = 0,
        }
        self.send();
    }

    /// One packet at a time goes out, with the next number, and again only as it was.
    fn send(&mut self) {
        let front = self.typed.first().cloned();
        let piece = |most: usize| match front? {
            Piece::Characters(mut all) => {
                all.truncate(most);
                Some(Piece::Characters(all))
            }
            Piece::Break => Some(Piece::Break),
        };
        match self.outbound.next(self.now, piece) {
            Next::Nothing(due) => assert!(due.is_none_or(|due| due > self.now)),
            Next::GiveUp => self.is_over = true,
            Next::Send(packet) => self.sent(&bytes(&packet)),
        }
        if let (Some(receipt), _) = self.inbound.resume(ROOM - self.waits, self.now) {
            assert_eq!((Some((receipt.sequence, receipt.accepted)), receipt.refuses), (self.last, false));
        }
    }

    fn sent(&mut self, packet: &[u8]) {
        assert!(!self.is_over && packet.len() <= 4 + CHARACTERS_MAX);
        match &self.open {
            Some(open) => assert_eq!(open, packet, "the same again"),
            None => {
                (self.sequence, self.tries) = (self.sequence % 15 + 1, 0);
                let (flags, characters) = match self.typed.first() {
                    Some(Piece::Break) => (0x10, &[][..]),
                    Some(Piece::Characters(all)) => (0, &all[..all.len().min(CHARACTERS_MAX)]),
                    None => panic!("nothing was typed"),
                };
                assert_eq!(packet, [&[self.sequence, 0, 0, flags], characters].concat());
                self.open = Some(packet.to_vec());
            }
        }
        self.tries += 1;
        assert!(self.tries <= 12, "it is given up");
    }

    fn packet(&mut self, packet: &[u8]) {
        read(packet);
        let (Some(read), Some(fields)) = (Incoming::read(packet), fields(packet)) else { return };
        let accepted = read.receipt.and_then(|receipt| self.outbound.received(&receipt, self.now));
        assert_eq!(accepted, self.accepted(fields));
        let (sequence, _, _, _, characters) = fields;
        let room = ROOM - self.waits;
        let is_repeated = self.last.is_some_and(|(last, _)| last == sequence);
        match self.inbound.take(read.sequence, read.characters.len(), room, self.now) {
            Taken::New(receipt) => {
                assert!(sequence != 0 && !is_repeated && characters.len() <= room);
                assert_eq!(usize::from(receipt.accepted), characters.len());
                self.waits += characters.len();
                self.last = Some((sequence, receipt.accepted));
            }
            Taken::Again(receipt) => {
                assert!(is_repeated);
                assert_eq!(Some((receipt.sequence, receipt.accepted)), self.last);
            }
            Taken::Nothing => assert!(sequence == 0 || is_repeated || characters.len() > room),
        }
    }

    /// What a receipt says of the packet that waits for it: as much of it is done, and the rest is to come.
    fn accepted(&mut self, (_, received, count, status, _): (u8, u8, u8, u8, &[u8])) -> Option<Piece> {
        let open = self.open.take_if(|open| received != 0 && open[0] == received)?;
        if open[3] == 0x10 {
            return (status & 0x40 == 0).then(|| self.typed.remove(0));
        }
        let count = usize::from(count).min(open.len() - 4);
        let Some(Piece::Characters(all)) = self.typed.first_mut() else { panic!("it was typed") };
        let done: Vec<u8> = all.drain(..count).collect();
        if all.is_empty() {
            self.typed.remove(0);
        }
        (!done.is_empty()).then_some(Piece::Characters(done))
    }
}

fn bytes(packet: &Outgoing) -> Vec<u8> {
    let mut bytes = Vec::new();
    packet.append_to(&mut bytes);
    bytes
}
