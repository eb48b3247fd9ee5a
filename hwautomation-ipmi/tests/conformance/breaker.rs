//! What opens the breaker of a BMC, what closes it, and what says nothing about the BMC.

use super::rack::{PATIENCE, RackFixture, quick};
use hwautomation_core::error::{Error, ErrorClass, ErrorKind};
use hwautomation_core::machine::{ConnectMap, Machine};
use hwautomation_core::plugin::{PowerController, PowerState, StaticCredentials};
use hwautomation_core::secret::{Secret, SecretRef};
use hwautomation_core::testing::conformance::DeviceFixture;
use hwautomation_ipmi::{IpmiConfig, IpmiController};
use hwautomation_sim::{Fault, Outcome};
use std::net::SocketAddr;
use std::sync::Arc;

/// A breaker that two silent calls open.
fn wary() -> IpmiConfig {
    IpmiConfig { breaker_failures: 2, breaker_pause: PATIENCE, ..quick() }
}

async fn read(fixture: &RackFixture, machine: &Machine) -> Result<PowerState, Error> {
    fixture.driver.power_state(machine).await
}

/// Tells whether the BMC was left alone.
fn rests(answer: &Result<PowerState, Error>) -> bool {
    matches!(answer, Err(error) if matches!(error.class(), ErrorClass::Transient { after: Some(_) }))
}

/// Counts what arrived and got no answer.
fn unanswered(fixture: &RackFixture) -> u64 {
    fixture.count(|entry| entry.outcome == Outcome::Ignored)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_not_there_says_nothing_about_the_bmc() {
    let fixture = RackFixture::start_as(1, wary()).await;
    fixture.inject(Fault::silent_bmc());
    let (machine, mut without) = (fixture.machine(), fixture.machine());
    without.credentials.insert("bmc".to_owned(), SecretRef::new("static:nowhere").unwrap());
    assert!(!rests(&read(&fixture, &machine).await));
    let before = unanswered(&fixture);
    assert_ne!(read(&fixture, &without).await.unwrap_err().kind(), ErrorKind::Unreachable);
    assert_eq!(unanswered(&fixture), before, "nothing was sent");
    assert!(!rests(&read(&fixture, &machine).await), "the second silence");
    assert!(rests(&read(&fixture, &machine).await), "two silences, whatever was between them");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_datagram_that_never_left_is_no_silence_of_the_bmc() {
    let fixture = RackFixture::start_as(1, wary()).await;
    let nominal = SocketAddr::new(fixture.truth().lan.address.into(), 623);
    // No system sends to port 0.
    let connect: ConnectMap = [(nominal, "127.0.0.1:0".parse().unwrap())].into_iter().collect();
    let credentials = StaticCredentials::default().with("bmc", Secret::new("any"));
    let driver = IpmiController::new(IpmiConfig { connect, ..wary() }, Arc::new(credentials)).unwrap();
    for _ in 0..4 {
        let answer = driver.power_state(&fixture.machine()).await;
        assert!(!rests(&answer) && answer.unwrap_err().kind() == ErrorKind::Unreachable);
    }
}
