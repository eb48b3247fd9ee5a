//! How long sessions live, and which cipher suite they have.

use super::rack::{PATIENCE, RackFixture, patient, quick};
use hwautomation_core::error::{ErrorClass, ErrorKind};
use hwautomation_core::id::PluginName;
use hwautomation_core::plugin::{PowerController, PowerState};
use hwautomation_core::testing::conformance::DeviceFixture;
use hwautomation_ipmi::IpmiConfig;
use hwautomation_sim::{Action, Face, Fault, Quirk, Quirks, Refusal};
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;

fn counted(fixture: &RackFixture, command: &'static str) -> u64 {
    fixture.count(|entry| entry.command == command)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_without_work_is_used_for_questions_and_closed_in_the_end() {
    let config = IpmiConfig {
        keep_alive: Duration::from_millis(100),
        session_idle: Duration::from_millis(450),
        ..quick()
    };
    let fixture = RackFixture::start_as(1, config).await;
    fixture.driver.power_state(&fixture.machine()).await.unwrap();
    let closed = fixture.rack.wait_until(PATIENCE, |_| counted(&fixture, "close session") == 1).await;
    assert!(closed, "it was closed");
    let asked = counted(&fixture, "get device id");
    assert!((2..=4).contains(&asked), "{asked} questions");
    assert_eq!(counted(&fixture, "open session"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn close_ends_every_session_and_a_later_call_opens_another() {
    let fixture = RackFixture::start_as(3, quick()).await;
    for number in 1..=3 {
        fixture.driver.power_state(&fixture.machine_of(number)).await.unwrap();
    }
    assert_eq!(counted(&fixture, "close session"), 0);
    fixture.driver.close().await;
    assert_eq!(counted(&fixture, "close session"), 3);
    fixture.driver.power_state(&fixture.machine()).await.unwrap();
    assert_eq!((counted(&fixture, "open session"), counted(&fixture, "close session")), (4, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_driver_leaves_no_session_behind() {
    let fixture = RackFixture::start_as(1, quick()).await;
    let RackFixture { rack, driver, .. } = fixture;
    let machine = {
        let fixture = RackFixture { rack: rack.clone(), driver: driver.clone(), seen: 0.into() };
        fixture.machine()
    };
    driver.power_state(&machine).await.unwrap();
    drop(driver);
    let closed =
        |rack: &hwautomation_sim::Rack| rack.log().iter().any(|entry| entry.command == "close session");
    assert!(rack.wait_until(PATIENCE, closed).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_a_runtime_that_is_gone_are_closed_and_nobody_waits_in_them() {
    // Who asked in such a session would wait for longer than the test.
    let config = IpmiConfig { command_limit: PATIENCE * 3, session_idle: PATIENCE * 3, ..quick() };
    let fixture = RackFixture::start_as(3, config).await;
    let driver = fixture.driver.clone();
    let machines = [1, 2].map(|number| fixture.machine_of(number));
    let other = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    other
        .spawn(async move {
            for machine in &machines {
                driver.power_state(machine).await.unwrap();
            }
        })
        .await
        .unwrap();
    // This waits until its tasks are gone.
    tokio::task::spawn_blocking(|| drop(other)).await.unwrap();
    for number in [1, 3] {
        let found = timeout(PATIENCE, fixture.driver.power_state(&fixture.machine_of(number))).await;
        assert_eq!(found.expect("nobody waits for the dead").unwrap(), PowerState::On);
    }
    let closed = fixture.rack.wait_until(PATIENCE, |_| counted(&fixture, "close session") == 2).await;
    assert!(closed, "that of the second machine, too, which nobody asks any more");
    assert_eq!(counted(&fixture, "open session"), 4);
    timeout(PATIENCE, fixture.driver.close()).await.expect("it waits for those that answer");
    assert_eq!(counted(&fixture, "close session"), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weaker_suite_than_the_one_that_worked_needs_a_persons_word() {
    let config = IpmiConfig { session_idle: Duration::ZERO, ..quick() };
    let fixture = RackFixture::start_as(1, config).await;
    let mut machine = fixture.machine();
    fixture.driver.power_state(&machine).await.unwrap();
    let no_suite = Fault::new(Action::Refuse(Refusal::Code(0x11))).face(Face::Bmc).command("open session");
    fixture.inject(no_suite.times(1));
    let error = fixture.driver.power_state(&machine).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Unsupported, ErrorClass::Permanent), "{error}");
    assert!(error.message().contains("cipher suite 17") && error.remedy().unwrap().contains("cipher_suites"));
    assert_eq!(counted(&fixture, "open session"), 2, "17 twice, 3 never");
    let settings = json!({"username": "ADMIN", "cipher_suites": [3]});
    machine.settings.insert(PluginName::from_static("ipmi"), settings);
    assert_eq!(fixture.driver.power_state(&machine).await.unwrap(), PowerState::On);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_with_a_suite_that_is_not_allowed_any_more_is_not_used() {
    let fixture = RackFixture::start_as(1, quick()).await;
    let with = |suites: &[u8]| {
        let mut machine = fixture.machine();
        let settings = json!({"username": "ADMIN", "cipher_suites": suites});
        machine.settings.insert(PluginName::from_static("ipmi"), settings);
        machine
    };
    fixture.driver.power_state(&with(&[3])).await.unwrap();
    fixture.driver.power_state(&with(&[17, 3])).await.unwrap();
    assert_eq!(counted(&fixture, "open session"), 1, "suite 3 is allowed to both");
    fixture.driver.power_state(&with(&[17])).await.unwrap();
    assert_eq!(counted(&fixture, "open session"), 2);
}

/// Reads through a log-in of its own, where these suites are allowed.
async fn read_with(fixture: &RackFixture, suites: &[u8]) -> Result<PowerState, ErrorKind> {
    let machine = fixture.machine_with(json!({"username": "ADMIN", "cipher_suites": suites}));
    fixture.driver.power_state(&machine).await.map_err(|error| error.kind())
}

async fn forgetful() -> RackFixture {
    RackFixture::start_as(1, IpmiConfig { session_idle: Duration::ZERO, ..patient() }).await
}

fn cannot_do_17(fixture: &RackFixture) {
    fixture.change(|machine| machine.bmc.quirks.add(Quirk::CannotDoSuiteSeventeen));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stronger_suite_that_is_allowed_later_is_taken_and_kept_to() {
    let fixture = forgetful().await;
    read_with(&fixture, &[3]).await.unwrap();
    read_with(&fixture, &[17, 3]).await.unwrap();
    cannot_do_17(&fixture);
    assert_eq!(read_with(&fixture, &[17, 3]).await, Err(ErrorKind::Unsupported), "17 had worked");
    assert_eq!(read_with(&fixture, &[3]).await, Ok(PowerState::On), "a person's word");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stronger_suite_that_is_allowed_later_and_refused_is_asked_for_once() {
    let fixture = forgetful().await;
    cannot_do_17(&fixture);
    let mut opened = Vec::new();
    for suites in [&[3][..], &[17, 3], &[17, 3], &[3], &[17, 3]] {
        read_with(&fixture, suites).await.unwrap();
        opened.push(counted(&fixture, "open session"));
    }
    assert_eq!(opened, [1, 3, 4, 5, 7]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_only_a_stronger_suite_is_left_the_weaker_one_that_worked_is_not_used() {
    let fixture = forgetful().await;
    cannot_do_17(&fixture);
    read_with(&fixture, &[3]).await.unwrap();
    assert_eq!(read_with(&fixture, &[17]).await, Err(ErrorKind::Unsupported));
    assert_eq!((counted(&fixture, "open session"), counted(&fixture, "rakp 1")), (2, 1));
    fixture.change(|machine| machine.bmc.quirks = Quirks::default());
    read_with(&fixture, &[17]).await.unwrap();
    cannot_do_17(&fixture);
    assert_eq!(read_with(&fixture, &[17, 3]).await, Err(ErrorKind::Unsupported), "17 had worked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bmc_that_is_busy_when_the_privilege_is_taken_denies_nothing() {
    let fixture = RackFixture::start_as(1, quick()).await;
    let busy = Fault::new(Action::Refuse(Refusal::Code(0xC0))).face(Face::Bmc);
    fixture.inject(busy.command("set session privilege").times(1));
    let error = fixture.driver.power_state(&fixture.machine()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.class()),
        (ErrorKind::Busy, ErrorClass::Transient { after: None }),
        "{error}"
    );
    assert_eq!(fixture.driver.power_state(&fixture.machine()).await.unwrap(), PowerState::On);
}
