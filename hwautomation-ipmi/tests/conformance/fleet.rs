//! Many BMCs at a time, some of them dead.

use super::rack::{PATIENCE, RackFixture, quick};
use hwautomation_core::error::{ErrorClass, ErrorKind};
use hwautomation_core::plugin::{PowerController, PowerState};
use hwautomation_core::testing::conformance::DeviceFixture;
use hwautomation_ipmi::IpmiConfig;
use hwautomation_sim::{Fault, Outcome};
use std::time::Duration;
use tokio::task::JoinSet;

/// Counts what reached a dead BMC.
pub(crate) fn unanswered(fixture: &RackFixture) -> u64 {
    fixture.count(|entry| entry.outcome == Outcome::Ignored)
}

fn ask(fixture: &RackFixture, numbers: impl IntoIterator<Item = usize>) -> JoinSet<ErrorKindOr> {
    let mut calls = JoinSet::new();
    for number in numbers {
        let (driver, machine) = (fixture.driver.clone(), fixture.machine_of(number));
        calls.spawn(async move { driver.power_state(&machine).await.map_err(|error| error.kind()) });
    }
    calls
}

type ErrorKindOr = Result<PowerState, ErrorKind>;

#[tokio::test(flavor = "multi_thread")]
async fn many_bmcs_share_one_socket_and_each_gets_its_own_answers() {
    let fixture = RackFixture::start_as(40, IpmiConfig { sockets: 1, ..quick() }).await;
    for number in (1..=40).filter(|number| number % 3 == 0) {
        fixture.rack.change(&format!("srv{number:03}"), |machine| {
            machine.set_power(hwautomation_sim::Power::Off);
        });
    }
    let mut calls = JoinSet::new();
    for number in 1..=40 {
        let (driver, machine) = (fixture.driver.clone(), fixture.machine_of(number));
        calls.spawn(async move { (number, driver.power_state(&machine).await.unwrap()) });
    }
    for (number, found) in calls.join_all().await {
        let expected = if number % 3 == 0 { PowerState::Off } else { PowerState::On };
        assert_eq!(found, expected, "{number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_bmc_holds_nobody_up_even_where_one_is_talked_to_at_a_time() {
    let fixture = RackFixture::start_as(3, IpmiConfig { in_flight_max: 1, slow_max: 1, ..quick() }).await;
    fixture.inject(Fault::silent_bmc().machine("srv001"));
    let mut dead = ask(&fixture, [1]);
    assert!(fixture.rack.wait_until(PATIENCE, |_| unanswered(&fixture) > 0).await);
    for answer in ask(&fixture, [2, 3]).join_all().await {
        assert_eq!(answer, Ok(PowerState::On));
    }
    assert!(dead.try_join_next().is_none(), "the dead one is still waited for");
    assert_eq!(dead.join_next().await.unwrap().unwrap(), Err(ErrorKind::Unreachable));
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_who_wait_behind_a_silent_bmc_get_its_silence_together() {
    let fixture = RackFixture::start_as(1, IpmiConfig { breaker_failures: 0, ..quick() }).await;
    fixture.inject(Fault::silent_bmc());
    assert_eq!(ask(&fixture, [1]).join_all().await, [Err(ErrorKind::Unreachable)]);
    let alone = unanswered(&fixture);
    assert_eq!(ask(&fixture, [1; 10]).join_all().await, vec![Err(ErrorKind::Unreachable); 10]);
    let together = unanswered(&fixture) - alone;
    assert!(together <= alone + 2, "ten callers sent {together} datagrams, one sent {alone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bmc_that_was_silent_too_often_is_left_alone_for_a_while_and_then_asked_again() {
    let config = IpmiConfig {
        handshake_limit: Duration::from_millis(200),
        breaker_failures: 2,
        breaker_pause: Duration::from_millis(700),
        ..quick()
    };
    let fixture = RackFixture::start_as(1, config).await;
    fixture.inject(Fault::silent_bmc());
    let machine = fixture.machine();
    for _ in 0..2 {
        let error = fixture.driver.power_state(&machine).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.class()),
            (ErrorKind::Unreachable, ErrorClass::Transient { after: None })
        );
    }
    fixture.rack.clear_faults();
    let before = fixture.count(|_| true);
    let error = fixture.driver.power_state(&machine).await.unwrap_err();
    let ErrorClass::Transient { after: Some(after) } = error.class() else { panic!("{error:?}") };
    assert!(
        error.kind() == ErrorKind::Unreachable && error.message().contains("in 2 calls in a row"),
        "{error}"
    );
    assert_eq!(fixture.count(|_| true), before, "nothing was sent");
    wait(after).await;
    assert_eq!(fixture.driver.power_state(&machine).await.unwrap(), PowerState::On);
}

#[expect(clippy::disallowed_methods, reason = "the driver says how long to wait")]
async fn wait(after: Duration) {
    tokio::time::sleep(after).await;
}
