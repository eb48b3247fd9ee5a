//! A queue in the order of asking, that people can see, and that is left when nobody asks any more.

use super::{Gate, HOUR, Log, go, seen, submit, table, waits_for, workflow};
use crate::lab::{Lab, ops, pass};
use hwautomation_core::engine::EngineOptions;
use hwautomation_core::error::ErrorKind;
use hwautomation_core::record::{Hold, OnFailure, Policy, Resume, RunState, SubState};
use hwautomation_core::workflow::{StepOutcome, UndoOutcome, Workflow, step_fn};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn permits_are_granted_in_the_order_of_asking() {
    let (lab, log) = (Lab::new(), Log::default());
    let manager = lab.start(workflow("gate", Gate::new(Hold::Step, &["rack-7"], &log))).await;
    let mut ids = Vec::new();
    for number in 0..6 {
        ids.push(submit(&manager, "gate", number).await);
    }
    // The looks of those that wait change nothing.
    pass(100).await;
    assert_eq!(seen(&log), [0]);
    for (at, id) in ids.iter().enumerate() {
        go(&manager, *id, "on").await;
        assert_eq!(manager.wait(*id).await.unwrap().state, RunState::Completed);
        // Each runs when it is let in, and once more for its signal.
        let expected: Vec<u32> = (0..=at as u32).flat_map(|number| [number, number]).collect();
        let next = (at + 1 < ids.len()).then_some(at as u32 + 1);
        assert_eq!(seen(&log), expected.into_iter().chain(next).collect::<Vec<_>>());
    }
    assert_eq!(table(&*lab.store).await, []);
}

#[tokio::test(start_paused = true)]
async fn one_that_needs_much_is_not_starved_by_those_that_need_little() {
    let (lab, log) = (Lab::new(), Log::default());
    let gate = |names: &[&str]| Gate::new(Hold::Step, names, &log);
    let builder = lab.builder().workflow(workflow("a", gate(&["a"]))).workflow(workflow("b", gate(&["b"])));
    let manager = builder.workflow(workflow("both", gate(&["a", "b"]))).start().await.unwrap();
    let (a, b) = (submit(&manager, "a", 1).await, submit(&manager, "b", 2).await);
    let both = submit(&manager, "both", 3).await;
    let later = [submit(&manager, "a", 4).await, submit(&manager, "b", 5).await];
    go(&manager, a, "on").await;
    // `a` is free now, and kept for the one that needs both.
    assert_eq!(seen(&log), [1, 2, 1]);
    assert_eq!(waits_for(&manager, both).await, "permit b, 0 ahead");
    assert_eq!(waits_for(&manager, later[0]).await, "permit a, 1 ahead");
    go(&manager, b, "on").await;
    assert_eq!(seen(&log), [1, 2, 1, 2, 3]);
    go(&manager, both, "on").await;
    assert_eq!(seen(&log)[..6], [1, 2, 1, 2, 3, 3]);
    assert_eq!(seen(&log).len(), 8, "both of the later ones");
}

#[tokio::test(start_paused = true)]
async fn a_step_without_limits_queues_no_longer_than_it_might_wait_to_be_started() {
    let (lab, log) = (Lab::new(), Log::default());
    let mut gate = Gate::new(Hold::Step, &["rack-7"], &log);
    gate.policy = Policy { deadline: None, attempts: 1, ..Policy::default() };
    let options = EngineOptions { start_limit: HOUR, ..EngineOptions::default() };
    let manager = lab.builder().options(options).workflow(workflow("gate", gate)).start().await.unwrap();
    submit(&manager, "gate", 1).await;
    let second = submit(&manager, "gate", 2).await;
    let waiting = manager.status(second).await.unwrap().waiting.unwrap();
    assert_eq!(waiting.until, Some(waiting.since + HOUR), "{waiting}");
    let status = tokio::time::timeout(HOUR * 5, manager.wait_or_halt(second)).await.unwrap().unwrap();
    assert!(status.headline.contains("queued for rack-7"), "{status}");
    assert_eq!(table(&*lab.store).await, [("rack-7".to_owned(), 1, 0)]);
}

#[tokio::test(start_paused = true)]
async fn the_queue_is_seen_with_how_many_are_ahead_and_recorded_once() {
    let (lab, log) = (Lab::new(), Log::default());
    let mut gate = Gate::new(Hold::Step, &["rack-7"], &log);
    gate.policy.deadline = Some(HOUR);
    let manager = lab.start(workflow("gate", gate).deadline(HOUR * 5)).await;
    let mut ids = Vec::new();
    for number in 0..4 {
        ids.push(submit(&manager, "gate", number).await);
    }
    let rows = manager.permits(None, 10).await.unwrap();
    assert_eq!(rows[0].to_string(), format!("rack-7: 1 held by {}; 3 in the queue", ids[0]));
    let asked = manager.events(ids[3], 0, 10).await.unwrap().last().unwrap().at;
    for at in 0..3 {
        pass(200).await;
        let status = manager.status(ids[3]).await.unwrap();
        assert_eq!((status.state, status.sub_state), (RunState::Running, Some(SubState::Waiting)));
        let waiting = status.waiting.clone().unwrap();
        assert_eq!(waiting.what, format!("permit rack-7, {} ahead", 2 - at));
        assert_eq!((waiting.since, waiting.until), (asked, Some(asked + HOUR)));
        assert!(status.to_string().contains("waits for permit rack-7,"), "{status}");
        assert!(status.to_string().contains("then step gate fails"), "{status}");
        let report = manager.report(ids[3]).await.unwrap();
        assert_eq!(report.status, status, "a report says the same");
        go(&manager, ids[at], "on").await;
    }
    assert_eq!(waits_for(&manager, ids[3]).await, "a signal");
    go(&manager, ids[3], "on").await;
    let kinds = ["workflow_submitted", "workflow_started", "permits_awaited", "step_started", "step_waiting"];
    assert_eq!(lab.types(ids[3]).await[..5], kinds);
    let rest = ["signal_received", "step_done", "workflow_ended"];
    assert_eq!(lab.types(ids[3]).await[5..], rest, "looking again records nothing");
}

