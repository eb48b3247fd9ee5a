//! Where we decide or fold there is no waiting and no clock.

use crate::assert_none;
use crate::source::{self, Source};
use crate::strip::words;

const PURE_FILES: [&str; 4] = ["plan.rs", "state.rs", "status.rs", "decide.rs"];
const PURE_FOLDERS: [&str; 2] = ["record/state/", "engine/plan/"];
const IMPURE_WORDS: [&str; 5] = ["async", "await", "Clock", "Instant", "SystemTime"];

/// Complains about waiting and about reading a clock in files that are to be pure.
fn check(sources: &[Source]) -> Vec<String> {
    let pure = sources.iter().filter(|source| is_pure(&source.file));
    pure.flat_map(|source| {
        let now = source.text.match_indices("::now(");
        let found = IMPURE_WORDS.iter().flat_map(|word| words(&source.text, word).map(|at| (at, *word)));
        found
            .chain(now)
            .map(|(at, found)| format!("{}: `{found}` where everything is pure: pass it in", source.at(at)))
            .collect::<Vec<_>>()
    })
    .collect()
}

fn is_pure(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    PURE_FILES.contains(&name) || PURE_FOLDERS.iter().any(|folder| file.starts_with(folder))
}

#[test]
fn deciding_and_folding_are_pure() {
    assert_none(&check(&source::of_this_crate()));
}

#[test]
fn waiting_and_clocks_are_found() {
    for file in ["engine/plan.rs", "record/state/fold.rs", "engine/plan/next.rs", "boot/decide.rs"] {
        for text in ["async fn f() {}", "f().await", "use Clock;", "Instant::elapsed()", "Timestamp::now()"] {
            assert_eq!(check(&source::from_texts([(file, text)])).len(), 1, "{file}: {text}");
        }
    }
}

#[test]
fn other_files_comments_and_the_time_as_an_argument_are_no_matter() {
    let sources = source::from_texts([
        ("engine/runner.rs", "async fn f(clock: Clock) {}"),
        ("engine/plan.rs", "/// async Clock\nfn next(now: Timestamp) { now.since(then) }"),
    ]);
    assert_none(&check(&sources));
}
