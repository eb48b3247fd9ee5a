//! Defects of firmware, and networks that change what they carry.

use super::console::{Console, Lab, PASSWORD, USER};
use crate::bmc::crypto::{Exchange, Suite};
use crate::bmc::wire::{Datagram, Payload};
use crate::fault::{Action, Fault};
use crate::model::login::SuitePrivileges;
use crate::model::power::{Control, Power};
use crate::model::quirk::Quirk;
use crate::model::users::User;
use std::net::SocketAddr;
use std::time::Duration;

fn with(quirks: &[Quirk]) -> Lab {
    let lab = Lab::new();
    quirks.iter().for_each(|quirk| lab.ground.machine.borrow_mut().bmc.quirks.add(*quirk));
    lab
}

/// Tries a role of the user and returns what refused it.
fn refusal(lab: &mut Lab, suite: Suite, role: u8) -> Option<u8> {
    lab.log_in_as(suite, role, USER, PASSWORD, PASSWORD).err()
}

fn session_of(datagram: &[u8]) -> u32 {
    match Datagram::read(datagram) {
        Some(Datagram::Lan20(envelope)) => envelope.session,
        other => panic!("no RMCP+: {other:?}"),
    }
}

#[test]
fn a_bmc_that_ignores_repetition_answers_once() {
    let mut lab = with(&[Quirk::IgnoresRepetition]);
    let managed = lab.open([3, 4, 1]).unwrap();
    let exchange = lab.rakp1(Suite::Seventeen, managed, USER, 0x14).unwrap();
    assert!(lab.rakp3(&exchange, PASSWORD).unwrap().is_ok());
    assert_eq!(lab.rakp3(&exchange, PASSWORD), None);
    let mut console = lab.log_in_with(Suite::Seventeen, USER, PASSWORD).unwrap();
    assert!(console.call(&mut lab, 0x06, 0x3B, &[3]).is_ok());
    assert!(console.call(&mut lab, 0x00, 0x02, &[1]).is_ok());
    assert_eq!(console.try_call(&mut lab, 0x00, 0x02, &[1]), None, "the sequence number is the same");
    assert!(console.call(&mut lab, 0x00, 0x01, &[]).is_ok());
    assert!(console.call(&mut lab, 0x00, 0x02, &[1]).is_ok());
}

#[test]
fn keys_are_made_with_the_privilege_of_the_first_message() {
    let mut lab = with(&[Quirk::HashesOpenPrivilege]);
    // The console of these tests asks for "the highest" first, and hashes what it says later.
    assert_eq!(refusal(&mut lab, Suite::Seventeen, 0x14), Some(0x0F));
    assert_eq!(refusal(&mut lab, Suite::Seventeen, 0x10), None);
}

#[test]
fn rakp_3_is_checked_without_the_bit_for_the_name_alone() {
    let mut lab = with(&[Quirk::ForgetsNameOnly]);
    assert_eq!(refusal(&mut lab, Suite::Three, 0x14), Some(0x0F));
    assert_eq!(refusal(&mut lab, Suite::Three, 0x04), None);
    let managed = lab.open([1, 1, 1]).unwrap();
    let padded = format!("{USER}{}", "\0".repeat(16 - USER.len()));
    let exchange = lab.rakp1(Suite::Three, managed, &padded, 0x14).unwrap();
    let bare = Exchange { role: 0x04, username: USER.into(), ..exchange };
    assert!(lab.rakp3(&bare, PASSWORD).unwrap().is_ok(), "and a padded name is unpadded");
}

