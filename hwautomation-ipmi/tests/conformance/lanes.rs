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
    Fault::new(Action::Delay(Duration::from_millis(150))).face(Face::Bmc).command(command).machine("srv002")
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
