//! Core's suites of shells and BIOS backends against the simulated rack.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/rack.rs"]
mod rack;

use hwautomation_core::bios::Changes;
use hwautomation_core::error::{ErrorClass, ErrorKind};
use hwautomation_core::plugin::{BiosBackend, ShellCommand};
use hwautomation_core::testing::conformance::DeviceFixture;
use hwautomation_core::testing::conformance::bios::BiosFixture;
use hwautomation_core::testing::conformance::shell::ShellFixture;
use hwautomation_sim::{Action, Face, Fault};
use rack::Sim;

mod shell {
    use super::*;
    hwautomation_core::shell_conformance!(Sim::start().await);
}

mod bios {
    use super::*;
    hwautomation_core::bios_conformance!(Sim::start().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_tool_is_transient_and_nothing_is_staged() {
    let sim = Sim::start().await;
    sim.rack.inject(Fault::busy_vendor_tool(1).command("ChangeBiosCfg"));
    let error = sim.bios().stage_bios(&sim.machine(), &sim.good_changes()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(matches!(error.class(), ErrorClass::Transient { .. }));
    assert!(sim.rack.truth("srv001").bios.pending.is_empty());
    sim.bios().stage_bios(&sim.machine(), &sim.good_changes()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_whose_answer_is_lost_is_unknown_and_was_made() {
    let sim = Sim::start().await;
    sim.rack.inject(Fault::new(Action::LoseAnswer).face(Face::Ssh).command("ChangeBiosCfg").times(1));
    let error = sim.bios().stage_bios(&sim.machine(), &sim.good_changes()).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::UnknownOutcome);
    assert_eq!(sim.rack.truth("srv001").bios.pending.len(), sim.good_changes().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_the_firmware_ignores_shows_when_it_is_read_back() {
    let sim = Sim::start().await;
    sim.rack.inject(Fault::ignores_bios_setting("Quiet Boot"));
    let changes = Changes::diff(&sim.true_bios().await, &sim.good_changes().apply_to(&sim.true_bios().await));
    sim.bios().stage_bios(&sim.machine(), &changes).await.unwrap();
    sim.reset_host().await;
    let read = sim.bios().read_bios(&sim.machine()).await.unwrap();
    let missing: Vec<_> = changes.not_in_force(&read.in_force).iter().map(ToString::to_string).collect();
    assert_eq!(missing, ["Quiet Boot: wanted false, found true"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn staging_leaves_no_file_and_no_boot_behind() {
    let sim = Sim::start().await;
    sim.bios().stage_bios(&sim.machine(), &sim.good_changes()).await.unwrap();
    let shell = ShellFixture::plugin(&sim);
    let listed = shell.run(&sim.machine(), &ShellCommand::new("ls").args(["-a", "/tmp"])).await.unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(!listed.contains("hwautomation"), "{listed}");
    assert_eq!(sim.rack.truth("srv001").boots, 1);
    assert!(!sim.rack.log().iter().any(|entry| entry.command.contains("reboot")));
}

#[tokio::test(flavor = "multi_thread")]
async fn more_commands_than_channels_run_one_after_the_other() {
    let sim = Sim::start().await;
    let shell = ShellFixture::plugin(&sim);
    for number in 0..25 {
        let ran = shell.run(&sim.machine(), &ShellCommand::new("true")).await;
        assert!(ran.is_ok(), "command {number}: {ran:?}");
    }
}
