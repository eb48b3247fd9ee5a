//! Datagrams outside of a session, and what is in them.

use crate::wire::{Answer, Payload, Request, bare, presession, suite_ids, unwrap_bare, unwrap_presession};

const PAYLOADS: [Payload; 6] = [
    Payload::OpenRequest,
    Payload::OpenAnswer,
    Payload::Rakp1,
    Payload::Rakp2,
    Payload::Rakp3,
    Payload::Rakp4,
];
/// A message outside of a session in the form of IPMI 2.0 (section 13.6), up to its length.
pub(crate) const MESSAGE_2_0: [u8; 14] = [6, 0, 0xFF, 7, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/// How many of its bytes a message has before its data, and after them.
const FRONT_BYTES: usize = 7;
const BACK_BYTES: usize = 1;

/// Reads a datagram in every way.
pub(super) fn read(datagram: &[u8]) {
    for message in envelopes(datagram).into_iter().flatten().chain([datagram]) {
        answer(message);
        suites(message);
    }
}

/// Unwraps it, and wraps it again to what it was.
fn envelopes(datagram: &[u8]) -> [Option<&[u8]>; 2] {
    let message = unwrap_presession(datagram);
    assert_eq!(message, message_in(datagram), "{datagram:02x?}");
    let wraps = |message: &[u8]| {
        message.len() > 255 || datagram[4] != 0 || datagram.starts_with(&presession(message))
    };
    assert!(message.is_none_or(wraps), "{datagram:02x?}");
    let mut bodies =
        PAYLOADS.into_iter().filter_map(|payload| Some((payload, unwrap_bare(payload, datagram)?)));
    let body = bodies.next();
    assert!(bodies.next().is_none(), "a datagram is of one kind: {datagram:02x?}");
    assert!(body.is_none() || message.is_none(), "a datagram has one form: {datagram:02x?}");
    if let Some((payload, body)) = body {
        assert!(datagram.starts_with(&bare(payload, body)), "{datagram:02x?}");
    }
    [message, body.map(|(_, body)| body)]
}

/// Takes a message out of a datagram before a session (sections 13.6 and 22.13), in either form.
fn message_in(datagram: &[u8]) -> Option<&[u8]> {
    let (length, rest) = match datagram {
        [6, 0, 0xFF, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, length, rest @ ..] => (usize::from(*length), rest),
        _ => {
            let ([low, high], rest) = datagram.strip_prefix(&MESSAGE_2_0)?.split_first_chunk()?;
            (usize::from(u16::from_le_bytes([*low, *high])), rest)
        }
    };
    rest.get(..length)
}

/// Reads a message as the answer to the command that it claims to answer, and to others (section 13.8).
pub(crate) fn answer(message: &[u8]) {
    let claimed = |at: usize, shift: u8| message.get(at).map_or(0, |byte| byte >> shift);
    let (netfn, number, command) = (claimed(1, 2), claimed(4, 2), claimed(5, 0));
    let own = Request { netfn: netfn & !1, command, number, data: &[] };
    let expected = (message.len() >= FRONT_BYTES + BACK_BYTES && netfn % 2 == 1)
        .then(|| (message[FRONT_BYTES - 1], &message[FRONT_BYTES..message.len() - BACK_BYTES]));
    let found = Answer::inside(&own, message.to_vec().into());
    assert_eq!(found.as_ref().map(|answer| (answer.completion, answer.data.as_slice())), expected);
    let sum = |part: &[u8]| part.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte));
    let good = message.split_at_checked(3).is_some_and(|(front, back)| sum(front) == 0 && sum(back) == 0);
    assert_eq!(Answer::of_unprotected(&own, message), found.filter(|_| good));
    for other in [
        Request { netfn: own.netfn ^ 2, ..own },
        Request { command: own.command ^ 1, ..own },
        Request { number: own.number ^ 0x20, ..own },
    ] {
        assert_eq!(
            Answer::inside(&other, message.to_vec().into()),
            None,
            "{other:?} is not what it answers: {message:02x?}"
        );
    }
}

/// Reads records of cipher suites (section 22.15.1), and compares with [`listed`].
pub(crate) fn suites(records: &[u8]) {
    assert_eq!(suite_ids(records), listed(records), "{records:02x?}");
}

/// Reads records one after the other: a tag, an id, with C1h three bytes of a vendor, then algorithms up to the next
/// byte with both high bits. What has neither tag is passed over like an algorithm.
fn listed(records: &[u8]) -> Vec<u8> {
    let (mut ids, mut at) = (Vec::new(), 0);
    while at < records.len() {
        at += match (records[at], records.get(at + 1)) {
            (0xC0, Some(id)) => {
                ids.push(*id);
                2
            }
            (0xC1, _) => 5,
            _ => 1,
        };
        while at < records.len() && records[at] < 0xC0 {
            at += 1;
        }
    }
    ids
}
