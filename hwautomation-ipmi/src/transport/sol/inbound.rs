//! What the machine wrote, on its way from the BMC: each packet once, and told each time it comes (IPMI 2.0, sections
//! 15.9 and 15.11). Pure.
//!
//! A packet is accepted as a whole. When there is no room for one more, its receipt asks the BMC to pause. A packet that
//! was refused would come again under another number or under its own, as BMCs have it, and a late copy of it could
//! not be told from new characters.

use super::super::timing::{Timing, Waits};
use super::TRIES_MAX;
use crate::wire::sol::{CHARACTERS_MAX, Receipt};
use tokio::time::Instant;

/// What became of a packet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It wants nothing, or is to come again: there is no room for it, or its receipt was told a moment ago.
    Nothing,
    /// It is new; its characters are to be kept, and its receipt told.
    New(Receipt),
    /// It came before, and its receipt got lost.
    Again(Receipt),
}

/// Remembers which packets came.
#[derive(Debug)]
pub(crate) struct Inbound {
    timing: Timing,
    /// With how much room a pause ends.
    room_enough: usize,
    /// The session's greatest number that a packet of characters had.
    newest: u32,
    /// The last packet that was taken.
    taken: Option<Receipt>,
    pause: Option<Pause>,
}

/// The BMC was asked to send nothing for a while.
#[derive(Debug)]
struct Pause {
    waits: Waits,
    /// When it may be told something again.
    due: Instant,
    /// How often it was told that the pause is over.
    tries: u32,
}

impl Inbound {
    pub(crate) fn new(timing: Timing, room_enough: usize) -> Self {
        Self { timing, room_enough, newest: 0, taken: None, pause: None }
    }

    /// Tells whether a packet was overtaken on its way. It is as good as lost: the BMC has sent another one since, and
    /// its characters could be taken for new ones.
    pub(crate) fn is_late(&mut self, number: u32) -> bool {
        let is_late = number < self.newest;
        self.newest = self.newest.max(number);
        is_late
    }

    /// Takes a packet of so many characters, if there is room for them.
    pub(crate) fn take(&mut self, sequence: u8, length: usize, room: usize, now: Instant) -> Taken {
        if sequence == 0 {
            return Taken::Nothing;
        }
        if let Some(taken) = self.taken.filter(|taken| taken.sequence == sequence) {
            return self.again(taken, now);
        }
        let Some(rest) = room.checked_sub(length) else { return Taken::Nothing };
        let accepted = u8::try_from(length).unwrap_or(u8::MAX);
        let receipt = Receipt { sequence, accepted, refuses: rest < CHARACTERS_MAX };
        self.taken = Some(receipt);
        self.pause = receipt.refuses.then(|| {
            let mut waits = self.timing.waits(now);
            Pause { due: now + waits.step(), waits, tries: 0 }
        });
        Taken::New(receipt)
    }

    /// Tells a receipt again, in a pause not as fast as a BMC may send again what it is told of.
    fn again(&mut self, taken: Receipt, now: Instant) -> Taken {
        let refuses = self.pause.as_ref().is_some_and(|pause| pause.tries == 0);
        match &mut self.pause {
            Some(pause) if refuses && now < pause.due => return Taken::Nothing,
            Some(pause) if refuses => pause.due = now + pause.waits.step(),
            _ => {}
        }
        Taken::Again(Receipt { refuses, ..taken })
    }

    /// Returns what ends the pause, if it is to be told now, and when it is to be told next: a BMC that missed it would
    /// wait for ever. It is told until the next packet comes; there may be none.
    pub(crate) fn resume(&mut self, room: usize, now: Instant) -> (Option<Receipt>, Option<Instant>) {
        let (Some(pause), Some(taken)) = (&mut self.pause, self.taken) else { return (None, None) };
        if room < self.room_enough || pause.tries == TRIES_MAX {
            return (None, None);
        }
        if pause.tries == 0 {
            pause.waits = self.timing.waits(now);
        } else if now < pause.due {
            return (None, Some(pause.due));
        }
        pause.tries += 1;
        pause.due = now + pause.waits.step();
        (Some(Receipt { refuses: false, ..taken }), Some(pause.due))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::IpmiConfig;

    fn inbound() -> (Inbound, Instant) {
        (Inbound::new(Timing::of(&IpmiConfig::default()), 300), Instant::now())
    }

    fn receipt(sequence: u8, accepted: u8) -> Receipt {
        Receipt { sequence, accepted, refuses: false }
    }

    fn pausing(sequence: u8, accepted: u8) -> Receipt {
        Receipt { refuses: true, ..receipt(sequence, accepted) }
    }

    #[test]
    fn a_packet_is_taken_once_and_told_each_time() {
        let (mut inbound, now) = inbound();
        assert_eq!(inbound.take(0, 0, 999, now), Taken::Nothing);
        assert_eq!(inbound.take(1, 5, 999, now), Taken::New(receipt(1, 5)));
        assert_eq!(inbound.take(1, 5, 999, now), Taken::Again(receipt(1, 5)));
        assert_eq!(inbound.take(1, 5, 0, now), Taken::Again(receipt(1, 5)), "without room, too");
        assert_eq!(inbound.take(2, 5, 999, now), Taken::New(receipt(2, 5)));
        assert_eq!(inbound.take(1, 5, 999, now), Taken::New(receipt(1, 5)), "fourteen packets later");
    }

    #[test]
    fn a_packet_that_was_overtaken_is_lost() {
        let (mut inbound, _) = inbound();
        let late = [1, 2, 5, 4, 3, 5, 6].map(|number| inbound.is_late(number));
        assert_eq!(late, [false, false, false, true, true, false, false]);
    }

    #[test]
    fn the_packet_that_fills_the_room_asks_for_a_pause_but_not_ever_faster() {
        let (mut inbound, now) = inbound();
        assert_eq!(inbound.take(1, 5, 260, now), Taken::New(receipt(1, 5)), "another one finds room");
        assert_eq!(inbound.take(2, 5, 259, now), Taken::New(pausing(2, 5)));
        assert_eq!(inbound.take(2, 5, 254, now), Taken::Nothing, "it was told a moment ago");
        let later = now + IpmiConfig::default().retransmit;
        assert_eq!(inbound.take(2, 5, 254, later), Taken::Again(pausing(2, 5)));
        assert_eq!(inbound.take(3, 255, 254, now), Taken::Nothing, "it comes again");
        assert_eq!(inbound.resume(299, later), (None, None));
    }

    #[test]
    fn the_end_of_a_pause_is_told_until_something_comes() {
        let (mut inbound, now) = inbound();
        inbound.take(1, 5, 5, now);
        let (told, due) = inbound.resume(300, now);
        assert_eq!(told, Some(receipt(1, 5)));
        assert_eq!(inbound.resume(300, now), (None, due), "not yet");
        assert_eq!(inbound.take(1, 5, 300, now), Taken::Again(receipt(1, 5)), "no pause any more");
        assert_eq!(inbound.resume(300, due.unwrap()).0, Some(receipt(1, 5)), "it missed that");
        assert_eq!(inbound.take(2, 5, 300, now), Taken::New(receipt(2, 5)));
        assert_eq!(inbound.resume(300, due.unwrap()), (None, None));
    }

    #[test]
    fn a_bmc_that_has_nothing_more_is_not_told_for_ever() {
        let (mut inbound, mut now) = inbound();
        inbound.take(1, 5, 5, now);
        let mut told = 0;
        while let (receipt, Some(due)) = inbound.resume(300, now) {
            told += u32::from(receipt.is_some());
            now = due;
        }
        assert_eq!(told, TRIES_MAX);
    }
}
