//! Calls that are begun and then not polled: they keep what they have, and others wait for it no longer than they may.

use super::rack::{PATIENCE, RackFixture, quick};
use futures_util::StreamExt;
use hwautomation_core::error::{Error, ErrorClass, ErrorKind};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{FleetPower, PowerController, PowerState};
use hwautomation_ipmi::IpmiConfig;
use hwautomation_sim::Fault;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::timeout;

type Call<'a> = Pin<Box<dyn Future<Output = Result<PowerState, Error>> + Send + 'a>>;

/// Begins a call on the first machine, which has its session, and returns it once its BMC was asked.
async fn stuck<'a>(fixture: &'a RackFixture, machine: &'a Machine) -> Call<'a> {
    fixture.driver.power_state(machine).await.unwrap();
    fixture.inject(Fault::silent_bmc().machine("srv001"));
    let mut call = fixture.driver.power_state(machine);
    tokio::select! {
        found = &mut call => panic!("{found:?}"),
        is_asked = fixture.rack.wait_until(PATIENCE, |_| super::fleet::unanswered(fixture) > 0) => assert!(is_asked),
    }
    call
}

#[tokio::test(flavor = "multi_thread")]
async fn a_driver_is_closed_although_a_call_keeps_its_bmc() {
    let fixture = RackFixture::start_as(2, IpmiConfig { session_idle: PATIENCE * 3, ..quick() }).await;
    let (first, second) = (fixture.machine_of(1), fixture.machine_of(2));
    fixture.driver.power_state(&second).await.unwrap();
    let call = stuck(&fixture, &first).await;
    timeout(PATIENCE, fixture.driver.close()).await.expect("it waits for one command's time");
    assert_eq!(fixture.count(|entry| entry.command == "close session"), 1, "that of the other");
    drop(call);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_of_many_waits_for_a_place_no_longer_than_a_call() {
    let limit = Duration::from_millis(300);
    // Who waits for an answer keeps its place for longer than the test.
    let config = IpmiConfig { retransmit: Duration::from_secs(4), command_limit: PATIENCE * 3, ..quick() };
    let config = IpmiConfig { handshake_limit: PATIENCE * 3, in_flight_max: 1, turn_limit: limit, ..config };
    let fixture = RackFixture::start_as(2, config).await;
    let (first, second) = (fixture.machine_of(1), [fixture.machine_of(2)]);
    let call = stuck(&fixture, &first).await;
    let mut answers = fixture.driver.read_power_of(&second);
    let answer = timeout(PATIENCE, answers.next()).await.expect("not for ever").unwrap();
    let error = answer.result.unwrap_err();
    assert_eq!(
        (error.kind(), error.class()),
        (ErrorKind::Busy, ErrorClass::Transient { after: None }),
        "{error}"
    );
    drop(call);
    let answers: Vec<_> = fixture.driver.read_power_of(&second).collect().await;
    assert_eq!(answers[0].result.as_ref().unwrap(), &PowerState::On);
}
