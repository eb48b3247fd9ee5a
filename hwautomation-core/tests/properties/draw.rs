//! Draws cases.

use crate::case::*;
use hwautomation_core::record::Hold;
use proptest::collection::vec;
use proptest::option::{self, weighted};
use proptest::prelude::*;

/// The last second in which somebody acts.
const ACTS_UNTIL: u64 = 200;

pub(crate) fn case() -> impl Strategy<Value = Case> {
    (vec(run(), 1..5), 1..3_usize, 1..4_usize).prop_flat_map(|(runs, managers, places)| {
        let acts = vec((0..ACTS_UNTIL, act(runs.len(), managers)), 0..11);
        acts.prop_map(move |mut acts| {
            acts.sort_by_key(|(at, _)| *at);
            Case { runs: runs.clone(), managers, places, acts }
        })
    })
}

fn run() -> impl Strategy<Value = RunPlan> {
    (option::of(0..2_usize), any::<bool>(), weighted(0.3, 20..120_u64), vec(step(), 1..7))
        .prop_map(|(machine, undoes, deadline, steps)| RunPlan { machine, undoes, deadline, steps })
}

fn step() -> impl Strategy<Value = StepPlan> {
    let limits = (1..4_u32, 1..6_u64, 5..40_u64, 30..200_u64);
    let permit = weighted(0.06, prop_oneof![Just(Hold::Call), Just(Hold::Step)]);
    (rule(), limits, permit, vec(call(), 0..4), vec(undoing(), 0..3)).prop_map(
        |(rule, (attempts, backoff, timeout, deadline), permit, calls, undo)| StepPlan {
            rule,
            attempts,
            backoff,
            timeout,
            deadline,
            permit,
            calls,
            undo,
        },
    )
}

fn rule() -> impl Strategy<Value = Rule> {
    prop_oneof![
        1 => Just(Rule::Rerun),
        1 => Just(Rule::Halt),
        3 => Just(Rule::Probe { looks: Some(0) }),
        1 => (1..4_u32).prop_map(|looks| Rule::Probe { looks: Some(looks) }),
        1 => Just(Rule::Probe { looks: None }),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    (vec(op(), 0..4), end()).prop_map(|(ops, end)| Call { ops, end })
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (0..2_u8, outcome(), 0..4_u64).prop_map(|(name, outcome, takes)| Op::Effect { name, outcome, takes }),
        1 => Just(Op::Record),
        1 => Just(Op::SubTask),
        2 => (5..40_u64).prop_map(|limit| Op::Guard { limit }),
        1 => Just(Op::Unguard),
        2 => (1..15_u64).prop_map(|seconds| Op::Take { seconds }),
        1 => Just(Op::Checkpoint),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        6 => Just(Outcome::Happens),
        1 => (1..12_u64).prop_map(Outcome::HappensLateUnheard),
        1 => Just(Outcome::HappensUnheard),
        1 => Just(Outcome::FailsForNow),
        1 => Just(Outcome::FailsForGood),
        1 => Just(Outcome::FailsUnheard),
    ]
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        5 => Just(End::Done),
        1 => Just(End::DoneWithOutput),
        1 => Just(End::Skip),
        3 => (0..2_u8, 1..20_u64, 10..60_u64).prop_map(|(reason, poll, limit)| End::Wait { reason, poll, limit }),
        3 => (0..2_u8, 20..120_u64).prop_map(|(signal, limit)| End::Await { signal, limit }),
        3 => Just(End::FailForNow),
        1 => Just(End::FailForGood),
        1 => Just(End::FailUnknown),
        1 => Just(End::Panic),
        1 => Just(End::Hang),
    ]
}

fn undoing() -> impl Strategy<Value = Undoing> {
    let end = prop_oneof![
        5 => Just(UndoEnd::Undone),
        1 => Just(UndoEnd::Nothing),
        2 => (1..10_u64, 5..40_u64).prop_map(|(poll, limit)| UndoEnd::Wait { poll, limit }),
        2 => Just(UndoEnd::FailForNow),
        1 => Just(UndoEnd::FailForGood),
        1 => Just(UndoEnd::Panic),
        1 => Just(UndoEnd::Hang),
    ];
    (weighted(0.4, (outcome(), 0..4_u64)), end).prop_map(|(effect, end)| Undoing { effect, end })
}

fn act(runs: usize, managers: usize) -> impl Strategy<Value = Act> {
    let decision = prop_oneof![Just(Decision::Retry), Just(Decision::Skip), Just(Decision::Abort)];
    let down = 0..50_u64;
    prop_oneof![
        3 => (0..runs).prop_map(|run| Act::Cancel { run }),
        6 => (0..runs, 0..2_u8, 0..3_u8).prop_map(|(run, signal, key)| Act::Signal { run, signal, key }),
        4 => (0..runs, decision).prop_map(|(run, decision)| Act::Decide { run, decision }),
        4 => down.clone().prop_map(|down| Act::CrashAll { down }),
        2 => (0..managers, down).prop_map(|(manager, down)| Act::CrashOne { manager, down }),
        1 => (0..managers).prop_map(|manager| Act::Restart { manager }),
        1 => (0..managers, 1..60_u64).prop_map(|(manager, seconds)| Act::Pause { manager, seconds }),
        3 => (0..managers, prop_oneof![5..20_u64, 35..90_u64]).prop_map(|(manager, seconds)| Act::Cut { manager, seconds }),
        1 => (1..30_u64).prop_map(|seconds| Act::StoreFails { seconds }),
        2 => Just(Act::LoseAnswer),
        2 => (1..40_u64).prop_map(|seconds| Act::AnswerLate { seconds }),
        2 => (1..50_u64, 10..100_u64).prop_map(|(delay, seconds)| Act::Slow { delay, seconds }),
    ]
}
