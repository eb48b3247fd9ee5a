//! An open session: commands go out, their answers come in, and its end is told to the BMC.

use super::link::Link;
use super::timing::Timing;
use crate::error::IpmiError;
use crate::model::command::{Command, Repeat};
use crate::wire::{Answer, Keys, Request, Sealed, random};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// Set Session Privilege Level and Close Session (IPMI 2.0, sections 22.18 and 22.19).
pub(super) const SET_PRIVILEGE: [u8; 2] = [0x06, 0x3B];
const CLOSE: [u8; 2] = [0x06, 0x3C];

/// Closes itself when dropped, also in the middle of a call.
#[derive(Debug)]
pub(crate) struct Session {
    link: Link,
    sealed: Sealed,
    timing: Timing,
    number: u8,
    /// Counts it among the open ones.
    _permit: Arc<OwnedSemaphorePermit>,
}

impl Session {
    pub(super) fn new(link: Link, sealed: Sealed, timing: Timing, permit: Arc<OwnedSemaphorePermit>) -> Self {
        Self { link, sealed, timing, number: 0, _permit: permit }
    }

    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    pub(super) fn keys(&self) -> &Keys {
        self.sealed.keys()
    }

    /// Sends a command and returns its answer, whatever its completion code.
    pub(crate) async fn exchange(&mut self, command: &Command, limit: Duration) -> Result<Answer, IpmiError> {
        // A number of its own: the late answer to a call that was dropped fits no other.
        self.number = self.number.wrapping_add(1);
        let request = Request {
            netfn: command.netfn,
            command: command.number,
            number: self.number,
            data: &command.data,
        };
        let message = request.bytes();
        let mut waits = self.timing.waits(Instant::now() + limit);
        let mut has_left = false;
        while !waits.are_over() {
            let packet = self.sealed.seal(&message, &random()?);
            match self.link.send(&packet).await {
                Ok(()) => has_left = true,
                Err(cause) if !has_left || command.repeat == Repeat::Reads => return Err(cause),
                // An earlier copy may have been carried out.
                Err(_) => break,
            }
            let step = waits.step();
            let until = if command.repeat == Repeat::Never { waits.deadline() } else { waits.within(step) };
            let Self { link, sealed, .. } = self;
            let pick = |datagram: &[u8]| Answer::of(&request, &sealed.open(datagram)?);
            match link.receive(until, pick).await {
                Ok(Some(answer)) => return Ok(answer),
                Ok(None) => {}
                Err(cause) if command.repeat == Repeat::Reads => return Err(cause),
                // It was sent; that no answer can come does not tell that it was not carried out.
                Err(_) => break,
            }
        }
        Err(silence(command, limit))
    }

    fn close_now(&mut self) {
        let Ok(iv) = random() else { return };
        let id = self.sealed.managed_id().to_le_bytes();
        let [netfn, command] = CLOSE;
        let request = Request { netfn, command, number: self.number.wrapping_add(1), data: &id };
        let packet = self.sealed.seal(&request.bytes(), &iv);
        self.link.send_now(&packet);
    }
}

impl Drop for Session {
    /// Tells the BMC, which has few sessions. Nobody waits for the answer: a BMC that missed it drops the session
    /// after a minute.
    fn drop(&mut self) {
        self.close_now();
    }
}

fn silence(command: &Command, limit: Duration) -> IpmiError {
    match command.repeat {
        Repeat::Reads => IpmiError::Unanswered { what: command.name, limit },
        Repeat::Harmless | Repeat::Never => IpmiError::Lost { what: command.name, limit },
    }
}
