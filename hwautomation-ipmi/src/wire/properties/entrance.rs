//! The messages that open a session, between the client and an independent BMC.

use super::super::{
    Exchange, OpenAnswer, Payload, Rakp2, Rakp4, Request, Sealed, Suite, bare, open_session, rakp1, rakp3,
    rakp3_refusal, unwrap_bare,
};
use super::sides::{Sides, hash, sides};
use crate::fuzzing::Bmc;
use proptest::collection::vec;
use proptest::prelude::*;

/// The BMC that this user is one of.
fn bmc(sides: &Sides) -> Bmc {
    let Exchange { suite, managed_id, role, .. } = &sides.exchange;
    let mut bmc = Bmc::new(hash(*suite), role.username.as_bytes(), &sides.password);
    bmc.managed_id = *managed_id;
    bmc.kg.clone_from(&sides.kg);
    (bmc.managed_random, bmc.guid) = (sides.managed_random, sides.guid);
    bmc
}

/// Asks the BMC for a session, and names the user.
fn named(sides: &Sides, bmc: &mut Bmc) -> (Exchange, Vec<u8>) {
    let (mut exchange, tag) = (sides.exchange.clone(), sides.tag);
    let open = open_session(tag, 4, exchange.console_id, exchange.suite);
    let answer = bmc.answer(&bare(Payload::OpenRequest, &open));
    let body = unwrap_bare(Payload::OpenAnswer, &answer).unwrap();
    let opened =
        OpenAnswer::Opened { managed_id: exchange.managed_id, algorithms: exchange.suite.algorithms() };
    assert_eq!(OpenAnswer::read(body, tag, exchange.console_id), Some(opened));

    let tag = tag.wrapping_add(1);
    let answer = bmc.answer(&bare(Payload::Rakp1, &rakp1(tag, &exchange)));
    let body = unwrap_bare(Payload::Rakp2, &answer).unwrap();
    let Some(Rakp2::Proof { managed_random, guid, code }) =
        Rakp2::read(body, tag, exchange.console_id, exchange.suite)
    else {
        panic!("RAKP message 2 was not read")
    };
    (exchange.managed_random, exchange.guid) = (managed_random, guid);
    (exchange, code)
}

/// HMAC fills a key with zeros, so passwords that differ in zeros at their end are one.
fn same_key(one: &[u8], other: &[u8]) -> bool {
    let trimmed = |key: &[u8]| key.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    one[..trimmed(one)] == other[..trimmed(other)]
}

/// Reads the answer to each message, for this tag and this console's id; says what came of it as text.
const READERS: [(&str, Reader); 3] = [
    ("open", |body, tag, id, _| OpenAnswer::read(body, tag, id).map(|answer| format!("{answer:?}"))),
    ("rakp 2", |body, tag, id, suite| Rakp2::read(body, tag, id, suite).map(|answer| format!("{answer:?}"))),
    ("rakp 4", |body, tag, id, suite| Rakp4::read(body, tag, id, suite).map(|answer| format!("{answer:?}"))),
];

type Reader = fn(&[u8], u8, u32, Suite) -> Option<String>;

