//! Datagrams that nobody honest sends: they never panic, and are never answered as authentic.

use super::console::Lab;
use crate::bmc::wire::{Datagram, wrap_lan15};

/// Random enough, and the same each time.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }
}

/// Says whether an answer belongs to a session.
fn is_authentic(answer: &[u8]) -> bool {
    matches!(Datagram::read(answer), Some(Datagram::Lan20(envelope)) if envelope.protected)
}

#[test]
fn a_cut_off_packet_is_not_answered() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    let packet = console.packet(0x00, 0x02, &[1]);
    for length in 0..packet.len() {
        assert_eq!(lab.send(&packet[..length]), None, "{length} bytes");
    }
    assert!(lab.send(&packet).is_some(), "the whole packet is");
}

#[test]
fn a_packet_with_one_changed_bit_is_not_answered_as_authentic() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    let packet = console.packet(0x00, 0x02, &[1]);
    // The reserved byte and the sequence number of RMCP mean nothing.
    for place in (0..packet.len()).filter(|place| ![1, 2].contains(place)) {
        for bit in 0..8 {
            let mut forged = packet.clone();
            forged[place] ^= 1 << bit;
            let answer = lab.send(&forged);
            assert!(answer.is_none_or(|answer| !is_authentic(&answer.bytes)), "byte {place}, bit {bit}");
        }
    }
    assert!(!lab.is_on());
    assert!(lab.send(&packet).is_some());
}

#[test]
fn random_bytes_are_not_answered_as_authentic() {
    let mut lab = Lab::new();
    let mut console = lab.log_in();
    let mut dice = Dice(1);
    let seeds = [
        console.packet(0x00, 0x02, &[1]),
        wrap_lan15(&[0x20, 0x18, 0xC8, 0x81, 0x00, 0x38, 0x8E, 0x04, 0xB5]),
        vec![6, 0, 0xFF, 7, 6, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0],
        vec![6, 0, 0xFF, 7, 6, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 28, 0],
        vec![6, 0, 0xFF, 7, 6, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 40, 0],
        vec![6, 0, 0xFF, 6],
    ];
    for _ in 0..50_000 {
        let seed = &seeds[dice.next(seeds.len())];
        let mut datagram = seed[..dice.next(seed.len() + 1)].to_vec();
        datagram.extend((0..dice.next(80)).map(|_| dice.next(256) as u8).collect::<Vec<_>>());
        // It may be the whole packet, untouched.
        if !datagram.starts_with(&seeds[0]) {
            let answer = lab.send(&datagram);
            assert!(answer.is_none_or(|answer| !is_authentic(&answer.bytes)));
        }
    }
    assert!(!lab.is_on());
}

#[test]
fn every_command_with_any_data_is_answered_and_none_panics() {
    let mut lab = Lab::new();
    let mut dice = Dice(2);
    let mut console = lab.log_in();
    let users = lab.ground.machine.borrow().bmc.users.clone();
    for net_fn in (0..0x40).step_by(2) {
        for command in 0..=0x70 {
            for length in [0, 1, 2, 3, 4, 6, 17, 18, 22] {
                let data: Vec<u8> = (0..length).map(|_| dice.next(256) as u8).collect();
                if console.try_call(&mut lab, net_fn, command, &data).is_none() {
                    console = lab.log_in();
                }
                // A user that random commands left behind could not log in again.
                lab.ground.machine.borrow_mut().bmc.users.clone_from(&users);
            }
        }
    }
}

#[test]
fn a_ping_is_answered_with_its_tag() {
    let mut lab = Lab::new();
    let pong = lab.send(&[6, 0, 0xFF, 6, 0, 0, 0x11, 0xBE, 0x80, 0x2A, 0, 0]).unwrap().bytes;
    // As OpenIPMI's simulator answers it.
    let wanted = [6, 0, 0xFF, 6, 0, 0, 0x11, 0xBE, 0x40, 0x2A, 0, 0x10, 0, 0, 0x11, 0xBE, 0, 0, 0, 0, 0x81];
    assert_eq!(pong, [&wanted[..], &[0; 7]].concat());
}
