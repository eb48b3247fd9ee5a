//! What opens the breaker of a BMC, what closes it, and what says nothing about the BMC.

use super::rack::{PATIENCE, RackFixture, quick};
use hwautomation_core::error::{Error, ErrorClass, ErrorKind};
use hwautomation_core::machine::{ConnectMap, Machine};
use hwautomation_core::plugin::{PowerController, PowerState, StaticCredentials};
use hwautomation_core::secret::{Secret, SecretRef};
use hwautomation_core::testing::conformance::DeviceFixture;
use hwautomation_ipmi::{IpmiConfig, IpmiController};
use hwautomation_sim::{Action, Face, Fault, Outcome};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

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

/// Drops a call after so many more datagrams arrived that got no answer.
async fn leave_after(fixture: &RackFixture, datagrams: u64) {
    let (machine, enough) = (fixture.machine(), unanswered(fixture) + datagrams);
    tokio::select! {
        answer = read(fixture, &machine) => panic!("{answer:?}"),
        is_so = fixture.rack.wait_until(PATIENCE, |_| unanswered(fixture) >= enough) => assert!(is_so),
    }
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

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_bmc_is_found_also_by_callers_who_leave_before_the_limits_are_over() {
    let fixture = RackFixture::start_as(1, wary()).await;
    fixture.inject(Fault::silent_bmc());
    for _ in 0..2 {
        leave_after(&fixture, 2).await;
    }
    let before = unanswered(&fixture);
    assert!(rests(&read(&fixture, &fixture.machine()).await));
    assert_eq!(unanswered(&fixture), before, "nothing was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bmc_that_was_silent_is_asked_one_short_question_before_a_log_in() {
    let config = IpmiConfig { breaker_failures: 0, session_idle: Duration::ZERO, ..quick() };
    let fixture = RackFixture::start_as(1, config).await;
    let (machine, opened) = (fixture.machine(), || fixture.count(|entry| entry.command == "open session"));
    read(&fixture, &machine).await.unwrap();
    fixture.inject(Fault::silent_bmc());
    read(&fixture, &machine).await.unwrap_err();
    let (before, log_ins) = (unanswered(&fixture), opened());
    let error = read(&fixture, &machine).await.unwrap_err();
    let questions = unanswered(&fixture) - before;
    assert!(questions > 1 && questions <= 3 && opened() == log_ins, "{questions} questions: {error}");
    fixture.rack.clear_faults();
    assert_eq!(read(&fixture, &machine).await.unwrap(), PowerState::On);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bmc_that_rests_after_half_a_log_in_is_not_said_to_have_answered_nothing() {
    let fixture = RackFixture::start_as(1, wary()).await;
    fixture.inject(Fault::new(Action::LoseAnswer).face(Face::Bmc).command("rakp 1"));
    let machine = fixture.machine();
    for _ in 0..2 {
        let error = read(&fixture, &machine).await.unwrap_err();
        assert!(error.message().contains("the BMC answers, but"), "{error}");
    }
    let error = read(&fixture, &machine).await.unwrap_err();
    assert!(error.message().contains("in 2 calls in a row"), "{error}");
    assert!(
        !error.message().contains("nobody answered") && error.remedy().unwrap().contains("restart"),
        "{error:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_who_leave_at_once_say_nothing_about_the_bmc() {
    let config = IpmiConfig { retransmit: Duration::from_millis(600), ..wary() };
    let fixture = RackFixture::start_as(1, config).await;
    fixture.inject(Fault::silent_bmc());
    for _ in 0..4 {
        leave_after(&fixture, 1).await;
    }
    fixture.rack.clear_faults();
    assert_eq!(read(&fixture, &fixture.machine()).await.unwrap(), PowerState::On);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_dropped_over_its_last_answer_is_a_silence_although_the_log_in_was_heard() {
    let fixture = RackFixture::start_as(1, wary()).await;
    fixture.inject(Fault::new(Action::Drop).face(Face::Bmc).command("get chassis"));
    for _ in 0..2 {
        leave_after(&fixture, 2).await;
    }
    assert!(rests(&read(&fixture, &fixture.machine()).await));
}
