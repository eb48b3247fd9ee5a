//! Commands: what they do, and which codes refuse them.

use super::console::{Lab, PASSWORD, USER};
use crate::bmc::crypto::Suite;
use crate::log::Kind;
use std::net::Ipv4Addr;

#[test]
fn outside_of_a_session_only_harmless_questions_are_answered() {
    let mut lab = Lab::new();
    assert_eq!(lab.call(0x06, 0x38, &[0x8E, 4]), Ok(vec![1, 0x80, 4, 2, 0, 0, 0, 0]));
    let suites = vec![1, 0xC0, 3, 1, 0x41, 0x81, 0xC0, 17, 3, 0x44, 0x81];
    assert_eq!(lab.call(0x06, 0x54, &[0x0E, 0, 0x80]), Ok(suites));
    assert_eq!(lab.call(0x06, 0x54, &[0x0E, 0, 0x81]), Ok(vec![1]));
    assert_eq!(lab.call(0x06, 0x54, &[0x0E, 0, 0x00]), Ok(vec![1, 1, 3, 0x41, 0x44, 0x81]));
    assert_eq!(lab.call(0x06, 0x37, &[]), Ok(vec![9; 16]));
    assert_eq!(lab.call(0x00, 0x01, &[]), Err(0xD4));
    assert_eq!(lab.call(0x00, 0x02, &[1]), Err(0xD4));
    assert!(!lab.is_on());
}

#[test]
fn what_is_not_known_or_not_well_formed_is_refused_with_its_code() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    let mut code = |net_fn, command, data: &[u8]| console.call(&mut lab, net_fn, command, data).unwrap_err();
    assert_eq!(code(0x2C, 0x3E, &[0]), 0xC1);
    assert_eq!(code(0x00, 0x0E, &[]), 0xC1);
    assert_eq!(code(0x00, 0x01, &[0]), 0xC7);
    assert_eq!(code(0x00, 0x02, &[]), 0xC7);
    assert_eq!(code(0x00, 0x02, &[6]), 0xCC);
    assert_eq!(code(0x00, 0x02, &[3]), 0xD5);
    assert_eq!(code(0x00, 0x09, &[7, 0, 0]), 0x80);
    assert_eq!(code(0x0C, 0x02, &[1, 99, 0, 0]), 0x80);
    assert_eq!(code(0x0C, 0x02, &[2, 3, 0, 0]), 0xCC);
    assert_eq!(code(0x0C, 0x01, &[1, 5, 0, 0, 0, 0, 0, 0]), 0x82);
    assert_eq!(code(0x0C, 0x01, &[1, 3, 10, 0, 0]), 0xC7);
    assert_eq!(code(0x0C, 0x01, &[1, 6, 255, 0, 255, 0]), 0xCC);
    assert_eq!(code(0x06, 0x46, &[11]), 0xCC);
}

#[test]
fn chassis_controls_reach_the_machine_and_its_state_is_told() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    for (control, boots) in [(1, 1), (2, 2), (3, 3), (4, 3)] {
        assert_eq!(console.call(&mut lab, 0x00, 0x02, &[control]), Ok(vec![]));
        assert_eq!(lab.ground.machine.borrow().boots(), boots);
    }
    assert_eq!(console.call(&mut lab, 0x00, 0x01, &[]).unwrap()[0], 0x01);
    assert_eq!(console.call(&mut lab, 0x00, 0x02, &[0]), Ok(vec![]));
    assert!(!lab.is_on());
    assert_eq!(console.call(&mut lab, 0x00, 0x06, &[2]), Ok(vec![7]));
    assert_eq!(console.call(&mut lab, 0x00, 0x01, &[]).unwrap()[0], 0x40);
    assert_eq!(console.call(&mut lab, 0x00, 0x06, &[3]), Ok(vec![7]));
    assert_eq!(lab.ground.machine.borrow().bmc.restore_policy, 2);
}

