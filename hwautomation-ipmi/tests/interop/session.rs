//! Sessions: how many there are, how they begin and how they end.

use crate::support::fixture::WRONG;
use crate::support::lab::{Lab, machine_of, quick};
use crate::support::{PATIENCE, until};
use hwautomation_core::error::{ErrorClass, ErrorKind};
use hwautomation_core::plugin::{PowerAction, PowerController, PowerState};
use hwautomation_core::secret::Secret;
use hwautomation_ipmi::IpmiConfig;
use std::time::Duration;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_at_once_share_one_session() {
    let Some(lab) = Lab::start().await else { return };
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        let (driver, machine) = (lab.driver.clone(), lab.machine());
        calls.spawn(async move { driver.power_state(&machine).await });
    }
    for answer in calls.join_all().await {
        assert_eq!(answer.unwrap(), PowerState::Off);
    }
    assert_eq!(lab.proxy.opened(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_sessions_than_the_bmc_has_can_follow_each_other_since_each_is_closed() {
    let Some(lab) = Lab::start().await else { return };
    // ipmi_sim has 63 for all.
    for _ in 0..150 {
        let driver = lab.another_driver(quick());
        assert_eq!(driver.power_state(&lab.machine()).await.unwrap(), PowerState::Off);
    }
    assert_eq!(lab.proxy.opened(), 150);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_session_is_closed_by_itself_and_the_next_call_opens_another() {
    let config = IpmiConfig { session_idle: Duration::from_millis(100), ..quick() };
    let Some(lab) = Lab::start_with(1, config).await else { return };
    lab.driver.power_state(&lab.machine()).await.unwrap();
    let before = lab.proxy.questions();
    until(PATIENCE, || lab.proxy.questions() == before + 1).await;
    lab.driver.power_state(&lab.machine()).await.unwrap();
    assert_eq!(lab.proxy.opened(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_session_allowed_over_all_an_idle_one_makes_room() {
    let Some(lab) = Lab::start().await else { return };
    let other = Lab::start().await.unwrap();
    let (driver, machines) = lab.driver_of_both(&other, IpmiConfig { sessions_max: 1, ..quick() });
    for _ in 0..3 {
        for machine in &machines {
            driver.power_state(machine).await.unwrap();
        }
    }
    assert_eq!((lab.proxy.opened(), other.proxy.opened()), (3, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_the_bmc_forgot_is_opened_anew_for_a_question() {
    let Some(mut lab) = Lab::start().await else { return };
    lab.driver.power_state(&lab.machine()).await.unwrap();
    lab.sim.restart();
    assert_eq!(lab.driver.power_state(&lab.machine()).await.unwrap(), PowerState::Off);
    assert_eq!(lab.proxy.opened(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_not_lost_in_a_session_that_the_bmc_forgot() {
    let Some(mut lab) = Lab::start().await else { return };
    lab.driver.power_state(&lab.machine()).await.unwrap();
    lab.sim.restart();
    lab.driver.request_power(&lab.machine(), PowerAction::On).await.unwrap();
    assert_eq!(lab.sim.commands(), ["set power 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_one_try_and_a_wrong_name_too() {
    let Some(lab) = Lab::start().await else { return };
    let error = lab.driver.power_state(&machine_of("nobody")).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Unauthorized, ErrorClass::Permanent), "{error}");
    assert_eq!(lab.proxy.opened(), 1);
    lab.credentials.insert("bmc", Secret::new(WRONG));
    let error = lab.driver.power_state(&lab.machine()).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Unauthorized, ErrorClass::Permanent), "{error}");
    // The refusal of the proof is still on its way.
    until(PATIENCE, || lab.proxy.refused_logins() == 2).await;
    assert_eq!(lab.proxy.opened(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suite_that_the_bmc_refuses_is_tried_once_and_then_not_again() {
    let config = IpmiConfig { session_idle: Duration::ZERO, ..quick() };
    let Some(lab) = Lab::start_with(1, config).await else { return };
    // Get Channel Cipher Suites stays unanswered, as old BMCs leave it.
    lab.proxy.lose(|answer| answer.get(19) == Some(&0x54) && answer.get(4) == Some(&0));
    lab.driver.power_state(&lab.machine()).await.unwrap();
    assert_eq!(lab.proxy.opened(), 2, "17, then 3");
    lab.driver.power_state(&lab.machine()).await.unwrap();
    assert_eq!(lab.proxy.opened(), 3, "3 at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suite_that_the_bmc_does_not_offer_is_not_tried() {
    let Some(lab) = Lab::start().await else { return };
    lab.driver.power_state(&lab.machine()).await.unwrap();
    assert_eq!(lab.proxy.opened(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bmc_that_has_none_of_the_suites_is_told_from_one_with_another_password() {
    let config = IpmiConfig { cipher_suites: vec![17], ..quick() };
    let Some(lab) = Lab::start_with(1, config).await else { return };
    let error = lab.driver.power_state(&lab.machine()).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Unsupported, ErrorClass::Permanent), "{error}");
    assert!(error.message().contains("[17]"), "{error}");
    assert_eq!(lab.proxy.opened(), 1);
}
