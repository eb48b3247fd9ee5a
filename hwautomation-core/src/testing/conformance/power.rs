//! The clauses of [`PowerController`].

use super::check::{Answers, Checked, done, failed, refused, require, same};
use super::suite::suite;
use super::{DeviceFixture, HostTruth, device};
use crate::error::ErrorKind;
use crate::plugin::{PowerAction, PowerController, PowerState};
use async_trait::async_trait;
use std::sync::Arc;

/// Lends the suite a power controller.
#[async_trait]
pub trait PowerFixture: DeviceFixture {
    /// Returns the plugin under test.
    fn plugin(&self) -> Arc<dyn PowerController>;

    /// Makes the machine `On` or `Off`, whatever it was.
    async fn set_power(&self, power: PowerState);

    /// Makes the device unable to say whether the machine is on, while it answers.
    async fn blur_state(&self);

    /// Lets the next call arrive and wait for its answer until [`heal`](DeviceFixture::heal).
    async fn stall(&self);

    /// Returns when a call waits because of [`stall`](Self::stall).
    async fn stalled(&self);

    /// Counts the power commands that reached the device.
    async fn commands(&self) -> u64;
}

suite! { $
    /// Makes each clause of the suite a test. The fixture's expression is evaluated in each and may await.
    power_conformance, power, PowerFixture;
    reads_the_true_state
    an_accepted_request_takes_effect
    on_when_on_is_no_error
    off_when_off_is_no_error
    refuses_what_it_does_not_support
    silence_is_never_off
    an_unclear_answer_is_unknown
    a_wrong_password_is_unauthorized
    a_lost_answer_is_an_unknown_outcome
    a_dropped_call_leaves_the_plugin_usable
    errors_have_a_remedy_and_show_no_secret
}

/// Checks that both states are read as they are.
pub async fn reads_the_true_state(fixture: &dyn PowerFixture) -> Result<(), String> {
    for power in [PowerState::On, PowerState::Off, PowerState::On] {
        fixture.set_power(power.clone()).await;
        let found = done("power_state", fixture.plugin().power_state(&fixture.machine()).await)?;
        same("power_state", &found, &power)?;
    }
    Ok(())
}

/// Checks that every supported action does what it says.
pub async fn an_accepted_request_takes_effect(fixture: &dyn PowerFixture) -> Result<(), String> {
    let supported = fixture.plugin().supported(&fixture.machine());
    require(supported.contains(&PowerAction::On), || {
        format!("expected On to be supported, found {supported:?}")
    })?;
    for action in supported {
        let before =
            begin(fixture, if action == PowerAction::On { PowerState::Off } else { PowerState::On }).await;
        request(fixture, action).await?;
        same(&action.to_string(), &fixture.host().await, &after(action, before))?;
        let read = done("power_state", fixture.plugin().power_state(&fixture.machine()).await)?;
        same(&format!("power_state after {action}"), &read, &fixture.host().await.power)?;
    }
    Ok(())
}

/// Checks that asking a running machine to run changes nothing and succeeds.
pub async fn on_when_on_is_no_error(fixture: &dyn PowerFixture) -> Result<(), String> {
    let before = begin(fixture, PowerState::On).await;
    request(fixture, PowerAction::On).await?;
    same("power on when on", &fixture.host().await, &before)
}

/// Checks that asking a machine that is off to be off changes nothing and succeeds.
pub async fn off_when_off_is_no_error(fixture: &dyn PowerFixture) -> Result<(), String> {
    let supported = fixture.plugin().supported(&fixture.machine());
    for action in [PowerAction::ForcedOff, PowerAction::GracefulOff] {
        if supported.contains(&action) {
            let before = begin(fixture, PowerState::Off).await;
            request(fixture, action).await?;
            same(&format!("{action} when off"), &fixture.host().await, &before)?;
        }
    }
    Ok(())
}

/// Checks that what `supported` leaves out is refused before it is sent.
pub async fn refuses_what_it_does_not_support(fixture: &dyn PowerFixture) -> Result<(), String> {
    let (plugin, machine) = (fixture.plugin(), fixture.machine());
    let supported = plugin.supported(&machine);
    fixture.set_power(PowerState::On).await;
    let before = fixture.commands().await;
    for action in PowerAction::ALL.into_iter().filter(|action| !supported.contains(action)) {
        let answer = plugin.request_power(&machine, action).await;
        refused(&action.to_string(), ErrorKind::Unsupported, answer)?;
    }
    same("commands sent", &fixture.commands().await, &before)
}

