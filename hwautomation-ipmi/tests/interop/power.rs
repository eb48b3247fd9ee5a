//! Power commands, as the simulator's script sees them.

use crate::support::lab::Lab;
use crate::support::{PATIENCE, until};
use hwautomation_core::error::{ErrorClass, ErrorKind};
use hwautomation_core::plugin::{PowerAction, PowerController, PowerState};

/// Sends a command to a machine that is on, and returns what reached the hardware.
async fn sent(action: PowerAction) -> Option<Vec<String>> {
    let lab = Lab::start().await?;
    lab.sim.write("power", "1");
    lab.driver.request_power(&lab.machine(), action).await.unwrap();
    Some(lab.sim.commands())
}

#[tokio::test(flavor = "multi_thread")]
async fn on_turns_on() {
    let Some(lab) = Lab::start().await else { return };
    lab.driver.request_power(&lab.machine(), PowerAction::On).await.unwrap();
    assert_eq!(lab.sim.commands(), ["set power 1"]);
    assert_eq!(lab.driver.power_state(&lab.machine()).await.unwrap(), PowerState::On);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_reaches_the_hardware_once_and_as_meant() {
    for (action, expected) in [
        (PowerAction::ForcedOff, "set power 0"),
        (PowerAction::Reset, "set reset 1"),
        (PowerAction::GracefulOff, "set shutdown 1"),
    ] {
        let Some(sent) = sent(action).await else { return };
        assert_eq!(sent, [expected], "{action}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_cuts_the_power_and_turns_on_again() {
    let Some(lab) = Lab::start().await else { return };
    lab.sim.write("power", "1");
    lab.driver.request_power(&lab.machine(), PowerAction::Cycle).await.unwrap();
    until(PATIENCE, || lab.sim.commands() == ["set power 0", "set power 1"]).await;
    assert_eq!(lab.driver.power_state(&lab.machine()).await.unwrap(), PowerState::On);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_soft_off_is_not_sent_to_a_machine_that_is_off() {
    let Some(lab) = Lab::start().await else { return };
    lab.driver.request_power(&lab.machine(), PowerAction::GracefulOff).await.unwrap();
    assert_eq!(lab.sim.commands(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_this_bmc_cannot_do_is_a_definite_refusal() {
    let Some(lab) = Lab::start().await else { return };
    lab.sim.write("power", "1");
    let error = lab.driver.request_power(&lab.machine(), PowerAction::Nmi).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Refused, ErrorClass::Permanent));
    assert!(error.message().contains("CCh"), "{error}");
}
