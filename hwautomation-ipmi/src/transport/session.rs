//! An open session: commands go out, their answers come in, and its end is told to the BMC.

mod console;

use super::lanes::Pass;
use super::net::Link;
use super::timing::Timing;
use crate::error::IpmiError;
use crate::model::command::{Command, Repeat};
use crate::wire::{Answer, Request, Sealed, random};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// Set Session Privilege Level and Close Session (IPMI 2.0, sections 22.18 and 22.19).
pub(super) const SET_PRIVILEGE: [u8; 2] = [0x06, 0x3B];
const CLOSE: [u8; 2] = [0x06, 0x3C];

/// To how many copies of a request an answer is expected: half of the numbers that there are.
const COPIES_MAX: u8 = 32;

/// Closes itself when dropped, also in the middle of a call.
#[derive(Debug)]
pub(super) struct Session {
    link: Arc<Link>,
    sealed: Sealed,
    timing: Timing,
    number: u8,
    ends_here: bool,
    /// Counts it among the open ones.
    _permit: Arc<OwnedSemaphorePermit>,
}

impl Session {
    pub(super) fn new(
        link: Arc<Link>,
        sealed: Sealed,
        timing: Timing,
        permit: Arc<OwnedSemaphorePermit>,
    ) -> Self {
        Self { link, sealed, timing, number: 0, ends_here: false, _permit: permit }
    }

    /// Sends a command and returns its answer, whatever its completion code.
    pub(super) async fn exchange(
        &mut self,
        command: &Command,
        limit: Duration,
        pass: &mut Pass,
    ) -> Result<Answer, IpmiError> {
        // Numbers of its own: the late answer to a call that was dropped fits no other.
        let first = self.number.wrapping_add(1);
        let mut request =
            Request { netfn: command.netfn, command: command.number, number: first, data: &command.data };
        let mut waits = self.timing.waits(Instant::now() + limit);
        let mut has_left = false;
        while !waits.are_over() {
            if !has_left || command.repeat != Repeat::Never {
                self.number = self.number.wrapping_add(1);
                request.number = self.number;
                let packet = self.sealed.seal(&request, &random()?);
                match self.link.send(&packet).await {
                    Ok(()) => has_left = true,
                    Err(cause) if !has_left || command.repeat == Repeat::Reads => return Err(cause),
                    // An earlier copy may have been carried out.
                    Err(_) => break,
                }
            }
            let step = waits.step();
            if let Some(answer) = self.answer(&request, first, waits.within(step)).await {
                return Ok(answer);
            }
            Box::pin(pass.slow_down(waits.deadline())).await;
        }
        // It may have come while this call waited for its place among the slow ones.
        self.answer(&request, first, Instant::now()).await.ok_or_else(|| silence(command, limit))
    }

    /// Waits for the answer to any copy of a request, the first of which had this number.
    async fn answer(&mut self, request: &Request<'_>, first: u8, until: Instant) -> Option<Answer> {
        let Self { link, sealed, .. } = self;
        let copies = request.number.wrapping_sub(first).min(COPIES_MAX - 1);
        link.receive(until, |datagram| {
            let message = sealed.open(datagram)?;
            let copies = (0..=copies).map(|back| request.copy_before(back));
            let answered = copies.into_iter().find(|copy| copy.is_answered_by(&message))?;
            Answer::inside(&answered, message)
        })
        .await
    }

    /// Ends it and waits for the BMC to say so, which it need not.
    pub(super) async fn close(mut self, limit: Duration, pass: &mut Pass) {
        self.end(limit, pass).await;
    }

    async fn end(&mut self, limit: Duration, pass: &mut Pass) {
        let id = self.sealed.managed_id().to_le_bytes();
        let close = Command::reads("closing the session", CLOSE, &id);
        if self.exchange(&close, limit, pass).await.is_ok() {
            self.ends_here = true;
        }
    }

    fn close_now(&mut self) {
        let Ok(iv) = random() else { return };
        let id = self.sealed.managed_id().to_le_bytes();
        let [netfn, command] = CLOSE;
        let request = Request { netfn, command, number: self.number.wrapping_add(1), data: &id };
        let packet = self.sealed.seal(&request, &iv);
        self.link.send_now(&packet);
    }
}

impl Drop for Session {
    /// Tells the BMC, which has few sessions. Nobody waits for the answer: a BMC that missed it drops the session
    /// after a minute.
    fn drop(&mut self) {
        if !self.ends_here {
            self.close_now();
        }
    }
}

fn silence(command: &Command, limit: Duration) -> IpmiError {
    match command.repeat {
        Repeat::Reads => IpmiError::Unanswered { what: command.name, limit },
        Repeat::Harmless | Repeat::Never => IpmiError::Lost { what: command.name, limit },
    }
}