proptest! {
    #[test]
    fn who_knows_the_password_gets_in_and_both_sides_come_to_the_same_keys(sides in sides()) {
        let mut bmc = bmc(&sides);
        let (exchange, code) = named(&sides, &mut bmc);
        prop_assert!(exchange.accepts_rakp2(&sides.password, &code));
        prop_assert_eq!((bmc.console_id, bmc.console_random), (exchange.console_id, exchange.console_random));
        prop_assert_eq!(bmc.role, exchange.role.byte);

        let proof = rakp3(sides.tag, exchange.managed_id, &exchange.rakp3_code(&sides.password));
        let answer = bmc.answer(&bare(Payload::Rakp3, &proof));
        let body = unwrap_bare(Payload::Rakp4, &answer).unwrap();
        let read = Rakp4::read(body, sides.tag, exchange.console_id, exchange.suite);
        let Some(Rakp4::Proof { code }) = read else { panic!("RAKP message 4 was not read") };
        let sik = exchange.sik(sides.kg.as_ref().unwrap_or(&sides.password));
        prop_assert!(exchange.accepts_rakp4(&sik, &code));

        let mut here = Sealed::new(exchange.console_id, exchange.managed_id, exchange.keys(&sik));
        let there = bmc.session();
        let request = Request { netfn: 6, command: 1, number: 1, data: &[] };
        let packet = here.seal(&request, &[1; 16]);
        prop_assert_eq!(there.open_strictly(&packet), Some((1, request.bytes().to_vec())));
        prop_assert_eq!(&**here.open(there.seal(1, b"answer")).unwrap(), b"answer");
    }

    #[test]
    fn a_bmc_with_another_password_or_another_key_is_not_believed(
        sides in sides(),
        other in vec(any::<u8>(), 0..=20),
    ) {
        let mut bmc = bmc(&sides);
        let (exchange, code) = named(&sides, &mut bmc);
        prop_assert_eq!(exchange.accepts_rakp2(&other, &code), same_key(&other, &sides.password));
        let key = sides.kg.as_ref().unwrap_or(&sides.password);
        let accepted = exchange.accepts_rakp4(&exchange.sik(&other), &bmc.rakp4_code());
        prop_assert_eq!(accepted, same_key(&other, key));
    }

    #[test]
    fn a_code_that_is_short_long_or_has_a_changed_bit_is_not_believed(
        sides in sides(),
        at in any::<prop::sample::Index>(),
    ) {
        let mut bmc = bmc(&sides);
        let (exchange, whole) = named(&sides, &mut bmc);
        let sik = exchange.sik(sides.kg.as_ref().unwrap_or(&sides.password));
        let short = bmc.rakp4_code();
        for (code, accepts) in [
            (whole, &(|code: &[u8]| exchange.accepts_rakp2(&sides.password, code)) as &dyn Fn(&[u8]) -> bool),
            (short, &|code| exchange.accepts_rakp4(&sik, code)),
        ] {
            prop_assert!(accepts(&code));
            let mut changed = code.clone();
            let bit = at.index(code.len() * 8);
            changed[bit / 8] ^= 1 << (bit % 8);
            let others = [changed, code[1..].to_vec(), code[..code.len() - 1].to_vec(), [&code[..], &[0]].concat()];
            for other in others.iter().chain([&Vec::new()]) {
                prop_assert!(!accepts(other));
            }
        }
    }

    #[test]
    fn what_one_side_said_otherwise_than_the_other_heard_it_is_found(sides in sides(), what in 0..6usize) {
        let mut bmc = bmc(&sides);
        let (exchange, code) = named(&sides, &mut bmc);
        let mut heard = exchange;
        match what {
            0 => heard.console_id ^= 1,
            1 => heard.managed_id ^= 1,
            2 => heard.console_random[15] ^= 1,
            3 => heard.managed_random[0] ^= 0x80,
            4 => heard.guid[7] ^= 1,
            _ => heard.role.byte ^= 1,
        }
        prop_assert!(!heard.accepts_rakp2(&sides.password, &code));
    }

    #[test]
    fn a_refusal_of_any_length_is_read_by_its_tag_and_its_session(
        sides in sides(),
        status in 1..=255u8,
        rest in vec(any::<u8>(), 0..60),
        zero in any::<bool>(),
    ) {
        let Exchange { console_id: id, suite, .. } = sides.exchange;
        let tag = sides.tag;
        let named = if zero { 0 } else { id }.to_le_bytes();
        let short = [&[tag, status], &rest[..rest.len().min(5)]].concat();
        let whole = [&[tag, status, 0, 0], &named[..], &rest].concat();
        let strange = [&[tag, status, 0, 0], &(id ^ 1).max(1).to_le_bytes()[..], &rest].concat();
        for (kind, read) in READERS {
            let expected = Some(format!("Refused({status})"));
            prop_assert_eq!(read(&short, tag, id, suite), expected.clone(), "{}", kind);
            prop_assert_eq!(read(&whole, tag, id, suite), expected, "{}", kind);
            prop_assert_eq!(read(&whole, tag.wrapping_add(1), id, suite), None, "{}", kind);
            if id != 1 {
                prop_assert_eq!(read(&strange, tag, id, suite), None, "{}", kind);
            }
        }
    }

    #[test]
    fn what_is_too_short_to_say_yes_is_nothing(sides in sides(), length in 0..36usize) {
        let (tag, id) = (sides.tag, sides.exchange.console_id);
        let mut yes = vec![tag, 0, 0, 0];
        yes.extend(id.to_le_bytes());
        yes.resize(8 + 16 + 16 + 32, 0);
        let Exchange { suite, .. } = sides.exchange;
        prop_assert_eq!(OpenAnswer::read(&yes[..length], tag, id), None);
        prop_assert_eq!(Rakp2::read(&yes[..length], tag, id, suite), None);
        let enough = length >= 8 + suite.code_bytes();
        prop_assert_eq!(Rakp4::read(&yes[..length], tag, id, suite).is_some(), enough);
    }

    #[test]
    fn giving_up_names_the_session_and_carries_no_code(tag in any::<u8>(), id in any::<u32>()) {
        let expected = [&[tag, 0x0F, 0, 0], &id.to_le_bytes()[..]].concat();
        prop_assert_eq!(rakp3_refusal(tag, id), expected);
    }
}
