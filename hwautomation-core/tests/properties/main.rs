//! The promise, over random workflows, faults, people and crashes.
//!
//! `HWAUTOMATION_CASES` says how many cases are played (default 1000); `scripts/campaigns` plays 20000.
//! A case that breaks the promise is printed in its smallest form, and its seed is kept in `regressions.txt`, from where
//! it is played first from then on, as long as `draw.rs` draws as it did: what was found gets a test of its own in
//! `tests/engine/`. Ids are counted and time is paused, so that a seed is the same case again; only tokio's own choice
//! between things that are ready at once is not the same each time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod case;
mod draw;
mod mutations;
mod play;
mod promise;
mod step;
mod store;
mod story;
mod watch;
mod world;

use case::Case;
use play::{Spoiled, play};
use promise::{Broken, broken_in};
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseError, TestRunner};
use story::Story;

/// How many cases are played.
const CASES: &str = "HWAUTOMATION_CASES";

fn cases() -> u32 {
    std::env::var(CASES).ok().and_then(|cases| cases.parse().ok()).unwrap_or(1000)
}

#[test]
fn whatever_happens_the_promise_holds() {
    be_quiet_about_planned_panics();
    let kept = FileFailurePersistence::Direct("tests/properties/regressions.txt");
    let config = Config {
        cases: cases(),
        failure_persistence: Some(Box::new(kept)),
        max_shrink_iters: 2000,
        ..Config::default()
    };
    let judged = TestRunner::new(config).run(&draw::case(), |case| judge(&case));
    judged.unwrap_or_else(|broken| panic!("{broken}"));
}

fn judge(case: &Case) -> Result<(), TestCaseError> {
    let story = play(case, Spoiled::default());
    match broken_in(&story).as_slice() {
        [] => Ok(()),
        broken => Err(TestCaseError::fail(told(&story, broken))),
    }
}

fn told(story: &Story, broken: &[Broken]) -> String {
    let mut text: Vec<String> =
        broken.iter().map(|broken| format!("{}: {}", broken.clause, broken.how)).collect();
    for run in &story.runs {
        text.push(format!("run {}:", run.plan));
        text.extend(run.events.iter().map(|event| format!("  {:>3} {event}", event.seq)));
    }
    text.extend(story.log.iter().map(|entry| {
        format!(
            "  {} {}/{} seq {} epoch {}/{} {:?}",
            entry.at, entry.place.0, entry.place.1, entry.seq, entry.epoch, entry.newest_epoch, entry.what
        )
    }));
    text.extend(story.posts.iter().map(|post| format!("  {post:?}")));
    text.join("\n")
}

/// A step that panics is part of the plan, and says so thousands of times.
fn be_quiet_about_planned_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !panic.payload_as_str().is_some_and(|text| text.starts_with("a bug in a")) {
            usual(panic);
        }
    }));
}