#[test]
fn boot_flags_are_set_read_back_and_named_in_the_log() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    for (flags, text) in [
        ([0x80, 0x04, 0, 0, 0], "set boot: pxe once"),
        ([0xE0, 0x08, 0, 0, 0], "set boot: disk persistent, uefi"),
        ([0x80, 0x18, 0, 0, 0], "set boot: bios setup once"),
        ([0x00, 0x04, 0, 0, 0], "set boot: none"),
    ] {
        assert_eq!(console.call(&mut lab, 0x00, 0x08, &[&[5], &flags[..]].concat()), Ok(vec![]));
        assert_eq!(lab.ground.log.borrow().last().unwrap().command, text);
        assert_eq!(console.call(&mut lab, 0x00, 0x09, &[5, 0, 0]), Ok([&[1, 5], &flags[..]].concat()));
    }
    assert_eq!(console.call(&mut lab, 0x00, 0x08, &[0, 1]), Ok(vec![]));
    assert_eq!(console.call(&mut lab, 0x00, 0x08, &[0, 1]), Err(0x81));
    assert_eq!(console.call(&mut lab, 0x00, 0x08, &[3, 8]), Ok(vec![]));
    assert_eq!(console.call(&mut lab, 0x00, 0x09, &[3, 0, 0]), Ok(vec![1, 3, 8]));
    assert_eq!(console.call(&mut lab, 0x00, 0x08, &[4, 1, 1]), Ok(vec![]));
    assert_eq!(console.call(&mut lab, 0x00, 0x09, &[4, 0, 0]), Ok(vec![1, 4, 0, 1]));
}

#[test]
fn lan_changes_are_collected_until_the_commit_or_dropped() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    let address = |lab: &Lab| lab.ground.machine.borrow().bmc.lan.address;
    let before = address(&lab);
    for data in [&[1, 0, 1][..], &[1, 3, 10, 0, 0, 9]] {
        assert_eq!(console.call(&mut lab, 0x0C, 0x01, data), Ok(vec![]));
    }
    assert_eq!(console.call(&mut lab, 0x0C, 0x02, &[1, 3, 0, 0]), Ok(vec![0x11, 10, 0, 0, 9]));
    assert_eq!(console.call(&mut lab, 0x0C, 0x02, &[1, 0, 0, 0]), Ok(vec![0x11, 1]));
    assert_eq!(console.call(&mut lab, 0x0C, 0x01, &[1, 0, 1]), Err(0x81));
    assert_eq!(address(&lab), before);
    assert_eq!(console.call(&mut lab, 0x0C, 0x01, &[1, 0, 0]), Ok(vec![]));
    assert_eq!(console.call(&mut lab, 0x0C, 0x02, &[1, 3, 0, 0]), Ok(vec![0x11, 10, 0, 0, 1]));
    assert_eq!(console.call(&mut lab, 0x0C, 0x01, &[1, 0, 2]), Err(0xD5));
    for data in [&[1, 0, 1][..], &[1, 3, 10, 0, 0, 9], &[1, 0, 2]] {
        assert_eq!(console.call(&mut lab, 0x0C, 0x01, data), Ok(vec![]));
    }
    assert_eq!(address(&lab), Ipv4Addr::new(10, 0, 0, 9));
    assert_eq!(console.try_call(&mut lab, 0x00, 0x01, &[]), None, "a new address ends all sessions");
}

#[test]
fn lan_changes_without_a_commit_come_at_once() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    for data in [&[1, 6, 255, 255, 0, 0][..], &[1, 12, 10, 0, 0, 7], &[1, 4, 2], &[1, 20, 5, 0x80]] {
        assert_eq!(console.call(&mut lab, 0x0C, 0x01, data), Ok(vec![]));
    }
    assert_eq!(console.call(&mut lab, 0x0C, 0x02, &[1, 20, 0, 0]), Ok(vec![0x11, 5, 0x80]));
    assert_eq!(lab.ground.machine.borrow().bmc.lan.vlan, Some(5));
    assert_eq!(console.call(&mut lab, 0x0C, 0x01, &[1, 20, 5, 0]), Ok(vec![]));
    assert_eq!(console.call(&mut lab, 0x0C, 0x02, &[1, 20, 0, 0]), Ok(vec![0x11, 5, 0]), "the number stays");
    assert_eq!(lab.ground.machine.borrow().bmc.lan.vlan, None);
    assert_eq!(console.call(&mut lab, 0x0C, 0x01, &[1, 3, 10, 0, 0, 8]), Err(0x82), "DHCP decides");
    assert_eq!(console.call(&mut lab, 0x0C, 0x01, &[1, 4, 1]), Ok(vec![]));
    assert_eq!(console.call(&mut lab, 0x0C, 0x01, &[1, 3, 10, 0, 0, 8]), Ok(vec![]));
    let lan = lab.ground.machine.borrow().bmc.lan.clone();
    assert_eq!(lan.mask, Ipv4Addr::new(255, 255, 0, 0));
    assert_eq!((lan.gateway, lan.address), (Ipv4Addr::new(10, 0, 0, 7), Ipv4Addr::new(10, 0, 0, 8)));
}

