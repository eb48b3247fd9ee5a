//! An open session: commands go out, their answers come in, and its end is told to the BMC.

mod console;

use super::lanes::Pass;
use super::net::Link;
use super::room::Place;
use super::timing::{Timing, Waits};
use crate::error::IpmiError;
use crate::model::command::{Command, Repeat};
use crate::wire::{Answer, Request, Sealed, random};
use std::sync::Arc;
use std::time::Duration;
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
    _place: Arc<Place>,
}

impl Session {
    pub(super) fn new(link: Arc<Link>, sealed: Sealed, timing: Timing, place: Arc<Place>) -> Self {
        Self { link, sealed, timing, number: 0, ends_here: false, _place: place }
    }

    /// Tells whether answers can arrive.
    pub(super) fn is_alive(&self) -> bool {
        self.link.is_alive()
    }

    /// Sends a command and returns its answer, whatever its completion code. The limit is counted from when there is a
    /// place for it, which is waited for as long.
    pub(super) async fn exchange(
        &mut self,
        command: &Command,
        limit: Duration,
        pass: &mut Pass,
    ) -> Result<Answer, IpmiError> {
        pass.have_place(Instant::now() + limit).await?;
        let mut waits = self.timing.waits(Instant::now() + limit);
        // Numbers of its own: the late answer to a call that was dropped fits no other.
        let mut copies = Copies::of(command, self.number.wrapping_add(1));
        {
            let packet = self.next(&mut copies)?;
            self.link.send(&packet, waits.deadline()).await?;
        }
        let soon = waits.soon();
        let Self { link, sealed, .. } = self;
        match pass.listen(link, soon, |datagram| copies.answer(sealed, datagram)).await {
            Some(answer) => Ok(answer),
            // Silence is rare, and its state is large: boxed, the calls in flight stay small.
            None => {
                Box::pin(self.insist(copies, waits, soon, pass)).await.ok_or_else(|| silence(command, limit))
            }
        }
    }

    /// Sends copies of what may be sent again, until there is an answer to any of them or the time is over.
    async fn insist(
        &mut self,
        mut copies: Copies<'_>,
        mut waits: Waits,
        mut soon: Instant,
        pass: &mut Pass,
    ) -> Option<Answer> {
        loop {
            let Self { link, sealed, .. } = self;
            let pick = |datagram| copies.answer(sealed, datagram);
            let answer = pass.hear(link, soon, waits.deadline(), pick).await;
            if answer.is_some() || waits.are_over() {
                return answer;
            }
            if copies.repeat != Repeat::Never
                && let Ok(copy) = self.next(&mut copies)
            {
                // One that the system does not take at once is lost, as on the way: an earlier one may be answered.
                self.link.send_now(&copy);
            }
            soon = waits.soon();
        }
    }

    /// Makes the next copy of a request, which has a number of its own.
    fn next(&mut self, copies: &mut Copies<'_>) -> Result<Vec<u8>, IpmiError> {
        let iv = random()?;
        self.number = self.number.wrapping_add(1);
        copies.request.number = self.number;
        Ok(self.sealed.seal(&copies.request, &iv))
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

/// The copies of one request.
struct Copies<'a> {
    repeat: Repeat,
    /// The newest.
    request: Request<'a>,
    /// The number of the first.
    first: u8,
}

impl<'a> Copies<'a> {
    fn of(command: &'a Command, first: u8) -> Self {
        let request =
            Request { netfn: command.netfn, command: command.number, number: first, data: &command.data };
        Self { repeat: command.repeat, request, first }
    }

    /// Reads a datagram that answers any of them.
    fn answer(&self, sealed: &mut Sealed, datagram: Vec<u8>) -> Option<Answer> {
        let message = sealed.open(datagram)?;
        let copies = self.request.number.wrapping_sub(self.first).min(COPIES_MAX - 1);
        let copies = (0..=copies).map(|back| self.request.copy_before(back));
        let answered = copies.into_iter().find(|copy| copy.is_answered_by(&message))?;
        Answer::inside(&answered, message)
    }
}

fn silence(command: &Command, limit: Duration) -> IpmiError {
    match command.repeat {
        Repeat::Reads => IpmiError::Unanswered { what: command.name, limit },
        Repeat::Harmless | Repeat::Never => IpmiError::Lost { what: command.name, limit },
    }
}
