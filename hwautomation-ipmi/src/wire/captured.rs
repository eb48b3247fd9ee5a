//! Known answers: sessions of real clients with real BMCs (`tests/data/README.md`), byte for byte.

use super::crypto::{decrypt, encrypt_onto};
use super::*;
use aes::Aes128Dec;
use hmac::KeyInit;
use serde_json::Value;

struct Capture {
    exchange: Exchange,
    password: String,
    console: Vec<Vec<u8>>,
    bmc: Vec<Vec<u8>>,
    json: Value,
}

pub(super) fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().unwrap()
}

/// Takes a command apart, without the code under test.
fn request(message: &[u8]) -> Request<'_> {
    let data = &message[6..message.len() - 1];
    Request { netfn: message[1] >> 2, command: message[5], number: message[4] >> 2, data }
}

/// Takes ids and random numbers from the raw frames, without the code under test.
fn captures() -> Vec<Capture> {
    let read = |text: &str| {
        let json: Value = serde_json::from_str(text).unwrap();
        let of = |from: &str| -> Vec<Vec<u8>> {
            let frames = json["frames"].as_array().unwrap().iter().filter(|frame| frame["from"] == from);
            frames.map(|frame| hex(frame["hex"].as_str().unwrap())).collect()
        };
        let (console, bmc) = (of("console"), of("bmc"));
        let (open, opened, rakp1, rakp2) = (&console[1], &bmc[1], &console[2], &bmc[2]);
        let exchange = Exchange {
            suite: Suite::of(json["suite"].as_u64().unwrap() as u8).unwrap(),
            console_id: u32::from_le_bytes(array(open, 20)),
            managed_id: u32::from_le_bytes(array(opened, 24)),
            console_random: array(rakp1, 24),
            managed_random: array(rakp2, 24),
            guid: array(rakp2, 40),
            role: Role { byte: rakp1[40], username: json["user"].as_str().unwrap().to_owned() },
        };
        let password = json["password"].as_str().unwrap().to_owned();
        Capture { exchange, password, console, bmc, json }
    };
    [
        include_str!("../../tests/data/ipmitool_suite3.json"),
        include_str!("../../tests/data/ipmitool_suite17.json"),
        include_str!("../../tests/data/ipmitool_suite3_lan.json"),
        include_str!("../../tests/data/ipmipower_suite3.json"),
        include_str!("../../tests/data/ipmipower_suite17.json"),
    ]
    .map(read)
    .into()
}

#[test]
fn opening_a_session_is_written_as_real_clients_write_it() {
    for capture in captures() {
        let (exchange, console) = (&capture.exchange, &capture.console);
        let tag = |frame: &[u8]| frame[16];
        let open = open_session(tag(&console[1]), console[1][17], exchange.console_id, exchange.suite);
        assert_eq!(bare(Payload::OpenRequest, &open), console[1]);
        assert_eq!(bare(Payload::Rakp1, &rakp1(tag(&console[2]), exchange)), console[2]);
        let code = exchange.rakp3_code(capture.password.as_bytes());
        let rakp3 = rakp3(tag(&console[3]), exchange.managed_id, &code);
        assert_eq!(bare(Payload::Rakp3, &rakp3), console[3]);
    }
}

#[test]
fn the_answers_of_real_bmcs_are_read_and_their_codes_accepted() {
    for capture in captures() {
        let (exchange, bmc) = (&capture.exchange, &capture.bmc);
        let (id, suite, password) = (exchange.console_id, exchange.suite, capture.password.as_bytes());
        let body = unwrap_bare(Payload::OpenAnswer, &bmc[1]).unwrap();
        let expected = OpenAnswer::Opened { managed_id: exchange.managed_id, algorithms: suite.algorithms() };
        assert_eq!(OpenAnswer::read(body, bmc[1][16], id), Some(expected));
        let body = unwrap_bare(Payload::Rakp2, &bmc[2]).unwrap();
        let Some(Rakp2::Proof { code, .. }) = Rakp2::read(body, bmc[2][16], id, suite) else { panic!() };
        assert!(exchange.accepts_rakp2(password, &code));
        assert!(!exchange.accepts_rakp2(b"another", &code));
        let body = unwrap_bare(Payload::Rakp4, &bmc[3]).unwrap();
        let Some(Rakp4::Proof { code }) = Rakp4::read(body, bmc[3][16], id, suite) else { panic!() };
        assert!(exchange.accepts_rakp4(&exchange.sik(password), &code));
        assert!(!exchange.accepts_rakp4(&exchange.sik(b"another"), &code));
    }
}

