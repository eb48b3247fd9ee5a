//! The BMC's network.

use super::Call;
use crate::error::IpmiError;
use crate::model::channel;
use crate::model::lan::{Parameter, Raw, plan, progress};
use crate::transport::Turn;
use hwautomation_core::plugin::{LanChange, LanSettings};

/// The states of "set in progress".
const COMPLETE: u8 = 0;
const IN_PROGRESS: u8 = 1;
const COMMIT: u8 = 2;
/// The bits of the state in the parameter.
const STATE: u8 = 0x03;
/// "Another one is setting parameters": in truth, somebody who did not come to the end.
const CLAIMED: u8 = 0x81;

const CHANGING: &str = "changing the BMC's network";

pub(super) async fn read(call: &Call<'_>) -> Result<LanSettings, IpmiError> {
    let mut turn = call.turn().await?;
    let channel = channel(&mut turn).await?;
    settings(&mut turn, channel).await
}

pub(super) async fn set(call: &Call<'_>, change: &LanChange) -> Result<(), IpmiError> {
    let mut turn = call.turn().await?;
    let channel = channel(&mut turn).await?;
    let writes = plan(change, &settings(&mut turn, channel).await?)?;
    if writes.is_empty() {
        return Ok(());
    }
    begin(&mut turn, channel).await?;
    let moves = writes
        .iter()
        .any(|(parameter, _)| matches!(parameter, Parameter::Address | Parameter::Source | Parameter::Vlan));
    if let Err(error) = write(&mut turn, channel, &writes).await {
        leave(&mut turn, channel, &error).await;
        return Err(error);
    }
    match finish(&mut turn, channel).await {
        Ok(settings) => compare(change, &settings),
        Err(silence) if moves && silence.is_silence() => {
            drop(turn);
            look_where_it_went(call, change).await
        }
        Err(error) => Err(error.after(CHANGING)),
    }
}

/// Returns the number of the LAN channel: as configured, else the one that this is asked on, else the first that the
/// BMC has.
pub(super) async fn channel(turn: &mut Turn<'_>) -> Result<u8, IpmiError> {
    if let Some(channel) = turn.channel() {
        return Ok(channel);
    }
    for asked in std::iter::once(channel::THIS).chain(channel::NUMBERS) {
        match turn.send(&channel::ask(asked)).await {
            Ok(data) => match channel::lan(&data) {
                Some(channel) => return Ok(channel),
                None => continue,
            },
            Err(IpmiError::Refused { completion, .. }) if completion.is_absent() => {}
            Err(error) => return Err(error),
        }
    }
    Err(IpmiError::Invalid {
        wrong: "the BMC names none of its channels as a LAN".to_owned(),
        right: "enter the channel's number under settings.ipmi.channel",
    })
}

async fn settings(turn: &mut Turn<'_>, channel: u8) -> Result<LanSettings, IpmiError> {
    let raw = Raw {
        source: value(turn, channel, Parameter::Source).await?,
        address: value(turn, channel, Parameter::Address).await?,
        mask: value(turn, channel, Parameter::Mask).await?,
        gateway: value(turn, channel, Parameter::Gateway).await?,
        vlan: match value(turn, channel, Parameter::Vlan).await {
            Err(IpmiError::Refused { completion, .. }) if completion.is_absent() => None,
            vlan => Some(vlan?),
        },
    };
    Ok(raw.settings())
}

async fn value<const N: usize>(
    turn: &mut Turn<'_>,
    channel: u8,
    parameter: Parameter,
) -> Result<[u8; N], IpmiError> {
    parameter.value(&turn.send(&parameter.ask(channel)).await?)
}

/// Claims the parameters. BMCs without a claim do without; one that was left behind is taken over.
async fn begin(turn: &mut Turn<'_>, channel: u8) -> Result<(), IpmiError> {
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

async fn write(turn: &mut Turn<'_>, channel: u8, writes: &[(Parameter, Vec<u8>)]) -> Result<(), IpmiError> {
    for (parameter, value) in writes {
        turn.send(&parameter.write(channel, value)).await?;
    }
    Ok(())
}

/// Gives the claim back after a refusal. In silence there is nobody to give it to.
async fn leave(turn: &mut Turn<'_>, channel: u8, error: &IpmiError) {
    if matches!(error, IpmiError::Refused { .. } | IpmiError::Unclear { .. }) {
        drop(turn.send(&progress(channel, COMPLETE)).await);
    }
}

/// Puts what was written in force, and reads it back. BMCs that can go back (ipmi_sim) forget everything without a
/// commit, and those that cannot refuse it or cannot say.
async fn finish(turn: &mut Turn<'_>, channel: u8) -> Result<LanSettings, IpmiError> {
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

fn compare(change: &LanChange, settings: &LanSettings) -> Result<(), IpmiError> {
    if change.is_in_force(settings) {
        return Ok(());
    }
    let found = format!("{settings:?}, expected {change:?}");
    Err(IpmiError::Mismatch { what: "the BMC's network", found })
}

/// After every write was answered and the BMC fell silent: it may answer at its new address.
async fn look_where_it_went(call: &Call<'_>, change: &LanChange) -> Result<(), IpmiError> {
    let address = change.address.ok_or(IpmiError::Moved)?;
    let found = async {
        let moved = call.moved_to(address.into())?;
        let mut turn = moved.turn().await?;
        let channel = channel(&mut turn).await?;
        finish(&mut turn, channel).await
    };
    match found.await {
        Ok(settings) => compare(change, &settings),
        Err(error) => {
            tracing::debug!(error = %error, "the BMC was not found at its new address");
            Err(IpmiError::Moved)
        }
    }
}
