//! What was typed, on its way to the BMC: one packet at a time, sent again until its receipt is told (IPMI 2.0,
//! sections 15.9 and 15.11). Pure.

use super::super::timing::{Timing, Waits};
use super::TRIES_MAX;
use crate::wire::sol::{Outgoing, Receipt, SEQUENCE_MAX};
use tokio::time::Instant;

/// What is to go out next of what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Characters(Vec<u8>),
    Break,
}

/// What is to be done now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Send(Outgoing),
    /// Nothing until then, or until something was typed.
    Nothing(Option<Instant>),
    /// The BMC never told a receipt.
    GiveUp,
}

/// Numbers packets, and waits for their receipts.
#[derive(Debug)]
pub(crate) struct Outbound {
    timing: Timing,
    characters_max: usize,
    /// The number of the last packet.
    sequence: u8,
    open: Option<Open>,
    /// The BMC accepted nothing of the last packet: what is left comes after a while.
    rest: Option<Rest>,
}

/// A packet whose receipt is not known.
#[derive(Debug)]
struct Open {
    piece: Piece,
    tries: u32,
    waits: Waits,
    due: Instant,
}

#[derive(Debug)]
struct Rest {
    waits: Waits,
    until: Instant,
}

impl Outbound {
    pub(crate) fn new(timing: Timing, characters_max: usize) -> Self {
        Self { timing, characters_max, sequence: 0, open: None, rest: None }
    }

    /// Returns what is to be sent now. `piece` looks at so many characters that were typed, and leaves them there.
    pub(crate) fn next(&mut self, now: Instant, piece: impl FnOnce(usize) -> Option<Piece>) -> Next {
        if let Some(open) = &mut self.open {
            return open.again(self.sequence, now);
        }
        if let Some(rest) = self.rest.as_ref().filter(|rest| now < rest.until) {
            return Next::Nothing(Some(rest.until));
        }
        let Some(piece) = piece(self.characters_max) else { return Next::Nothing(None) };
        self.sequence = self.sequence % SEQUENCE_MAX + 1;
        let mut open = Open { piece, tries: 0, waits: self.timing.waits(now), due: now };
        let next = open.again(self.sequence, now);
        self.open = Some(open);
        next
    }

    /// Understands a receipt, and returns what the BMC accepted. What it did not comes in another packet: this one is
    /// done (section 15.11).
    pub(crate) fn received(&mut self, receipt: &Receipt, now: Instant) -> Option<Piece> {
        if receipt.sequence != self.sequence {
            return None;
        }
        let mut piece = self.open.take()?.piece;
        match &mut piece {
            Piece::Break if receipt.refuses => return self.rests(now),
            Piece::Characters(_) if receipt.accepted == 0 => return self.rests(now),
            Piece::Break => {}
            Piece::Characters(characters) => characters.truncate(receipt.accepted.into()),
        }
        self.rest = None;
        if receipt.refuses {
            self.rests(now);
        }
        Some(piece)
    }

    /// Waits before the rest is sent, each time a little longer.
    fn rests(&mut self, now: Instant) -> Option<Piece> {
        let mut rest = self.rest.take().unwrap_or(Rest { waits: self.timing.waits(now), until: now });
        rest.until = now + rest.waits.step();
        self.rest = Some(rest);
        None
    }
}

