//! Calls over many machines whose answers nobody reads for a while.

use super::fleet::unanswered;
use super::rack::{PASSWORD, PATIENCE, RackFixture, patient, quick};
use async_trait::async_trait;
use futures_util::{FutureExt, StreamExt};
use hwautomation_core::error::{ErrorClass, Result};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{
    CredentialSource, FleetAnswer, FleetPower, PowerAction, PowerController, PowerState,
};
use hwautomation_core::secret::{Secret, SecretRef};
use hwautomation_ipmi::IpmiConfig;
use hwautomation_sim::{Action, Face, Fault, LogEntry};
use std::sync::Arc;
use tokio::time::timeout;

/// One BMC is talked to at a time, and whoever waits for a place waits longer than the test. A busy machine is no
/// silence, after which the next BMC would have its turn.
fn narrow() -> IpmiConfig {
    IpmiConfig { in_flight_max: 1, slow_max: 1, turn_limit: PATIENCE * 3, ..patient() }
}

fn machines(fixture: &RackFixture, count: usize) -> Vec<Machine> {
    (1..=count).map(|number| fixture.machine_of(number)).collect()
}

async fn is_on(fixture: &RackFixture, machine: &Machine) {
    let found = timeout(PATIENCE, fixture.driver.power_state(machine)).await;
    assert_eq!(found.expect("nobody is in the way").unwrap(), PowerState::On);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_between_two_answers_are_answered_on_the_same_machine_and_on_others() {
    let fixture = RackFixture::start_as(4, narrow()).await;
    let machines = machines(&fixture, 4);
    let mut answers = fixture.driver.read_power_of(&machines);
    let mut heard = Vec::new();
    while let Some(answer) = timeout(PATIENCE, answers.next()).await.expect("an answer or the end") {
        answer.result.unwrap();
        heard.push(answer.index);
        for other in 0..machines.len() {
            is_on(&fixture, &machines[(answer.index + other) % machines.len()]).await;
        }
    }
    heard.sort_unstable();
    assert_eq!(heard, [0, 1, 2, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_begun_for_a_caller_who_does_not_read_but_who_waited_for_a_place() {
    let fixture = RackFixture::start_as(6, narrow()).await;
    let machines = machines(&fixture, 6);
    let mut answers = fixture.driver.request_power_of(&machines, PowerAction::ForcedOff);
    assert_eq!(answers.next().await.unwrap().index, 0);
    for _ in 0..20 {
        is_on(&fixture, &machines[5]).await;
    }
    let done = fixture.done("chassis control");
    assert!(done <= 2, "the one that was read and at most the one behind it, not {done}");
    assert_eq!(answers.count().await, 5);
    assert_eq!(fixture.done("chassis control"), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_streams_share_the_places() {
    let fixture = RackFixture::start_as(4, narrow()).await;
    let machines = machines(&fixture, 4);
    let (unread, read) = (fixture.driver.read_power_of(&machines), fixture.driver.read_power_of(&machines));
    let mut unread = std::pin::pin!(unread);
    let at_once = usize::from(unread.next().now_or_never().is_some());
    assert_eq!(timeout(PATIENCE, read.count()).await.expect("places come free"), 4);
    assert_eq!(timeout(PATIENCE, unread.count()).await.expect("places come free") + at_once, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_stream_sends_nothing_more_and_gives_back_what_it_had() {
    let config = IpmiConfig { retransmit: quick().retransmit, handshake_limit: PATIENCE * 3, ..narrow() };
    let fixture = RackFixture::start_as(3, config).await;
    let machines = machines(&fixture, 3);
    fixture.inject(Fault::silent_bmc().machine("srv001"));
    fixture.inject(Fault::silent_bmc().machine("srv002"));
    let mut answers = fixture.driver.read_power_of(&machines);
    assert_eq!(answers.next().await.unwrap().index, 2, "the one that answers");
    assert!(fixture.rack.wait_until(PATIENCE, |_| unanswered(&fixture) > 0).await);
    drop(answers);
    // This waits for whoever talks to a BMC.
    timeout(PATIENCE, fixture.driver.close()).await.expect("nobody talks any more");
    let of_two = |entry: &LogEntry| entry.machine.as_deref() != Some("srv003");
    let before = fixture.count(of_two);
    let more = fixture.rack.wait_until(quick().retransmit * 6, |_| fixture.count(of_two) > before);
    assert!(!more.await, "the dead are left alone");
    fixture.rack.clear_faults();
    for machine in &machines {
        is_on(&fixture, machine).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_whose_runtime_is_gone_are_answered_as_such_and_the_others_go_on() {
    let config = IpmiConfig { handshake_limit: PATIENCE * 3, in_flight_max: 2, slow_max: 2, ..patient() };
    let fixture = RackFixture::start_as(4, config).await;
    let machines = machines(&fixture, 4);
    for silent in ["srv001", "srv002"] {
        fixture.inject(Fault::new(Action::Drop).face(Face::Bmc).command("open session").machine(silent));
    }
    let mut answers = fixture.driver.request_power_of(&machines, PowerAction::ForcedOff);
    let other = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    {
        let _inside = other.enter();
        assert!(answers.next().now_or_never().is_none());
    }
    assert!(fixture.rack.wait_until(PATIENCE, |_| unanswered(&fixture) > 1).await);
    other.shutdown_background();
    let answers: Vec<_> = timeout(PATIENCE, answers.collect()).await.expect("an answer for each");
    assert_eq!(answers.len(), 4);
    for answer in answers {
        match (answer.index, answer.result) {
            (0 | 1, Err(error)) => {
                assert_eq!(error.class(), ErrorClass::UnknownOutcome, "{error}");
                assert!(error.remedy().is_some_and(|remedy| remedy.contains("runtime")), "{error:?}");
            }
            // It waited for a place in the task that is gone.
            (2, Err(error)) => {
                assert_eq!(error.class(), ErrorClass::Transient { after: None }, "{error}");
                assert!(error.message().contains("nothing was sent"), "{error}");
            }
            (index, result) => assert!(index == 3 && result.is_ok(), "{index} {result:?}"),
        }
    }
}

/// Panics over one secret.
#[derive(Debug)]
struct Panics;

#[async_trait]
impl CredentialSource for Panics {
    async fn resolve(&self, reference: &SecretRef) -> Result<Secret> {
        assert!(!reference.to_string().ends_with("panics"), "as the test wants it");
        Ok(Secret::new(PASSWORD))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_of_secrets_that_panics_over_one_machine_fails_that_one_alone() {
    let fixture = RackFixture::start_as(3, quick()).await;
    let driver = fixture.driver_of(IpmiConfig { in_flight_max: 1, ..quick() }, Arc::new(Panics));
    let mut machines = machines(&fixture, 3);
    machines[0].credentials.insert("bmc".to_owned(), SecretRef::new("static:panics").unwrap());
    let answers: Vec<_> = timeout(PATIENCE, driver.read_power_of(&machines).collect()).await.unwrap();
    for FleetAnswer { index, result } in answers {
        assert_eq!(result.is_ok(), index != 0, "{index}: {result:?}");
    }
}
