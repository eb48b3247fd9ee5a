//! Sessions: how they are opened, refused, kept and ended.

use super::console::{Lab, PASSWORD, USER};
use crate::bmc::crypto::Suite;

use crate::bmc::wire::Payload;
use crate::fault::{Action, Refusal};
use crate::log::{Kind, Outcome};
use std::time::Duration;

const STATUS: (u8, u8) = (0x00, 0x01);

#[test]
fn both_suites_open_a_session() {
    for suite in Suite::ALL {
        let mut lab = Lab::new();
        let mut console = lab.log_in_with(suite, USER, PASSWORD).unwrap();
        assert_eq!(console.call(&mut lab, STATUS.0, STATUS.1, &[]), Ok(vec![0x00, 0x00, 0x40]));
    }
}

#[test]
fn a_suite_that_is_not_offered_is_refused() {
    let mut lab = Lab::new();
    for algorithms in [[1, 0, 0], [0, 0, 0], [1, 4, 1], [3, 1, 1], [1, 1, 2], [2, 2, 1]] {
        assert_eq!(lab.open(algorithms), Err(0x11));
    }
    assert_eq!(lab.ground.log.borrow().last().unwrap().outcome, Outcome::Refused);
}

#[test]
fn a_wrong_password_is_refused_and_frees_the_place() {
    let mut lab = Lab::new();
    for _ in 0..9 {
        assert_eq!(lab.log_in_with(Suite::Seventeen, USER, "guess").unwrap_err(), 0x0F);
    }
    lab.log_in();
}

#[test]
fn an_unknown_or_disabled_user_is_refused_by_name() {
    let mut lab = Lab::new();
    for _ in 0..9 {
        assert_eq!(lab.log_in_with(Suite::Three, "nobody", PASSWORD).unwrap_err(), 0x0D);
    }
    assert_eq!(lab.log_in_with(Suite::Three, "nobody", PASSWORD).unwrap_err(), 0x0D);
    assert_eq!(lab.log_in_with(Suite::Three, "", "").unwrap_err(), 0x0D);
    lab.ground.machine.borrow_mut().bmc.users[1].enabled = false;
    assert_eq!(lab.log_in_with(Suite::Three, USER, PASSWORD).unwrap_err(), 0x0D);
}

#[test]
fn a_user_gets_no_more_privilege_than_they_have() {
    let mut lab = Lab::new();
    lab.ground.machine.borrow_mut().bmc.users[1].privilege = Some(3);
    assert_eq!(lab.log_in_with(Suite::Three, USER, PASSWORD).unwrap_err(), 0x0A);
    let managed = lab.open([1, 1, 1]).unwrap();
    assert_eq!(lab.rakp1(Suite::Three, managed, USER, 0x15).unwrap_err(), 0x09);
    assert_eq!(lab.rakp1(Suite::Three, managed, USER, 0x13).unwrap_err(), 0x02, "the refusal was the end");
    let managed = lab.open([1, 1, 1]).unwrap();
    let exchange = lab.rakp1(Suite::Three, managed, USER, 0x13).unwrap();
    assert!(lab.rakp3(&exchange, PASSWORD).unwrap().is_ok());
}

#[test]
fn a_session_begins_with_little_privilege_and_rises_to_its_limit() {
    let mut lab = Lab::new();
    let mut console = lab.log_in_with(Suite::Three, USER, PASSWORD).unwrap();
    assert_eq!(console.call(&mut lab, 0x00, 0x02, &[1]), Err(0xD4));
    assert_eq!(console.call(&mut lab, 0x06, 0x3B, &[0]), Ok(vec![2]));
    assert_eq!(console.call(&mut lab, 0x06, 0x3B, &[5]), Err(0xCC));
    assert_eq!(console.call(&mut lab, 0x06, 0x3B, &[3]), Ok(vec![3]));
    assert_eq!(console.call(&mut lab, 0x00, 0x02, &[1]), Ok(vec![]));
    assert_eq!(console.call(&mut lab, 0x06, 0x02, &[]), Err(0xD4));
    assert!(lab.is_on());
}

