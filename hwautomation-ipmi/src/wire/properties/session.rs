//! Packets of a session, between the client and an independent BMC.

use super::super::Request;
use super::sides::{Session, session};
use crate::fuzzing::Peer;
use crate::wire::Suite;
use proptest::collection::vec;
use proptest::prelude::*;

/// How much data a command is tried with.
const DATA_BYTES_MAX: usize = 300;
/// How far behind the newest a number may not be any more.
const TOO_OLD: u32 = 16;

fn message() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..=DATA_BYTES_MAX)
}

fn opens(session: &mut crate::wire::Sealed, packet: &[u8]) -> Option<Vec<u8>> {
    session.open(packet.to_vec()).map(|message| message.to_vec())
}

#[test]
fn a_command_of_every_length_is_opened_by_the_other_side_to_the_same_bytes() {
    for suite in [Suite::Three, Suite::Seventeen] {
        let session = Session { suite, ids: (1, 2), sik: vec![7; suite.hash_bytes()] };
        // The other side is once the independent one, and once this client with the ids exchanged.
        let (mut client, bmc) = (session.client(), session.bmc());
        let mut mirror = Session { ids: (2, 1), ..session.clone() }.client();
        for length in 0..=DATA_BYTES_MAX {
            let data: Vec<u8> = (0..length).map(|at| (at * 7 + 1) as u8).collect();
            let request = Request { netfn: 6, command: 1, number: length as u8, data: &data };
            let packet = client.seal(&request, &[9; 16]);
            let expected = request.bytes().to_vec();
            assert_eq!(bmc.open_strictly(&packet), Some((length as u32 + 1, expected.clone())), "{length}");
            assert_eq!(opens(&mut mirror, &packet), Some(expected), "{length}");
        }
    }
}

proptest! {
    #[test]
    fn what_the_bmc_seals_is_opened_once_to_the_same(
        session in session(),
        number in 1..=u32::MAX,
        message in message(),
    ) {
        let (mut client, bmc) = (session.client(), session.bmc());
        let packet = bmc.seal(number, &message);
        prop_assert_eq!(opens(&mut client, &packet), Some(message));
        prop_assert_eq!(opens(&mut client, &packet), None);
    }

    #[test]
    fn commands_are_numbered_from_one_and_encrypted_with_their_own_vector(
        session in session(),
        vectors in vec(any::<[u8; 16]>(), 1..6),
    ) {
        let (mut client, bmc) = (session.client(), session.bmc());
        let request = Request { netfn: 0, command: 1, number: 0, data: &[] };
        for (number, vector) in (1..).zip(vectors) {
            let packet = client.seal(&request, &vector);
            prop_assert_eq!(&packet[16..32], &vector[..]);
            prop_assert_eq!(bmc.open_strictly(&packet), Some((number, request.bytes().to_vec())));
        }
    }

    #[test]
    fn a_packet_with_one_changed_bit_is_not_opened_and_leaves_no_trace(
        session in session(),
        message in vec(any::<u8>(), 0..40),
        at in any::<prop::sample::Index>(),
    ) {
        let (mut client, bmc) = (session.client(), session.bmc());
        let packet = bmc.seal(1, &message);
        let bit = at.index(packet.len() * 8);
        let mut changed = packet.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(opens(&mut client, &changed), None);
        prop_assert_eq!(opens(&mut client, &packet), Some(message));
    }

    #[test]
    fn a_packet_that_is_cut_or_longer_is_not_opened(
        session in session(),
        message in vec(any::<u8>(), 0..40),
        more in vec(any::<u8>(), 1..20),
    ) {
        let (mut client, bmc) = (session.client(), session.bmc());
        let packet = bmc.seal(1, &message);
        prop_assert_eq!(opens(&mut client, &[&packet[..], &more].concat()), None);
        for length in 0..packet.len() {
            prop_assert_eq!(opens(&mut client, &packet[..length]), None);
        }
    }

    #[test]
    fn a_packet_of_another_session_or_under_another_key_is_not_opened(
        session in session(),
        id in 1..=u32::MAX,
        bit in 0..160usize,
        message in message(),
    ) {
        let (mut client, bmc) = (session.client(), session.bmc());
        prop_assume!(id != session.ids.0);
        prop_assert_eq!(opens(&mut client, &bmc.seal_for(id, 1, &message)), None);
        let mut other = session;
        other.sik[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(opens(&mut client, &other.bmc().seal(1, &message)), None);
        // Some BMCs put zero where the id belongs.
        prop_assert_eq!(opens(&mut client, &bmc.seal_for(0, 1, &message)), Some(message));
    }

    #[test]
    fn a_packet_of_this_client_is_not_taken_for_one_of_the_bmc(session in session(), message in message()) {
        prop_assume!(session.ids.0 != session.ids.1);
        let mut client = session.client();
        let request = Request { netfn: 6, command: 1, number: 1, data: &message };
        let packet = client.seal(&request, &[1; 16]);
        prop_assert_eq!(opens(&mut client, &packet), None);
    }

    #[test]
    fn a_number_out_of_the_window_is_not_opened(
        session in session(),
        newest in TOO_OLD + 1..=u32::MAX,
        older in 0..40u32,
        message in message(),
    ) {
        let (mut client, bmc) = (session.client(), session.bmc());
        prop_assert_eq!(opens(&mut client, &bmc.seal(newest, &message)), Some(message.clone()));
        let behind = TOO_OLD.saturating_add(older).min(newest);
        prop_assert_eq!(opens(&mut client, &bmc.seal(newest - behind, &message)), None);
        prop_assert_eq!(opens(&mut client, &bmc.seal(newest - 15, &message)), Some(message));
    }

    #[test]
    fn a_good_code_in_front_of_anything_is_read_as_the_other_side_reads_it(
        session in session(),
        number in 1..=u32::MAX,
        length in any::<u16>(),
        body in vec(any::<u8>(), 0..200),
    ) {
        let mut client = session.client();
        let (console, managed) = session.ids;
        let mut reader = Peer::new(super::sides::hash(session.suite), &session.sik, managed, console);
        // Half of the lengths are true.
        let length = if length % 2 == 0 { body.len() as u16 } else { length % 256 };
        let header = [&console.to_le_bytes()[..], &number.to_le_bytes(), &length.to_le_bytes()].concat();
        let packet = reader.sign([&crate::fuzzing::FRONT[..], &header, &body].concat());
        prop_assert_eq!(opens(&mut client, &packet), reader.open(&packet));
    }
}

#[test]
fn the_suites_differ_in_every_packet() {
    let sik = vec![7; 20];
    let session = |suite| Session { suite, ids: (1, 2), sik: sik.clone() };
    let (three, seventeen) = (session(Suite::Three), session(Suite::Seventeen));
    assert_eq!(opens(&mut three.client(), &seventeen.bmc().seal(1, b"answer")), None);
    assert_eq!(opens(&mut seventeen.client(), &three.bmc().seal(1, b"answer")), None);
}
