//! Which sequence numbers are new (IPMI 2.0, section 6.12.13), in the plainest way: every number that came is kept.

use std::collections::BTreeSet;

/// How many numbers, the newest among them, are still taken.
const WIDTH: u32 = 16;

/// Remembers every number.
#[derive(Debug, Default)]
pub(crate) struct Seen(BTreeSet<u32>);

impl Seen {
    /// Takes a number once, if it is not too old. Zero is none.
    pub(crate) fn take(&mut self, number: u32) -> bool {
        let oldest = self.newest().saturating_sub(WIDTH - 1);
        number != 0 && number >= oldest && self.0.insert(number)
    }

    /// The greatest number that came.
    pub(crate) fn newest(&self) -> u32 {
        self.0.last().copied().unwrap_or_default()
    }
}