#[test]
fn a_suite_that_takes_one_privilege_only_takes_no_lower_one() {
    let mut lab = with(&[Quirk::SuitePrivilegeIsExact]);
    lab.ground.machine.borrow_mut().bmc.login.suite_privileges =
        SuitePrivileges([0, 0x43, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(refusal(&mut lab, Suite::Seventeen, 0x13), Some(0x0A));
    assert_eq!(refusal(&mut lab, Suite::Seventeen, 0x14), None);
    assert_eq!(refusal(&mut lab, Suite::Three, 0x14), Some(0x0A));
    assert_eq!(refusal(&mut lab, Suite::Three, 0x13), None);
    assert_eq!(refusal(&mut lab, Suite::Three, 0x10), None, "the highest is the right one");
}

#[test]
fn suites_are_answered_refused_and_taken_as_the_defect_has_it() {
    let mut lab = with(&[Quirk::CannotDoSuiteSeventeen, Quirk::RefusesSuitesWith(0x0A)]);
    assert_eq!(lab.open([3, 4, 1]), Err(0x0A));
    assert!(lab.open([1, 1, 1]).is_ok());
    let listed = lab.call(0x06, 0x54, &[0x0E, 0, 0x80]).unwrap();
    assert!(listed.contains(&17), "it is offered all the same");
    let mut lab = with(&[Quirk::TakesSuitesNotOffered]);
    lab.ground.machine.borrow_mut().bmc.login.suites = vec![17];
    assert_eq!(refusal(&mut lab, Suite::Three, 0x14), None);
    let mut lab = with(&[Quirk::AnswersSuiteThree]);
    let managed = lab.open([3, 4, 1]).unwrap();
    let exchange = lab.rakp1(Suite::Three, managed, USER, 0x14).unwrap();
    assert!(lab.rakp3(&exchange, PASSWORD).unwrap().is_ok(), "it goes on with suite 3");
}

#[test]
fn only_the_user_without_a_name_comes_in() {
    let mut lab = with(&[Quirk::NullUserOnly]);
    lab.ground.machine.borrow_mut().bmc.users[0] = User::administrator("", "x");
    assert_eq!(refusal(&mut lab, Suite::Seventeen, 0x14), Some(0x0D));
    assert!(lab.log_in_with(Suite::Seventeen, "", "x").is_ok());
}

#[test]
fn a_guid_is_zero_or_another_one_later() {
    let mut lab = with(&[Quirk::ZeroGuid]);
    let managed = lab.open([3, 4, 1]).unwrap();
    assert_eq!(lab.rakp1(Suite::Seventeen, managed, USER, 0x14).unwrap().guid, [0; 16]);
    let mut lab = with(&[Quirk::ChangesGuid]);
    let managed = lab.open([3, 4, 1]).unwrap();
    let first = lab.rakp1(Suite::Seventeen, managed, USER, 0x14).unwrap().guid;
    assert_ne!(lab.call(0x06, 0x37, &[]), Ok(first.to_vec()));
}

#[test]
fn places_that_leak_come_back_with_a_restart() {
    let mut lab = with(&[Quirk::LeaksSessions]);
    for _ in 0..3 {
        let mut console = lab.log_in();
        let id = console.managed.to_le_bytes();
        assert_eq!(console.call(&mut lab, 0x06, 0x3C, &id), Ok(vec![]));
    }
    lab.log_in();
    lab.ground.now.set(60_000);
    assert_eq!(lab.open([3, 4, 1]), Err(0x01), "one was silent for too long");
    assert_eq!(lab.call(0x06, 0x38, &[0x8E, 4]).map(|data| data.len()), Ok(8), "the BMC is there");
    lab.bmc.end_sessions();
    lab.log_in();
}

#[test]
fn a_handshake_that_fails_leaks_nothing() {
    let mut lab = with(&[Quirk::LeaksSessions]);
    (0..9).for_each(|_| assert_eq!(lab.log_in_with(Suite::Three, USER, "guess").unwrap_err(), 0x0F));
    lab.log_in();
}

#[test]
fn a_cycle_without_power_is_unknown_or_switches_on() {
    let mut lab = with(&[Quirk::CycleWhenOffUnknown]);
    let mut console = lab.log_in();
    assert_eq!(console.call(&mut lab, 0x00, 0x02, &[2]), Err(0xC1));
    assert_eq!(console.call(&mut lab, 0x00, 0x02, &[3]), Err(0xD5), "only the cycle");
    let mut lab = with(&[Quirk::CycleWhenOffSwitchesOn]);
    let mut console = lab.log_in();
    assert_eq!(console.call(&mut lab, 0x00, 0x02, &[2]), Ok(vec![]));
    assert!(lab.is_on());
}

#[test]
fn capabilities_that_hide_something_still_open_a_session() {
    let mut lab = with(&[Quirk::HidesVersionTwo]);
    assert_eq!(lab.call(0x06, 0x38, &[0x8E, 4]), Ok(vec![1, 0, 4, 0, 0, 0, 0, 0]));
    lab.log_in();
    let mut lab = with(&[Quirk::HidesUsers]);
    assert_eq!(lab.call(0x06, 0x38, &[0x8E, 4]), Ok(vec![1, 0x80, 0, 2, 0, 0, 0, 0]));
    lab.log_in();
}

#[test]
fn after_a_command_the_power_is_told_as_it_was_for_a_while() {
    let mut lab = with(&[Quirk::StaleReading(Duration::from_secs(5))]);
    let mut console = lab.log_in();
    let power = |lab: &mut Lab, console: &mut Console| console.call(lab, 0x00, 0x01, &[]).unwrap()[0] & 1;
    assert_eq!(console.call(&mut lab, 0x00, 0x02, &[1]), Ok(vec![]));
    assert!(lab.is_on());
    assert_eq!(power(&mut lab, &mut console), 0);
    lab.ground.now.set(5_000);
    assert_eq!(power(&mut lab, &mut console), 1);
}

#[test]
fn a_restart_of_the_bmc_restarts_the_machine_or_switches_it_on() {
    let lab = with(&[Quirk::ResetBootsHost]);
    let mut machine = lab.ground.machine.borrow_mut();
    machine.reset_bmc();
    assert_eq!((machine.power(), machine.boots()), (Power::On, 1));
    machine.reset_bmc();
    assert_eq!((machine.power(), machine.boots()), (Power::On, 2));
}

#[test]
fn answers_carry_no_session_or_another_one() {
    let mut lab = with(&[Quirk::EmptySessionIds]);
    let mut console = lab.log_in_with(Suite::Seventeen, USER, PASSWORD).unwrap();
    let packet = console.packet(0x00, 0x01, &[]);
    assert_eq!(session_of(&lab.send(&packet).unwrap().bytes), 0);
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    lab.ground.once("get chassis status", Action::OtherSession);
    let packets = [console.packet(0x00, 0x01, &[]), console.packet(0x00, 0x01, &[])];
    let [first, second] = packets.map(|packet| session_of(&lab.send(&packet).unwrap().bytes));
    assert_eq!(first, !second);
}

#[test]
fn a_checksum_is_wrong_and_a_proof_too_long() {
    let mut lab = with(&[Quirk::LongProof]);
    assert_eq!(
        refusal(&mut lab, Suite::Three, 0x14),
        None,
        "the console of these tests looks at the beginning"
    );
    let managed = lab.open([1, 1, 1]).unwrap();
    let payload = [&[2, 0, 0, 0][..], &managed.to_le_bytes(), &[5; 16], &[0x14, 0, 0, 5], b"ADMIN"].concat();
    let answer = lab.shake(Payload::Rakp1, &payload).unwrap();
    assert_eq!(answer.len(), 40 + 20 + 1);
    let mut lab = with(&[Quirk::WrongChecksum]);
    let mut console = lab.log_in_with(Suite::Three, USER, PASSWORD).unwrap();
    let packet = console.packet(0x00, 0x01, &[]);
    let answer = lab.send(&packet).unwrap().bytes;
    assert_ne!(console.sum(&answer), 0);
}

#[test]
fn an_answer_that_is_held_back_comes_behind_the_next() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    lab.ground.once("get chassis status", Action::HoldBack);
    let packet = console.packet(0x00, 0x01, &[]);
    assert_eq!(lab.send(&packet), None);
    let stranger = SocketAddr::from(([127, 0, 0, 2], 9));
    let ping = [6, 0, 0xFF, 6, 0, 0, 0x11, 0xBE, 0x80, 1, 0, 0];
    let answer = lab.bmc.receive(&ping, stranger, &lab.ground).unwrap();
    assert_eq!(answer.after, None, "somebody else gets nothing of it");
    let packet = console.packet(0x06, 0x04, &[]);
    let answer = lab.send(&packet).unwrap();
    assert_eq!(console.read(&answer.bytes), Ok(vec![0x55, 0]));
    assert_eq!(console.read(&answer.after.unwrap()), Ok(vec![0, 0, 0x40]));
}

#[test]
fn what_makes_no_sense_comes_first_and_a_byte_is_another() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    for action in [Action::Garbage, Action::Oversize] {
        lab.ground.once("get chassis status", action);
        let packet = console.packet(0x00, 0x01, &[]);
        let answer = lab.send(&packet).unwrap();
        assert!(Datagram::read(&answer.before.unwrap()).is_none());
        assert!(console.read(&answer.bytes).is_ok());
    }
    lab.ground.rules.borrow_mut().add(Fault::corrupts_answers(1_000, 3));
    let ping = [6, 0, 0xFF, 6, 0, 0, 0x11, 0xBE, 0x80, 1, 0, 0];
    let answers: Vec<_> = (0..20).map(|_| lab.send(&ping).unwrap().bytes).collect();
    lab.ground.rules.borrow_mut().clear();
    let right = lab.send(&ping).unwrap().bytes;
    let differ = |bytes: &Vec<u8>| bytes.iter().zip(&right).filter(|(one, other)| one != other).count();
    assert!(answers.iter().all(|answer| differ(answer) == 1));
    assert!(answers.windows(2).any(|two| two[0] != two[1]), "not always the same byte");
}

