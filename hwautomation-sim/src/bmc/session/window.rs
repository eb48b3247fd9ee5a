//! Which packets of a session may still come: a window around the highest number seen (IPMI 2.0, section 6.12.13).

/// How far a number may be from the highest one.
const REACH: u32 = 16;

/// The numbers that were received.
#[derive(Debug, Default)]
pub(super) struct Window {
    highest: u32,
    /// Bit n is set when the packet n before the highest was received.
    seen: u32,
}

impl Window {
    /// Says whether a packet with this number is neither a repetition nor too far away.
    pub(super) fn takes(&self, sequence: u32) -> bool {
        let (ahead, behind) = (sequence.wrapping_sub(self.highest), self.highest.wrapping_sub(sequence));
        let is_new = (1..=REACH).contains(&ahead) || (behind <= REACH && self.seen & 1 << behind == 0);
        // Zero is kept for packets outside of sessions.
        sequence != 0 && is_new
    }

    /// Notes a packet that it takes.
    pub(super) fn mark(&mut self, sequence: u32) {
        let (ahead, behind) = (sequence.wrapping_sub(self.highest), self.highest.wrapping_sub(sequence));
        if behind <= REACH {
            self.seen |= 1 << behind;
        } else {
            self.highest = sequence;
            self.seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Window;

    #[test]
    fn a_number_is_taken_once() {
        let mut window = Window::default();
        for sequence in [3, 1, 5, 4] {
            assert!(window.takes(sequence), "{sequence} is new");
            window.mark(sequence);
            assert!(!window.takes(sequence), "{sequence} was seen");
        }
        assert!(window.takes(2));
    }

    #[test]
    fn a_number_is_taken_within_sixteen_of_the_highest() {
        let mut window = Window::default();
        (1..=100).for_each(|sequence| window.mark(sequence));
        assert!(window.takes(116) && !window.takes(117));
        window.mark(116);
        window.mark(132);
        assert!(window.takes(117) && !window.takes(116) && !window.takes(115));
    }

    #[test]
    fn zero_is_never_taken_and_the_count_goes_on_behind_the_end() {
        let mut window = Window::default();
        assert!(!window.takes(0));
        window.highest = u32::MAX;
        window.seen = 1;
        assert!(!window.takes(0) && window.takes(1));
        window.mark(1);
        assert!(window.takes(u32::MAX - 1) && !window.takes(u32::MAX) && !window.takes(1));
    }
}