#[test]
fn there_are_four_places_and_a_closed_session_frees_one() {
    let mut lab = Lab::new();
    let mut consoles: Vec<_> = (0..4).map(|_| lab.log_in()).collect();
    assert_eq!(lab.open([1, 1, 1]), Err(0x01));
    let id = consoles[2].managed.to_le_bytes();
    assert_eq!(consoles[2].call(&mut lab, 0x06, 0x3C, &id), Ok(vec![]));
    assert_eq!(consoles[2].try_call(&mut lab, STATUS.0, STATUS.1, &[]), None);
    assert!(lab.open([1, 1, 1]).is_ok());
    assert!(consoles[0].call(&mut lab, STATUS.0, STATUS.1, &[]).is_ok());
    assert_eq!(consoles[0].call(&mut lab, 0x06, 0x3C, &[9, 9, 9, 9]), Err(0x87));
}

#[test]
fn a_silent_session_ends_after_a_minute_and_a_handshake_sooner() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    (0..3).for_each(|_| assert!(lab.open([1, 1, 1]).is_ok()));
    assert_eq!(lab.open([1, 1, 1]), Err(0x01));
    lab.ground.now.set(5_000);
    assert!(lab.open([1, 1, 1]).is_ok());
    assert!(console.call(&mut lab, STATUS.0, STATUS.1, &[]).is_ok());
    lab.ground.now.set(64_999);
    assert!(console.call(&mut lab, STATUS.0, STATUS.1, &[]).is_ok());
    lab.ground.now.set(124_999);
    assert_eq!(console.try_call(&mut lab, STATUS.0, STATUS.1, &[]), None);
}

#[test]
fn a_repeated_packet_is_dropped_and_so_is_one_far_away() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    let packet = console.packet(0x00, 0x02, &[1]);
    assert!(lab.send(&packet).is_some());
    assert_eq!(lab.send(&packet), None);
    console.sequence += 16;
    assert_eq!(console.try_call(&mut lab, STATUS.0, STATUS.1, &[]), None);
    console.sequence -= 2;
    assert!(console.try_call(&mut lab, STATUS.0, STATUS.1, &[]).is_some());
    assert_eq!(lab.ground.machine.borrow().boots(), 1);
}

#[test]
fn a_message_of_the_handshake_that_comes_twice_gets_the_same_answer() {
    let mut lab = Lab::new();
    let managed = lab.open([3, 4, 1]).unwrap();
    let first = lab.rakp1(Suite::Seventeen, managed, USER, 0x14).unwrap();
    assert_eq!(lab.rakp1(Suite::Seventeen, managed, USER, 0x14).unwrap(), first);
    let proof = lab.rakp3(&first, PASSWORD).unwrap().unwrap();
    assert_eq!(lab.rakp3(&first, PASSWORD), Some(Ok(proof)));
    assert_eq!(lab.rakp3(&first, "guess"), Some(Err(0x02)));
    assert_eq!(lab.rakp1(Suite::Seventeen, managed, "other", 0x14), Err(0x02));
}

#[test]
fn a_console_that_gives_up_is_forgotten_without_a_word() {
    let mut lab = Lab::new();
    for _ in 0..9 {
        let managed = lab.open([3, 4, 1]).unwrap();
        lab.rakp1(Suite::Seventeen, managed, USER, 0x14).unwrap();
        let mut payload = vec![3, 0x0F, 0, 0];
        payload.extend(managed.to_le_bytes());
        assert_eq!(lab.shake(Payload::Rakp3, &payload), None);
    }
}

#[test]
fn a_restart_of_the_bmc_ends_all_sessions() {
    let mut lab = Lab::new();
    let (mut one, mut other) = (lab.log_in(), lab.log_in());
    assert_eq!(one.call(&mut lab, 0x06, 0x02, &[]), Ok(vec![]));
    assert_eq!(lab.ground.machine.borrow().bmc.resets, 1);
    assert_eq!(one.try_call(&mut lab, STATUS.0, STATUS.1, &[]), None);
    assert_eq!(other.try_call(&mut lab, STATUS.0, STATUS.1, &[]), None);
}

