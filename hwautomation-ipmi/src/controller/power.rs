//! Power, as the chassis commands give it.

use super::IpmiController;
use crate::error::{Completion, IpmiError};
use crate::model::chassis;
use crate::model::command::Command;
use crate::quirks;
use crate::transport::Turn;
use async_trait::async_trait;
use hwautomation_core::error::Result;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{PowerAction, PowerController, PowerState};

#[async_trait]
impl PowerController for IpmiController {
    fn supported(&self, _machine: &Machine) -> Vec<PowerAction> {
        chassis::SUPPORTED.to_vec()
    }

    async fn power_state(&self, machine: &Machine) -> Result<PowerState> {
        let call = self.call(machine, "reading the power state", self.config.power_privilege)?;
        call.end(async { state(&mut call.turn().await?).await }.await)
    }

    async fn request_power(&self, machine: &Machine, action: PowerAction) -> Result<()> {
        let call = self.call(machine, format!("requesting {action}"), self.config.power_privilege)?;
        let request = async {
            let command = command(action)?;
            request(&mut call.turn().await?, action, &command).await
        };
        call.end(request.await)
    }
}

/// Returns what asks for an action, before a BMC is troubled.
pub(super) fn command(action: PowerAction) -> Result<Command, IpmiError> {
    chassis::control(action).ok_or(IpmiError::Unsupported)
}

pub(super) async fn state(turn: &mut Turn<'_>) -> Result<PowerState, IpmiError> {
    match turn.send(&chassis::ask()).await {
        Ok(data) => chassis::state(&data),
        Err(IpmiError::Refused { completion, .. }) if completion.cannot_say() => {
            Ok(PowerState::Unknown { reason: format!("the BMC cannot say: {completion}") })
        }
        Err(error) => Err(error),
    }
}

/// Reads a state that something can be decided by.
async fn settled_state(turn: &mut Turn<'_>) -> Result<PowerState, IpmiError> {
    let found = state(turn).await?;
    match turn.doubt_about(&found) {
        Some(again_in) => Err(IpmiError::Unsettled { found, again_in }),
        None => Ok(found),
    }
}

pub(super) async fn request(
    turn: &mut Turn<'_>,
    action: PowerAction,
    command: &Command,
) -> Result<(), IpmiError> {
    // A BMC that asks by pressing the power button would turn on a machine that is off.
    if action == PowerAction::GracefulOff && settled_state(turn).await? == PowerState::Off {
        return Ok(());
    }
    match turn.send_power(action, command).await {
        Ok(_) => Ok(()),
        Err(IpmiError::Refused { what, completion }) if quirks::may_mean_another_state(completion) => {
            judge_by_reading(turn, action, what, completion).await
        }
        Err(error) => Err(error),
    }
}

/// A refusal since it already is so is no error: what counts is the state.
async fn judge_by_reading(
    turn: &mut Turn<'_>,
    action: PowerAction,
    what: &'static str,
    completion: Completion,
) -> Result<(), IpmiError> {
    let found = settled_state(turn).await?;
    match chassis::goal(action) {
        Some(goal) if found == goal => Ok(()),
        None if found == PowerState::Off => Err(IpmiError::IsOff { what, completion }),
        _ => Err(IpmiError::Refused { what, completion }),
    }
}
