//! A console and a BMC on a way that loses, doubles and delays packets: what one side writes, the other one reads.

use super::super::timing::Timing;
use super::inbound::{Inbound, Taken};
use super::outbound::{Next, Outbound, Piece};
use crate::config::IpmiConfig;
use crate::wire::sol::{Incoming, Outgoing};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// How long a packet takes on its way, and how much longer a late one: more than the console waits for a receipt.
const WAY: Duration = Duration::from_millis(10);
const LATE_BY: Duration = Duration::from_millis(1_200);
/// After how long the BMC sends again.
const BMC_WAITS: Duration = Duration::from_millis(300);
/// How often the world is looked at, and for how long at most.
const STEP: Duration = Duration::from_millis(5);
const STEPS_MAX: u32 = 200_000;
/// How much waits to be read at most.
const ROOM: usize = 800;

/// What happens to a packet: one number of 0 to 99 for each.
#[derive(Debug, Clone)]
struct Fates(Vec<u8>, usize);

/// A packet on its way, under the session's number.
type Sent = (Instant, u32, Vec<u8>);

/// One direction. What is sent gets a number, and arrives never, once, twice or late.
#[derive(Debug)]
struct Way {
    fates: Fates,
    number: u32,
    sent: Vec<Sent>,
}

impl Way {
    fn new(fates: Vec<u8>) -> Self {
        Self { fates: Fates(fates, 0), number: 0, sent: Vec::new() }
    }

    fn send(&mut self, now: Instant, packet: Vec<u8>) {
        self.number += 1;
        let Fates(fates, at) = &mut self.fates;
        *at += 1;
        let arrivals: &[Duration] = match fates[*at % fates.len()] {
            0..20 => &[],
            20..30 => &[WAY, WAY],
            30..40 => &[LATE_BY],
            _ => &[WAY],
        };
        let arrive = arrivals.iter().map(|late| (now + *late, self.number, packet.clone()));
        self.sent.extend(arrive);
    }

    fn arrived(&mut self, now: Instant) -> Vec<(u32, Vec<u8>)> {
        let (arrived, on_the_way) = self.sent.drain(..).partition(|(at, ..)| *at <= now);
        self.sent = on_the_way;
        arrived.into_iter().map(|(_, number, packet)| (number, packet)).collect()
    }
}

/// A BMC as the specification has it, written without the code under test. It accepts as much of a packet as it likes.
#[derive(Debug, Default)]
struct Bmc {
    typed: Vec<u8>,
    breaks: Vec<usize>,
    newest: u32,
    last: (u8, u8),
    takes: Vec<u8>,
    packets: usize,
    writes: VecDeque<u8>,
    sequence: u8,
    open: Option<(Vec<u8>, Instant)>,
    is_paused: bool,
    refusals: u32,
    seen: Vec<u32>,
}

impl Bmc {
    fn receive(&mut self, now: Instant, number: u32, packet: &[u8], back: &mut Way) {
        // Each packet of a session is taken once (section 6.12.13), and here in order.
        if number <= self.newest {
            return;
        }
        self.newest = number;
        let (&[sequence, received, accepted, flags], characters) = packet.split_first_chunk().unwrap();
        assert!(sequence < 16 && received < 16);
        if received != 0 {
            self.is_paused = flags & 0x40 != 0;
            self.refusals += u32::from(self.is_paused);
            if let Some((open, _)) = self.open.take_if(|(open, _)| open[0] == received) {
                let rest = &open[4 + usize::from(accepted)..];
                rest.iter().rev().for_each(|character| self.writes.push_front(*character));
            }
        }
        if sequence != 0 {
            assert!(characters.len() <= 7, "no more than was agreed");
            self.take(sequence, flags, characters);
            back.send(now, vec![0, self.last.0, self.last.1, 0]);
        }
    }

    fn take(&mut self, sequence: u8, flags: u8, characters: &[u8]) {
        if sequence == self.last.0 {
            return;
        }
        assert_eq!(sequence, self.last.0 % 15 + 1, "one packet at a time, in order");
        self.packets += 1;
        let most = usize::from(self.takes[self.packets % self.takes.len()]);
        let accepted = &characters[..characters.len().min(most)];
        self.typed.extend(accepted);
        if flags & 0x10 != 0 {
            self.breaks.push(self.typed.len());
        }
        self.last = (sequence, accepted.len() as u8);
    }

    fn write(&mut self, now: Instant, back: &mut Way) {
        if let Some((packet, due)) = &mut self.open {
            if *due <= now {
                *due = now + BMC_WAITS;
                back.send(now, packet.clone());
            }
            return;
        }
        if self.writes.is_empty() || self.is_paused {
            return;
        }
        self.sequence = self.sequence % 15 + 1;
        let most = self.writes.len().min(200);
        let packet: Vec<u8> = [self.sequence, 0, 0, 0].into_iter().chain(self.writes.drain(..most)).collect();
        back.send(now, packet.clone());
        self.open = Some((packet, now + BMC_WAITS));
    }

