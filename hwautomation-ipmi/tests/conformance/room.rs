//! Fewer sessions than BMCs.

use super::rack::{PATIENCE, RackFixture, quick};
use hwautomation_core::plugin::{PowerController, PowerState};
use hwautomation_ipmi::IpmiConfig;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// One session at a time, which stays open, and whoever waits for something waits longer than the test.
fn one_session(in_flight_max: u16) -> IpmiConfig {
    IpmiConfig {
        sessions_max: 1,
        in_flight_max,
        session_idle: PATIENCE * 3,
        turn_limit: PATIENCE * 3,
        ..quick()
    }
}

async fn all_are_on(fixture: &RackFixture, numbers: impl Iterator<Item = usize>) {
    let mut calls = JoinSet::new();
    for number in numbers {
        let (driver, machine) = (fixture.driver.clone(), fixture.machine_of(number));
        calls.spawn(async move { driver.power_state(&machine).await });
    }
    let answers = timeout(PATIENCE, calls.join_all()).await.expect("nobody waits for long");
    for answer in answers {
        assert_eq!(answer.unwrap(), PowerState::On);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_bmcs_take_turns_in_one_session() {
    let fixture = RackFixture::start_as(2, one_session(512)).await;
    for number in [1, 2, 1, 2] {
        all_are_on(&fixture, [number].into_iter()).await;
    }
    for _ in 0..5 {
        all_are_on(&fixture, (0..20).map(|call| call % 2 + 1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_session_keeps_no_place_from_those_who_have_one() {
    let fixture = RackFixture::start_as(3, one_session(1)).await;
    for _ in 0..10 {
        all_are_on(&fixture, (0..12).map(|call| call % 3 + 1)).await;
    }
}