#[test]
fn faults_of_the_handshake_refuse_lose_and_spoil_it() {
    let mut lab = Lab::new();
    let refuse = |code| Action::Refuse(Refusal::Code(code));
    for (command, status) in [("open session", 0x01), ("rakp 1", 0x0A), ("rakp 3", 0x12)] {
        lab.ground.once(command, refuse(status));
    }
    for status in [0x01, 0x0A, 0x12] {
        assert_eq!(lab.log_in_with(Suite::Three, USER, PASSWORD).unwrap_err(), status);
    }
    lab.ground.once("rakp 3", Action::LoseAnswer);
    let managed = lab.open([1, 1, 1]).unwrap();
    let exchange = lab.rakp1(Suite::Three, managed, USER, 0x14).unwrap();
    assert_eq!(lab.rakp3(&exchange, PASSWORD), None);
    assert!(lab.rakp3(&exchange, PASSWORD).unwrap().is_ok(), "it was opened all the same");
    lab.ground.once("rakp 3", Action::Unclear);
    let managed = lab.open([1, 1, 1]).unwrap();
    let exchange = lab.rakp1(Suite::Three, managed, USER, 0x14).unwrap();
    let proof = exchange.key_proof(&exchange.session_key(PASSWORD.as_bytes()));
    assert_ne!(lab.rakp3(&exchange, PASSWORD), Some(Ok(proof)));
}

#[test]
fn a_fault_of_a_command_acts_as_it_says() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    let mut with = |lab: &mut Lab, fault, data: &[u8]| {
        lab.ground.once("chassis control", fault);
        console.try_call(lab, 0x00, 0x02, data)
    };
    assert_eq!(with(&mut lab, Action::Drop, &[1]), None);
    assert!(!lab.is_on());
    assert_eq!(with(&mut lab, Action::AcceptWithoutEffect, &[1]), Some(Ok(vec![])));
    assert!(!lab.is_on());
    assert_eq!(with(&mut lab, Action::Refuse(Refusal::Code(0xC0)), &[1]), Some(Err(0xC0)));
    assert!(!lab.is_on());
    assert_eq!(with(&mut lab, Action::LoseAnswer, &[1]), None);
    assert!(lab.is_on());
    assert_eq!(with(&mut lab, Action::Unclear, &[0]), Some(Err(0xFF)));
    assert!(!lab.is_on());
    let log = lab.ground.log.borrow();
    let commands = log.iter().filter(|entry| entry.kind == Kind::Command);
    let outcomes: Vec<_> = commands.map(|entry| entry.outcome).collect();
    use Outcome::{Ignored, Refused, TookEffect};
    let wanted = [Ignored, Ignored, Refused, TookEffect, TookEffect];
    assert_eq!(outcomes, wanted);
}

#[test]
fn a_fault_delays_doubles_or_blurs_an_answer() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    let delay = Duration::from_secs(2);
    for fault in [Action::Delay(delay), Action::Duplicate, Action::Unclear] {
        lab.ground.once("get chassis status", fault);
    }
    let mut ask = |lab: &mut Lab| {
        let packet = console.packet(STATUS.0, STATUS.1, &[]);
        let answer = lab.send(&packet).unwrap();
        (answer.delay, answer.copies, console.read(&answer.bytes).unwrap()[0])
    };
    assert_eq!(ask(&mut lab), (delay, 1, 0x00));
    assert_eq!(ask(&mut lab), (Duration::ZERO, 2, 0x00));
    assert_eq!(ask(&mut lab), (Duration::ZERO, 1, 0x18));
}

#[test]
fn a_dropped_packet_may_come_again() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    lab.ground.once("chassis control", Action::Drop);
    let packet = console.packet(0x00, 0x02, &[1]);
    assert_eq!(lab.send(&packet), None);
    assert!(lab.send(&packet).is_some());
}