    /// Each number of a session's packet is taken once by the console's session, too.
    fn is_new(&mut self, number: u32) -> bool {
        let is_new = !self.seen.contains(&number);
        self.seen.push(number);
        is_new
    }
}

/// The console's side, without a task: what is to be typed, what came, and who reads it now and then.
struct Console {
    outbound: Outbound,
    inbound: Inbound,
    typed: VecDeque<Piece>,
    came: Vec<u8>,
    waits: usize,
}

impl Console {
    fn new(typed: Vec<Piece>) -> Self {
        let timing = Timing::of(&IpmiConfig::default());
        Self {
            outbound: Outbound::new(timing, 7),
            inbound: Inbound::new(timing, ROOM / 2),
            typed: typed.into(),
            came: Vec::new(),
            waits: 0,
        }
    }

    fn act(&mut self, now: Instant, there: &mut Way) {
        let front = self.typed.front();
        let piece = |most: usize| match front? {
            Piece::Break => Some(Piece::Break),
            Piece::Characters(all) => Some(Piece::Characters(all.iter().copied().take(most).collect())),
        };
        match self.outbound.next(now, piece) {
            Next::Send(packet) => there.send(now, bytes(&packet)),
            Next::Nothing(_) => {}
            Next::GiveUp => panic!("a way that loses every third packet is no reason"),
        }
        if let (Some(receipt), _) = self.inbound.resume(ROOM - self.waits, now) {
            there.send(now, bytes(&Outgoing::Receipt(receipt)));
        }
    }

    fn receive(&mut self, now: Instant, number: u32, packet: &[u8], there: &mut Way) {
        if self.inbound.is_late(number) {
            return;
        }
        let packet = Incoming::read(packet).unwrap();
        if let Some(piece) = packet.receipt.and_then(|receipt| self.outbound.received(&receipt, now)) {
            self.accepted(&piece);
        }
        let receipt =
            match self.inbound.take(packet.sequence, packet.characters.len(), ROOM - self.waits, now) {
                Taken::New(receipt) => {
                    self.came.extend(packet.characters);
                    self.waits += packet.characters.len();
                    Some(receipt)
                }
                Taken::Again(receipt) => Some(receipt),
                Taken::Nothing => None,
            };
        receipt.into_iter().for_each(|receipt| there.send(now, bytes(&Outgoing::Receipt(receipt))));
    }

    fn accepted(&mut self, piece: &Piece) {
        if let (Some(Piece::Characters(all)), Piece::Characters(accepted)) = (self.typed.front_mut(), piece) {
            all.drain(..accepted.len());
            if !all.is_empty() {
                return;
            }
        }
        self.typed.pop_front();
    }
}

fn bytes(packet: &Outgoing) -> Vec<u8> {
    let mut bytes = Vec::new();
    packet.append_to(&mut bytes);
    bytes
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let characters = vec(any::<u8>(), 1..60).prop_map(Piece::Characters);
    vec(prop_oneof![4 => characters, 1 => Just(Piece::Break)], 0..12)
}

/// Every so many steps somebody reads what came.
fn reading() -> impl Strategy<Value = u32> {
    prop_oneof![Just(1), 20..2_000u32]
}

/// What was typed as one text, and behind how much of it breaks belong.
fn expected(pieces: &[Piece]) -> (Vec<u8>, Vec<usize>) {
    let (mut text, mut breaks) = (Vec::new(), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Characters(characters) => text.extend(characters),
            Piece::Break => breaks.push(text.len()),
        }
    }
    (text, breaks)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn each_side_reads_what_the_other_wrote_once_and_in_order(
        typed in pieces(),
        written in vec(any::<u8>(), 0..4_000),
        takes in vec(0..=7u8, 1..6),
        reads_every in reading(),
        fates in (vec(0..100u8, 200..201), vec(0..100u8, 200..201)),
    ) {
        // A BMC that never accepts anything has no end.
        let takes: Vec<u8> = takes.into_iter().chain([7]).collect();
        let (mut there, mut back) = (Way::new(fates.0), Way::new(fates.1));
        let mut bmc = Bmc { takes, writes: written.clone().into(), ..Bmc::default() };
        let mut console = Console::new(typed.clone());
        let mut now = Instant::now();
        let mut step = 0;
        while !(console.typed.is_empty() && console.came.len() >= written.len() && bmc.open.is_none()) {
            step += 1;
            prop_assert!(step < STEPS_MAX, "it came to a stand: {:?}", bmc);
            now += STEP;
            if step % reads_every == 0 {
                console.waits = 0;
            }
            console.act(now, &mut there);
            there.arrived(now).into_iter().for_each(|(number, packet)| bmc.receive(now, number, &packet, &mut back));
            bmc.write(now, &mut back);
            for (number, packet) in back.arrived(now) {
                if bmc.is_new(number) {
                    console.receive(now, number, &packet, &mut there);
                }
            }
        }
        prop_assert_eq!((bmc.typed, bmc.breaks), expected(&typed));
        prop_assert_eq!(console.came, written);
    }
}
