//! Envelopes of packets outside of a session.

use super::super::packet::{Payload, bare, presession, unwrap_bare, unwrap_presession};
use crate::fuzzing::MESSAGE_2_0;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const PAYLOADS: [Payload; 6] = [
    Payload::OpenRequest,
    Payload::OpenAnswer,
    Payload::Rakp1,
    Payload::Rakp2,
    Payload::Rakp3,
    Payload::Rakp4,
];

proptest! {
    #[test]
    fn a_message_before_a_session_is_unwrapped_to_the_same_and_not_when_it_is_cut(
        message in vec(any::<u8>(), 0..=255),
        more in vec(any::<u8>(), 0..20),
    ) {
        let datagram = presession(&message);
        prop_assert_eq!(&datagram[..13], &[0x06, 0x00, 0xFF, 0x07, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        prop_assert_eq!(unwrap_presession(&datagram), Some(&message[..]));
        let longer = [&datagram[..], &more].concat();
        prop_assert_eq!(unwrap_presession(&longer), Some(&message[..]));
        for length in 0..datagram.len() {
            prop_assert_eq!(unwrap_presession(&datagram[..length]), None);
        }
    }

    #[test]
    fn an_answer_before_a_session_in_the_form_of_2_0_is_unwrapped_to_the_same(message in vec(any::<u8>(), 0..=600)) {
        let length = u16::try_from(message.len()).unwrap().to_le_bytes();
        let datagram = [&MESSAGE_2_0[..], &length, &message].concat();
        prop_assert_eq!(unwrap_presession(&datagram), Some(&message[..]));
        for length in 0..datagram.len() {
            prop_assert_eq!(unwrap_presession(&datagram[..length]), None);
        }
    }

    #[test]
    fn what_opens_a_session_is_unwrapped_to_the_same_by_its_kind_alone_and_not_when_it_is_cut(
        payload in select(&PAYLOADS),
        other in select(&PAYLOADS),
        body in vec(any::<u8>(), 0..=600),
    ) {
        let datagram = bare(payload, &body);
        let [low, high] = u16::try_from(body.len()).unwrap().to_le_bytes();
        let header = [6, 0, 0xFF, 7, 6, payload as u8, 0, 0, 0, 0, 0, 0, 0, 0, low, high];
        prop_assert_eq!(&datagram[..16], &header);
        prop_assert_eq!(unwrap_bare(other, &datagram), Some(&body[..]).filter(|_| other == payload));
        for length in 0..datagram.len() {
            prop_assert_eq!(unwrap_bare(payload, &datagram[..length]), None);
        }
    }

    #[test]
    fn a_header_with_one_changed_bit_is_of_another_kind(
        payload in select(&PAYLOADS),
        body in vec(any::<u8>(), 1..=60),
        bit in 0..14 * 8usize,
    ) {
        let flip = |mut datagram: Vec<u8>| {
            datagram[bit / 8] ^= 1 << (bit % 8);
            datagram
        };
        prop_assert!(unwrap_bare(payload, &flip(bare(payload, &body))).is_none());
        if bit / 8 < 13 {
            prop_assert!(unwrap_presession(&flip(presession(&body))).is_none());
        }
    }
}
