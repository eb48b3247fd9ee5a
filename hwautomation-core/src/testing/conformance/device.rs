//! What every suite of a device driver needs, and the clauses that their contracts share.

use super::check::{Answers, Checked, advises_and_keeps_secrets, failed, refused, refused_as_any, require};
use crate::error::{Error, ErrorClass, ErrorKind};
use crate::machine::Machine;
use crate::plugin::PowerState;
use async_trait::async_trait;

/// Lends a suite a machine, the truth about it, and ways to break the road to it.
#[async_trait]
pub trait DeviceFixture: Send + Sync {
    /// Returns the machine to call the plugin with, its addresses as they are now.
    fn machine(&self) -> Machine;

    /// Lists texts that no error may show, such as the password in use.
    fn secrets(&self) -> Vec<String>;

    /// Makes the other side silent until [`heal`](Self::heal).
    async fn break_network(&self);

    /// Makes the other side refuse the plugin's credentials until [`heal`](Self::heal).
    async fn refuse_credentials(&self);

    /// Lets commands take effect and their answers get lost until [`heal`](Self::heal); log-ins and reads are
    /// answered.
    async fn lose_answers(&self);

    /// Ends everything that the fixture broke.
    async fn heal(&self);

    /// Counts the log-ins that the other side has refused.
    async fn refused_logins(&self) -> u64;

    /// Returns when what was accepted has taken effect.
    async fn settle(&self);

    /// Returns what is true of the host.
    async fn host(&self) -> HostTruth;
}

/// Holds what is true of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostTruth {
    /// `On` or `Off`.
    pub power: PowerState,
    /// How often it booted, or any number that grows with each boot.
    pub boots: u64,
    /// How many non-maskable interrupts it got.
    pub interrupts: u64,
}

/// With the network broken, every call fails as `Unreachable` or `Timeout`, and not for good.
pub(super) async fn silence(fixture: &dyn DeviceFixture, calls: impl AsyncFn() -> Answers) -> Checked {
    fixture.break_network().await;
    for (what, answer) in calls().await {
        let error = refused_as_any(what, &[ErrorKind::Unreachable, ErrorKind::Timeout], answer)?;
        require(error.class() != ErrorClass::Permanent, || {
            format!("{what}: expected silence to be no permanent error, found {error:?}")
        })?;
    }
    Ok(())
}

/// With the credentials refused, every call fails as `Unauthorized` for good, after at most one try each.
pub(super) async fn unauthorized(fixture: &dyn DeviceFixture, calls: impl AsyncFn() -> Answers) -> Checked {
    fixture.refuse_credentials().await;
    let before = fixture.refused_logins().await;
    let answers = calls().await;
    let (tries, calls_max) = (fixture.refused_logins().await - before, answers.len() as u64);
    for (what, answer) in answers {
        let error = refused(what, ErrorKind::Unauthorized, answer)?;
        require(error.class() == ErrorClass::Permanent, || {
            format!("{what}: expected a permanent error, found {error:?}")
        })?;
    }
    require((1..=calls_max).contains(&tries), || {
        format!("expected 1 to {calls_max} log-ins for {calls_max} calls, found {tries}")
    })
}

/// Errors of silence and of refused credentials advise a person and keep secrets.
pub(super) async fn errors(fixture: &dyn DeviceFixture, calls: impl AsyncFn() -> Answers) -> Checked {
    let secrets = fixture.secrets();
    fixture.break_network().await;
    let mut answers = calls().await;
    fixture.heal().await;
    fixture.refuse_credentials().await;
    answers.extend(calls().await);
    let failed = |(what, answer): (_, Result<(), _>)| answer.err().map(|error| (what, error));
    let errors: Vec<_> = answers.into_iter().filter_map(failed).collect();
    require(!errors.is_empty(), || "expected errors to look at, found only success".to_owned())?;
    errors.iter().try_for_each(|(what, error)| advises_and_keeps_secrets(what, error, &secrets))
}

/// A command whose answer got lost has the class `UnknownOutcome`.
pub(super) fn unknown_outcome(what: &str, answer: Result<(), Error>) -> Checked {
    let error = failed(what, answer)?;
    require(error.class() == ErrorClass::UnknownOutcome, || {
        format!("{what} without an answer: expected the class unknown outcome, found {error:?}")
    })
}
