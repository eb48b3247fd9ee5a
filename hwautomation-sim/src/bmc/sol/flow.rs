//! Who has received what: one packet at a time each way, told and sent again (IPMI 2.0, sections 15.9 and 15.11).

use super::Packet;
use crate::model::screen::Screen;
use std::time::Duration;

/// How many characters a packet has at most.
pub(crate) const CHARACTERS_MAX: usize = 200;
/// After how long a packet whose receipt was not told is sent again.
pub(crate) const RETRY: Duration = Duration::from_millis(500);
/// How often it is sent again before its characters are lost.
pub(crate) const RETRIES_MAX: u8 = 7;
/// The greatest number of a packet; behind it comes 1.
const SEQUENCE_MAX: u8 = 15;
/// What a break looks like on the serial port.
const BREAK: &[u8] = b"[break]";

/// The console of one session.
#[derive(Debug, Default)]
pub(crate) struct Sol {
    /// How much of the screen was sent.
    sent: u64,
    sequence: u8,
    /// What was sent, and is not known to be received.
    open: Option<Open>,
    /// The last packet that was taken, and how much of it.
    last: (u8, u8),
    /// What is to be told of a packet that came.
    receipt: Option<Packet>,
    /// Whether the console wants no more for now.
    paused: bool,
    ends: bool,
}

#[derive(Debug)]
struct Open {
    packet: Packet,
    at: u64,
    tries: u8,
}

impl Sol {
    /// Begins behind what was written so far.
    pub(crate) fn behind(sent: u64) -> Self {
        Self { sent, ..Self::default() }
    }

    /// Takes a packet of the console and returns what was typed. Without anybody to take it, it is lost.
    pub(crate) fn take(&mut self, packet: &Packet, is_up: bool) -> Vec<u8> {
        self.is_received(packet);
        if packet.sequence == 0 {
            return Vec::new();
        }
        let flags = if is_up { 0 } else { Packet::UNAVAILABLE };
        let is_new = packet.sequence != self.last.0;
        if is_new {
            self.last = (packet.sequence, packet.characters.len().min(u8::MAX.into()) as u8);
        }
        let (received, taken) = self.last;
        self.receipt = Some(Packet { received, taken, flags, ..Packet::default() });
        match is_new && is_up {
            true if packet.flags & Packet::BREAK != 0 => [BREAK, &packet.characters].concat(),
            true => packet.characters.clone(),
            false => Vec::new(),
        }
    }

    /// Returns what is to be sent now, if anything is: a receipt, characters, or both.
    pub(crate) fn next(&mut self, screen: &Screen, now: u64) -> Option<Packet> {
        let mut packet = self.receipt.take();
        if self.ends {
            let last = packet.unwrap_or_default();
            return Some(Packet { flags: last.flags | Packet::ENDS, ..last });
        }
        if let Some(sending) = self.sending(screen, now) {
            let told = packet.unwrap_or_default();
            packet = Some(Packet { sequence: sending.sequence, characters: sending.characters, ..told });
        }
        packet
    }

    /// Ends it with the next packet.
    pub(crate) fn end(&mut self) {
        self.ends = true;
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.ends
    }

    /// Understands what a packet tells of the one that was sent.
    fn is_received(&mut self, packet: &Packet) {
        if packet.received == 0 {
            return;
        }
        // A packet that tells a receipt without refusing ends a pause, also when it tells it again.
        self.paused = packet.flags & Packet::REFUSED != 0;
        let Some(open) = self.open.take_if(|open| open.packet.sequence == packet.received) else { return };
        let rest = open.packet.characters.get(packet.taken.into()..).unwrap_or_default();
        if !rest.is_empty() {
            // What was not taken comes again, in a packet of its own.
            self.sent -= rest.len() as u64;
        }
    }

