//! Records of cipher suites.

use super::super::suite_ids;
use crate::fuzzing::suites;
use proptest::collection::vec;
use proptest::prelude::*;

/// One record: of a standard suite (its id), or of a vendor's own, and its algorithms, which never have both high
/// bits.
fn record() -> impl Strategy<Value = (Option<u8>, Vec<u8>)> {
    let algorithms = || vec(0..0xC0u8, 0..5);
    prop_oneof![
        (any::<u8>(), algorithms())
            .prop_map(|(id, algorithms)| { (Some(id), [&[0xC0, id], &algorithms[..]].concat()) }),
        (any::<[u8; 4]>(), algorithms())
            .prop_map(|(vendor, algorithms)| { (None, [&[0xC1], &vendor[..], &algorithms[..]].concat()) }),
    ]
}

proptest! {
    #[test]
    fn the_standard_suites_are_listed_in_their_order_whatever_vendors_have(records in vec(record(), 0..60)) {
        let expected: Vec<u8> = records.iter().filter_map(|(id, _)| *id).collect();
        let bytes: Vec<u8> = records.into_iter().flat_map(|(_, bytes)| bytes).collect();
        prop_assert_eq!(suite_ids(&bytes), expected);
    }

    #[test]
    fn any_bytes_are_read_as_records_by_another_reader_too(
        bytes in vec(prop_oneof![Just(0xC0u8), Just(0xC1u8), any::<u8>()], 0..80),
    ) {
        suites(&bytes);
    }
}
