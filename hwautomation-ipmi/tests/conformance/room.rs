//! Fewer sessions than BMCs, and secrets that are not there: who waits for these holds up nobody else.

use super::fleet::unanswered;
use super::rack::{PASSWORD, PATIENCE, RackFixture, patient};
use async_trait::async_trait;
use futures_util::FutureExt;
use hwautomation_core::error::{ErrorClass, ErrorKind, Result};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{CredentialSource, PowerController, PowerState};
use hwautomation_core::secret::{Secret, SecretRef};
use hwautomation_ipmi::IpmiConfig;
use hwautomation_sim::{Action, Face, Fault, LogEntry};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

/// One session at a time, which stays open, and whoever waits for something waits longer than the test.
fn one_session(in_flight_max: u16) -> IpmiConfig {
    IpmiConfig {
        sessions_max: 1,
        in_flight_max,
        session_idle: PATIENCE * 3,
        turn_limit: PATIENCE * 3,
        ..patient()
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

/// Never answers for a secret of this name, and counts how often it was asked for that.
#[derive(Debug, Default)]
struct Hangs(watch::Sender<usize>);

#[async_trait]
impl CredentialSource for Hangs {
    async fn resolve(&self, reference: &SecretRef) -> Result<Secret> {
        if reference.to_string().ends_with("nowhere") {
            self.0.send_modify(|count| *count += 1);
            std::future::pending::<()>().await;
        }
        Ok(Secret::new(PASSWORD))
    }
}

fn without_a_secret(fixture: &RackFixture, number: usize) -> Machine {
    let mut machine = fixture.machine_of(number);
    machine.credentials.insert("bmc".to_owned(), SecretRef::new("static:nowhere").unwrap());
    machine
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_of_secrets_that_hangs_holds_up_its_bmc_only_and_not_for_ever() {
    let config = IpmiConfig { handshake_limit: Duration::from_secs(2), ..one_session(1) };
    let mut fixture = RackFixture::start_as(3, config.clone()).await;
    fixture.driver = Arc::new(fixture.driver_of(config, Arc::new(Hangs::default())));
    let hanging = without_a_secret(&fixture, 1);
    let driver = fixture.driver.clone();
    let mut hangs = tokio::spawn(async move { driver.power_state(&hanging).await });
    for _ in 0..10 {
        all_are_on(&fixture, [2, 3].into_iter()).await;
    }
    assert!((&mut hangs).now_or_never().is_none(), "it waits as long as a log-in may take");
    let error = timeout(PATIENCE, hangs).await.expect("not for ever").unwrap().unwrap_err();
    assert_eq!(
        (error.kind(), error.class()),
        (ErrorKind::Timeout, ErrorClass::Transient { after: None }),
        "{error}"
    );
    assert!(error.message().contains("source of credentials") && error.remedy().is_some(), "{error:?}");
    all_are_on(&fixture, [1].into_iter()).await;
}

/// How many log-ins ask the source at a time.
const ASKING_MAX: usize = 1_024;

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_behind_others_to_ask_the_source_is_not_told_that_it_was_asked() {
    // Whoever asks the source asks for longer than the test.
    let config = IpmiConfig { turn_limit: Duration::from_millis(500), ..one_session(512) };
    let config = IpmiConfig { handshake_limit: PATIENCE * 3, ..config };
    let mut fixture = RackFixture::start_as(1, config.clone()).await;
    let source = Arc::new(Hangs::default());
    let mut asked = source.0.subscribe();
    fixture.driver = Arc::new(fixture.driver_of(config, source));
    let mut calls = JoinSet::new();
    for number in 0..ASKING_MAX {
        let (driver, mut machine) = (fixture.driver.clone(), without_a_secret(&fixture, 1));
        let [.., high, low] = number.to_be_bytes();
        machine.addresses.bmc = Some([10, 0, high, low].into());
        calls.spawn(async move { driver.power_state(&machine).await });
    }
    timeout(PATIENCE, asked.wait_for(|count| *count == ASKING_MAX)).await.expect("all ask").unwrap();
    let one_more = fixture.machine_of(1);
    let error = timeout(PATIENCE, fixture.driver.power_state(&one_more)).await.expect("soon").unwrap_err();
    assert_eq!(
        (error.kind(), error.class()),
        (ErrorKind::Busy, ErrorClass::Transient { after: None }),
        "{error}"
    );
    assert!(error.message().contains("source of credentials") && error.remedy().is_some(), "{error:?}");
    assert!(calls.try_join_next().is_none(), "the source is still asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_and_then_a_session_are_waited_for_no_longer_than_a_turn() {
    // The first has the session for longer than the test, and the second its seat for as long as a log-in may take.
    let config = IpmiConfig { turn_limit: Duration::from_secs(2), ..one_session(512) };
    let config =
        IpmiConfig { handshake_limit: Duration::from_secs(1), command_limit: PATIENCE * 3, ..config };
    let mut fixture = RackFixture::start_as(2, config.clone()).await;
    let source = Arc::new(Hangs::default());
    let mut asked = source.0.subscribe();
    fixture.driver = Arc::new(fixture.driver_of(config.clone(), source));
    let mut calls = JoinSet::new();
    let mut begin = |machine: Machine| {
        let driver = fixture.driver.clone();
        calls.spawn(async move { driver.power_state(&machine).await });
    };
    fixture.driver.power_state(&fixture.machine_of(1)).await.unwrap();
    fixture.inject(Fault::silent_bmc().machine("srv001"));
    begin(fixture.machine_of(1));
    assert!(fixture.rack.wait_until(PATIENCE, |_| unanswered(&fixture) > 0).await);
    begin(without_a_secret(&fixture, 2));
    timeout(PATIENCE, asked.wait_for(|count| *count == 1)).await.expect("it asks").unwrap();
    let begun = Instant::now();
    let error = fixture.driver.power_state(&fixture.machine_of(2)).await.unwrap_err();
    let (took, limit) = (begun.elapsed(), config.turn_limit);
    assert!(error.message().contains("sessions"), "{error}");
    assert!(took >= limit && took < limit + config.handshake_limit / 2, "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_takes_the_room_of_its_own_machines_session() {
    let fixture = RackFixture::start_as(1, one_session(512)).await;
    all_are_on(&fixture, [1].into_iter()).await;
    let console = timeout(PATIENCE, fixture.driver.console(&fixture.machine_of(1))).await;
    console.expect("it waits for nobody").unwrap().close().await;
    all_are_on(&fixture, [1].into_iter()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_that_lets_go_of_its_bmc_makes_room_for_who_waits() {
    let config = IpmiConfig {
        sessions_max: 2,
        retransmit: Duration::from_secs(1),
        keep_alive: PATIENCE * 2,
        ..one_session(512)
    };
    let fixture = RackFixture::start_as(2, config).await;
    all_are_on(&fixture, [1].into_iter()).await;
    // While the question is on its way, the session for calls is nobody's to end.
    let lost = Fault::new(Action::LoseAnswer).face(Face::Bmc).command("get payload instance 1");
    fixture.inject(lost.times(1));
    let console = fixture.driver.console(&fixture.machine_of(1)).await.unwrap();
    let is_asked = |entry: &LogEntry| entry.command == "get payload instance 1";
    assert!(fixture.rack.wait_until(PATIENCE, |_| fixture.count(is_asked) > 0).await, "it is asked");
    all_are_on(&fixture, [2].into_iter()).await;
    console.close().await;
}
