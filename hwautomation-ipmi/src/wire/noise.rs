//! Whatever arrives is an answer or nothing, and never a panic.

use super::*;

const CAPTURES: [&str; 3] = [
    include_str!("../../tests/data/ipmitool_suite3.json"),
    include_str!("../../tests/data/ipmitool_suite17.json"),
    include_str!("../../tests/data/ipmipower_suite17.json"),
];

/// How many random datagrams are read; a run takes well under a second.
const RANDOM: u64 = 40_000;

fn exchange(suite: Suite) -> Exchange {
    Exchange {
        suite,
        console_id: 1,
        managed_id: 2,
        console_random: [3; 16],
        managed_random: [4; 16],
        guid: [5; 16],
        role: Role { byte: 0x14, username: "ADMIN".to_owned() },
    }
}

/// Reads it in every way there is.
fn read_all(bytes: &[u8]) -> usize {
    let mut read = 0;
    for suite in [Suite::Three, Suite::Seventeen] {
        let exchange = exchange(suite);
        let keys = exchange.keys(&exchange.sik(b"ADMIN"));
        read += usize::from(Sealed::new(1, 2, keys).open(bytes.to_vec()).is_some());
        for body in [Some(bytes), unwrap_bare(Payload::Rakp2, bytes), unwrap_bare(Payload::OpenAnswer, bytes)]
            .into_iter()
            .flatten()
        {
            let tag = body.first().copied().unwrap_or_default();
            read += usize::from(OpenAnswer::read(body, tag, 1).is_some());
            read += usize::from(Rakp2::read(body, tag, 1, suite).is_some());
            read += usize::from(Rakp4::read(body, tag, 1, suite).is_some());
        }
    }
    let request = Request { netfn: 0, command: 1, number: 0, data: &[] };
    for message in [Some(bytes), unwrap_presession(bytes)].into_iter().flatten() {
        read += usize::from(Answer::inside(&request, message.to_vec().into()).is_some());
        read += usize::from(Answer::of_unprotected(&request, message).is_some());
    }
    read + suite_ids(bytes).len().min(1)
}

fn frames() -> Vec<Vec<u8>> {
    let hex = |text: &str| -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    };
    let frames = CAPTURES.iter().flat_map(|text| {
        let json: serde_json::Value = serde_json::from_str(text).unwrap();
        json["frames"].as_array().unwrap().clone()
    });
    frames.map(|frame| hex(frame["hex"].as_str().unwrap())).collect()
}

#[test]
fn a_datagram_cut_anywhere_is_no_panic() {
    let frames = frames();
    assert!(frames.len() > 50);
    for frame in frames {
        for at in 0..=frame.len() {
            read_all(&frame[..at]);
            read_all(&frame[at..]);
        }
    }
}

#[test]
fn random_bytes_are_no_panic() {
    // SplitMix64, from a fixed seed: a failure comes again.
    let mut state = 0x1DEA_u64;
    let mut random = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 27)) as u8
    };
    let frames = frames();
    for round in 0..RANDOM {
        let length = usize::from(random());
        let mut bytes: Vec<u8> = (0..length).map(|_| random()).collect();
        // Every other one has a true header, so that what is behind it is read, too.
        let frame = &frames[round as usize % frames.len()];
        if round % 2 == 0 {
            let header = frame.len().min(14).min(bytes.len());
            bytes[..header].copy_from_slice(&frame[..header]);
        }
        read_all(&bytes);
    }
}
