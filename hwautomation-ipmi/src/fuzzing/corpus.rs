//! The corpus, `fuzz/corpus`: seeds made of the captured sessions (`tests/data`), and what was found later.
//!
//! `HWAUTOMATION_CORPUS=write cargo test -p hwautomation-ipmi --lib corpus` writes the seeds.

use super::{console, datagrams, login, script};
use serde_json::Value;
use std::path::PathBuf;

const CAPTURES: &[(&str, &str)] = &[
    ("ipmitool-3", include_str!("../../tests/data/ipmitool_suite3.json")),
    ("ipmitool-3-lan", include_str!("../../tests/data/ipmitool_suite3_lan.json")),
    ("ipmitool-17", include_str!("../../tests/data/ipmitool_suite17.json")),
    ("ipmipower-17", include_str!("../../tests/data/ipmipower_suite17.json")),
];
/// Answers that no captured session has: for each reader of `models.rs` one that it understands.
const ANSWERS: &[(&str, &[u8])] = &[
    ("blank-guid", &[b' '; 16]),
    ("boot-flags", &[1, 5, 0xA0, 0x04, 0, 0, 0]),
    ("boot-flags-supermicro", &[1, 5, 0xE0, 0x24, 0, 0, 0]),
    ("channel", &[1, 4, 1, 0x80, 0xF2, 0x1B, 0, 0, 0]),
    ("chassis-status", &[0x01, 0x00, 0x40, 0x00]),
    ("device-id", &[0x20, 1, 2, 0x43, 2, 0xBF, 0x7C, 0x2A, 0, 0x1C, 0x0B]),
    ("lan-address", &[0x11, 10, 0, 0, 5]),
    ("event-log", &[0x51, 1, 0, 0xF0, 0x0F, 0, 0, 0, 0, 0, 0, 0, 0, 0x02]),
    ("event-log-entry", &[2, 0, 2, 0x10, 0x32, 0x54, 0x66, 0x20, 0, 4, 1, 0x30, 0x01, 0x57, 0x69, 0x64]),
    ("console", &[0, 0, 0, 0, 204, 0, 204, 0, 0x6F, 2, 0xFF, 0xFF]),
    ("power-on-hours", &[60, 0x10, 0x27, 0, 0]),
    ("sensor-reading", &[29, 0xC0, 0xC8, 0x80]),
    ("sensor-record", SENSOR),
    ("sensor-thresholds", &[0x3F, 170, 165, 160, 205, 210, 220]),
    ("user-access", &[0x0A, 0x42, 0x01, 0x74]),
    ("user-name", b"ADMIN\0\0\0\0\0\0\0\0\0\0\0"),
];
/// A full record of a temperature "CPU Temp" in degrees, in the specification's order (section 43.1).
const SENSOR: &[u8] = &[
    0x31, 0x00, 0x51, 0x01, 0x33, 0x20, 0x00, 0x30, 0x03, 0x01, 0x7F, 0x68, 0x01, 0x01, 0x80, 0x0A, 0x80,
    0x7A, 0x38, 0x38, 0x00, 0x01, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x07, 0x28, 0x50, 0x10,
    0x7F, 0x80, 0x64, 0x5A, 0x50, 0x00, 0x05, 0x0A, 0x02, 0x02, 0x00, 0x00, 0x00, 0xC8, b'C', b'P', b'U',
    b' ', b'T', b'e', b'm', b'p',
];
/// The kinds and bytes of an input's parts.
type Parts = &'static [(u8, &'static [u8])];

