//! A machine's console: its serial port over the network.

use super::IpmiController;
use crate::error::IpmiError;
use crate::model::payload;
use crate::transport::{Line, Pipe, Turn, open_console};
use hwautomation_core::error::Result;
use hwautomation_core::machine::Machine;
use std::io::Result as IoResult;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::JoinHandle;

/// A machine's serial port, as a stream of bytes both ways (serial over LAN, IPMI 2.0, section 15).
///
/// What is written is typed, what is read the machine wrote, each byte once and in order. At most 4 KiB wait to be
/// typed and 64 KiB to be read; the BMC is asked to pause while nobody reads. Flushing waits until the BMC has accepted
/// what was written.
///
/// Reads and writes fail with `ConnectionAborted` when the BMC ends the console (somebody else took it), or does not
/// answer for a while; the error inside is an [`Error`](hwautomation_core::error::Error) in an `Arc`, and says what to
/// do. What came before is read first. While the machine is off or starts, a BMC may accept nothing: then what was typed waits.
///
/// A shared reference reads and writes, too, so one task can read while another one types: one each.
///
/// Dropping it closes its session, which gives the serial port back, and waits for nobody; [`close`](Self::close) waits.
/// It outlives its driver.
#[derive(Debug)]
pub struct Console {
    pipe: Arc<Pipe>,
    task: JoinHandle<()>,
}

/// What a BMC told of the serial port of a [`Console`] (IPMI 2.0, table 15-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsoleLine {
    /// Whether somebody takes what is typed: true until the BMC says otherwise, as some do while the machine is off or
    /// starts.
    pub takes_characters: bool,
    /// How often the machine sent a break.
    pub breaks: u64,
    /// How often the BMC lost characters of the machine, since they came faster than they could be sent on.
    pub overruns: u64,
}

impl IpmiController {
    /// Opens the console of a machine: logs in with a session of its own, so that calls go on meanwhile, and takes the
    /// serial port. It counts among `sessions_max`, and an unused console is kept open with a question each
    /// `keep_alive`.
    ///
    /// # Errors
    ///
    /// `Conflict` when another session has the console, `Unsupported` when serial over LAN is switched off, is not
    /// encrypted, or uses a port of its own, and those of a reading.
    pub async fn console(&self, machine: &Machine) -> Result<Console> {
        let call = self.call(machine, "opening the console", self.config.console_privilege)?;
        let open = async {
            let turn = call.turn().await?;
            let action = format!("the console of machine {} through its BMC at {}", machine.id, call.at);
            // Boxed, since this is rare and its state is large.
            Box::pin(open_console(turn, action)).await
        };
        let (pipe, task) = call.end(open.await)?;
        Ok(Console { pipe, task })
    }

    /// Ends the console of a machine, whoever has it, such as a program that went away. Nothing happens where nobody
    /// has it. It is sent once.
    ///
    /// # Errors
    ///
    /// Those of a reading; when nobody answers, it is an unknown outcome: the console may be over, and somebody else may
    /// have taken it since.
    pub async fn end_console(&self, machine: &Machine) -> Result<()> {
        let call = self.call(machine, "ending the console", self.config.console_privilege)?;
        let end = async { end(&mut call.turn().await?).await };
        call.end(end.await)
    }
}

async fn end(turn: &mut Turn<'_>) -> Result<(), IpmiError> {
    match turn.send(&payload::deactivate()).await {
        Err(IpmiError::Refused { completion: payload::INACTIVE, .. }) => Ok(()),
        answer => answer.map(drop),
    }
}

impl Console {
    /// Sends a break behind what was written, such as for the kernel's "magic" keys. Flushing waits until the BMC has
    /// accepted it.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while 16 others are on their way, and those of a write.
    pub fn send_break(&self) -> IoResult<()> {
        self.pipe.send_break()
    }

    /// Tells what is known of the serial port.
    #[must_use]
    pub fn line(&self) -> ConsoleLine {
        let Line { takes_characters, breaks, overruns, .. } = self.pipe.line();
        ConsoleLine { takes_characters, breaks, overruns }
    }

    /// Ends it, and waits for the BMC to say so, for five commands' time at most. A serial port that somebody else has
    /// by now stays his. Where the driver is gone, the BMC is told, and not waited for. What was written and is not accepted yet is lost: flush first.
    pub async fn close(mut self) {
        self.pipe.close();
        // A task that failed has told why to who reads, and is over all the same.
        drop((&mut self.task).await);
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl AsyncRead for &Console {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<IoResult<()>> {
        self.pipe.poll_read(context, buffer)
    }
}

impl AsyncWrite for &Console {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<IoResult<usize>> {
        self.pipe.poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<IoResult<()>> {
        self.pipe.poll_flush(context)
    }

    /// Flushes. The other way stays open.
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<IoResult<()>> {
        self.pipe.poll_flush(context)
    }
}

impl AsyncRead for Console {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<IoResult<()>> {
        Pin::new(&mut &*self).poll_read(context, buffer)
    }
}

impl AsyncWrite for Console {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<IoResult<usize>> {
        Pin::new(&mut &*self).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<IoResult<()>> {
        Pin::new(&mut &*self).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<IoResult<()>> {
        Pin::new(&mut &*self).poll_shutdown(context)
    }
}
