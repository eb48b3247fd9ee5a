//! One door writes: only the journal appends to a store.

use crate::assert_none;
use crate::source::{self, Source};

const DOOR: &str = "engine/journal.rs";

/// Complains about appends outside the journal, and about a journal that appends nothing. The contract itself
/// and what is there for tests are left out.
fn check(sources: &[Source]) -> Vec<String> {
    let others = sources
        .iter()
        .filter(|source| source.file != DOOR && !matches!(source.top(), Some("testing" | "store")));
    let mut complaints: Vec<_> = others
        .flat_map(|source| {
            appends(&source.text).map(|at| format!("{}: appends to a store: only {DOOR} may", source.at(at)))
        })
        .collect();
    if sources.iter().any(|source| source.file == DOOR && appends(&source.text).next().is_none()) {
        complaints.push(format!("src/{DOOR}: appends nothing: does another file do it under another name?"));
    }
    complaints
}

/// Lists calls of `append`. Those of a vector (`&mut`) and of a file's options (`true`) are others.
fn appends(text: &str) -> impl Iterator<Item = usize> + '_ {
    let calls = text.match_indices("append(").filter(|(at, _)| text[..*at].ends_with(['.', ':']));
    calls.map(|(at, _)| at).filter(|at| {
        let argument = text[at + "append(".len()..].trim_start();
        !["&mut ", "true)", "false)"].iter().any(|other| argument.starts_with(other))
    })
}

#[test]
fn only_the_journal_appends_to_a_store() {
    assert_none(&check(&source::of_this_crate()));
}

#[test]
fn an_append_elsewhere_is_found() {
    for text in
        ["store.append(batch).await", "history\n    .append(\n batch)", "HistoryStore::append(&*store, b)"]
    {
        let sources = source::from_texts([("engine/runner.rs", text), (DOOR, "self.store.append(batch)")]);
        assert_eq!(check(&sources).len(), 1, "{text}");
    }
}

#[test]
fn a_journal_that_appends_nothing_is_found() {
    assert_eq!(check(&source::from_texts([(DOOR, "// store.append(batch)")])).len(), 1);
}

#[test]
fn other_appends_the_contract_and_fakes_are_no_matter() {
    let sources = source::from_texts([
        (DOOR, "self.store.append(batch)"),
        ("store/history.rs", "self.inner.append(batch)"),
        ("testing/faults.rs", "self.inner.append(batch)"),
        ("batch.rs", "all.append(&mut more); options.append(true)"),
    ]);
    assert_none(&check(&sources));
}