#[test]
fn what_a_lost_session_collected_is_dropped() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    for data in [&[1, 0, 1][..], &[1, 3, 10, 0, 0, 9]] {
        assert_eq!(console.call(&mut lab, 0x0C, 0x01, data), Ok(vec![]));
    }
    lab.ground.now.set(60_000);
    let mut console = lab.log_in();
    assert_eq!(console.call(&mut lab, 0x0C, 0x02, &[1, 0, 0, 0]), Ok(vec![0x11, 0]));
    assert_eq!(console.call(&mut lab, 0x0C, 0x02, &[1, 3, 0, 0]), Ok(vec![0x11, 10, 0, 0, 1]));
}

#[test]
fn a_user_is_made_and_can_log_in() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    let padded = |text: &[u8], length| [text, &vec![0; length - text.len()]].concat();
    let password = b"twenty bytes, no nul";
    let steps = [
        (0x45, [&[3], &padded(b"ops", 16)[..]].concat()),
        (0x47, [&[0x83, 2], &password[..]].concat()),
        (0x47, [&[0x83, 3], &password[..]].concat()),
        (0x43, vec![0x91, 3, 4]),
        (0x47, vec![3, 1]),
    ];
    for (command, data) in steps {
        assert_eq!(console.call(&mut lab, 0x06, command, &data), Ok(vec![]), "{command:02X}");
    }
    assert_eq!(console.call(&mut lab, 0x06, 0x46, &[3]), Ok(padded(b"ops", 16)));
    assert_eq!(console.call(&mut lab, 0x06, 0x44, &[1, 3]), Ok(vec![10, 0x42, 1, 0x14]));
    let test = |password: &[u8]| [&[3, 3], &padded(password, 16)[..]].concat();
    assert_eq!(console.call(&mut lab, 0x06, 0x47, &test(b"twenty")), Err(0x81));
    lab.log_in_with(Suite::Seventeen, "ops", str::from_utf8(password).unwrap()).unwrap();
    assert_eq!(console.call(&mut lab, 0x06, 0x47, &[3, 0]), Ok(vec![]));
    assert_eq!(lab.log_in_with(Suite::Seventeen, "ops", "x").unwrap_err(), 0x0D);
}

#[test]
fn a_users_password_is_tested_and_stays_out_of_the_log() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    let with = |operation: u8, password: &[u8]| {
        [&[2, operation], password, &vec![0; 16 - password.len()][..]].concat()
    };
    assert_eq!(console.call(&mut lab, 0x06, 0x47, &with(3, PASSWORD.as_bytes())), Ok(vec![]));
    assert_eq!(console.call(&mut lab, 0x06, 0x47, &with(3, b"wrong")), Err(0x80));
    assert_eq!(console.call(&mut lab, 0x06, 0x47, &with(2, b"hidden-word")), Ok(vec![]));
    assert!(lab.log_in_with(Suite::Three, USER, "hidden-word").is_ok());
    let log = format!("{:?}", lab.ground.log.borrow());
    assert!(log.contains("set user 2: password") && !log.contains("hidden-word"));
}

#[test]
fn a_command_is_logged_with_who_gave_it() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    console.call(&mut lab, 0x00, 0x02, &[1]).unwrap();
    let log = lab.ground.log.borrow();
    let entry = log.last().unwrap();
    assert_eq!((entry.command.as_str(), entry.user.as_deref()), ("chassis control: power on", Some(USER)));
    assert!(entry.peer.port() == 9 && entry.kind == Kind::Command);
}