impl Open {
    /// Sends it, for the first time or again, when its time has come.
    fn again(&mut self, sequence: u8, now: Instant) -> Next {
        if now < self.due {
            return Next::Nothing(Some(self.due));
        }
        if self.tries == TRIES_MAX {
            return Next::GiveUp;
        }
        self.tries += 1;
        self.due = now + self.waits.step();
        Next::Send(match &self.piece {
            Piece::Characters(characters) => {
                Outgoing::Characters { sequence, characters: characters.clone() }
            }
            Piece::Break => Outgoing::Break { sequence },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::IpmiConfig;
    use std::time::Duration;

    fn outbound() -> Outbound {
        Outbound::new(Timing::of(&IpmiConfig::default()), 3)
    }

    /// Looks at what was typed.
    fn typed(text: &str) -> impl FnOnce(usize) -> Option<Piece> {
        move |most| {
            (!text.is_empty()).then(|| Piece::Characters(text.as_bytes()[..most.min(text.len())].to_vec()))
        }
    }

    fn packet(sequence: u8, text: &str) -> Next {
        Next::Send(Outgoing::Characters { sequence, characters: text.into() })
    }

    fn accepted(sequence: u8, accepted: u8) -> Receipt {
        Receipt { sequence, accepted, refuses: false }
    }

    #[test]
    fn a_packet_is_sent_again_unchanged_and_in_the_end_given_up() {
        let (mut outbound, mut now) = (outbound(), Instant::now());
        let begin = now;
        let mut tries = 0;
        loop {
            match outbound.next(now, typed("a whole line")) {
                Next::Nothing(Some(due)) => now = due,
                Next::GiveUp => break,
                sent => {
                    tries += 1;
                    assert_eq!(sent, packet(1, "a w"));
                }
            }
        }
        assert_eq!(tries, TRIES_MAX);
        assert!((20..30).contains(&(now - begin).as_secs()), "{:?}", now - begin);
    }

    #[test]
    fn the_next_one_waits_for_the_receipt_of_this_one() {
        let (mut outbound, now) = (outbound(), Instant::now());
        assert_eq!(outbound.next(now, typed("abc")), packet(1, "abc"));
        assert!(matches!(outbound.next(now, typed("abcd")), Next::Nothing(Some(_))));
        assert_eq!(outbound.received(&accepted(2, 3), now), None, "of another packet");
        assert_eq!(outbound.received(&accepted(1, 3), now), Some(Piece::Characters(b"abc".to_vec())));
        assert_eq!(outbound.received(&accepted(1, 3), now), None, "told again");
        assert_eq!(outbound.next(now, typed("d")), packet(2, "d"));
        assert_eq!(outbound.received(&accepted(2, 1), now), Some(Piece::Characters(b"d".to_vec())));
        assert_eq!(outbound.next(now, typed("")), Next::Nothing(None));
    }

    #[test]
    fn what_was_not_accepted_comes_in_another_packet() {
        let (mut outbound, now) = (outbound(), Instant::now());
        outbound.next(now, typed("abc"));
        assert_eq!(outbound.received(&accepted(1, 2), now), Some(Piece::Characters(b"ab".to_vec())));
        assert_eq!(outbound.next(now, typed("c")), packet(2, "c"));
        let too_many = outbound.received(&accepted(2, 9), now);
        assert_eq!(too_many, Some(Piece::Characters(b"c".to_vec())), "no more than were sent");
    }

    #[test]
    fn a_bmc_that_accepts_nothing_is_asked_again_later_and_never_given_up() {
        let (mut outbound, mut now) = (outbound(), Instant::now());
        let refusal = |sequence| Receipt { refuses: true, ..accepted(sequence, 0) };
        let mut pauses = Vec::new();
        for round in 0..40u8 {
            let sequence = round % SEQUENCE_MAX + 1;
            assert_eq!(outbound.next(now, typed("x")), packet(sequence, "x"));
            assert_eq!(outbound.received(&refusal(sequence), now), None);
            let Next::Nothing(Some(until)) = outbound.next(now, typed("x")) else { panic!("it waits") };
            pauses.push(until - now);
            now = until;
        }
        assert_eq!((pauses[0], pauses[39]), (Duration::from_millis(500), Duration::from_secs(4)));
    }

    #[test]
    fn a_break_is_a_packet_of_its_own() {
        let (mut outbound, now) = (outbound(), Instant::now());
        assert_eq!(outbound.next(now, |_| Some(Piece::Break)), Next::Send(Outgoing::Break { sequence: 1 }));
        assert_eq!(outbound.received(&accepted(1, 0), now), Some(Piece::Break));
    }
}
