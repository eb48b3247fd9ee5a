//! A session that stands between calls, and for how long.

use super::identity::{Owner, Target};
use super::lanes::Pass;
use super::session::Session;
use crate::error::IpmiError;
use crate::model::command::Command;
use crate::wire::Suite;
use std::time::Duration;
use tokio::time::Instant;

/// Get Device ID (IPMI 2.0, section 20.1): what everybody may ask inside a session.
const DEVICE_ID: [u8; 2] = [0x06, 0x01];

/// A session, whose it is, and when it was of use.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) session: Session,
    pub(super) owner: Owner,
    pub(super) suite: Suite,
    /// When a caller last got an answer in it.
    pub(super) used: Instant,
    /// When the BMC last answered in it.
    heard: Instant,
    /// It was kept, and nothing was answered in it since: the BMC may have dropped it.
    pub(super) is_doubtful: bool,
}

/// For how long sessions are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keep {
    /// After so long without a caller it is closed.
    pub(super) idle: Duration,
    /// After so long without an answer it is used for a question.
    pub(super) alive: Duration,
}

/// What is to be done about a session that nobody uses at the moment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    Close,
    Ask,
    /// Nothing until then.
    Nothing(Instant),
}

impl Standing {
    pub(super) fn new(session: Session, owner: Owner, suite: Suite) -> Self {
        let now = Instant::now();
        Self { session, owner, suite, used: now, heard: now, is_doubtful: false }
    }

    /// Tells whether somebody else may use it: with the same credentials, and with a suite that is allowed to them.
    pub(super) fn serves(&self, target: &Target<'_>) -> bool {
        self.owner.serves(&target.identity) && target.suites.contains(&self.suite)
    }

    /// Notes that a caller got an answer in it.
    pub(super) fn was_used(&mut self) {
        self.was_heard();
        self.used = self.heard;
    }

    fn was_heard(&mut self) {
        self.heard = Instant::now();
        self.is_doubtful = false;
    }

    /// Asks the BMC who it is, to hear whether the session stands.
    pub(super) async fn ask(&mut self, limit: Duration, pass: &mut Pass) -> Result<(), IpmiError> {
        self.session.exchange(&question(), limit, pass).await?;
        self.was_heard();
        Ok(())
    }

    pub(super) fn due(&self, keep: &Keep, now: Instant) -> Due {
        due(keep, self.used, self.heard, now)
    }

    /// Returns when it is to be looked at next.
    pub(super) fn due_at(&self, keep: &Keep) -> Instant {
        let now = Instant::now();
        match self.due(keep, now) {
            Due::Nothing(at) => at,
            Due::Close | Due::Ask => now,
        }
    }
}

/// Asks who the BMC is, to hear whether a session stands.
pub(super) fn question() -> Command {
    Command::reads("asking the BMC who it is", DEVICE_ID, &[])
}

fn due(keep: &Keep, used: Instant, heard: Instant, now: Instant) -> Due {
    let (close, ask) = (used + keep.idle, heard + keep.alive);
    match (close <= now, ask <= now) {
        (true, _) => Due::Close,
        (false, true) => Due::Ask,
        (false, false) => Due::Nothing(close.min(ask)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_asked_while_it_is_kept_and_then_closed() {
        let keep = Keep { idle: Duration::from_secs(60), alive: Duration::from_secs(25) };
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        assert_eq!(due(&keep, begin, begin, at(0)), Due::Nothing(at(25)));
        assert_eq!(due(&keep, begin, begin, at(25)), Due::Ask);
        assert_eq!(due(&keep, begin, at(25), at(26)), Due::Nothing(at(50)));
        assert_eq!(due(&keep, begin, at(50), at(51)), Due::Nothing(at(60)));
        assert_eq!(due(&keep, begin, at(50), at(60)), Due::Close);
        assert_eq!(due(&keep, at(30), at(30), at(54)), Due::Nothing(at(55)));
    }
}
