//! Takes secrets out of what is logged.

use super::scrub;
use std::io::{Result, Write};

/// Passes texts on without the secrets issued in this process. Put it around the writer of a log: one that writes
/// each line at once, as `tracing_subscriber::fmt` does, lets no secret through.
#[derive(Debug, Clone, Default)]
pub struct ScrubbedWriter<W>(W);

impl<W: Write> ScrubbedWriter<W> {
    /// Writes to this writer.
    pub fn new(writer: W) -> Self {
        Self(writer)
    }

    /// Gives the writer back.
    pub fn into_inner(self) -> W {
        self.0
    }
}

impl<W: Write> Write for ScrubbedWriter<W> {
    /// Takes all or nothing: half a text could hide half a secret.
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.0.write_all(scrub(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Secret;
    use super::*;

    #[test]
    fn a_logged_secret_does_not_reach_the_log() {
        let _secret = Secret::new("logged-by-mistake");
        let mut log = ScrubbedWriter::new(Vec::new());
        writeln!(log, "password=logged-by-mistake user=admin").unwrap();
        assert_eq!(log.into_inner(), b"password=*** user=admin\n");
    }
}