    /// Returns the packet of characters that is to go out now: a new one, or the last one again.
    fn sending(&mut self, screen: &Screen, now: u64) -> Option<Packet> {
        if let Some(open) = self.open.as_mut() {
            if Duration::from_millis(now.saturating_sub(open.at)) < RETRY {
                return None;
            }
            open.tries += 1;
            open.at = now;
            let again = open.packet.clone();
            self.open.take_if(|open| open.tries > RETRIES_MAX);
            return self.open.is_some().then_some(again);
        }
        let characters: Vec<u8> = screen.after(self.sent).iter().copied().take(CHARACTERS_MAX).collect();
        if characters.is_empty() || self.paused {
            return None;
        }
        self.sequence = self.sequence % SEQUENCE_MAX + 1;
        self.sent = screen.end() - screen.after(self.sent).len() as u64 + characters.len() as u64;
        let packet = Packet { sequence: self.sequence, characters, ..Packet::default() };
        self.open = Some(Open { packet: packet.clone(), at: now, tries: 0 });
        Some(packet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(sequence: u8, text: &str) -> Packet {
        Packet { sequence, characters: text.into(), ..Packet::default() }
    }

    fn receipt(received: u8, taken: u8, flags: u8) -> Packet {
        Packet { received, taken, flags, ..Packet::default() }
    }

    /// A console that has seen the screen as it is.
    fn sol(screen: &Screen) -> Sol {
        let mut sol = Sol::behind(screen.end());
        assert_eq!(sol.next(screen, 0), None);
        sol
    }

    #[test]
    fn what_is_typed_is_taken_once_and_its_receipt_told_each_time() {
        let screen = Screen::default();
        let mut sol = sol(&screen);
        assert_eq!(sol.take(&typed(1, "ls"), true), b"ls");
        assert_eq!(sol.next(&screen, 0), Some(receipt(1, 2, 0)));
        assert_eq!(sol.take(&typed(1, "ls"), true), b"", "it came again");
        assert_eq!(sol.next(&screen, 0), Some(receipt(1, 2, 0)));
        assert_eq!(sol.next(&screen, 0), None);
        let pause = Packet { flags: Packet::BREAK, ..typed(2, "") };
        assert_eq!(sol.take(&pause, true), b"[break]");
        assert_eq!(sol.take(&typed(3, "x"), false), b"", "nobody is there");
        assert_eq!(sol.next(&screen, 0), Some(receipt(3, 1, Packet::UNAVAILABLE)));
    }

    #[test]
    fn one_packet_waits_for_its_receipt_before_the_next() {
        let mut screen = Screen::default();
        let mut sol = sol(&screen);
        screen.write(b"one");
        assert_eq!(sol.next(&screen, 0), Some(typed(1, "one")));
        screen.write(b"two");
        assert_eq!(sol.next(&screen, 0), None);
        sol.take(&receipt(9, 3, 0), true);
        assert_eq!(sol.next(&screen, 0), None, "that was about another packet");
        sol.take(&receipt(1, 3, 0), true);
        assert_eq!(sol.next(&screen, 0), Some(typed(2, "two")));
    }

    #[test]
    fn a_packet_is_sent_again_and_given_up_in_the_end() {
        let mut screen = Screen::default();
        let mut sol = sol(&screen);
        screen.write(b"one");
        assert_eq!(sol.next(&screen, 0), Some(typed(1, "one")));
        assert_eq!(sol.next(&screen, 499), None);
        for tries in 1..=7 {
            assert_eq!(sol.next(&screen, tries * 500), Some(typed(1, "one")));
        }
        assert_eq!(sol.next(&screen, 8 * 500), None);
        screen.write(b"two");
        assert_eq!(sol.next(&screen, 8 * 500), Some(typed(2, "two")));
    }

    #[test]
    fn what_was_not_taken_comes_again_after_the_pause() {
        let mut screen = Screen::default();
        let mut sol = sol(&screen);
        screen.write(b"four");
        assert_eq!(sol.next(&screen, 0), Some(typed(1, "four")));
        sol.take(&receipt(1, 1, Packet::REFUSED), true);
        assert_eq!(sol.next(&screen, 9_000), None, "suspended");
        sol.take(&receipt(1, 1, 0), true);
        assert_eq!(sol.next(&screen, 9_000), Some(typed(2, "our")));
    }

    #[test]
    fn numbers_begin_anew_behind_fifteen_and_long_texts_are_cut() {
        let mut screen = Screen::default();
        let mut sol = sol(&screen);
        for round in 0..16_u8 {
            screen.write(&[b'a' + round]);
            let packet = sol.next(&screen, 0).unwrap();
            assert_eq!(packet.sequence, round % 15 + 1);
            sol.take(&receipt(packet.sequence, 1, 0), true);
        }
        screen.write(&[b'x'; 300]);
        assert_eq!(sol.next(&screen, 0).map(|packet| packet.characters.len()), Some(CHARACTERS_MAX));
    }

    #[test]
    fn the_last_packet_says_that_it_is() {
        let mut sol = sol(&Screen::default());
        sol.end();
        assert_eq!(sol.next(&Screen::default(), 0), Some(receipt(0, 0, Packet::ENDS)));
    }
}
