//! Log-ins over a bad way and into odd BMCs.

use super::rack::{PATIENCE, RackFixture, quick};
use hwautomation_core::error::{Error, ErrorClass, ErrorKind};
use hwautomation_core::plugin::{PowerAction, PowerController, PowerState};
use hwautomation_core::testing::conformance::DeviceFixture;
use hwautomation_ipmi::IpmiConfig;
use hwautomation_sim::{Action, Face, Fault, Quirk, Refusal};
use std::time::Duration;

fn fault(action: Action, command: &str) -> Fault {
    Fault::new(action).face(Face::Bmc).command(command)
}

async fn read(fixture: &RackFixture) -> Result<PowerState, Error> {
    fixture.driver.power_state(&fixture.machine()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_lost_anywhere_on_the_way_in_does_not_keep_us_out() {
    for command in [
        "get channel auth capabilities",
        "get channel cipher suites",
        "open session",
        "rakp 1",
        "rakp 3",
        "set session privilege",
    ] {
        for action in [Action::Drop, Action::LoseAnswer, Action::Duplicate] {
            let fixture = RackFixture::start_with(&[17, 3]).await;
            fixture.inject(fault(action.clone(), command).times(1));
            assert_eq!(read(&fixture).await.unwrap(), PowerState::On, "{command}, {action:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_rakp_is_never_sent_twice_in_one_session() {
    for message in ["rakp 1", "rakp 3"] {
        let fixture = RackFixture::start(17).await;
        fixture.inject(fault(Action::Drop, message).times(2));
        assert_eq!(read(&fixture).await.unwrap(), PowerState::On);
        let count = |command: &str| fixture.count(|entry| entry.command == command);
        assert_eq!((count("open session"), count(message)), (3, 3));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_last_answer_costs_no_new_log_in_since_the_session_shows_that_it_stands() {
    let fixture = RackFixture::start(17).await;
    fixture.inject(fault(Action::LoseAnswer, "rakp 3"));
    assert_eq!(read(&fixture).await.unwrap(), PowerState::On);
    let count = |command: &str| fixture.count(|entry| entry.command == command);
    assert_eq!((count("open session"), count("rakp 1"), count("rakp 3")), (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bmc_slower_than_the_first_wait_is_waited_for_longer() {
    let fixture = RackFixture::start(17).await;
    // Three times the first wait: the fourth attempt is patient enough.
    fixture.inject(fault(Action::Delay(Duration::from_millis(110)), "rakp 1"));
    assert_eq!(read(&fixture).await.unwrap(), PowerState::On);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_misleading_refusal_of_a_suite_leads_to_the_next_one() {
    for code in [0x01, 0x05, 0x07, 0x09, 0x0A, 0x10, 0x11, 0x12] {
        let fixture = RackFixture::start_with(&[17, 3]).await;
        fixture.inject(fault(Action::Refuse(Refusal::Code(code)), "open session").times(1));
        assert_eq!(read(&fixture).await.unwrap(), PowerState::On, "{code:#x}");
        assert_eq!(fixture.count(|entry| entry.command == "open session"), 2, "{code:#x}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bmc_without_a_free_session_is_busy_and_not_pressed() {
    let fixture = RackFixture::start_with(&[17, 3]).await;
    fixture.inject(Fault::bmc_slots_full());
    let error = read(&fixture).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Busy, ErrorClass::Transient { after: None }));
    assert_eq!(fixture.count(|entry| entry.command == "open session"), 2, "each suite once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_that_the_bmc_does_not_take_is_tried_three_times_and_is_no_wrong_password() {
    let fixture = RackFixture::start(17).await;
    fixture.inject(fault(Action::Refuse(Refusal::Code(0x0F)), "rakp 3"));
    let error = read(&fixture).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Protocol, ErrorClass::Transient { after: None }));
    assert_eq!(fixture.count(|entry| entry.command == "rakp 3"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_proof_at_the_end_is_another_key_of_the_bmc() {
    let fixture = RackFixture::start(17).await;
    fixture.inject(fault(Action::Unclear, "rakp 3"));
    let error = read(&fixture).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Unauthorized, ErrorClass::Permanent));
    assert!(error.message().contains("K_g") && error.remedy().unwrap().contains("settings.ipmi.kg"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_privilege_that_the_user_does_not_have_is_forbidden() {
    let fixture = RackFixture::start(17).await;
    fixture.rack.change("srv001", |machine| {
        machine
            .bmc
            .users
            .iter_mut()
            .filter(|user| user.name == "ADMIN")
            .for_each(|user| user.privilege = Some(2));
    });
    let error = read(&fixture).await.unwrap_err();
    assert_eq!((error.kind(), error.class()), (ErrorKind::Forbidden, ErrorClass::Permanent), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bmc_that_says_everything_twice_is_understood_and_obeyed_once() {
    let fixture = RackFixture::start(17).await;
    fixture.inject(Fault::repeats_itself());
    for _ in 0..5 {
        assert_eq!(read(&fixture).await.unwrap(), PowerState::On);
    }
    fixture.driver.request_power(&fixture.machine(), PowerAction::Reset).await.unwrap();
    assert_eq!(fixture.done("chassis control"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn log_ins_that_got_lost_do_not_fill_the_places_of_the_bmc() {
    // More than it has places: each log-in that got no answer was given up.
    const LOST: u32 = 6;
    let fixture = RackFixture::start(17).await;
    fixture.inject(fault(Action::LoseAnswer, "rakp 1").times(LOST));
    assert_eq!(read(&fixture).await.unwrap(), PowerState::On);
    assert_eq!(fixture.count(|entry| entry.command == "rakp 1"), u64::from(LOST) + 1);
}

/// How many log-ins are left in the middle: a BMC has fewer places, and keeps each that is half open for a minute.
const LEFT: u64 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_dropped_before_the_bmc_proves_itself_fill_none_of_its_places() {
    let fixture = RackFixture::start_as(1, IpmiConfig { breaker_failures: 0, ..quick() }).await;
    fixture.inject(fault(Action::LoseAnswer, "rakp 1"));
    for left in 1..=LEFT {
        let named = |_: &_| fixture.count(|entry| entry.command == "rakp 1") >= left;
        tokio::select! {
            answer = read(&fixture) => panic!("{answer:?}"),
            is_so = fixture.rack.wait_until(PATIENCE, named) => assert!(is_so),
        }
    }
    fixture.rack.clear_faults();
    assert_eq!(read(&fixture).await.unwrap(), PowerState::On);
    assert_eq!(fixture.count(|entry| entry.command == "open session"), LEFT + 1, "there was a place at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bmc_that_opens_another_suite_than_was_asked_for_hears_nothing_out_of_order() {
    let fixture = RackFixture::start(17).await;
    fixture.change(|machine| machine.bmc.quirks.add(Quirk::AnswersSuiteThree));
    for _ in 0..2 {
        assert_eq!(read(&fixture).await.unwrap_err().kind(), ErrorKind::Unsupported);
    }
    let count = |command: &str| fixture.count(|entry| entry.command == command);
    assert_eq!((count("open session"), count("rakp 1"), count("rakp 3")), (2, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_dropped_on_the_way_in_leaves_no_session_behind() {
    let fixture = RackFixture::start(17).await;
    fixture.inject(fault(Action::LoseAnswer, "rakp 3"));
    let arrived = |command: &'static str| {
        fixture.rack.wait_until(PATIENCE, move |rack| rack.log().iter().any(|entry| entry.command == command))
    };
    tokio::select! {
        answer = read(&fixture) => panic!("{answer:?}"),
        is_so = arrived("rakp 3") => assert!(is_so),
    }
    assert!(arrived("close session").await);
}
