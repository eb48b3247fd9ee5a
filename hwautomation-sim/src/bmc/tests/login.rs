//! Who comes in, how far, and how many.

use super::console::{Lab, OTHER_KEY, PASSWORD, USER};
use crate::bmc::crypto::Suite;
use crate::model::login::{LockOut, Login, SuitePrivileges};
use crate::model::users::User;
use std::time::Duration;

const OPERATOR: u8 = 0x13;
const ADMINISTRATOR: u8 = 0x14;

fn with(change: impl FnOnce(&mut Login)) -> Lab {
    let lab = Lab::new();
    change(&mut lab.ground.machine.borrow_mut().bmc.login);
    lab
}

/// Tries a role of the user and returns what refused it.
fn refusal(lab: &mut Lab, suite: Suite, role: u8) -> Option<u8> {
    lab.log_in_as(suite, role, USER, PASSWORD, PASSWORD).err()
}

#[test]
fn a_key_of_the_bmc_takes_the_place_of_the_password() {
    let mut lab = with(|login| login.key = b"bmc key".to_vec());
    for suite in Suite::ALL {
        assert!(lab.log_in_as(suite, ADMINISTRATOR, USER, PASSWORD, "bmc key").is_ok());
        assert_eq!(refusal(&mut lab, suite, ADMINISTRATOR), Some(OTHER_KEY));
        let wrong = lab.log_in_as(suite, ADMINISTRATOR, USER, "guess", "bmc key");
        assert_eq!(wrong.unwrap_err(), 0x0F, "the password is needed too");
        lab.ground.now.set(lab.ground.now.get() + 60_000);
    }
    assert_eq!(lab.call(0x06, 0x38, &[0x8E, 4]).unwrap()[2], 0x24, "and the BMC says that it has one");
}

#[test]
fn the_key_is_set_and_read_and_stays_out_of_the_log() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    let key = [&b"hidden-word"[..], &[0; 9]].concat();
    assert_eq!(console.call(&mut lab, 0x06, 0x56, &[&[1, 1, 1], &key[..]].concat()), Ok(vec![0]));
    assert_eq!(lab.ground.machine.borrow().bmc.login.key, b"hidden-word");
    assert_eq!(console.call(&mut lab, 0x06, 0x56, &[1, 0, 1]), Ok([&[0], &key[..]].concat()));
    assert_eq!(console.call(&mut lab, 0x06, 0x56, &[1, 0, 0]), Err(0x84));
    assert_eq!(console.call(&mut lab, 0x06, 0x56, &[1, 1, 1, 9]), Err(0xC7));
    assert!(!format!("{:?}", lab.ground.log.borrow()).contains("hidden-word"));
}

#[test]
fn a_user_without_a_name_comes_in_only_as_the_first() {
    let mut lab = Lab::new();
    lab.ground.machine.borrow_mut().bmc.users[4] = User::administrator("", "x");
    assert_eq!(lab.log_in_with(Suite::Seventeen, "", "x").unwrap_err(), 0x0D);
    lab.ground.machine.borrow_mut().bmc.users[0] = User::administrator("", "y");
    assert!(lab.log_in_with(Suite::Seventeen, "", "y").is_ok());
    assert_eq!(lab.call(0x06, 0x38, &[0x8E, 4]).unwrap()[2], 0x06);
}

#[test]
fn of_two_users_of_a_name_the_role_finds_the_one_with_enough_privilege() {
    let mut lab = Lab::new();
    let operator = User { privilege: Some(3), ..User::administrator("twin", "one") };
    lab.ground.machine.borrow_mut().bmc.users[2] = operator;
    lab.ground.machine.borrow_mut().bmc.users[3] = User::administrator("twin", "two");
    let mut log_in = |role, password| lab.log_in_as(Suite::Seventeen, role, "twin", password, password).err();
    assert_eq!(log_in(0x04, "two"), None);
    assert_eq!(log_in(0x14, "two"), Some(0x0A), "by the name alone it is the first");
    assert_eq!(log_in(0x03, "one"), None);
}

#[test]
fn the_channel_and_the_suite_limit_the_privilege() {
    let mut lab = with(|login| login.channel.privilege_max = 3);
    assert_eq!(refusal(&mut lab, Suite::Seventeen, ADMINISTRATOR), Some(0x0A));
    assert_eq!(refusal(&mut lab, Suite::Seventeen, OPERATOR), None);
    let mut lab = with(|login| login.suite_privileges = SuitePrivileges([0, 0x43, 0, 0, 0, 0, 0, 0, 0]));
    assert_eq!(refusal(&mut lab, Suite::Three, ADMINISTRATOR), Some(0x0A));
    assert_eq!(refusal(&mut lab, Suite::Three, OPERATOR), None);
    assert_eq!(refusal(&mut lab, Suite::Seventeen, ADMINISTRATOR), None);
}