#[test]
fn a_command_takes_effect_late_or_is_told_the_wrong_way_round() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    let (least, most) = (Duration::from_secs(3), Duration::from_secs(3));
    lab.ground.rules.borrow_mut().add(Fault::late_power(least, most, 1));
    assert_eq!(console.call(&mut lab, 0x00, 0x02, &[1]), Ok(vec![]));
    lab.ground.now.set(2_999);
    assert_eq!(console.call(&mut lab, 0x00, 0x01, &[]).unwrap()[0], 0);
    lab.ground.now.set(3_000);
    assert_eq!(console.call(&mut lab, 0x00, 0x01, &[]).unwrap()[0], 1);
    assert_eq!(lab.ground.machine.borrow_mut().control(Control::PowerOff), Ok(()));
    assert!(!lab.is_on(), "what comes another way is as fast as ever");
    lab.ground.rules.borrow_mut().add(Fault::flapping_power(1_000, 1));
    assert_eq!(console.call(&mut lab, 0x00, 0x01, &[]).unwrap()[0], 1);
}

#[test]
fn a_busy_bmc_opens_sessions_and_refuses_commands() {
    let mut lab = Lab::new();
    lab.ground.rules.borrow_mut().add(Fault::busy_at_times(1_000, 1));
    let mut console = lab.log_in_with(Suite::Seventeen, USER, PASSWORD).unwrap();
    assert_eq!(console.call(&mut lab, 0x00, 0x01, &[]), Err(0xC0));
}
