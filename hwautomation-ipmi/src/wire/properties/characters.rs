//! Packets of a console's characters.

use super::super::sol::{Incoming, Outgoing, Receipt};
use super::super::{Kind, Sealed};
use super::sides::{Session, hash, session};
use crate::fuzzing::console;
use proptest::collection::vec;
use proptest::prelude::*;

/// Where a packet says what it carries, and how it says "characters" and "a message".
const PAYLOAD: usize = 5;
const CHARACTERS: u8 = 0xC1;
const MESSAGE: u8 = 0xC0;

/// What a console sends, and its bytes, which are written down here once more.
fn outgoing() -> impl Strategy<Value = (Outgoing, Vec<u8>)> {
    let typed = (1..16u8, vec(any::<u8>(), 0..=255)).prop_map(|(sequence, characters)| {
        let bytes = [&[sequence, 0, 0, 0], &characters[..]].concat();
        (Outgoing::Characters { sequence, characters }, bytes)
    });
    let a_break = (1..16u8).prop_map(|sequence| (Outgoing::Break { sequence }, vec![sequence, 0, 0, 0x10]));
    let receipt = (1..16u8, any::<u8>(), any::<bool>()).prop_map(|(sequence, accepted, refuses)| {
        let receipt = Receipt { sequence, accepted, refuses };
        (Outgoing::Receipt(receipt), vec![0, sequence, accepted, u8::from(refuses) << 6])
    });
    prop_oneof![typed, a_break, receipt]
}

/// Makes another packet of one: the same, but that it carries something else.
fn carrying(session: &Session, packet: &[u8], payload: u8) -> Vec<u8> {
    let mut packet = packet[..packet.len() - hash(session.suite).code_bytes()].to_vec();
    packet[PAYLOAD] = payload;
    session.bmc().sign(packet)
}

fn opens(client: &mut Sealed, packet: &[u8]) -> Option<(Kind, u32, Vec<u8>)> {
    let opened = client.open_any(packet.to_vec())?;
    Some((opened.kind, opened.number, opened.body.to_vec()))
}

proptest! {
    #[test]
    fn what_is_typed_is_opened_by_the_other_side_to_the_same_bytes(
        session in session(),
        (packet, bytes) in outgoing(),
    ) {
        let sealed = session.client().seal_characters(&packet, &[9; 16]);
        prop_assert_eq!(sealed[PAYLOAD], CHARACTERS);
        let as_message = carrying(&session, &sealed, MESSAGE);
        prop_assert_eq!(carrying(&session, &as_message, CHARACTERS), sealed, "its code is good");
        prop_assert_eq!(session.bmc().open_strictly(&as_message), Some((1, bytes)));
    }

    #[test]
    fn characters_are_opened_once_and_never_as_a_message(
        session in session(),
        number in 1..=u32::MAX,
        body in vec(any::<u8>(), 0..260),
    ) {
        let mut client = session.client();
        let message = session.bmc().seal(number, &body);
        let packet = carrying(&session, &message, CHARACTERS);
        prop_assert_eq!(client.open(packet.clone()), None);
        prop_assert_eq!(opens(&mut client, &packet), Some((Kind::Characters, number, body)));
        prop_assert_eq!(opens(&mut client, &packet), None);
        prop_assert_eq!(opens(&mut client, &message), None, "numbers are those of the session, not of a payload");
    }

    #[test]
    fn what_is_neither_is_not_opened(session in session(), payload in any::<u8>(), body in vec(any::<u8>(), 0..40)) {
        prop_assume!(![MESSAGE, CHARACTERS].contains(&payload));
        let packet = carrying(&session, &session.bmc().seal(1, &body), payload);
        prop_assert_eq!(opens(&mut session.client(), &packet), None);
    }

    #[test]
    fn any_packet_is_read_as_the_specification_has_it(packet in vec(any::<u8>(), 0..300)) {
        console::read(&packet);
        prop_assert!(Incoming::read(&packet).is_none_or(|read| read.sequence < 16));
    }
}
