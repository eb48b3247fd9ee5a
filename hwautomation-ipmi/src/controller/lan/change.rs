//! Changes the BMC's network.

use super::frame::{begin, finish, leave};
use super::gone::Gone;
use super::{Call, channel, mac, recognise, settings, value};
use crate::error::IpmiError;
use crate::model::lan::{Parameter, Raw, Write, plan};
use crate::transport::Turn;
use hwautomation_core::plugin::LanChange;
use std::net::IpAddr;
use std::slice::Iter;

const CHANGING: &str = "changing the BMC's network";

pub(in crate::controller) async fn set(call: &Call<'_>, change: &LanChange) -> Result<(), IpmiError> {
    let mut turn = call.turn().await?;
    let channel = channel(&mut turn).await?;
    recognise(call, &mut turn, channel).await?;
    let before = settings(&mut turn, channel).await?;
    let writes = plan(change, &before)?;
    if writes.is_empty() {
        return Ok(());
    }
    // Where it goes, another BMC may be. Whoever asks there, also after this call was dropped, is to be told.
    let mac = if writes.iter().any(|(parameter, _)| parameter.moves()) {
        mac(&mut turn, channel).await?
    } else {
        None
    };
    let sent = whereabouts(call, change, &writes).zip(mac);
    if let Some((at, mac)) = sent {
        call.driver.strangers.remember(&call.machine.id, at, mac);
    }
    let mut left = writes.iter();
    let result = match apply(&mut turn, channel, change, &mut left).await {
        Err(error) => Err(definite(&mut turn, channel, error, before).await),
        result => result,
    };
    let silence = match result {
        Err(error) if error.is_silence() => error,
        result => {
            // One that took everything may still be on its way: some BMCs go a moment after they answered.
            if let (Some((at, _)), Err(IpmiError::Refused { .. })) = (sent, &result) {
                call.driver.strangers.forget(&call.machine.id, at);
            }
            return result;
        }
    };
    let left = left.as_slice();
    let told = writes.strip_suffix(left).unwrap_or_default();
    let Some(at) = whereabouts(call, change, told) else { return Err(silence) };
    // It may be at the same address: who has this turn waits in vain for another.
    drop(turn);
    Gone { at, channel, mac, left, silence }.find(call, change).await
}

async fn apply(
    turn: &mut Turn<'_>,
    channel: u8,
    change: &LanChange,
    left: &mut Iter<'_, Write>,
) -> Result<(), IpmiError> {
    begin(turn, channel).await?;
    write(turn, channel, left).await?;
    let found = finish(turn, channel).await.map_err(|error| error.after(CHANGING))?;
    compare(change, &found)
}

/// Writes what is left, up to the first failure.
pub(super) async fn write(
    turn: &mut Turn<'_>,
    channel: u8,
    left: &mut Iter<'_, Write>,
) -> Result<(), IpmiError> {
    let mut is_accepted = false;
    while let Some((parameter, value)) = left.next() {
        if let Err(error) = turn.send(&parameter.write(channel, value)).await {
            leave(turn, channel, &error).await;
            return Err(if is_accepted { error.after(CHANGING) } else { error });
        }
        is_accepted = true;
        if parameter.moves() && !left.as_slice().is_empty() {
            is_still_here(turn, channel).await?;
        }
    }
    Ok(())
}

/// Looks what a refusal left behind: what was accepted before it may be in force. Where all is as it was, it is definite.
async fn definite(turn: &mut Turn<'_>, channel: u8, error: IpmiError, before: Raw) -> IpmiError {
    match error {
        IpmiError::Unseen { what, cause } if matches!(*cause, IpmiError::Refused { .. }) => {
            let is_as_before = settings(turn, channel).await.is_ok_and(|found| found == before);
            if is_as_before { *cause } else { IpmiError::Unseen { what, cause } }
        }
        error => error,
    }
}

/// Asks a BMC that may be on its way something that does no harm: what is sent into the void may not be sent again.
async fn is_still_here(turn: &mut Turn<'_>, channel: u8) -> Result<(), IpmiError> {
    match value::<4>(turn, channel, Parameter::Address).await {
        Err(silence) if silence.is_silence() => Err(silence.after(CHANGING)),
        _ => Ok(()),
    }
}

/// Tells where a BMC should be that fell silent after it was told so much: where its address leads it, else, in another
/// VLAN, where it was. A DHCP server may have led it anywhere.
fn whereabouts(call: &Call<'_>, change: &LanChange, told: &[Write]) -> Option<IpAddr> {
    let was_told = |wanted| told.iter().any(|(parameter, _)| *parameter == wanted);
    match change.address {
        Some(address) if was_told(Parameter::Address) => Some(address.into()),
        _ => (was_told(Parameter::Vlan) && !was_told(Parameter::Source)).then_some(call.at),
    }
}

pub(super) fn compare(change: &LanChange, found: &Raw) -> Result<(), IpmiError> {
    if found.has(change) {
        return Ok(());
    }
    let found = format!("{:?}, expected {change:?}", found.settings());
    Err(IpmiError::Mismatch { what: "the BMC's network", found })
}
