//! Each broken rule is noticed: a campaign of fixed cases passes over the engine as it is, and complains about each
//! engine and store that was broken on purpose. A clause that no mutation needs may be idle.

use crate::case::Case;
use crate::draw;
use crate::play::{Spoiled, play};
use crate::promise::broken_in;
use crate::store::Lie;
use hwautomation_core::actor::Actor;
use hwautomation_core::record::{Event, EventKind};
use hwautomation_core::testing::mutation::Mutation;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeSet;

/// How many cases CI plays. Each mutation must be noticed within them.
const CASES: usize = 400;

fn fixed_cases() -> impl Iterator<Item = Case> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    (0..CASES).map(move |_| draw::case().new_tree(&mut runner).unwrap().current())
}

/// Plays until a case breaks the clause that is meant, or any if none is; says after how many, and which clauses it broke.
fn noticed(spoiled: Spoiled, by: Option<&str>) -> Option<(usize, Vec<&'static str>)> {
    crate::be_quiet_about_planned_panics();
    fixed_cases().enumerate().find_map(|(number, case)| {
        let broken = broken_in(&play(&case, spoiled));
        let clauses: Vec<&str> = broken.iter().map(|broken| broken.clause).collect();
        let is_it = by.map_or(!clauses.is_empty(), |by| clauses.contains(&by));
        is_it.then_some((number + 1, clauses))
    })
}

fn engine(mutation: Mutation) -> Spoiled {
    Spoiled { engine: Some(mutation), store: None }
}

fn store(lie: Lie) -> Spoiled {
    Spoiled { engine: None, store: Some(lie) }
}

#[test]
fn the_engine_as_it_is_passes_the_same_cases() {
    assert_eq!(noticed(Spoiled::default(), None), None);
}

/// A campaign that never reaches a halt proves nothing about halts.
#[test]
fn the_cases_reach_every_kind_of_event_and_end() {
    crate::be_quiet_about_planned_panics();
    let stories = fixed_cases().map(|case| play(&case, Spoiled::default()));
    let mut reached: BTreeSet<String> =
        stories.flat_map(|story| story.followed).map(|event| kind(&event)).collect();
    reached.retain(|kind| EXPECTED.contains(&kind.as_str()));
    let missing: Vec<_> = EXPECTED.iter().filter(|kind| !reached.contains(**kind)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

const EXPECTED: [&str; 31] = [
    "workflow_submitted",
    "workflow_started",
    "step_started",
    "permits_awaited",
    "step_resumed",
    "sub_task_started",
    "intent_opened",
    "intent_closed by Call",
    "intent_closed by Probe",
    "intent_closed by Person",
    "intent_closed by Step",
    "effect_awaited",
    "recorded",
    "guard_opened",
    "guard_closed",
    "step_waiting",
    "step_done",
    "step_skipped",
    "step_skipped by ops",
    "step_failed",
    "signal_received by ops",
    "cancel_requested by ops",
    "halted",
    "retry_requested by ops",
    "abort_requested by ops",
    "step_undo_started",
    "step_undone",
    "step_undo_failed",
    "workflow_ended Completed",
    "workflow_ended Failed",
    "workflow_ended Cancelled",
];

fn kind(event: &Event) -> String {
    match &event.kind {
        EventKind::IntentClosed { by, .. } => format!("intent_closed by {by:?}"),
        EventKind::WorkflowEnded { verdict, .. } => format!("workflow_ended {verdict:?}"),
        EventKind::WorkflowSubmitted(_) => "workflow_submitted".to_owned(),
        kind if event.actor == Actor::engine() => kind.name().to_owned(),
        kind => format!("{} by ops", kind.name()),
    }
}

#[track_caller]
fn assert_notices(spoiled: Spoiled, by: &str) {
    match noticed(spoiled, Some(by)) {
        Some((cases, clauses)) => eprintln!("{spoiled:?}: noticed in case {cases} by {clauses:?}"),
        None => panic!("{by} did not notice {spoiled:?} in {CASES} cases"),
    }
}

macro_rules! notices {
    ($($test:ident: $spoiled:expr => $clause:literal;)+) => {
        $(#[test]
        fn $test() {
            assert_notices($spoiled, $clause);
        })+

        /// So that nobody adds a mutation and forgets its test.
        #[test]
        fn every_mutation_has_its_test() {
            let tested = [$($spoiled),+].map(|spoiled| format!("{spoiled:?}"));
            let all = Mutation::ALL.map(engine).into_iter().chain(Lie::ALL.map(store));
            let forgotten: Vec<_> = all.filter(|spoiled| !tested.contains(&format!("{spoiled:?}"))).collect();
            assert!(forgotten.is_empty(), "{forgotten:?}");
        }
    };
}

notices! {
    an_engine_that_skips_the_probe_is_noticed:
        engine(Mutation::SkipsTheProbe) => "a_step_is_asked_before_it_runs_again";
    an_engine_that_resumes_where_a_person_must_decide_is_noticed:
        engine(Mutation::ResumesWhereAPersonMustDecide) => "a_step_is_asked_before_it_runs_again";
    an_engine_that_ignores_a_cancel_is_noticed:
        engine(Mutation::IgnoresCancel) => "a_cancelled_run_ends_as_cancelled";
    an_engine_that_ignores_the_deadline_is_noticed:
        engine(Mutation::IgnoresTheDeadline) => "nothing_runs_after_the_deadline";
    an_engine_that_ignores_the_halt_limit_is_noticed:
        engine(Mutation::IgnoresTheHaltLimit) => "it_ends_in_one_verdict_in_time";
    an_engine_that_forgets_to_undo_is_noticed:
        engine(Mutation::ForgetsToUndo) => "what_was_begun_is_undone_or_named";
    an_engine_that_undoes_the_oldest_first_is_noticed:
        engine(Mutation::UndoesOldestFirst) => "undo_goes_newest_first";
    an_engine_that_ignores_the_guard_is_noticed:
        engine(Mutation::IgnoresTheGuard) => "guarded_work_is_not_begun_twice";
    an_engine_that_never_wakes_is_noticed:
        engine(Mutation::NeverWakes) => "a_wait_looks_again_in_time";
    an_engine_that_gives_up_without_retry_is_noticed:
        engine(Mutation::GivesUpWithoutRetry) => "only_what_a_person_must_decide_halts";
    an_engine_that_retries_too_early_is_noticed:
        engine(Mutation::RetriesTooEarly) => "a_retry_keeps_its_pause";
    an_engine_that_calls_a_cancel_a_failure_is_noticed:
        engine(Mutation::CallsACancelAFailure) => "a_cancelled_run_ends_as_cancelled";
    an_engine_that_dawdles_is_noticed:
        engine(Mutation::Dawdles) => "a_run_that_rests_says_why";
    a_store_that_takes_old_epochs_is_noticed:
        store(Lie::TakesOldEpochs) => "who_lost_the_lease_sends_nothing";
    a_store_that_loses_items_is_noticed:
        store(Lie::LosesItems) => "signals_are_neither_lost_nor_doubled";
    a_store_that_answers_before_it_stores_is_noticed:
        store(Lie::AnswersBeforeItStores) => "a_command_is_recorded_before_it_is_sent";
    a_store_that_hands_out_twice_is_noticed:
        store(Lie::HandsOutTwice) => "a_step_is_called_by_one_at_a_time";
}
