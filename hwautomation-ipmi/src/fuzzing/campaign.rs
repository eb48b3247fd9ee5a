//! What `cargo fuzz` plays for hours, on stable in seconds: the corpus, and inputs that are nearly those of the corpus.
//!
//! `HWAUTOMATION_CASES` says how many are drawn for each target. One that fails is printed in its smallest form with
//! its seed, which is kept in `proptest-regressions` and played first from then on.

use super::{console, corpus, datagrams, login, models, mutation};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// How many inputs are drawn for a target: a second or two of work.
const CASES: u32 = 1500;
/// How long an input that is not at all like those of the corpus is at most.
const NOISE_MAX: usize = 600;

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 4] =
    [("console", console), ("datagrams", datagrams), ("login", login), ("models", models)];

fn config() -> ProptestConfig {
    let cases = std::env::var("HWAUTOMATION_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: cases.unwrap_or(CASES), source_file: Some(file!()), ..ProptestConfig::default() }
}

/// Gives a target what is drawn. A panic is a failure, and is made smaller.
fn play(target: Target, inputs: &impl Strategy<Value = Vec<u8>>) {
    let played = TestRunner::new(config()).run(inputs, |input| {
        target(&input);
        Ok(())
    });
    played.unwrap_or_else(|broken| panic!("{broken}"));
}

#[test]
fn the_corpus_is_read_as_it_should_be() {
    for (name, target) in TARGETS {
        let inputs = corpus::inputs(name);
        assert!(!inputs.is_empty(), "{name} has a corpus");
        inputs.iter().for_each(|input| target(input));
    }
}

#[test]
fn datagrams_that_are_nearly_right_are_read_as_they_should_be() {
    play(datagrams, &mutation::scripts(&corpus::inputs("datagrams")));
}

#[test]
fn packets_on_a_console_that_are_nearly_right_are_read_as_they_should_be() {
    play(console, &mutation::scripts(&corpus::inputs("console")));
}

#[test]
fn answers_to_a_log_in_that_are_nearly_right_are_read_as_they_should_be() {
    play(login, &mutation::scripts(&corpus::inputs("login")));
}

#[test]
fn answers_to_commands_that_are_nearly_right_are_read_as_they_should_be() {
    play(models, &mutation::plain(&corpus::inputs("models")));
}

#[test]
fn anything_at_all_is_read_without_a_panic() {
    let noise = proptest::collection::vec(any::<u8>(), 0..NOISE_MAX);
    TARGETS.into_iter().for_each(|(_, target)| play(target, &noise));
}
