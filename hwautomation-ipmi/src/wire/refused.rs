//! Known answers: sessions of ipmitool's with ipmi_sim that came to nothing, or to less than this client takes
//! (`tests/data/refused.json`), byte for byte.

use super::captured::{array, hex};
use super::*;
use crate::quirks;
use serde_json::Value;

const USER: &str = "ipmiusr";
const PASSWORD: &[u8] = b"test";
/// The session id that ipmitool chooses, and the privilege that it asks for: the highest.
const CONSOLE_ID: u32 = 0xA0A2_A3A4;
const HIGHEST: u8 = 0;

/// What one side sent in a capture.
fn sent(by: &str, capture: &str) -> Vec<Vec<u8>> {
    let json: Value = serde_json::from_str(include_str!("../../tests/data/refused.json")).unwrap();
    let frames = json[capture]["frames"].as_array().unwrap().iter().filter(|frame| frame["from"] == by);
    frames.map(|frame| hex(frame["hex"].as_str().unwrap())).collect()
}

/// The exchange up to RAKP message 2, as if it had been begun in this suite.
fn exchange(capture: &str, suite: Suite) -> Exchange {
    let (console, bmc) = (sent("console", capture), sent("bmc", capture));
    Exchange {
        suite,
        console_id: CONSOLE_ID,
        managed_id: u32::from_le_bytes(array(&bmc[1], 24)),
        console_random: array(&console[2], 24),
        managed_random: array(&bmc[2], 24),
        guid: array(&bmc[2], 40),
        role: Role { byte: console[2][40], username: USER.to_owned() },
    }
}

fn opened(capture: &str) -> OpenAnswer {
    let answer = &sent("bmc", capture)[1];
    OpenAnswer::read(unwrap_bare(Payload::OpenAnswer, answer).unwrap(), answer[16], CONSOLE_ID).unwrap()
}

#[test]
fn a_bmc_with_another_password_is_known_by_its_proof() {
    let exchange = exchange("wrong_password", Suite::Three);
    let answer = &sent("bmc", "wrong_password")[2];
    let body = unwrap_bare(Payload::Rakp2, answer).unwrap();
    let Some(Rakp2::Proof { code, .. }) = Rakp2::read(body, answer[16], CONSOLE_ID, Suite::Three) else {
        panic!()
    };
    assert!(exchange.accepts_rakp2(PASSWORD, &code));
    assert!(!exchange.accepts_rakp2(b"another", &code));
    assert_eq!(sent("console", "wrong_password").len(), 3, "ipmitool proves nothing to it, either");
}

#[test]
fn a_suite_is_asked_for_as_ipmitool_does_and_its_refusal_leads_to_the_next() {
    let question = &sent("console", "suite_17")[1];
    let ours = open_session(question[16], HIGHEST, CONSOLE_ID, Suite::Seventeen);
    assert_eq!(bare(Payload::OpenRequest, &ours), *question);
    let OpenAnswer::Refused(status) = opened("suite_17") else { panic!() };
    assert_eq!(status, 4);
    assert!(quirks::may_mean_another_suite(status));
}

#[test]
fn a_session_in_md5_is_in_neither_of_our_suites() {
    let OpenAnswer::Opened { algorithms, .. } = opened("suite_8") else { panic!() };
    assert_eq!(algorithms, [2, 2, 1]);
    let answer = &sent("bmc", "suite_8")[2];
    let body = unwrap_bare(Payload::Rakp2, answer).unwrap();
    for suite in [Suite::Three, Suite::Seventeen] {
        assert_ne!(algorithms, suite.algorithms());
        assert_eq!(Rakp2::read(body, answer[16], CONSOLE_ID, suite), None, "its code is shorter");
    }
}

/// Suite 1 proves as suite 3 does, and then protects nothing.
#[test]
fn a_packet_without_protection_is_not_taken_though_all_before_was_proved() {
    let OpenAnswer::Opened { algorithms, .. } = opened("suite_1") else { panic!() };
    assert_eq!(algorithms, [1, 0, 0]);
    let exchange = exchange("suite_1", Suite::Three);
    let answers = sent("bmc", "suite_1");
    let body = unwrap_bare(Payload::Rakp4, &answers[3]).unwrap();
    let Some(Rakp4::Proof { code }) = Rakp4::read(body, answers[3][16], CONSOLE_ID, Suite::Three) else {
        panic!()
    };
    let sik = exchange.sik(PASSWORD);
    assert!(exchange.accepts_rakp4(&sik, &code));
    let mut session = Sealed::new(CONSOLE_ID, exchange.managed_id, exchange.keys(&sik));
    assert!(answers.len() > 4);
    for packet in &answers[4..] {
        assert_eq!(packet[6..10], CONSOLE_ID.to_le_bytes(), "it is of this session");
        assert_eq!(session.open(packet.clone()), None);
        assert_eq!(unwrap_presession(packet), None);
    }
}

#[test]
fn a_pong_answers_no_question_of_ours() {
    let pongs = sent("bmc", "ping");
    assert_eq!(pongs.len(), 3);
    for pong in pongs {
        assert_eq!(unwrap_presession(&pong), None);
        for payload in [Payload::OpenAnswer, Payload::Rakp2, Payload::Rakp4] {
            assert_eq!(unwrap_bare(payload, &pong), None);
        }
    }
}
