//! The frame around changes: "set in progress" (IPMI 2.0, table 23-4, parameter 0). BMCs need not have it.

use super::{settings, value};
use crate::error::IpmiError;
use crate::model::lan::{Parameter, Raw, progress};
use crate::transport::Turn;

/// The states of "set in progress", and the bits that hold one.
const COMPLETE: u8 = 0;
const IN_PROGRESS: u8 = 1;
const COMMIT: u8 = 2;
const STATE: u8 = 0x03;
/// "Another one is setting parameters": in truth, somebody who did not come to the end.
const CLAIMED: u8 = 0x81;

/// Claims the parameters. BMCs without a claim do without; one that was left behind is taken over.
pub(super) async fn begin(turn: &mut Turn<'_>, channel: u8) -> Result<(), IpmiError> {
    match turn.send(&progress(channel, IN_PROGRESS)).await {
        Err(IpmiError::Refused { completion, .. }) if completion.0 == CLAIMED => {
            unless_absent(turn.send(&progress(channel, COMPLETE)).await)?;
            unless_absent(turn.send(&progress(channel, IN_PROGRESS)).await)
        }
        answer => unless_absent(answer),
    }
}

/// A BMC without claims says so with many codes, also as one that cannot say: what is read back counts.
fn unless_absent<T>(answer: Result<T, IpmiError>) -> Result<(), IpmiError> {
    match answer {
        Err(IpmiError::Refused { completion, .. }) if completion.is_absent() => Ok(()),
        Err(IpmiError::Unclear { .. }) => Ok(()),
        answer => answer.map(drop),
    }
}

/// Gives the claim back after a refusal or an unclear answer. In silence there is nobody to give it to.
pub(super) async fn leave(turn: &mut Turn<'_>, channel: u8, error: &IpmiError) {
    if matches!(error, IpmiError::Refused { .. } | IpmiError::Unclear { .. }) {
        drop(turn.send(&progress(channel, COMPLETE)).await);
    }
}

/// Puts what was written in force, and reads it back. BMCs that can go back (ipmi_sim) forget everything without a
/// commit, and those that cannot refuse it or cannot say.
pub(super) async fn finish(turn: &mut Turn<'_>, channel: u8) -> Result<Raw, IpmiError> {
    for state in [COMMIT, COMPLETE] {
        match turn.send(&progress(channel, state)).await {
            Err(IpmiError::Refused { completion, .. }) if !completion.passes() => {}
            Err(error @ IpmiError::Unclear { .. }) => unless_it_collects(turn, channel, state, error).await?,
            answer => drop(answer?),
        }
    }
    settings(turn, channel).await
}

/// A BMC that still collects changes may show them although they are not in force.
async fn unless_it_collects(
    turn: &mut Turn<'_>,
    channel: u8,
    state: u8,
    error: IpmiError,
) -> Result<(), IpmiError> {
    if state == COMMIT {
        return Ok(());
    }
    match value(turn, channel, Parameter::Progress).await {
        Err(IpmiError::Refused { .. }) => Ok(()),
        Ok([state]) if state & STATE != IN_PROGRESS => Ok(()),
        answer => Err(answer.err().unwrap_or(error)),
    }
}
