//! The right to talk to one BMC: in the session that stands, or in a new one.

use super::identity::Target;
use super::lanes::Pass;
use super::login::Login;
use super::pool::{Admission, After, Pool};
use super::refusal::Refusal;
use super::room::Place;
use super::seat::Seat;
use super::session::Session;
use super::standing::Standing;
use super::told::Told;
use crate::error::{Completion, Heard, IpmiError};
use crate::model::command::{Command, Repeat};
use crate::model::privilege;
use crate::wire::Answer;
use hwautomation_core::plugin::{PowerAction, PowerState};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;
use zeroize::Zeroizing;

/// A session that the BMC may have dropped gets this part of a command's time before a new one is opened.
const DOUBT_DIVISOR: u32 = 2;

/// Lets its holder talk to one BMC until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    pool: &'a Arc<Pool>,
    target: &'a Target<'a>,
    seat: OwnedMutexGuard<Seat>,
    admission: Admission,
    /// What it is being told about power.
    telling: Option<PowerAction>,
    /// Goes last: the seat is free by then.
    _after: After<'a>,
}

impl<'a> Turn<'a> {
    pub(super) fn new(
        pool: &'a Arc<Pool>,
        target: &'a Target<'a>,
        mut seat: OwnedMutexGuard<Seat>,
        admission: Admission,
        after: After<'a>,
    ) -> Self {
        match &mut seat.standing {
            Some(standing) if standing.serves(target) && standing.session.is_alive() => {
                standing.is_doubtful = true
            }
            other => *other = None,
        }
        Self { pool, target, seat, admission, telling: None, _after: after }
    }

    /// Returns what the configuration says about the channel.
    pub(crate) fn channel(&self) -> Option<u8> {
        self.target.channel
    }

    /// Sends a command that changes the power, and remembers what the BMC was told, also where nobody waited for the
    /// answer.
    pub(crate) async fn send_power(
        &mut self,
        action: PowerAction,
        command: &Command,
    ) -> Result<Zeroizing<Vec<u8>>, IpmiError> {
        self.telling = Some(action);
        let answer = self.send(command).await;
        self.telling = None;
        if matches!(answer, Ok(_) | Err(IpmiError::Lost { .. } | IpmiError::Unclear { .. })) {
            self.power_was_told(action);
        }
        answer
    }

    fn power_was_told(&mut self, action: PowerAction) {
        self.seat.told = Told::after(self.seat.told, action, Instant::now());
    }

    /// Tells in how long a reading of the power can be believed, if it cannot be now: it says the opposite of what the
    /// BMC was told a moment ago.
    pub(crate) fn doubt_about(&self, found: &PowerState) -> Option<Duration> {
        self.seat.told?.doubt(found, Instant::now())
    }

    /// Sends a command and returns the data of its answer.
    pub(crate) async fn send(&mut self, command: &Command) -> Result<Zeroizing<Vec<u8>>, IpmiError> {
        let answer = self.ask(command).await;
        self.note(answer.as_ref().map_or_else(IpmiError::heard, |_| Heard::Answer));
        judge(command, answer?)
    }

    /// Has the breaker learn what a call found out.
    fn note(&mut self, heard: Heard) {
        let unheard = self.admission.pass.unheard.take();
        match heard {
            Heard::Answer => self.seat.breaker.answered(),
            Heard::Silence => {
                let now = Instant::now();
                self.seat.breaker.was_silent(unheard.unwrap_or(now), now);
            }
            Heard::Nothing => {}
        }
    }

    /// Opens a session beside the one that stands, for who keeps it for himself.
    pub(super) async fn log_in_beside(&mut self) -> Result<Session, IpmiError> {
        let through = Box::pin(self.log_in()).await;
        self.note(through.as_ref().map_or_else(IpmiError::heard, |_| Heard::Answer));
        through.map(|standing| standing.session)
    }

    /// Returns the place among the BMCs that are talked to.
    pub(super) fn pass(&mut self) -> &mut Pass {
        &mut self.admission.pass
    }

