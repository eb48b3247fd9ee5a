//! Commands and their answers.

use super::super::{Answer, Request};
use crate::fuzzing::answer;
use proptest::collection::vec;
use proptest::prelude::*;

/// A command: network function, command, number, data.
fn command() -> impl Strategy<Value = (u8, u8, u8, Vec<u8>)> {
    ((0..32u8).prop_map(|netfn| netfn * 2), any::<u8>(), any::<u8>(), vec(any::<u8>(), 0..300))
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte))
}

/// What a BMC answers: requester and responder change places, and the network function is the next one.
fn reply(netfn: u8, command: u8, number: u8, completion: u8, data: &[u8]) -> Vec<u8> {
    let mut message = vec![0x81, (netfn | 1) << 2];
    message.push(sum(&message).wrapping_neg());
    message.extend([0x20, number << 2, command, completion]);
    message.extend(data);
    message.push(sum(&message[3..]).wrapping_neg());
    message
}

proptest! {
    #[test]
    fn a_command_has_its_fields_where_they_belong_and_both_its_parts_add_up_to_zero(
        (netfn, command, number, data) in command(),
    ) {
        let request = Request { netfn, command, number, data: &data };
        let bytes = request.bytes();
        prop_assert_eq!(bytes.len(), request.length());
        prop_assert_eq!((sum(&bytes[..3]), sum(&bytes[3..])), (0, 0));
        let fields = [0x20, netfn << 2, 0x81, number << 2, command];
        prop_assert_eq!([bytes[0], bytes[1], bytes[3], bytes[4], bytes[5]], fields);
        prop_assert_eq!(&bytes[6..bytes.len() - 1], &data[..]);
    }

    #[test]
    fn an_answer_is_that_to_its_own_command_and_to_no_other(
        (netfn, code, number, data) in command(),
        (other_netfn, other_code, other_number, _) in command(),
        completion in any::<u8>(),
    ) {
        let message = reply(netfn, code, number, completion, &data);
        let own = Request { netfn, command: code, number, data: &[] };
        let answer = Answer { completion, data: data.into() };
        prop_assert_eq!(Answer::inside(&own, message.clone().into()), Some(answer.clone()));
        prop_assert_eq!(Answer::of_unprotected(&own, &message), Some(answer));
        for other in [
            Request { netfn: other_netfn, ..own },
            Request { command: other_code, ..own },
            Request { number: other_number, ..own },
        ] {
            let same = (other.netfn, other.command, other.number % 64) == (netfn, code, number % 64);
            prop_assert_eq!(Answer::inside(&other, message.clone().into()).is_some(), same);
            prop_assert_eq!(Answer::of_unprotected(&other, &message).is_some(), same);
        }
    }

    #[test]
    fn outside_of_a_session_an_answer_with_a_changed_byte_is_none(
        (netfn, command, number, data) in command(),
        at in any::<prop::sample::Index>(),
        by in 1..=255u8,
    ) {
        let mut message = reply(netfn, command, number, 0, &data);
        let at = at.index(message.len());
        message[at] ^= by;
        let own = Request { netfn, command, number, data: &[] };
        prop_assert_eq!(Answer::of_unprotected(&own, &message), None);
    }

    #[test]
    fn a_command_is_not_taken_for_its_own_answer((netfn, command, number, data) in command()) {
        let request = Request { netfn, command, number, data: &data };
        prop_assert_eq!(Answer::inside(&request, request.bytes()), None);
    }

    #[test]
    fn any_message_answers_what_it_says_and_nothing_else(message in vec(any::<u8>(), 0..40)) {
        answer(&message);
    }
}
