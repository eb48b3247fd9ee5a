//! Runs one command on one channel (RFC 4254, section 6.5 to 6.10).

use super::super::error::SshError;
use russh::client::Msg;
use russh::{Channel, ChannelMsg};

/// The data type of standard error (RFC 4254, section 5.2).
const STDERR: u32 = 1;

/// Holds what a command answered.
#[derive(Debug, Default)]
pub(in crate::ssh) struct Finished {
    /// The exit status; none when a signal ended it.
    pub(in crate::ssh) status: Option<u32>,
    pub(in crate::ssh) stdout: Vec<u8>,
    pub(in crate::ssh) stderr: Vec<u8>,
}

impl Finished {
    /// Runs a line, gives it its input and reads its outputs to their ends, of which `keep_max` bytes are kept.
    pub(in crate::ssh) async fn run(
        channel: Channel<Msg>,
        line: String,
        stdin: Vec<u8>,
        keep_max: usize,
    ) -> Result<Self, SshError> {
        // What was not handed to the connection was not sent.
        channel.exec(true, line).await?;
        let (mut read, write) = channel.split();
        let writing = async {
            // What breaks here shows in what is read, or does not matter: a command need not read its input.
            let _ = write.data_bytes(stdin).await;
            let _ = write.eof().await;
        };
        tokio::pin!(writing);
        let (mut so_far, mut written) = (SoFar::default(), false);
        loop {
            tokio::select! {
                () = &mut writing, if !written => written = true,
                message = read.wait() => match message {
                    Some(message) => so_far.take(message, keep_max),
                    None => return so_far.end(),
                },
            }
            if so_far.closed {
                return so_far.end();
            }
        }
    }
}

/// Holds what arrived until now.
#[derive(Debug, Default)]
struct SoFar {
    finished: Finished,
    /// A status or a signal arrived.
    ended: bool,
    /// No more output will come.
    drained: bool,
    closed: bool,
    refused: bool,
}

impl SoFar {
    fn take(&mut self, message: ChannelMsg, keep_max: usize) {
        match message {
            ChannelMsg::Data { data } => keep(&mut self.finished.stdout, &data, keep_max),
            ChannelMsg::ExtendedData { data, ext: STDERR } => {
                keep(&mut self.finished.stderr, &data, keep_max);
            }
            ChannelMsg::ExitStatus { exit_status } => {
                self.finished.status = Some(exit_status);
                self.ended = true;
            }
            ChannelMsg::ExitSignal { .. } => self.ended = true,
            ChannelMsg::Eof => self.drained = true,
            ChannelMsg::Failure => self.refused = true,
            ChannelMsg::Close => self.closed = true,
            _ => {}
        }
        // Some servers leave the channel open after they refused.
        self.closed |= self.refused;
    }

    /// Says how it ended, now that the channel has.
    fn end(self) -> Result<Finished, SshError> {
        if self.refused {
            return Err(SshError::ExecRefused);
        }
        let complete = self.ended && (self.closed || self.drained);
        if complete { Ok(self.finished) } else { Err(SshError::LostMidway) }
    }
}

/// Takes as much as there is room for. The rest is read all the same: a command that cannot write does not end.
fn keep(kept: &mut Vec<u8>, data: &[u8], keep_max: usize) {
    let room = keep_max.saturating_sub(kept.len()).min(data.len());
    kept.extend_from_slice(data.get(..room).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end_of(messages: Vec<ChannelMsg>) -> Result<Finished, SshError> {
        let mut so_far = SoFar::default();
        for message in messages {
            so_far.take(message, 4);
        }
        so_far.end()
    }

    fn data(text: &'static str) -> ChannelMsg {
        ChannelMsg::Data { data: text.as_bytes().into() }
    }

    #[test]
    fn what_is_too_long_is_cut_at_the_limit() {
        let status = ChannelMsg::ExitStatus { exit_status: 3 };
        let end = end_of(vec![data("abc"), data("def"), data("g"), status, ChannelMsg::Close]).unwrap();
        assert_eq!((end.stdout.as_slice(), end.status), (&b"abcd"[..], Some(3)));
    }

    #[test]
    fn without_a_status_or_the_end_of_the_output_nobody_knows_how_it_ended() {
        assert!(matches!(end_of(vec![data("x"), ChannelMsg::Close]), Err(SshError::LostMidway)));
        let status = || ChannelMsg::ExitStatus { exit_status: 0 };
        assert!(matches!(end_of(vec![status()]), Err(SshError::LostMidway)));
        assert!(end_of(vec![status(), ChannelMsg::Eof]).is_ok());
    }

    #[test]
    fn a_refusal_is_definite() {
        assert!(matches!(end_of(vec![ChannelMsg::Failure]), Err(SshError::ExecRefused)));
    }
}
