//! The place of one BMC: whoever has it talks to the BMC, in the session that stands or in a new one.

use super::identity::{Identity, Target};
use super::login::Login;
use super::pool::Pool;
use super::session::Session;
use crate::error::{Completion, IpmiError};
use crate::model::command::{Command, Repeat};
use crate::model::privilege;
use crate::wire::{Answer, Suite};
use std::sync::Arc;
use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;
use zeroize::Zeroizing;

/// Get Device ID (IPMI 2.0, section 20.1): what everybody may ask inside a session.
const DEVICE_ID: [u8; 2] = [0x06, 0x01];

/// What is kept about one BMC.
#[derive(Debug, Default)]
pub(super) struct Seat {
    pub(super) standing: Option<Standing>,
    /// The suite of the last log-in.
    suite: Option<Suite>,
}

/// A session that stands.
#[derive(Debug)]
pub(super) struct Standing {
    session: Session,
    identity: Identity,
    pub(super) used: Instant,
    /// It was kept, and nothing was answered in it since: the BMC may have dropped it.
    doubtful: bool,
}

/// The right to talk to one BMC, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    pool: Arc<Pool>,
    target: Target,
    seat: OwnedMutexGuard<Seat>,
}

impl Turn {
    pub(super) fn new(pool: Arc<Pool>, target: Target, mut seat: OwnedMutexGuard<Seat>) -> Self {
        match &mut seat.standing {
            Some(standing) if standing.identity.serves(&target.identity) => standing.doubtful = true,
            other => *other = None,
        }
        Self { pool, target, seat }
    }

    /// Returns what the configuration says about the channel.
    pub(crate) fn channel(&self) -> Option<u8> {
        self.target.channel
    }

    /// Sends a command and returns the data of its answer.
    pub(crate) async fn send(&mut self, command: &Command) -> Result<Zeroizing<Vec<u8>>, IpmiError> {
        let doubtful = self.seat.standing.as_ref().is_some_and(|standing| standing.doubtful);
        if doubtful && command.repeat != Repeat::Reads {
            self.make_sure().await;
        }
        let answer = match self.exchange(command).await {
            // BMCs forget sessions when they restart. In a new one, silence is silence.
            Err(IpmiError::Unanswered { .. } | IpmiError::Network(_)) if doubtful => {
                self.exchange(command).await
            }
            answer => answer,
        };
        judge(command, answer?)
    }

    /// Closes the session, after something that ends it on the BMC.
    pub(crate) fn end_session(&mut self) {
        self.seat.standing = None;
    }

    /// Makes sure that the session stands before something is sent that may be sent once only: in a session that
    /// the BMC forgot it would be lost, and nobody would know.
    async fn make_sure(&mut self) {
        let question = Command::reads("asking the BMC who it is", DEVICE_ID, &[]);
        // Silence ends the session, and the command that follows opens a new one.
        if let Err(silence) = self.exchange(&question).await {
            tracing::debug!(peer = %self.target.peer, error = %silence, "a kept session was gone");
        }
    }

    /// Sends in the session that stands, or in a new one. Silence ends it. A call that is dropped while it waits
    /// leaves the session to the next.
    async fn exchange(&mut self, command: &Command) -> Result<Answer, IpmiError> {
        if self.seat.standing.is_none() {
            self.seat.standing = Some(self.log_in().await?);
        }
        let limit = self.pool.timing().command_limit;
        let standing = self.seat.standing.as_mut().expect("it was just put there");
        let limit = if standing.doubtful { limit / DOUBT_DIVISOR } else { limit };
        let answer = standing.session.exchange(command, limit).await;
        if answer.is_ok() {
            standing.used = Instant::now();
            standing.doubtful = false;
        } else {
            self.seat.standing = None;
        }
        answer
    }

    async fn log_in(&mut self) -> Result<Standing, IpmiError> {
        let permit = Arc::new(self.pool.permit().await?);
        let identity = self.target.identity.clone();
        let credentials = identity.credentials(self.pool.source()).await?;
        let login = Login {
            peer: self.target.peer,
            credentials: &credentials,
            privilege: privilege::number(identity.privilege),
            suites: &self.target.suites,
            known: self.seat.suite,
            timing: self.pool.timing(),
            permit,
        };
        let (session, suite) = login.run().await?;
        tracing::debug!(peer = %self.target.peer, suite = suite.id(), "logged in to a BMC");
        self.seat.suite = Some(suite);
        Ok(Standing { session, identity, used: Instant::now(), doubtful: false })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.pool.keeps_sessions() {
            self.end_session();
        }
    }
}

/// A session that the BMC may have dropped gets this part of a command's time before a new one is opened.
const DOUBT_DIVISOR: u32 = 2;

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
