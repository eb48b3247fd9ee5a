//! Standard output. What cannot be written there is told once, and by the exit status.

use crate::power::args::Output;
use crate::power::verdict::{BAD, GOOD};
use std::io::{ErrorKind, Result, Write};

/// Where answers are printed, and how.
#[derive(Debug)]
pub struct Out<'a> {
    pub options: &'a Output,
    reader: Reader,
}

/// What became of what was printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    Reads,
    /// Somebody closed the pipe, and does not want to know.
    Left,
    /// A disk is full, say.
    Lost,
}

impl<'a> Out<'a> {
    pub fn new(options: &'a Output) -> Self {
        Self { options, reader: Reader::Reads }
    }

    /// Prints. After something could not be written, nothing is: its end would be taken for the whole.
    pub fn print(&mut self, text: &str) {
        if self.reader == Reader::Reads {
            self.reader = outcome(write(text));
        }
    }

    /// Tells whether all that was printed was written.
    pub fn is_whole(&self) -> bool {
        self.reader == Reader::Reads
    }

    /// Returns the exit status of a run that would have this one if its answers were written.
    pub fn code(&self, code: u8) -> u8 {
        if self.reader == Reader::Lost && code == GOOD { BAD } else { code }
    }
}

fn write(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn outcome(written: Result<()>) -> Reader {
    match written {
        Ok(()) => Reader::Reads,
        Err(cause) if cause.kind() == ErrorKind::BrokenPipe => Reader::Left,
        Err(cause) => {
            eprintln!("power: writing the answers: {cause}");
            Reader::Lost
        }
    }
}
