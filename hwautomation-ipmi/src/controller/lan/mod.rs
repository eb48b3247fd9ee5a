//! The BMC's network: read here, changed in `change`, and looked for in `gone` where a change leads it elsewhere.

mod change;
mod frame;
mod gone;
mod strangers;

pub(super) use change::set;
pub(super) use strangers::Strangers;

use super::Call;
use crate::error::IpmiError;
use crate::model::channel;
use crate::model::lan::{Parameter, Raw};
use crate::model::mac::Mac;
use crate::transport::Turn;
use hwautomation_core::plugin::LanSettings;
use std::net::IpAddr;

pub(super) async fn read(call: &Call<'_>) -> Result<LanSettings, IpmiError> {
    let mut turn = call.turn().await?;
    let channel = channel(&mut turn).await?;
    recognise(call, &mut turn, channel).await?;
    Ok(settings(&mut turn, channel).await?.settings())
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

async fn settings(turn: &mut Turn<'_>, channel: u8) -> Result<Raw, IpmiError> {
    Ok(Raw {
        source: value(turn, channel, Parameter::Source).await?,
        address: value(turn, channel, Parameter::Address).await?,
        mask: value(turn, channel, Parameter::Mask).await?,
        gateway: value(turn, channel, Parameter::Gateway).await?,
        vlan: match value(turn, channel, Parameter::Vlan).await {
            Err(IpmiError::Refused { completion, .. }) if completion.is_absent() => None,
            vlan => Some(vlan?),
        },
    })
}

/// Takes the BMC here for that of the machine, unless that was sent here and has not been seen here yet.
async fn recognise(call: &Call<'_>, turn: &mut Turn<'_>, channel: u8) -> Result<(), IpmiError> {
    let (strangers, machine) = (&call.driver.strangers, &call.machine.id);
    let Some(expected) = strangers.expected(machine, call.at) else { return Ok(()) };
    is_it(turn, channel, call.at, Some(expected)).await?;
    strangers.forget(machine, call.at);
    Ok(())
}

/// Makes sure that this is the BMC that is meant.
async fn is_it(turn: &mut Turn<'_>, channel: u8, at: IpAddr, expected: Option<Mac>) -> Result<(), IpmiError> {
    match (expected, mac(turn, channel).await?) {
        (Some(expected), found) if found == Some(expected) => Ok(()),
        // The one that is meant said who it is, before it went.
        (Some(expected), found) => Err(IpmiError::Stranger { at, expected, found }),
        (None, _) => {
            Err(IpmiError::malformed("reading the BMC's MAC address", "none that tells it from others"))
        }
    }
}

/// Reads by what the BMC is told from others; nothing where it does not say.
async fn mac(turn: &mut Turn<'_>, channel: u8) -> Result<Option<Mac>, IpmiError> {
    match value(turn, channel, Parameter::Mac).await {
        Err(IpmiError::Refused { completion, .. }) if !completion.passes() => Ok(None),
        bytes => Ok(Mac::of(bytes?)),
    }
}

async fn value<const N: usize>(
    turn: &mut Turn<'_>,
    channel: u8,
    parameter: Parameter,
) -> Result<[u8; N], IpmiError> {
    parameter.value(&turn.send(&parameter.ask(channel)).await?)
}