    pub(super) fn pool(&self) -> &'a Arc<Pool> {
        self.pool
    }

    pub(super) fn peer(&self) -> SocketAddr {
        self.target.peer
    }

    /// Has the breaker learn of a call that its caller dropped while it waited for an answer. One that waited no longer
    /// than for the first copy of what it sent says nothing.
    fn note_leaving(&mut self) {
        let Some(since) = self.admission.pass.unheard else { return };
        let now = Instant::now();
        if now - since >= self.pool.timing().retransmit {
            self.seat.breaker.was_left(since, now);
        }
    }

    /// Closes the session, after something that ends it on the BMC.
    pub(crate) fn end_session(&mut self) {
        self.seat.standing = None;
    }

    async fn ask(&mut self, command: &Command) -> Result<Answer, IpmiError> {
        let is_doubtful = self.seat.standing.as_ref().is_some_and(|standing| standing.is_doubtful);
        if is_doubtful && command.repeat != Repeat::Reads {
            Box::pin(self.make_sure()).await;
        }
        let answer = self.exchange(command).await;
        if !(is_doubtful && matches!(answer, Err(IpmiError::Unanswered { .. } | IpmiError::Network(_)))) {
            return answer;
        }
        // BMCs forget sessions when they restart. In a new one, silence is silence.
        drop(answer);
        Box::pin(self.exchange(command)).await
    }

    /// Makes sure that the session stands before something is sent that may be sent once only: in a session that
    /// the BMC forgot it would be lost, and nobody would know.
    async fn make_sure(&mut self) {
        let limit = self.pool.timing().command_limit / DOUBT_DIVISOR;
        let Some(standing) = &mut self.seat.standing else { return };
        if let Err(silence) = standing.ask(limit, &mut self.admission.pass).await {
            // The command that follows opens a new one.
            tracing::debug!(peer = %self.target.peer, error = %silence, "a kept session was gone");
            self.seat.standing = None;
        }
    }

    /// Sends in the session that stands, or in a new one. Silence ends it. A call that is dropped while it waits
    /// leaves the session to the next.
    async fn exchange(&mut self, command: &Command) -> Result<Answer, IpmiError> {
        if self.seat.standing.is_none() {
            // Log-ins are rare and their state is large: boxed, the calls in flight stay small.
            self.seat.standing = Some(Box::pin(self.log_in()).await?);
        }
        let limit = self.pool.timing().command_limit;
        let standing = self.seat.standing.as_mut().expect("it was just put there");
        let limit = if standing.is_doubtful { limit / DOUBT_DIVISOR } else { limit };
        let answer = standing.session.exchange(command, limit, &mut self.admission.pass).await;
        if answer.is_ok() {
            standing.was_used();
        } else {
            self.seat.standing = None;
        }
        answer
    }

    /// Waits for room for one more session. Where there is none at once, the one that stands here makes some: nobody
    /// else can end it while this turn lasts.
    async fn room(&mut self) -> Result<Place, IpmiError> {
        if let Some(place) = self.pool.try_room() {
            return Ok(place);
        }
        self.end_session();
        self.pool.room(&mut self.admission).await
    }

    async fn log_in(&mut self) -> Result<Standing, IpmiError> {
        let Target { peer, identity, suites, .. } = self.target;
        let credentials = self.pool.credentials(identity, &mut self.admission).await?;
        let place = Arc::new(self.room().await?);
        let login = Login {
            link: self.pool.net().link(*peer)?,
            credentials: &credentials,
            privilege: privilege::number(identity.privilege),
            role: identity.role(),
            allowed: suites,
            known: self.seat.entrance,
            was_silent: self.seat.breaker.is_silent(),
            quirks: identity.quirks,
            timing: self.pool.timing(),
            place,
            pass: &mut self.admission.pass,
        };
        // Log-ins are rare and their state is large: boxed, waiting calls stay small.
        let through = Box::pin(login.run()).await;
        self.seat.refusal = through.as_ref().err().and_then(|error| Refusal::of(error, identity));
        let (session, entrance) = through?;
        tracing::debug!(%peer, suite = entrance.suite.id(), "logged in to a BMC");
        self.seat.entrance = Some(entrance);
        Ok(Standing::new(session, identity.owner(), entrance.suite))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.note_leaving();
        if let Some(action) = self.telling.take() {
            self.power_was_told(action);
        }
        if self.seat.standing.is_some() && !self.pool.keep(self.target.peer, &mut self.seat) {
            self.end_session();
        }
    }
}

fn judge(command: &Command, answer: Answer) -> Result<Zeroizing<Vec<u8>>, IpmiError> {
    let (what, completion) = (command.name, Completion(answer.completion));
    match completion {
        Completion(0) => Ok(answer.data),
        unclear if command.repeat != Repeat::Reads && unclear.may_have_happened() => {
            Err(IpmiError::Unclear { what, completion })
        }
        completion => Err(IpmiError::Refused { what, completion }),
    }
}
