//! What a machine writes to its serial port.

use serde::{Deserialize, Serialize};

/// How many bytes are held for who reads late.
const HELD_MAX: usize = 4096;

/// Holds the last that was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Screen {
    held: Vec<u8>,
    /// How many bytes were written before those.
    before: u64,
}

impl Screen {
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.held.extend(bytes);
        let surplus = self.held.len().saturating_sub(HELD_MAX);
        self.held.drain(..surplus);
        self.before += surplus as u64;
    }

    /// Returns how many bytes were ever written.
    pub(crate) fn end(&self) -> u64 {
        self.before + self.held.len() as u64
    }

    /// Returns what was written after so many bytes, as far as it is held.
    pub(crate) fn after(&self, count: u64) -> &[u8] {
        let place = usize::try_from(count.saturating_sub(self.before)).unwrap_or(usize::MAX);
        self.held.get(place..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{HELD_MAX, Screen};

    #[test]
    fn what_was_written_is_read_from_any_place_on() {
        let mut screen = Screen::default();
        screen.write(b"one ");
        screen.write(b"two");
        assert_eq!((screen.after(4), screen.end()), (&b"two"[..], 7));
        assert_eq!((screen.after(7), screen.after(99)), (&b""[..], &b""[..]));
    }

    #[test]
    fn only_the_last_is_held() {
        let mut screen = Screen::default();
        (0..=HELD_MAX).for_each(|number| screen.write(&[number as u8]));
        assert_eq!((screen.after(0).len(), screen.end()), (HELD_MAX, HELD_MAX as u64 + 1));
        assert_eq!(screen.after(0)[0], 1);
    }
}
