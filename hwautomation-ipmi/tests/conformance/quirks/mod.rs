//! Each defect of BMCs that the simulator has: the driver gets in, reads and switches, or says what is the matter.

mod names;
mod power;
mod suites;

use super::rack::{PATIENCE, RackFixture, patient, quick};
use hwautomation_core::error::{Error, ErrorClass, ErrorKind};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{BmcConfigurator, PowerAction, PowerController, PowerState, Privilege};
use hwautomation_core::testing::conformance::DeviceFixture;
use hwautomation_ipmi::IpmiConfig;
use hwautomation_sim::{Action, Face, Fault, LockOut, Outcome, Power, Quirk, Quirks, SuitePrivileges, User};
use serde_json::json;
use std::time::Duration;

/// Starts a BMC with these defects, and a driver that may use these suites.
async fn with(quirks: &[Quirk], suites: &[u8]) -> RackFixture {
    start(quirks, IpmiConfig { cipher_suites: suites.to_vec(), ..patient() }).await
}

/// The same with a driver that keeps no session, so that each call logs in.
async fn forgetful(quirks: &[Quirk]) -> RackFixture {
    start(quirks, IpmiConfig { session_idle: Duration::ZERO, ..patient() }).await
}

async fn start(quirks: &[Quirk], config: IpmiConfig) -> RackFixture {
    let fixture = RackFixture::start_as(1, config).await;
    fixture.change(|machine| machine.bmc.quirks = Quirks(quirks.to_vec()));
    fixture
}

async fn read(fixture: &RackFixture) -> Result<PowerState, Error> {
    fixture.driver.power_state(&fixture.machine()).await
}

/// Reads the power and switches it both ways, each time with the true state after it.
async fn reads_and_switches(fixture: &RackFixture, machine: &Machine, what: &str) {
    let driver = &fixture.driver;
    assert_eq!(driver.power_state(machine).await.expect(what), PowerState::On, "{what}");
    for (action, told, is) in [
        (PowerAction::ForcedOff, PowerState::Off, Power::Off),
        (PowerAction::On, PowerState::On, Power::On),
        (PowerAction::Cycle, PowerState::On, Power::On),
    ] {
        driver.request_power(machine, action).await.expect(what);
        assert_eq!(driver.power_state(machine).await.expect(what), told, "{what}: {action}");
        assert_eq!(fixture.truth().power, is, "{what}: {action}");
    }
    assert_eq!(fixture.done("chassis control"), 3, "{what}: each once");
}

fn counted(fixture: &RackFixture, command: &'static str) -> u64 {
    fixture.count(|entry| entry.command == command)
}

/// What one suite and one log-in are enough for, or the next suite that is allowed.
const HARMLESS: [&[Quirk]; 14] = [
    &[Quirk::IgnoresRepetition],
    &[Quirk::WrongChecksum],
    &[Quirk::EmptySessionIds],
    &[Quirk::TakesSuitesNotOffered],
    &[Quirk::LongProof],
    &[Quirk::HashesOpenPrivilege],
    &[Quirk::ForgetsNameOnly],
    &[Quirk::ZeroGuid],
    &[Quirk::ChangesGuid],
    &[Quirk::HidesUsers],
    &[Quirk::HidesVersionTwo],
    &[Quirk::ResetBootsHost],
    &[Quirk::LeaksSessions],
    &[Quirk::WrongChecksum, Quirk::EmptySessionIds, Quirk::LongProof, Quirk::ForgetsNameOnly],
];

#[tokio::test(flavor = "multi_thread")]
async fn with_each_defect_that_can_be_lived_with_the_power_is_read_and_switched_in_both_suites() {
    for quirks in HARMLESS {
        for suite in [3, 17] {
            let fixture = with(quirks, &[suite]).await;
            reads_and_switches(&fixture, &fixture.machine(), &format!("{quirks:?} in suite {suite}")).await;
            assert!(fixture.driver.system_guid(&fixture.machine()).await.is_ok(), "{quirks:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bmc_that_answers_no_repetition_is_asked_anew_when_an_answer_is_lost() {
    let fixture = start(&[Quirk::IgnoresRepetition], quick()).await;
    read(&fixture).await.unwrap();
    fixture.inject(Fault::new(Action::LoseAnswer).face(Face::Bmc).command("get chassis status").times(2));
    assert_eq!(read(&fixture).await.unwrap(), PowerState::On);
    assert_eq!(counted(&fixture, "open session"), 1, "in the same session");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_answer_to_an_earlier_copy_of_a_question_counts() {
    let config = IpmiConfig { retransmit: Duration::from_millis(200), retransmit_growth: 100, ..patient() };
    let fixture = start(&[], config).await;
    // None comes before the next copy goes.
    let late = Action::Delay(Duration::from_millis(300));
    fixture.inject(Fault::new(late).face(Face::Bmc).command("get chassis status"));
    assert_eq!(read(&fixture).await.unwrap(), PowerState::On);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_whose_answer_is_lost_is_not_sent_anew_to_a_bmc_that_answers_no_repetition() {
    let fixture = start(&[Quirk::IgnoresRepetition], quick()).await;
    fixture.inject(Fault::lost_power_answer());
    let error = fixture.driver.request_power(&fixture.machine(), PowerAction::Cycle).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::UnknownOutcome, "{error}");
    assert_eq!(fixture.count(|entry| entry.command.starts_with("chassis control")), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zero_guid_is_none() {
    let fixture = with(&[Quirk::ZeroGuid], &[17]).await;
    assert_eq!(fixture.driver.system_guid(&fixture.machine()).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn places_that_leak_last_as_long_as_a_session_and_a_full_table_is_busy_until_the_bmc_restarts() {
    let fixture = with(&[Quirk::LeaksSessions], &[17]).await;
    for _ in 0..20 {
        read(&fixture).await.unwrap();
    }
    assert_eq!(counted(&fixture, "open session"), 1, "one session for all");
    let fixture = forgetful(&[Quirk::LeaksSessions]).await;
    for _ in 0..4 {
        read(&fixture).await.unwrap();
    }
    let opened = counted(&fixture, "open session");
    let error = read(&fixture).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Busy, ErrorClass::Transient { after: None }));
    assert!(error.remedy().unwrap().contains("restart the BMC"), "{error:?}");
    assert!(counted(&fixture, "open session") <= opened + 2, "each suite once");
    fixture.change(|machine| machine.reset_bmc());
    fixture.settle().await;
    assert_eq!(read(&fixture).await.unwrap(), PowerState::On);
}
