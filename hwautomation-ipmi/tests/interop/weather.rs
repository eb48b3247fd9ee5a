//! A bad way to the BMC: datagrams lost, doubled, reordered, late. Every call ends with a right answer or a right
//! error, and no command is carried out twice.

use crate::support::lab::{Lab, quick};
use crate::support::proxy::Weather;
use hwautomation_core::error::{Error, ErrorClass, ErrorKind};
use hwautomation_core::plugin::{PowerAction, PowerController, PowerState};
use hwautomation_ipmi::IpmiConfig;
use std::time::{Duration, Instant};

const STORM: Weather = Weather::Rough { lost: 200, doubled: 100, reordered: 100, late: 50 };

fn patient() -> IpmiConfig {
    IpmiConfig {
        retransmit: Duration::from_millis(30),
        command_limit: Duration::from_millis(1_500),
        handshake_limit: Duration::from_millis(4_000),
        ..quick()
    }
}

/// What a bad way may lead to: nobody knows, or a later try may help. Never "the password is wrong".
fn is_fair(error: &Error) -> bool {
    let kind = matches!(error.kind(), ErrorKind::Unreachable | ErrorKind::Timeout | ErrorKind::Protocol);
    kind && error.class() != ErrorClass::Permanent
}

/// Changes the truth before each question, so that an answer to an older one is a wrong one.
async fn ask(seed: u64, config: IpmiConfig, rounds: usize) -> Option<usize> {
    let lab = Lab::start_with(seed, config).await?;
    lab.proxy.set(STORM);
    let mut answered = 0;
    for round in 0..rounds {
        let truth = if round % 2 == 0 { PowerState::On } else { PowerState::Off };
        lab.sim.write("power", if round % 2 == 0 { "1" } else { "0" });
        match lab.driver.power_state(&lab.machine()).await {
            Ok(found) => {
                assert_eq!(found, truth, "seed {seed}, round {round}");
                answered += 1;
            }
            Err(error) => assert!(is_fair(&error), "seed {seed}, round {round}: {error:?}"),
        }
    }
    Some(answered)
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_with_a_log_in_each_get_a_right_answer_or_a_right_error() {
    const ROUNDS: usize = 10;
    let begun = Instant::now();
    let mut answered = 0;
    for seed in 1..=3 {
        let config = IpmiConfig { session_idle: Duration::ZERO, ..patient() };
        let Some(count) = ask(seed, config, ROUNDS).await else { return };
        answered += count;
    }
    eprintln!("with a log-in each: {answered} of {} answered in {:?}", 3 * ROUNDS, begun.elapsed());
    assert!(answered >= 2 * ROUNDS, "{answered} of {}", 3 * ROUNDS);
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_in_a_kept_session_get_a_right_answer_or_a_right_error() {
    const ROUNDS: usize = 60;
    let begun = Instant::now();
    let mut answered = 0;
    for seed in 1..=3 {
        let Some(count) = ask(seed, patient(), ROUNDS).await else { return };
        answered += count;
    }
    eprintln!("in a kept session: {answered} of {} answered in {:?}", 3 * ROUNDS, begun.elapsed());
    assert!(answered * 10 >= 3 * ROUNDS * 9, "{answered} of {}", 3 * ROUNDS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_carried_out_at_most_once_and_its_success_is_true() {
    const ROUNDS: usize = 20;
    let config = IpmiConfig { command_limit: Duration::from_millis(400), ..patient() };
    let Some(lab) = Lab::start_with(7, config).await else { return };
    // Nothing doubled: this simulator carries a doubled datagram out twice, which no client can prevent.
    lab.proxy.set(Weather::Rough { lost: 200, doubled: 0, reordered: 100, late: 50 });
    let (mut accepted, mut unknown, mut carried_out) = (0, 0, 0);
    for round in 0..ROUNDS {
        lab.sim.write("power", "1");
        let before = lab.sim.commands().len();
        let answer = lab.driver.request_power(&lab.machine(), PowerAction::Reset).await;
        let resets = lab.sim.commands().len() - before;
        carried_out += resets;
        match answer {
            Ok(()) => {
                assert_eq!(resets, 1, "round {round}");
                accepted += 1;
            }
            Err(error) if error.class() == ErrorClass::UnknownOutcome => {
                assert!(resets <= 1, "round {round}");
                unknown += 1;
            }
            Err(error) => assert!(is_fair(&error) && resets == 0, "round {round}: {error:?}"),
        }
    }
    eprintln!("{accepted} accepted, {unknown} unknown, {carried_out} carried out, of {ROUNDS}");
    assert!(accepted > 0 && unknown > 0);
}
