//! Which sequence numbers of a BMC are new (IPMI 2.0, section 6.12.13).

/// How far behind the newest a number may be.
const WIDTH: u32 = 16;

/// Remembers the newest number and which of those before it were seen.
#[derive(Debug, Default)]
pub(crate) struct Window {
    newest: u32,
    /// Bit n is the number that is n before the newest.
    seen: u32,
}

impl Window {
    /// Takes a number once: false for zero, for one seen before and for one that is too old. A number far ahead
    /// is good: its packet was authenticated, and those between may have been lost.
    pub(crate) fn take(&mut self, number: u32) -> bool {
        if number == 0 {
            return false;
        }
        if number > self.newest {
            self.seen = self.seen.checked_shl(number - self.newest).unwrap_or(0) | 1;
            self.newest = number;
            return true;
        }
        let behind = self.newest - number;
        let bit = 1u32.checked_shl(behind).unwrap_or(0);
        let fresh = behind < WIDTH && self.seen & bit == 0;
        self.seen |= bit;
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::Window;

    #[test]
    fn a_number_is_taken_once_in_any_order_within_the_window() {
        let mut window = Window::default();
        for (number, fresh) in
            [(0, false), (1, true), (1, false), (4, true), (3, true), (3, false), (2, true), (40, true)]
        {
            assert_eq!(window.take(number), fresh, "{number}");
        }
        assert!(window.take(25) && !window.take(25), "fifteen behind");
        assert!(!window.take(24), "sixteen behind");
        assert!(window.take(u32::MAX) && !window.take(u32::MAX));
    }
}