/// What happens on a console: an echo; a line of which little is accepted, and a break; packets that come again and
/// under all numbers; a machine that writes more than is read.
const CONSOLES: &[(&str, Parts)] = &[
    ("echo", &[(console::TYPED, b"ls"), (console::PACKET, &[1, 1, 2, 0, b'l', b's']), (console::READ, &[])]),
    (
        "little-by-little",
        &[
            (console::TYPED, b"a line that is longer than a packet"),
            (console::BREAK, &[]),
            (console::PACKET, &[0, 1, 7, 0]),
            (console::PACKET, &[0, 2, 0, 0x40]),
            (console::TIME, &[20]),
            (console::PACKET, &[0, 3, 20, 0]),
            (console::PACKET, &[0, 4, 8, 0]),
            (console::TIME, &[255, 255, 255]),
            (console::PACKET, &[0, 5, 0, 0]),
        ],
    ),
    (
        "again",
        &[
            (console::PACKET, b"\x01\x00\x00\x00one"),
            (console::PACKET, b"\x01\x00\x00\x00one"),
            (console::PACKET, b"\x02\x00\x00\x08two"),
            (console::PACKET, b"\x0F\x00\x00\x04last"),
            (console::PACKET, b"\x01\x00\x00\x30"),
        ],
    ),
    (
        "nobody-reads",
        &[
            (console::PACKET, &[1; 204]),
            (console::PACKET, &[2; 204]),
            (console::PACKET, &[3; 204]),
            (console::PACKET, &[3; 204]),
            (console::TIME, &[30]),
            (console::PACKET, &[3; 204]),
            (console::READ, &[]),
            (console::TIME, &[30]),
            (console::PACKET, &[4; 204]),
        ],
    ),
];
/// Records of suites 0, 3 and 17, and of one of a vendor (IPMI 2.0, table 22-18).
const RECORDS: &[u8] =
    &[0xC0, 0, 0, 0xC0, 3, 1, 0x41, 0x81, 0xC1, 0x80, 0xC0, 1, 2, 1, 0x41, 0x81, 0xC0, 17, 3, 0x44, 0x81];
/// Authentication capabilities in the form of IPMI 2.0, which pyghmi's server has.
const ANSWER_2_0: &[u8] = &[
    6, 0, 0xFF, 7, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0x81, 0x1C, 0x63, 0x20, 0, 0x38, 0, 1, 0x80, 4, 2, 0,
    0, 0, 0, 0x21,
];
/// Sequence numbers at both edges of the window and at both ends (section 6.12.13).
const NUMBERS: [u32; 11] = [0, 1, 4, 2, 3, 40, 25, 24, 26, u32::MAX, u32::MAX - 15];
/// What a client does not wait for: this is how ipmi_sim says that it does not have a suite.
const REFUSAL: &[u8] = &[6, 0, 0xFF, 7, 6, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 4];

/// One datagram of a captured session.
struct Frame {
    from_bmc: bool,
    bytes: Vec<u8>,
    /// What was in it, inside the session.
    message: Option<Vec<u8>>,
}

struct Seed {
    target: &'static str,
    name: String,
    input: Vec<u8>,
}

