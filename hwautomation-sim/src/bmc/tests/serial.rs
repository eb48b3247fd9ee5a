//! The serial port in sessions.

use super::console::{Console, Lab};
use crate::fault::Action;
use crate::model::power::Control;
use crate::model::status::Status;

const ACTIVATE: [u8; 6] = [1, 1, 0xC0, 0, 0, 0];

/// A machine that runs a system, and a console that listens.
fn listening() -> (Lab, Console) {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    lab.ground.machine.borrow_mut().record.status = Status::New;
    lab.ground.machine.borrow_mut().control(Control::PowerOn).unwrap();
    let answer = console.call(&mut lab, 0x06, 0x48, &ACTIVATE);
    assert_eq!(answer, Ok(vec![0, 0, 0, 0, 204, 0, 204, 0, 0x6F, 2, 0xFF, 0xFF]));
    assert_eq!(lab.bmc.push(&lab.ground), [], "it hears what comes from now on");
    (lab, console)
}

fn pushed(lab: &mut Lab, console: &Console) -> Vec<Vec<u8>> {
    let pushed = lab.bmc.push(&lab.ground);
    pushed.iter().map(|(_, datagram)| console.read_characters(datagram)).collect()
}

#[test]
fn what_is_typed_is_told_as_received_and_comes_back() {
    let (mut lab, mut console) = listening();
    let packet = console.characters(&[1, 0, 0, 0, b'l', b's']);
    let answer = lab.send(&packet).unwrap();
    assert_eq!(console.read_characters(&answer.bytes), [1, 1, 2, 0, b'l', b's']);
    let packet = console.characters(&[0, 1, 2, 0]);
    assert_eq!(lab.send(&packet), None, "a receipt has no answer");
}

#[test]
fn what_the_machine_writes_comes_without_being_asked_for() {
    let (mut lab, console) = listening();
    lab.ground.machine.borrow_mut().control(Control::HardReset).unwrap();
    let [first] = &pushed(&mut lab, &console)[..] else { panic!("one packet") };
    assert_eq!(first[..4], [1, 0, 0, 0]);
    assert!(String::from_utf8_lossy(&first[4..]).contains("Supermicro BIOS 3.4, boot 2"));
    assert_eq!(pushed(&mut lab, &console), Vec::<Vec<u8>>::new());
    lab.ground.now.set(500);
    assert_eq!(&pushed(&mut lab, &console)[0], first, "nobody told that it came");
}

#[test]
fn without_a_system_characters_go_nowhere() {
    let (mut lab, mut console) = listening();
    lab.ground.machine.borrow_mut().control(Control::PowerOff).unwrap();
    let packet = console.characters(&[1, 0, 0, 0, b'x']);
    let answer = lab.send(&packet).unwrap();
    assert_eq!(console.read_characters(&answer.bytes), [0, 1, 1, 0x20]);
}

#[test]
fn one_listens_at_a_time_and_another_may_end_that() {
    let (mut lab, mut console) = listening();
    let mut other = lab.log_in();
    assert_eq!(other.call(&mut lab, 0x06, 0x48, &ACTIVATE), Err(0x80));
    assert_eq!(other.call(&mut lab, 0x06, 0x4A, &[1]), Ok(vec![1, 1, 0]));
    let instance = other.call(&mut lab, 0x06, 0x4B, &[1, 1]).unwrap();
    assert_eq!(instance[..4], console.managed.to_le_bytes());
    assert_eq!(other.call(&mut lab, 0x06, 0x49, &ACTIVATE), Ok(vec![]));
    assert_eq!(pushed(&mut lab, &console), [[0, 0, 0, 0x10]], "the first is told");
    assert_eq!(pushed(&mut lab, &console), Vec::<Vec<u8>>::new());
    let packet = console.characters(&[1, 0, 0, 0, b'x']);
    assert_eq!(lab.send(&packet), None);
    assert_eq!(other.call(&mut lab, 0x06, 0x49, &ACTIVATE), Err(0x80), "nobody listens");
    assert_eq!(other.call(&mut lab, 0x06, 0x48, &ACTIVATE).map(|data| data.len()), Ok(12));
}

#[test]
fn other_payloads_and_instances_are_refused_and_so_is_what_is_not_encrypted() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    for (data, code) in
        [([2, 1, 0xC0, 0, 0, 0], 0x81), ([1, 2, 0xC0, 0, 0, 0], 0x82), ([1, 1, 0, 0, 0, 0], 0x84)]
    {
        assert_eq!(console.call(&mut lab, 0x06, 0x48, &data), Err(code), "{data:?}");
    }
    assert_eq!(console.call(&mut lab, 0x06, 0x48, &[1, 1]), Err(0xC7));
    let packet = console.characters(&[1, 0, 0, 0, b'x']);
    assert_eq!(lab.send(&packet), None, "nobody listens");
}

#[test]
fn faults_lose_characters_and_receipts() {
    let (mut lab, mut console) = listening();
    for fault in [Action::Drop, Action::LoseAnswer] {
        lab.ground.once("sol packet", fault);
        let packet = console.characters(&[1, 0, 0, 0, b'x']);
        assert_eq!(lab.send(&packet), None);
    }
    let packet = console.characters(&[1, 0, 0, 0, b'x']);
    lab.ground.now.set(500);
    let answer = lab.send(&packet).unwrap();
    assert_eq!(console.read_characters(&answer.bytes), [1, 1, 1, 0, b'x'], "it was taken once");
}

#[test]
fn the_parameters_of_the_serial_port_are_read() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    for (parameter, value) in
        [(0, &[0][..]), (1, &[1]), (2, &[0xC2]), (4, &[7, 50]), (7, &[1]), (8, &[0x6F, 2])]
    {
        let answer = console.call(&mut lab, 0x0C, 0x22, &[1, parameter, 0, 0]);
        assert_eq!(answer, Ok([&[0x11], value].concat()), "{parameter}");
    }
    assert_eq!(console.call(&mut lab, 0x0C, 0x22, &[1, 99, 0, 0]), Err(0x80));
    assert_eq!(console.call(&mut lab, 0x0C, 0x22, &[0x81, 0, 0, 0]), Ok(vec![0x11]));
}
