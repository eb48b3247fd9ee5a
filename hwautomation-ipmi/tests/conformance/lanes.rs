//! BMCs that are late or dead, where few of those may be waited for at a time.

use super::rack::{PATIENCE, RackFixture, quick};
use hwautomation_core::error::ErrorKind;
use hwautomation_core::plugin::{PowerController, PowerState};
use hwautomation_ipmi::IpmiConfig;
use hwautomation_sim::{Action, Face, Fault, Outcome};
use std::time::Duration;
use tokio::task::JoinSet;

/// Counts what reached a machine's BMC and got no answer.
fn unanswered(fixture: &RackFixture, name: &str) -> u64 {
    let is_its = |machine: Option<&str>| machine == Some(name);
    fixture.count(|entry| entry.outcome == Outcome::Ignored && is_its(entry.machine.as_deref()))
}

type Found = Result<PowerState, ErrorKind>;

fn ask(fixture: &RackFixture, numbers: impl IntoIterator<Item = usize>) -> JoinSet<Found> {
    let mut calls = JoinSet::new();
    for number in numbers {
        let (driver, machine) = (fixture.driver.clone(), fixture.machine_of(number));
        calls.spawn(async move { driver.power_state(&machine).await.map_err(|error| error.kind()) });
    }
    calls
}

fn late(command: &str) -> Fault {
    late_by(Duration::from_millis(150), command)
}

fn late_by(delay: Duration, command: &str) -> Fault {
    Fault::new(Action::Delay(delay)).face(Face::Bmc).command(command).machine("srv002")
}

/// Three BMCs, the first of which is dead and has the only place among the silent ones for a while.
async fn with_a_dead_one(config: IpmiConfig) -> (RackFixture, JoinSet<Found>) {
    let fixture = RackFixture::start_as(3, IpmiConfig { slow_max: 1, ..config }).await;
    assert_eq!(ask(&fixture, [3]).join_all().await, [Ok(PowerState::On)]);
    fixture.inject(Fault::silent_bmc().machine("srv001"));
    let dead = ask(&fixture, [1]);
    // The second datagram is sent from that place.
    assert!(fixture.rack.wait_until(PATIENCE, |_| unanswered(&fixture, "srv001") > 1).await);
    (fixture, dead)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_late_is_heard_while_there_is_no_place_among_the_silent() {
    let config = IpmiConfig { command_limit: Duration::from_secs(8), ..quick() };
    let config = IpmiConfig { handshake_limit: Duration::from_secs(2), ..config };
    for command in ["get chassis", "get channel cipher suites", "open session"] {
        let (fixture, mut dead) = with_a_dead_one(config.clone()).await;
        fixture.inject(late(command));
        assert_eq!(ask(&fixture, [2]).join_all().await, [Ok(PowerState::On)], "{command}");
        assert!(dead.try_join_next().is_none(), "{command}: it waited for the dead one");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_silent_bmcs_than_may_be_are_asked_again_also_before_a_suite_is_known() {
    let (fixture, mut dead) = with_a_dead_one(quick()).await;
    fixture.inject(Fault::silent_bmc().machine("srv002"));
    assert_eq!(ask(&fixture, [2]).join_all().await, [Err(ErrorKind::Unreachable)]);
    let (one, other) = (unanswered(&fixture, "srv001"), unanswered(&fixture, "srv002"));
    assert!(one > 4 && other > 0, "{one} and {other}");
    assert!(other * 2 < one, "{other} datagrams without a place, {one} with one");
    assert_eq!(dead.join_next().await.unwrap().unwrap(), Err(ErrorKind::Unreachable));
}

/// How late is late enough for another call to take the place that was given back.
const VERY_LATE: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn after_a_late_answer_nothing_more_is_sent_without_a_place() {
    let config = IpmiConfig { retransmit: Duration::from_millis(300), in_flight_max: 1, ..quick() };
    let config = IpmiConfig { command_limit: PATIENCE * 2, handshake_limit: PATIENCE * 2, ..config };
    for (command, next) in [
        ("get channel cipher suites", "open session"),
        ("open session", "rakp 1"),
        ("set session privilege", "get chassis"),
    ] {
        let (fixture, dead) = with_a_dead_one(config.clone()).await;
        fixture.inject(late_by(VERY_LATE, command));
        let is_of_two = |machine: Option<&str>| machine == Some("srv002");
        let count = |what: &str| {
            fixture.count(|entry| entry.command.starts_with(what) && is_of_two(entry.machine.as_deref()))
        };
        let late = ask(&fixture, [2]);
        assert!(fixture.rack.wait_until(PATIENCE, |_| count(command) > 0).await, "{command}");
        fixture.inject(Fault::silent_bmc().machine("srv003"));
        let third = fixture.machine_of(3);
        let mut stuck = Box::pin(fixture.driver.power_state(&third));
        // It takes the only place among those that answer, and is not polled any more.
        tokio::select! {
            found = &mut stuck => panic!("{found:?}"),
            is_asked = fixture.rack.wait_until(PATIENCE, |_| unanswered(&fixture, "srv003") > 0) => assert!(is_asked),
        }
        let is_sent = fixture.rack.wait_until(VERY_LATE * 2, |_| count(next) > 0).await;
        assert!(!is_sent, "{next} was sent without a place");
        drop(stuck);
        assert_eq!(late.join_all().await, [Ok(PowerState::On)], "{command}");
        drop(dead);
    }
}
