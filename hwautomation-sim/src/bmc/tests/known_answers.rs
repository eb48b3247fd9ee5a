//! Sessions that were captured between programs of others: our codec and our cryptography say the same.

use crate::bmc::controller::Controller;
use crate::bmc::crypto::{Cipher, Exchange, Keys, Suite};
use crate::bmc::fake::{FakeGround, machine};
use crate::bmc::handshake::{Open, Rakp1};
use crate::bmc::wire::{Datagram, Envelope, Payload, sign_and_wrap};
use serde_json::Value;
use std::net::SocketAddr;

const CAPTURES: [(&str, Suite); 5] = [
    (include_str!("../../../tests/data/ipmitool_suite_3.json"), Suite::Three),
    (include_str!("../../../tests/data/ipmipower_suite_3.json"), Suite::Three),
    (include_str!("../../../tests/data/ipmitool_suite_3_independent.json"), Suite::Three),
    (include_str!("../../../tests/data/ipmitool_suite_17.json"), Suite::Seventeen),
    (include_str!("../../../tests/data/ipmipower_suite_17.json"), Suite::Seventeen),
];

struct Frame {
    from_bmc: bool,
    datagram: Vec<u8>,
    message: Option<Vec<u8>>,
}

struct Capture {
    suite: Suite,
    user: String,
    password: String,
    sik: Vec<u8>,
    k1: Vec<u8>,
    k2: Vec<u8>,
    frames: Vec<Frame>,
}

fn hex(value: &Value) -> Vec<u8> {
    let digits = value.as_str().unwrap().as_bytes();
    digits.chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn captures() -> impl Iterator<Item = Capture> {
    CAPTURES.into_iter().map(|(text, suite)| {
        let json: Value = serde_json::from_str(text).unwrap();
        let frame = |frame: &Value| Frame {
            from_bmc: frame["from"] == "bmc",
            datagram: hex(&frame["datagram"]),
            message: frame.get("message").map(hex),
        };
        Capture {
            suite,
            user: json["user"].as_str().unwrap().to_owned(),
            password: json["password"].as_str().unwrap().to_owned(),
            sik: hex(&json["sik"]),
            k1: hex(&json["k1"]),
            k2: hex(&json["k2"]),
            frames: json["frames"].as_array().unwrap().iter().map(frame).collect(),
        }
    })
}

fn envelope(datagram: &[u8]) -> Option<Envelope<'_>> {
    match Datagram::read(datagram) {
        Some(Datagram::Lan20(envelope)) => Some(envelope),
        _ => None,
    }
}

impl Capture {
    /// The payload of the one frame of that kind.
    fn payload(&self, kind: Payload) -> &[u8] {
        let frames = self.frames.iter().filter_map(|frame| envelope(&frame.datagram));
        frames.filter(|envelope| envelope.kind == kind).map(|envelope| envelope.payload).next().unwrap()
    }

    fn exchange(&self) -> Exchange {
        let (open, rakp1) = (self.payload(Payload::OpenRequest), self.payload(Payload::Rakp1));
        let (open, rakp1) = (Open::read(open).unwrap(), Rakp1::read(rakp1).unwrap());
        let rakp2 = self.payload(Payload::Rakp2);
        Exchange {
            suite: self.suite,
            console: open.console,
            managed: rakp1.managed,
            console_random: rakp1.console_random,
            managed_random: rakp2[8..24].try_into().unwrap(),
            guid: rakp2[24..40].try_into().unwrap(),
            role: rakp1.role,
            username: rakp1.username.unwrap(),
        }
    }

    fn encrypted(&self) -> impl Iterator<Item = (&Frame, Envelope<'_>)> {
        let frames = self.frames.iter().filter_map(|frame| Some((frame, envelope(&frame.datagram)?)));
        frames.filter(|(_, envelope)| envelope.protected)
    }
}

#[test]
fn the_proofs_of_captured_handshakes_are_recomputed() {
    for capture in captures() {
        let (exchange, password) = (capture.exchange(), capture.password.as_bytes());
        assert_eq!(exchange.username, capture.user.as_bytes());
        assert_eq!(exchange.managed_proof(password), capture.payload(Payload::Rakp2)[40..]);
        assert_eq!(exchange.console_proof(password), capture.payload(Payload::Rakp3)[8..]);
        assert_eq!(exchange.session_key(password), capture.sik);
        assert_eq!(exchange.key_proof(&capture.sik), capture.payload(Payload::Rakp4)[8..]);
    }
}

#[test]
fn the_keys_of_captured_sessions_are_derived() {
    for capture in captures() {
        let keys = Keys::derive(capture.suite, &capture.sik);
        let cipher = Cipher::new(capture.k2.first_chunk().unwrap());
        assert_eq!(keys.cipher.encrypt([0; 16], b"secret"), cipher.encrypt([0; 16], b"secret"));
        let mut code = capture.suite.hmac(&capture.k1, &[b"signed"]);
        code.truncate(capture.suite.code_length());
        assert_eq!(keys.sign(b"signed").as_ref(), code);
    }
}

#[test]
fn captured_packets_are_read_and_written_again_byte_for_byte() {
    for capture in captures() {
        let keys = Keys::derive(capture.suite, &capture.sik);
        let mut count = 0;
        for (frame, envelope) in capture.encrypted() {
            let (signed, code) = envelope.signature(capture.suite.code_length()).unwrap();
            assert!(keys.signed_by_us(signed, code));
            let message = frame.message.as_ref().unwrap();
            assert_eq!(keys.cipher.decrypt(envelope.payload).as_ref(), Some(message));
            let iv = envelope.payload[..16].try_into().unwrap();
            let payload = keys.cipher.encrypt(iv, message);
            let sign = |signed: &[u8]| keys.sign(signed);
            assert_eq!(
                sign_and_wrap(Payload::Message, envelope.session, envelope.sequence, &payload, sign),
                frame.datagram
            );
            count += 1;
        }
        assert!(count >= 6, "a session has at least three commands");
    }
}

#[test]
fn a_captured_console_is_answered_as_its_bmc_did() {
    for capture in captures() {
        let exchange = capture.exchange();
        // What the captured BMC drew by lot: the session's number and its random bytes.
        let mut drawn = [&exchange.managed.to_le_bytes(), &exchange.managed_random[..]].concat().into_iter();
        let random =
            move |bytes: &mut [u8]| bytes.iter_mut().for_each(|byte| *byte = drawn.next().unwrap_or(7));
        let mut machine = machine(&capture.user, &capture.password);
        machine.bmc.guid = exchange.guid;
        let (mut bmc, ground) = (Controller::new(random), FakeGround::new(machine));
        let peer = SocketAddr::from(([127, 0, 0, 1], 9));
        let mut answers = 0;
        for frames in capture.frames.windows(2) {
            let [asked, answered] = frames else { unreachable!() };
            if asked.from_bmc || !answered.from_bmc {
                continue;
            }
            let answer =
                bmc.receive(&asked.datagram, peer, &ground).expect("a captured console is understood").bytes;
            answers += 1;
            let kind = envelope(&answer).map(|envelope| envelope.kind);
            if matches!(kind, Some(Payload::Rakp2 | Payload::Rakp4)) {
                assert_eq!(answer, answered.datagram);
            }
        }
        assert!(answers >= 7, "a login, a privilege, a question, a good bye");
        let user = ground.log.borrow().last().and_then(|entry| entry.user.clone());
        assert_eq!(user.as_deref(), Some(&capture.user[..]));
    }
}
