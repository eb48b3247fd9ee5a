//! The way into a BMC (IPMI 2.0, section 13.14): which cipher suites it has, Open Session, RAKP.

mod attempt;
mod begun;
mod greeting;
mod suites;

use super::lanes::Pass;
use super::net::Link;
use super::room::Place;
use super::session::Session;
use super::timing::{Timing, Waits};
use crate::error::{IpmiError, Stage};
use crate::quirks::{self, Proof, Quirks};
use crate::wire::{Credentials, Role, Suite};
use std::sync::Arc;
use tokio::time::Instant;

/// So many attempts in which the BMC opened a session in time, and was silent then, count as datagrams that got lost.
/// After them it may be a BMC that needs longer for its proofs, and gets longer.
const LOSSES_MAX: u32 = 6;

/// What a log-in needs.
pub(super) struct Login<'a> {
    pub(super) link: Arc<Link>,
    pub(super) credentials: &'a Credentials,
    /// The privilege level's number (section 6.8).
    pub(super) privilege: u8,
    /// Who wants in, as RAKP message 1 says it.
    pub(super) role: Role,
    pub(super) quirks: Quirks,
    /// The suites that are allowed, best first.
    pub(super) allowed: &'a [Suite],
    /// What worked the last time.
    pub(super) known: Option<Entrance>,
    /// The last call ended in silence.
    pub(super) was_silent: bool,
    pub(super) timing: Timing,
    pub(super) place: Arc<Place>,
    pub(super) pass: &'a mut Pass,
}

/// How a BMC let this program in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entrance {
    pub(super) suite: Suite,
    /// The strongest suite that was allowed then.
    pub(super) best: Suite,
    pub(super) proof: Proof,
}

/// Why one attempt did not get through.
enum Failure {
    /// A datagram got lost, or the two sides lost each other.
    Again(IpmiError),
    /// This suite is refused; another may not be.
    NextSuite(IpmiError),
    Final(IpmiError),
}

impl From<IpmiError> for Failure {
    fn from(error: IpmiError) -> Self {
        Self::Final(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(cause: std::io::Error) -> Self {
        Self::Final(cause.into())
    }
}

impl Login<'_> {
    /// Opens a session, and says how.
    pub(super) async fn run(mut self) -> Result<(Session, Entrance), IpmiError> {
        let deadline = Instant::now() + self.timing.handshake_limit;
        let before = self.known;
        self.forget_what_is_not_allowed();
        if self.was_silent {
            self.knock().await?;
        }
        let suites = self.suites(deadline).await?;
        let mut waits = self.timing.waits(deadline);
        let mut refusals = Vec::new();
        for suite in &suites {
            match self.until_through(*suite, &mut waits).await {
                Ok((session, proof)) => return Ok((session, self.entrance(*suite, proof, before))),
                Err(Failure::NextSuite(refusal)) => refusals.push(refusal),
                Err(Failure::Again(error) | Failure::Final(error)) => return Err(error),
            }
        }
        Err(suites::verdict(&suites, self.known.map(|known| known.suite), refusals))
    }

    /// Begins anew as often as a datagram gets lost, until the time is over.
    async fn until_through(&mut self, suite: Suite, waits: &mut Waits) -> Result<(Session, Proof), Failure> {
        let (mut silences, mut lost, mut begun_well) = (0, 0, 0);
        let mut proof = self.known.map_or(self.quirks.proof(), |known| known.proof);
        loop {
            let wait = waits.length();
            let begun = waits.within(wait);
            let error = match self.attempt(suite, proof, waits, wait).await {
                Err(Failure::Again(error)) => error,
                // The places are taken by our own attempts whose answers got lost. They free themselves.
                Err(Failure::NextSuite(error)) if silences > 0 && error.is_without_room() => error,
                through => return through.map(|session| (session, proof)),
            };
            let was_opened =
                !matches!(error, IpmiError::LoginSilent { stage: Stage::Open, .. } | IpmiError::Silent(_));
            begun_well += u32::from(was_opened);
            if !was_opened || begun_well > LOSSES_MAX {
                waits.step();
            }
            match error {
                IpmiError::Status(status) if status.lost_each_other() => {
                    lost += 1;
                    proof = if status.refuses_the_proof() { proof.other() } else { proof };
                }
                _ => silences += 1,
            }
            if waits.are_over() || lost > quirks::LOST_EACH_OTHER_MAX {
                return Err(Failure::Final(error));
            }
            self.pass.slow_down(waits.deadline()).await;
            pause(begun).await;
            // It may have waited for its place until now: what is begun too late nobody ends.
            if waits.are_over() {
                return Err(Failure::Final(error));
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a log-in that lost its way begins anew a little later: protocol"
)]
async fn pause(until: Instant) {
    tokio::time::sleep_until(until).await;
}