#[test]
fn the_keys_are_those_of_real_sessions() {
    for capture in captures() {
        let sik = capture.exchange.sik(capture.password.as_bytes());
        let keys = capture.exchange.keys(&sik);
        let text = |name: &str| hex(capture.json[name].as_str().unwrap());
        assert_eq!(**sik, text("sik"));
        let mut sealed = Vec::new();
        encrypt_onto(&mut sealed, &keys.encryption, &[9; 16], |packet| packet.extend(b"plain"));
        let cipher = Aes128Dec::new_from_slice(&text("k2")[..16]).unwrap();
        let plain = decrypt(&cipher, &mut sealed).unwrap();
        assert_eq!(&sealed[plain], b"plain");
        let code = capture.exchange.suite.hmac(&text("k1"), &[b"covered"]);
        assert!(keys.accepts(b"covered", &code[..capture.exchange.suite.code_bytes()]));
    }
}

#[test]
fn every_packet_of_a_real_session_opens_once_and_its_command_seals_to_the_same_bytes() {
    for capture in captures() {
        let exchange = &capture.exchange;
        let keys = || exchange.keys(&exchange.sik(capture.password.as_bytes()));
        let mut here = Sealed::new(exchange.console_id, exchange.managed_id, keys());
        let mut there = Sealed::new(exchange.managed_id, exchange.console_id, keys());
        let mut opened = 0;
        for frame in capture.json["frames"].as_array().unwrap() {
            let Some(message) = frame["message"].as_str().map(hex) else { continue };
            let bytes = hex(frame["hex"].as_str().unwrap());
            let from_bmc = frame["from"] == "bmc";
            let side = if from_bmc { &mut here } else { &mut there };
            assert_eq!(side.open(bytes.clone()).as_deref(), Some(&message));
            assert_eq!(side.open(bytes.clone()), None, "a duplicate");
            opened += 1;
            if !from_bmc {
                // The clients begin at another number.
                let number = u32::from_le_bytes(array(&bytes, 10));
                let mut sealed = Sealed::new(exchange.console_id, exchange.managed_id, keys());
                let request = request(&message);
                (1..number).for_each(|_| drop(sealed.seal(&request, &[0; 16])));
                assert_eq!(sealed.seal(&request, &array(&bytes, 16)), bytes);
            }
        }
        assert!(opened >= 6, "{opened}");
    }
}

#[test]
fn a_changed_bit_is_found() {
    let capture = captures().remove(1);
    let exchange = &capture.exchange;
    let packet = capture.bmc.last().unwrap();
    for bit in 0..packet.len() * 8 {
        let mut changed = packet.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let keys = exchange.keys(&exchange.sik(capture.password.as_bytes()));
        let mut here = Sealed::new(exchange.console_id, exchange.managed_id, keys);
        assert_eq!(here.open(changed), None, "bit {bit}");
        assert!(here.open(packet.clone()).is_some(), "what was refused does not count as seen");
    }
}

#[test]
fn a_command_is_written_and_its_answer_read_as_real_ones_are() {
    let status = Request { netfn: 0, command: 1, number: 6, data: &[] };
    assert_eq!(*status.bytes(), hex("2000e081180166"));
    let answer = Answer::inside(&status, hex("2004dc201801000100400086").into()).unwrap();
    assert_eq!((answer.completion, &**answer.data), (0, [1, 0, 0x40, 0].as_slice()));
    for other in
        [Request { netfn: 6, ..status }, Request { command: 2, ..status }, Request { number: 7, ..status }]
    {
        assert_eq!(Answer::inside(&other, hex("2004dc201801000100400086").into()), None);
    }
    let ask = Request { netfn: 6, command: 0x38, number: 0, data: &[0x8E, 4] };
    let answer = unwrap_presession(&hex("0600ff0700000000000000000010811c6320003800019706030000000007"))
        .unwrap()
        .to_vec();
    assert!(Answer::of_unprotected(&ask, &answer).is_some());
    for byte in 0..answer.len() {
        let mut changed = answer.clone();
        changed[byte] ^= 0x10;
        assert_eq!(Answer::of_unprotected(&ask, &changed), None, "byte {byte}");
    }
}