fn hex(value: &Value) -> Option<Vec<u8>> {
    let text = value.as_str()?;
    Some((0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect())
}

fn frames(capture: &str) -> Vec<Frame> {
    let json: Value = serde_json::from_str(capture).unwrap();
    let read = |frame: &Value| Frame {
        from_bmc: frame["from"] == "bmc",
        bytes: hex(&frame["hex"]).unwrap(),
        message: hex(&frame["message"]),
    };
    json["frames"].as_array().unwrap().iter().map(read).collect()
}

fn seeds() -> Vec<Seed> {
    let mut seeds = Vec::new();
    let mut add = |target, name: String, input| seeds.push(Seed { target, name, input });
    for (name, capture) in CAPTURES {
        let (frames, choice) = (frames(capture), u8::from(name.ends_with("17")));
        add("datagrams", format!("{name}-as-captured"), as_captured(choice, &frames));
        add("datagrams", format!("{name}-signed"), signed(choice, &frames));
        add("datagrams", format!("{name}-sealed"), sealed(choice, &frames));
        add("login", format!("{name}-as-captured"), answers(choice, &frames));
        for (index, data) in frames.iter().filter_map(data).enumerate() {
            add("models", format!("{name}-{index}"), data);
        }
    }
    let of_2_0 = script::write(0, [(datagrams::RAW, ANSWER_2_0)]);
    add("datagrams", "answer-in-the-form-of-2.0".to_owned(), of_2_0);
    add("datagrams", "numbers".to_owned(), numbers());
    add("datagrams", "cipher-suites".to_owned(), script::write(0, [(datagrams::RAW, RECORDS)]));
    for choice in [0, 1, 6, 11, 15] {
        let input = script::write(choice, [(login::HONEST, &[][..]); 3]);
        add("login", format!("honest-{choice}"), input);
    }
    let changed = script::write(1, [(login::CHANGED, &[17, 0, 0x11][..]), (login::RAW, REFUSAL)]);
    add("login", "refused".to_owned(), changed);
    for (name, parts) in CONSOLES {
        add("console", (*name).to_owned(), script::write(99, parts.iter().copied()));
    }
    ANSWERS.iter().for_each(|(name, data)| add("models", (*name).to_owned(), data.to_vec()));
    seeds
}

fn as_captured(choice: u8, frames: &[Frame]) -> Vec<u8> {
    script::write(choice, frames.iter().map(|frame| (datagrams::RAW, frame.bytes.as_slice())))
}

/// The packets of the session without their codes, so that what is behind a good code is read, too.
fn signed(choice: u8, frames: &[Frame]) -> Vec<u8> {
    let code = if choice == 0 { 12 } else { 16 };
    let packets = frames.iter().filter(|frame| frame.from_bmc && frame.message.is_some());
    let parts = packets.map(|frame| (datagrams::SIGNED, &frame.bytes[..frame.bytes.len() - code]));
    script::write(choice, parts)
}

/// The messages of the session: commands go out, answers come in, every other one also changed.
fn sealed(choice: u8, frames: &[Frame]) -> Vec<u8> {
    let mut parts = Vec::new();
    for (frame, number) in frames.iter().zip(1u8..) {
        let Some(message) = &frame.message else { continue };
        let (kind, front) = match (frame.from_bmc, number % 4) {
            (false, _) => (datagrams::ASKED, vec![message[1] >> 2, message[5], message[4] >> 2]),
            (true, 0) => (datagrams::CHANGED, vec![number, 0, number]),
            (true, _) => (datagrams::SEALED, vec![number, 0, 0, 0]),
        };
        let rest = if frame.from_bmc { &message[..] } else { &message[6..message.len() - 1] };
        parts.push((kind, [&front, rest].concat()));
    }
    script::write(choice, parts.iter().map(|(kind, bytes)| (*kind, bytes.as_slice())))
}

/// Packets whose numbers come in another order, twice, too late, and far ahead.
fn numbers() -> Vec<u8> {
    let parts = NUMBERS.map(|number| [&number.to_le_bytes()[..], b"answer"].concat());
    script::write(0, parts.iter().map(|part| (datagrams::SEALED, part.as_slice())))
}

/// What the BMC said while the session was opened, each followed by what takes the console a step further.
fn answers(choice: u8, frames: &[Frame]) -> Vec<u8> {
    let said = frames.iter().filter(|frame| frame.from_bmc && frame.message.is_none());
    let parts = said.flat_map(|frame| [(login::RAW, frame.bytes.as_slice()), (login::HONEST, &[])]);
    script::write(choice, parts)
}

/// The data of an answer.
fn data(frame: &Frame) -> Option<Vec<u8>> {
    let message = frame.message.as_ref().filter(|_| frame.from_bmc)?;
    message.get(7..message.len() - 1).filter(|data| !data.is_empty()).map(<[u8]>::to_vec)
}

fn folder(target: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "fuzz", "corpus", target].iter().collect()
}

/// Reads all inputs of a target, in the order of their names.
pub(super) fn inputs(target: &str) -> Vec<Vec<u8>> {
    let files = std::fs::read_dir(folder(target)).expect("the corpus is in the repository");
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

#[test]
fn the_corpus_has_every_seed_that_the_captured_sessions_give() {
    let writes = std::env::var("HWAUTOMATION_CORPUS").is_ok_and(|value| value == "write");
    for Seed { target, name, input } in seeds() {
        let file = folder(target).join(format!("seed-{name}"));
        if writes {
            std::fs::create_dir_all(folder(target)).unwrap();
            std::fs::write(&file, &input).unwrap();
        }
        let found = std::fs::read(&file).unwrap_or_default();
        assert_eq!(found, input, "{target}/seed-{name}: HWAUTOMATION_CORPUS=write writes it");
    }
}