/// Checks that a silent BMC is an error or `Unknown`, whatever the machine is and was read before.
pub async fn silence_is_never_off(fixture: &dyn PowerFixture) -> Result<(), String> {
    let (plugin, machine) = (fixture.plugin(), fixture.machine());
    for power in [PowerState::Off, PowerState::On] {
        fixture.set_power(power).await;
        done("power_state before the silence", plugin.power_state(&machine).await)?;
        fixture.break_network().await;
        let read = plugin.power_state(&machine).await;
        let silent = read.as_ref().map_or(true, PowerState::is_unknown);
        require(silent, || {
            format!("power_state of a silent BMC: expected an error or unknown, found {read:?}")
        })?;
        fixture.heal().await;
    }
    device::silence(fixture, async || {
        vec![("request_power", plugin.request_power(&machine, PowerAction::On).await)]
    })
    .await
}

/// Checks that a device which cannot say is read as `Unknown`, with a reason.
pub async fn an_unclear_answer_is_unknown(fixture: &dyn PowerFixture) -> Result<(), String> {
    fixture.blur_state().await;
    let read = done("power_state", fixture.plugin().power_state(&fixture.machine()).await)?;
    let says_why = matches!(&read, PowerState::Unknown { reason } if !reason.trim().is_empty());
    require(says_why, || format!("power_state: expected unknown with a reason, found {read:?}"))
}

/// Checks that refused credentials are a permanent `Unauthorized` after one try.
pub async fn a_wrong_password_is_unauthorized(fixture: &dyn PowerFixture) -> Result<(), String> {
    device::unauthorized(fixture, async || calls(fixture).await).await
}

/// Checks that a command without an answer may have happened.
pub async fn a_lost_answer_is_an_unknown_outcome(fixture: &dyn PowerFixture) -> Result<(), String> {
    fixture.set_power(PowerState::Off).await;
    fixture.lose_answers().await;
    let answer = fixture.plugin().request_power(&fixture.machine(), PowerAction::On).await;
    device::unknown_outcome("request_power", answer)
}

/// Checks that a read and a command that were dropped while the device kept silent do not spoil later calls.
pub async fn a_dropped_call_leaves_the_plugin_usable(fixture: &dyn PowerFixture) -> Result<(), String> {
    let (plugin, machine) = (fixture.plugin(), fixture.machine());
    fixture.stall().await;
    tokio::select! {
        answer = plugin.power_state(&machine) => drop(failed("a stalled power_state", answer)?),
        () = fixture.stalled() => {}
    }
    fixture.heal().await;
    fixture.stall().await;
    tokio::select! {
        answer = plugin.request_power(&machine, PowerAction::On) => drop(failed("a stalled request_power", answer)?),
        () = fixture.stalled() => {}
    }
    fixture.heal().await;
    for power in [PowerState::Off, PowerState::On] {
        fixture.set_power(power.clone()).await;
        let read = done("power_state after a dropped call", plugin.power_state(&machine).await)?;
        same("power_state after a dropped call", &read, &power)?;
    }
    done("request_power after a dropped call", plugin.request_power(&machine, PowerAction::On).await)
}

/// Checks the errors of silence and of refused credentials.
pub async fn errors_have_a_remedy_and_show_no_secret(fixture: &dyn PowerFixture) -> Result<(), String> {
    device::errors(fixture, async || calls(fixture).await).await
}

async fn calls(fixture: &dyn PowerFixture) -> Answers {
    let (plugin, machine) = (fixture.plugin(), fixture.machine());
    vec![
        ("power_state", plugin.power_state(&machine).await.map(drop)),
        ("request_power", plugin.request_power(&machine, PowerAction::On).await),
    ]
}

/// Brings the machine into a state and returns the truth then.
async fn begin(fixture: &dyn PowerFixture, power: PowerState) -> HostTruth {
    fixture.set_power(power).await;
    fixture.host().await
}

async fn request(fixture: &dyn PowerFixture, action: PowerAction) -> Checked {
    done(&action.to_string(), fixture.plugin().request_power(&fixture.machine(), action).await)?;
    fixture.settle().await;
    Ok(())
}

/// What an action makes of a host for which it is not void.
pub(super) fn after(action: PowerAction, mut host: HostTruth) -> HostTruth {
    match action {
        PowerAction::GracefulOff | PowerAction::ForcedOff => host.power = PowerState::Off,
        PowerAction::Nmi => host.interrupts += 1,
        _ => {
            host.power = PowerState::On;
            host.boots += 1;
        }
    }
    host
}