#[tokio::test(start_paused = true)]
async fn a_run_cancelled_in_the_queue_leaves_it() {
    let (lab, log) = (Lab::new(), Log::default());
    let manager = lab.start(workflow("gate", Gate::new(Hold::Step, &["rack-7"], &log))).await;
    let mut ids = Vec::new();
    for number in 0..3 {
        ids.push(submit(&manager, "gate", number).await);
    }
    manager.cancel(ids[1], "not needed", &ops()).await.unwrap();
    let status = manager.wait(ids[1]).await.unwrap();
    assert_eq!(
        (status.state, status.headline.as_str()),
        (RunState::Cancelled, "cancelled before anything was done")
    );
    assert_eq!(waits_for(&manager, ids[2]).await, "permit rack-7, 0 ahead");
    assert_eq!(table(&*lab.store).await, [("rack-7".to_owned(), 1, 1)]);
    go(&manager, ids[0], "on").await;
    assert_eq!(seen(&log), [0, 0, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_step_whose_time_is_over_in_the_queue_fails_and_leaves_it() {
    let (lab, log) = (Lab::new(), Log::default());
    let patient = Gate::new(Hold::Step, &["rack-7"], &log);
    let mut hasty = Gate::new(Hold::Step, &["rack-7"], &log);
    hasty.policy.deadline = Some(Duration::from_secs(100));
    let builder = lab.builder().workflow(workflow("patient", patient));
    let manager = builder.workflow(workflow("hasty", hasty)).start().await.unwrap();
    let first = submit(&manager, "patient", 1).await;
    let began = tokio::time::Instant::now();
    let second = submit(&manager, "hasty", 2).await;
    let status = manager.wait_or_halt(second).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 100);
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    assert!(status.steps[0].errors[0].message.contains("queued for rack-7 until"), "{status}");
    assert_eq!((status.steps[0].attempts, status.steps[0].started_at), (0, None));
    assert_eq!(table(&*lab.store).await, [("rack-7".to_owned(), 1, 0)]);
    manager.retry(second, "again", &ops()).await.unwrap();
    pass(2).await;
    assert_eq!(waits_for(&manager, second).await, "permit rack-7, 0 ahead");
    go(&manager, first, "on").await;
    assert_eq!(seen(&log), [1, 1, 2]);
    go(&manager, second, "on").await;
    assert_eq!(manager.wait(second).await.unwrap().state, RunState::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_deadline_passes_in_the_queue_ends_as_any_other() {
    let (lab, log) = (Lab::new(), Log::default());
    let short = workflow("short", Gate::new(Hold::Call, &["rack-7"], &log));
    let short = short.deadline(Duration::from_secs(100)).on_failure(OnFailure::Undo);
    let builder = lab.builder().workflow(workflow("long", Gate::new(Hold::Step, &["rack-7"], &log)));
    let manager = builder.workflow(short).start().await.unwrap();
    submit(&manager, "long", 1).await;
    let began = tokio::time::Instant::now();
    let id = submit(&manager, "short", 2).await;
    let status = manager.wait(id).await.unwrap();
    assert_eq!((status.state, began.elapsed().as_secs()), (RunState::Failed, 100), "{status}");
    assert_eq!(status.headline, "its deadline passed; everything was undone");
    assert_eq!((table(&*lab.store).await, seen(&log)), (vec![("rack-7".to_owned(), 1, 0)], vec![1]));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_goes_back_does_not_keep_its_place_in_the_queue() {
    let (lab, log) = (Lab::new(), Log::default());
    let slow = step_fn("slow", Resume::Rerun, |_| async { StepOutcome::finished() });
    let slow = slow.undo(|_, _| async { UndoOutcome::wait("it to cool down", HOUR / 60, HOUR / 2) });
    let slow = Workflow::new("slow").step(slow).step(Gate::new(Hold::Step, &["rack-7"], &log));
    let builder = lab.builder().workflow(workflow("gate", Gate::new(Hold::Step, &["rack-7"], &log)));
    let manager = builder.workflow(slow).start().await.unwrap();
    let first = submit(&manager, "gate", 1).await;
    let (slow, last) = (submit(&manager, "slow", 2).await, submit(&manager, "gate", 3).await);
    manager.cancel(slow, "too late", &ops()).await.unwrap();
    pass(2).await;
    assert_eq!(waits_for(&manager, slow).await, "it to cool down");
    assert_eq!(waits_for(&manager, last).await, "permit rack-7, 0 ahead");
    go(&manager, first, "on").await;
    assert_eq!(seen(&log), [1, 1, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_breaks_down_over_its_permits_fails() {
    let lab = Lab::new();
    let step = step_fn("odd", Resume::Rerun, |_| async { StepOutcome::finished() });
    let step = step.permits(|machine| panic!("no rack: {machine:?}"));
    let (_manager, status) = lab.run_step(step).await;
    assert_eq!(status.sub_state, Some(SubState::Halted));
    assert!(status.steps[0].errors[0].message.contains("panicked"), "{status}");
}

#[tokio::test(start_paused = true)]
async fn bad_permit_limits_are_told_at_the_start() {
    let builder = Lab::new().builder().permit_limit("ra*ck", 2).permit_limit("rack-*", 0);
    let error = builder.start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("\"ra*ck\"") && error.message().contains("\"rack-*\" is 0"), "{error}");
}
