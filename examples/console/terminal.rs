//! The terminal of this program: its keys as they are pressed.

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::{IsTerminal, Read, Write, stderr, stdin};
use tokio::sync::mpsc::{Receiver, channel};

/// How many reads of standard input may wait.
const READS_MAX: usize = 16;

/// A terminal that gives each key at once and shows none by itself. Dropped, it is as it was.
pub struct Raw(Termios);

impl Raw {
    /// Returns nothing where standard input is no terminal.
    pub fn new() -> std::io::Result<Option<Self>> {
        if !stdin().is_terminal() {
            return Ok(None);
        }
        let before = tcgetattr(stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(stdin(), OptionalActions::Flush, &raw)?;
        Ok(Some(Self(before)))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if let Err(cause) = tcsetattr(stdin(), OptionalActions::Flush, &self.0) {
            // A terminal that went away takes no word either.
            let _gone = writeln!(stderr(), "console: the terminal stays as it is; type `reset`: {cause}");
        }
    }
}

/// Reads standard input in a thread of its own, which nobody waits for: it may stand in a read for ever.
pub fn keys() -> Receiver<Vec<u8>> {
    let (sender, keys) = channel(READS_MAX);
    std::thread::spawn(move || {
        let mut bytes = [0; 512];
        while let Ok(length @ 1..) = stdin().read(&mut bytes) {
            if sender.blocking_send(bytes[..length].to_vec()).is_err() {
                return;
            }
        }
    });
    keys
}