#[test]
fn what_the_channel_allows_is_set_for_now_or_for_after_a_restart() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    for (data, wanted) in [
        (&[1, 0x00, 0x83][..], Ok(vec![])),
        (&[1, 0x43, 0x42], Ok(vec![])),
        (&[1, 0x80, 0x00], Err(0x83)),
        (&[1, 0x00, 0x8F], Err(0xCC)),
        (&[0x0F, 0x00, 0x00], Err(0x82)),
    ] {
        assert_eq!(console.call(&mut lab, 0x06, 0x40, data), wanted, "{data:?}");
    }
    assert_eq!(console.call(&mut lab, 0x06, 0x41, &[1, 0x80]), Ok(vec![2, 3]));
    assert_eq!(console.call(&mut lab, 0x06, 0x41, &[1, 0x40]), Ok(vec![3, 2]));
    lab.ground.machine.borrow_mut().reset_bmc();
    let channel = lab.ground.machine.borrow().bmc.login.channel;
    assert_eq!((channel.mode, channel.privilege_max), (3, 2));
}

#[test]
fn only_the_suites_that_are_offered_are_taken_and_listed() {
    let mut lab = with(|login| login.suites = vec![17]);
    assert_eq!(refusal(&mut lab, Suite::Three, ADMINISTRATOR), Some(0x11));
    assert_eq!(refusal(&mut lab, Suite::Seventeen, ADMINISTRATOR), None);
    assert_eq!(lab.call(0x06, 0x54, &[0x0E, 0, 0x80]), Ok(vec![1, 0xC0, 17, 3, 0x44, 0x81]));
    let mut console = lab.log_in();
    assert_eq!(console.call(&mut lab, 0x0C, 0x02, &[1, 22, 0, 0]), Ok(vec![0x11, 1]));
}

#[test]
fn there_are_as_many_places_and_as_much_patience_as_was_said() {
    let mut lab = with(|login| {
        login.slots = 2;
        login.idle_max = Some(Duration::from_secs(10));
    });
    let mut consoles = [lab.log_in(), lab.log_in()];
    assert_eq!(lab.open([1, 1, 1]), Err(0x01));
    lab.ground.now.set(9_999);
    assert!(consoles[0].call(&mut lab, 0x00, 0x01, &[]).is_ok());
    lab.ground.now.set(10_000);
    assert_eq!(consoles[1].try_call(&mut lab, 0x00, 0x01, &[]), None);
    lab.ground.machine.borrow_mut().bmc.login.idle_max = None;
    lab.ground.now.set(9_000_000);
    assert!(consoles[0].call(&mut lab, 0x00, 0x01, &[]).is_ok());
}

#[test]
fn sessions_are_listed_with_who_and_from_where() {
    let mut lab = Lab::new();
    let mut consoles = [lab.log_in(), lab.log_in()];
    let own = [2, 4, 2, 2, 4, 0x11, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9, 0];
    let first = [&[1], &own[1..]].concat();
    let id = consoles[0].managed.to_le_bytes();
    let mut ask = |data: &[u8]| consoles[1].call(&mut lab, 0x06, 0x3D, data);
    assert_eq!(ask(&[0]), Ok(own.to_vec()));
    assert_eq!(ask(&[1]), Ok(first.clone()));
    assert_eq!(ask(&[0xFE, 2]), Ok(own.to_vec()));
    assert_eq!(ask(&[&[0xFF], &id[..]].concat()), Ok(first));
    assert_eq!(ask(&[3]), Ok(vec![0, 4, 2]), "there is no third");
    assert_eq!(ask(&[0xFE]), Err(0xC7));
}

#[test]
fn messages_characters_and_handshakes_are_the_payloads_that_travel() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    assert_eq!(console.call(&mut lab, 0x06, 0x4E, &[0x0E]), Ok(vec![0x03, 0, 0x3F, 0, 0, 0, 0, 0]));
    assert_eq!(console.call(&mut lab, 0x06, 0x4F, &[0x0E, 0x12]), Ok(vec![0x10]));
    assert_eq!(console.call(&mut lab, 0x06, 0x4F, &[0x0E, 0x02]), Err(0x80));
}

#[test]
fn a_user_who_guesses_too_often_is_locked_out_for_a_while() {
    let lock_out = LockOut { after: 3, lasts: Duration::from_secs(30) };
    let mut lab = with(|login| login.lock_out = Some(lock_out));
    let guess = |lab: &mut Lab| lab.log_in_with(Suite::Seventeen, USER, "guess").unwrap_err();
    assert_eq!([guess(&mut lab), guess(&mut lab)], [0x0F, 0x0F]);
    lab.log_in();
    assert_eq!([guess(&mut lab), guess(&mut lab), guess(&mut lab)], [0x0F; 3]);
    assert_eq!(guess(&mut lab), 0x0D);
    assert_eq!(refusal(&mut lab, Suite::Seventeen, ADMINISTRATOR), Some(0x0D), "the right password too");
    lab.ground.now.set(30_000);
    assert_eq!(refusal(&mut lab, Suite::Seventeen, ADMINISTRATOR), None);
}
