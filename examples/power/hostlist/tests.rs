use super::{HOSTS_MAX, expand, fold};
use proptest::prelude::*;
use std::collections::BTreeSet;

#[test]
fn a_list_stands_for_its_hosts_in_its_order() {
    for (text, hosts) in [
        ("one", vec!["one"]),
        ("b,a", vec!["b", "a"]),
        ("u[08-10]", vec!["u08", "u09", "u10"]),
        ("u[3,1-2]", vec!["u3", "u1", "u2"]),
        ("r[1-2]-u[01-02]", vec!["r1-u01", "r1-u02", "r2-u01", "r2-u02"]),
        ("10.0.[0-1].[7,9]", vec!["10.0.0.7", "10.0.0.9", "10.0.1.7", "10.0.1.9"]),
        ("127.0.0.1:[9001-9002]", vec!["127.0.0.1:9001", "127.0.0.1:9002"]),
        ("[::1]:[9-10],fd00::[1-2]", vec!["[::1]:9", "[::1]:10", "fd00::1", "fd00::2"]),
        ("a[1],b[007]", vec!["a1", "b007"]),
        ("n[0-2]", vec!["n0", "n1", "n2"]),
    ] {
        assert_eq!(expand(text).unwrap(), hosts, "{text}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_is_wrong_and_what_is_right() {
    for (text, wrong) in [
        ("", "empty word"),
        ("a,,b", "empty word"),
        ("a,", "empty word"),
        ("u[]", "in u[]: the range \"\" is empty"),
        ("u[1,,2]", "is empty"),
        ("u[1-]", "the range \"1-\" is empty"),
        ("u[4-1]", "the range 4-1 runs backwards"),
        ("u[a-c]", "\"a\" in a range is no number"),
        ("u[1-2-3]", "\"2-3\" in a range is no number"),
        ("u[01-100,1-040]", "the ends of the range 1-040 are padded differently"),
        ("u[1-4", "the bracket at character 2 is not closed"),
        ("u1-4]", "the bracket at character 5 is closed and was not opened"),
        ("u[1-[2-3]]", "the bracket at character 5 is opened inside of another one"),
        ("u 1", "holds ' '"),
        ("größe", "holds 'ö'"),
        ("u[1-1234567890123456789]", "is no number"),
        ("u[0-99999999]", "stands for 100000000 hosts, and 65536 are the most"),
        ("u[0-999999999]-[0-999999999]-[0-999999999]", "hosts, and 65536 are the most"),
    ] {
        let error = expand(text).expect_err(text);
        assert!(error.message().contains(wrong), "{text}: {error}");
        assert!(error.remedy().is_some_and(|right| !right.is_empty()), "{text}");
    }
}

#[test]
fn as_many_as_may_be_are_taken_and_one_more_is_not() {
    assert_eq!(expand("u[1-65536]").unwrap().len(), HOSTS_MAX);
    assert!(expand("u[1-65536],v").is_err());
}

#[test]
fn hosts_fold_into_a_short_list() {
    for (hosts, list) in [
        ("u3,u1,u2", "u[1-3]"),
        ("u1,u2,u4", "u[1-2,4]"),
        ("u8,u9,u10", "u[8-10]"),
        ("u08,u09,u10", "u[08-10]"),
        ("u1,u01", "u[01,1]"),
        ("a,c,b", "a,b,c"),
        ("a,a", "a"),
        ("rack[1-4]-u[01-40]", "rack[1-4]-u[01-40]"),
        ("rack1-u[01-40],rack2-u[01-39]", "rack1-u[01-40],rack2-u[01-39]"),
        ("10.0.[0-3].[1-250]", "10.0.[0-3].[1-250]"),
        ("[::1]:[9-10],[::2]:9", "[::1]:[9-10],[::2]:9"),
        ("srv12345678901234567890", "srv12345678901234567890"),
    ] {
        let hosts = expand(hosts).unwrap();
        assert_eq!(fold(hosts.iter().map(String::as_str)), list);
    }
    assert_eq!(fold([]), "");
}

fn set(hosts: Vec<String>) -> BTreeSet<String> {
    hosts.into_iter().collect()
}

/// Names with numbers in any place, padded or not.
fn names() -> impl Strategy<Value = Vec<String>> {
    let name = "(\\[fd00::[1-9]\\]:|[a-c]{0,2})[0-9]{0,3}[-.a-b]{0,2}[0-9]{0,2}";
    proptest::collection::vec(name.prop_filter("a host has a name", |name| !name.is_empty()), 1..40)
}

proptest! {
    #[test]
    fn what_is_folded_stands_for_the_same_hosts(hosts in names()) {
        let list = fold(hosts.iter().map(String::as_str));
        let again = expand(&list).unwrap();
        prop_assert_eq!(again.len(), set(again.clone()).len(), "{} has a host twice", &list);
        prop_assert_eq!(set(again), set(hosts), "{}", list);
    }

    #[test]
    fn folding_what_a_list_stands_for_is_never_longer(low in 0u32..900, more in 0u32..90, rack in 1u32..9) {
        let list = format!("rack[1-{rack}]-u[{low:03}-{:03}]", low + more);
        let hosts = expand(&list).unwrap();
        let folded = fold(hosts.iter().map(String::as_str));
        prop_assert!(folded.len() <= list.len(), "{} became {}", list, folded);
    }

    #[test]
    fn any_text_is_hosts_or_refused(text in "[a-b0-9,\\[\\]:. -]{0,24}|\\PC{0,12}") {
        match expand(&text) {
            Ok(hosts) => prop_assert!(hosts.iter().all(|host| !host.is_empty()) && hosts.len() <= HOSTS_MAX),
            Err(error) => prop_assert!(error.remedy().is_some()),
        }
    }
}
