//! What is known of the serial line at the other end. Pure.

use super::inbound::Taken;
use crate::wire::sol::Incoming;

/// What the BMC told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) takes_characters: bool,
    pub(crate) breaks: u64,
    pub(crate) overruns: u64,
    /// The last packet said that characters were lost.
    overran: bool,
}

/// A BMC says when nobody takes characters; until then somebody does.
impl Default for Line {
    fn default() -> Self {
        Self { takes_characters: true, breaks: 0, overruns: 0, overran: false }
    }
}

impl Line {
    /// Learns what a packet says, and tells whether the BMC begins to lose characters. What happened counts once: a copy
    /// of a packet says it again. One without a number wants no receipt, and has no copies.
    pub(super) fn learn(&mut self, packet: &Incoming<'_>, taken: &Taken) -> bool {
        let port = packet.port;
        self.takes_characters = !port.is_unavailable;
        if !(matches!(taken, Taken::New(_)) || packet.sequence == 0) {
            return false;
        }
        self.breaks += u64::from(port.had_break);
        self.overruns += u64::from(port.overran);
        let began = port.overran && !self.overran;
        self.overran = port.overran;
        began
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::sol::Receipt;

    const BROKEN: u8 = 0x04;
    const OVERRAN: u8 = 0x08;
    const UNAVAILABLE: u8 = 0x20;

    fn learn(line: &mut Line, sequence: u8, status: u8, taken: &Taken) -> bool {
        line.learn(&Incoming::read(&[sequence, 0, 0, status]).unwrap(), taken)
    }

    fn new() -> Taken {
        Taken::New(Receipt { sequence: 1, accepted: 0, refuses: false })
    }

    fn again() -> Taken {
        Taken::Again(Receipt { sequence: 1, accepted: 0, refuses: false })
    }

    #[test]
    fn a_line_takes_characters_until_the_bmc_says_otherwise() {
        let mut line = Line::default();
        assert!(line.takes_characters);
        learn(&mut line, 0, UNAVAILABLE, &Taken::Nothing);
        assert!(!line.takes_characters);
        learn(&mut line, 1, 0, &again());
        assert!(line.takes_characters, "a copy says it, too");
    }

    #[test]
    fn what_happened_counts_once_however_often_its_packet_comes() {
        let mut line = Line::default();
        for taken in [Taken::Nothing, new(), again(), again()] {
            learn(&mut line, 1, BROKEN | OVERRAN, &taken);
        }
        assert_eq!((line.breaks, line.overruns), (1, 1), "without room, new, and its copies");
        learn(&mut line, 0, BROKEN, &Taken::Nothing);
        assert_eq!((line.breaks, line.overruns), (2, 1), "without a number there are no copies");
    }

    #[test]
    fn a_line_that_goes_on_losing_characters_began_once() {
        let mut line = Line::default();
        let began = [OVERRAN, OVERRAN, 0, OVERRAN].map(|status| learn(&mut line, 1, status, &new()));
        assert_eq!((began, line.overruns), ([true, false, false, true], 3));
    }
}
