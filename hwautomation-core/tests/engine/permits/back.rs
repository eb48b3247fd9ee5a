//! When permits go back, and when they stay.

use super::{Gate, HOUR, Log, go, seen, submit, table, waits_for, workflow};
use crate::adversity::nap;
use crate::lab::{Lab, ops, pass};
use hwautomation_core::engine::{Submission, WorkflowManager};
use hwautomation_core::error::{Error, ErrorKind};
use hwautomation_core::id::SignalName;
use hwautomation_core::record::{Backoff, Hold, Policy, Resume, RunState, SubState};
use hwautomation_core::workflow::{Permit, StepOutcome, Workflow, step_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn permits_go_back_with_the_outcome_of_their_step() {
    let (lab, log) = (Lab::new(), Log::default());
    let rest = || step_fn("rest", Resume::Rerun, |_| async { StepOutcome::wait("rain", HOUR, HOUR * 10) });
    let needless = step_fn("gate", Resume::Rerun, |_| async { StepOutcome::skipped("nothing to do") });
    let needless = needless.permits(|_| vec![Permit::step("rack-7").unwrap()]);
    let done = workflow("done", Gate::new(Hold::Step, &["rack-7"], &log)).step(rest());
    let builder = lab.builder().workflow(done).workflow(Workflow::new("skipped").step(needless).step(rest()));
    let manager = builder.start().await.unwrap();
    let done = submit(&manager, "done", 1).await;
    let skipped = submit(&manager, "skipped", 2).await;
    assert_eq!(waits_for(&manager, skipped).await, "permit rack-7, 0 ahead");
    go(&manager, done, "on").await;
    assert_eq!(
        (waits_for(&manager, done).await, waits_for(&manager, skipped).await),
        ("rain".into(), "rain".into())
    );
    assert_eq!(table(&*lab.store).await, []);
}

#[tokio::test(start_paused = true)]
async fn a_halted_run_gives_its_permits_back_and_takes_them_again_when_it_is_retried() {
    let (lab, log) = (Lab::new(), Log::default());
    let manager = lab.start(workflow("gate", Gate::new(Hold::Step, &["rack-7"], &log))).await;
    let (first, second) = (submit(&manager, "gate", 1).await, submit(&manager, "gate", 2).await);
    go(&manager, first, "fail").await;
    assert_eq!(manager.summary(first).await.unwrap().sub_state, Some(SubState::Halted));
    assert_eq!(seen(&log), [1, 1, 2]);
    manager.retry(first, "again", &ops()).await.unwrap();
    pass(2).await;
    assert_eq!(waits_for(&manager, first).await, "permit rack-7, 0 ahead");
    go(&manager, second, "on").await;
    assert_eq!(seen(&log), [1, 1, 2, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_permit_for_the_step_stays_over_its_attempts() {
    let (lab, log) = (Lab::new(), Log::default());
    let flaky = step_fn("flaky", Resume::Rerun, |ctx| async move {
        let busy = Error::new(ErrorKind::Busy, "not yet");
        if ctx.attempt() < 3 { Err(busy) } else { StepOutcome::finished() }
    });
    let flaky = flaky.permits(|_| vec![Permit::step("rack-7").unwrap()]);
    let builder = lab.builder().workflow(workflow("gate", Gate::new(Hold::Step, &["rack-7"], &log)));
    let manager = builder.workflow(Workflow::new("flaky").step(flaky)).start().await.unwrap();
    let first = manager.submit(Submission::new("flaky"), &ops()).await.unwrap();
    let second = submit(&manager, "gate", 2).await;
    assert_eq!((waits_for(&manager, second).await.as_str(), seen(&log)), ("permit rack-7, 0 ahead", vec![]));
    assert_eq!(manager.wait(first).await.unwrap().steps[0].attempts, 3);
    pass(1).await;
    assert_eq!(seen(&log), [2]);
}

/// Names these permits until it is told that it needs them no more, fails once, and then waits.
async fn loses_interest(
    first: &'static [&'static str],
    then: &'static [&'static str],
) -> (Lab, WorkflowManager) {
    let lab = Lab::new();
    let needs_all = Arc::new(AtomicBool::new(true));
    let has_failed = Arc::clone(&needs_all);
    let step = step_fn("flaky", Resume::Rerun, move |ctx| {
        has_failed.store(false, Ordering::SeqCst);
        let busy = Error::new(ErrorKind::Busy, "not yet");
        async move { if ctx.attempt() == 1 { Err(busy) } else { StepOutcome::wait("rain", HOUR, HOUR * 10) } }
    });
    let step = step.permits(move |_| {
        let names = if needs_all.load(Ordering::SeqCst) { first } else { then };
        names.iter().map(|name| Permit::step(*name).unwrap()).collect()
    });
    let manager = lab.start(Workflow::new("flaky").step(step)).await;
    let id = manager.submit(Submission::new("flaky"), &ops()).await.unwrap();
    pass(5).await;
    assert_eq!(waits_for(&manager, id).await, "rain");
    (lab, manager)
}

#[tokio::test(start_paused = true)]
async fn what_a_step_names_no_more_goes_back_with_its_next_attempt() {
    let (lab, _manager) = loses_interest(&["rack-7", "rack-8"], &[]).await;
    assert_eq!(table(&*lab.store).await, []);
    let (lab, _manager) = loses_interest(&["rack-7", "rack-8"], &["rack-8", "rack-9"]).await;
    assert_eq!(table(&*lab.store).await, [("rack-8".to_owned(), 1, 0), ("rack-9".to_owned(), 1, 0)]);
}

#[tokio::test(start_paused = true)]
async fn what_a_waiting_step_names_no_more_goes_back_with_its_outcome() {
    let (lab, is_needed) = (Lab::new(), Arc::new(AtomicBool::new(true)));
    let needs = Arc::clone(&is_needed);
    let step = step_fn("look", Resume::Rerun, |ctx| async move {
        match ctx.signal::<String>(&SignalName::from_static("go")).await? {
            Some(_) => StepOutcome::finished(),
            None => StepOutcome::wait("a signal", HOUR, HOUR * 10),
        }
    });
    let rack = || vec![Permit::step("rack-7").unwrap()];
    let step = step.permits(move |_| if needs.load(Ordering::SeqCst) { rack() } else { Vec::new() });
    let rest = step_fn("rest", Resume::Rerun, |_| async { StepOutcome::wait("rain", HOUR, HOUR * 10) });
    let manager = lab.start(Workflow::new("look").step(step).step(rest)).await;
    let id = manager.submit(Submission::new("look"), &ops()).await.unwrap();
    pass(2).await;
    assert_eq!(table(&*lab.store).await, [("rack-7".to_owned(), 1, 0)]);
    is_needed.store(false, Ordering::SeqCst);
    go(&manager, id, "on").await;
    assert_eq!(waits_for(&manager, id).await, "rain");
    assert_eq!(table(&*lab.store).await, []);
}

#[tokio::test(start_paused = true)]
async fn a_permit_for_a_call_goes_back_between_two_attempts() {
    let (lab, log) = (Lab::new(), Log::default());
    let seen_by_step = Arc::clone(&log);
    let flaky = step_fn("flaky", Resume::Rerun, move |ctx| {
        seen_by_step.lock().unwrap().push(10 + ctx.attempt());
        async move {
            nap(5).await;
            let busy = Error::new(ErrorKind::Busy, "not yet");
            if ctx.attempt() == 1 { Err(busy) } else { StepOutcome::finished() }
        }
    });
    let backoff = Backoff { first: Duration::ZERO, max: Duration::ZERO };
    let flaky = flaky.policy(Policy { backoff, ..Policy::default() });
    let flaky = Workflow::new("flaky").step(flaky.permits(|_| vec![Permit::call("bmc").unwrap()]));
    let builder = lab.builder().workflow(workflow("gate", Gate::new(Hold::Call, &["bmc"], &log)));
    let manager = builder.workflow(flaky).start().await.unwrap();
    let first = manager.submit(Submission::new("flaky"), &ops()).await.unwrap();
    pass(1).await;
    submit(&manager, "gate", 1).await;
    assert_eq!(manager.wait(first).await.unwrap().state, RunState::Completed);
    assert_eq!(seen(&log), [11, 1, 12]);
}

#[tokio::test(start_paused = true)]
async fn a_run_halted_while_it_waits_gives_its_permits_back() {
    let (lab, log) = (Lab::new(), Log::default());
    let short = workflow("short", Gate::new(Hold::Step, &["rack-7"], &log)).deadline(HOUR / 2);
    let builder = lab.builder().workflow(workflow("gate", Gate::new(Hold::Step, &["rack-7"], &log)));
    let manager = builder.workflow(short).start().await.unwrap();
    let short = submit(&manager, "short", 1).await;
    submit(&manager, "gate", 2).await;
    let status = manager.wait_or_halt(short).await.unwrap();
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    pass(2).await;
    assert_eq!(seen(&log), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn undoing_needs_the_permits_of_its_step_too() {
    let (lab, log) = (Lab::new(), Log::default());
    let rest = step_fn("rest", Resume::Rerun, |_| async { StepOutcome::wait("rain", HOUR, HOUR * 10) });
    let undone = Workflow::new("undone").step(Gate::new(Hold::Call, &["bmc"], &log)).step(rest);
    let builder = lab.builder().workflow(workflow("gate", Gate::new(Hold::Step, &["bmc"], &log)));
    let manager = builder.workflow(undone).start().await.unwrap();
    let id = submit(&manager, "undone", 1).await;
    go(&manager, id, "on").await;
    let other = submit(&manager, "gate", 2).await;
    manager.cancel(id, "enough", &ops()).await.unwrap();
    pass(100).await;
    let waiting = manager.status(id).await.unwrap().waiting.unwrap();
    assert_eq!((waiting.what.as_str(), waiting.then.as_str()), ("permit bmc, 0 ahead", "undoing gate fails"));
    assert_eq!(seen(&log), [1, 1, 2]);
    go(&manager, other, "on").await;
    let status = manager.wait(id).await.unwrap();
    assert_eq!((status.state, status.not_undone.len()), (RunState::Cancelled, 0));
    assert_eq!(seen(&log), [1, 1, 2, 2, 101]);
    assert_eq!(table(&*lab.store).await, []);
}

/// Works for 50 seconds with one permit.
fn busy(name: &'static str, permit: Permit) -> Workflow {
    let step = step_fn("busy", Resume::Rerun, |_| async {
        nap(50).await;
        StepOutcome::finished()
    });
    Workflow::new(name).step(step.permits(move |_| vec![permit.clone()]))
}

#[tokio::test(start_paused = true)]
async fn a_crash_ends_permits_for_a_call_and_keeps_those_for_a_step() {
    let (lab, log) = (Lab::new(), Log::default());
    let start = || {
        let builder = lab.builder().workflow(busy("call", Permit::call("bmc").unwrap()));
        let builder = builder.workflow(busy("step", Permit::step("rack-7").unwrap()));
        let builder = builder.workflow(workflow("bmc", Gate::new(Hold::Step, &["bmc"], &log)));
        builder.workflow(workflow("rack", Gate::new(Hold::Step, &["rack-7"], &log))).start()
    };
    let manager = start().await.unwrap();
    let (call, step) = (submit(&manager, "call", 0).await, submit(&manager, "step", 0).await);
    let (bmc, rack) = (submit(&manager, "bmc", 1).await, submit(&manager, "rack", 2).await);
    assert!(seen(&log).is_empty());
    drop(manager);
    lab.store.end_leases();
    let manager = start().await.unwrap();
    pass(3).await;
    assert_eq!(seen(&log), [1], "the BMC came free, the rack did not");
    assert_eq!(waits_for(&manager, rack).await, "permit rack-7, 0 ahead");
    assert_eq!(waits_for(&manager, call).await, "permit bmc, 0 ahead");
    go(&manager, bmc, "on").await;
    for (id, rest) in [(step, None), (call, Some("permits_awaited"))] {
        assert_eq!(manager.wait(id).await.unwrap().state, RunState::Completed);
        let kinds = lab.types(id).await.split_off(2);
        let expected = ["step_started"].into_iter().chain(rest);
        let expected = expected.chain(["step_resumed", "step_done", "workflow_ended"]);
        assert_eq!(kinds, expected.collect::<Vec<_>>());
    }
    assert_eq!(seen(&log), [1, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_waits_gives_its_call_permits_back_and_queues_again_to_look() {
    let (lab, log) = (Lab::new(), Log::default());
    let poller = step_fn("poller", Resume::Rerun, |ctx| async move {
        nap(4).await;
        let done = ctx.signal::<bool>(&SignalName::from_static("go")).await?.is_some();
        if done { StepOutcome::finished() } else { StepOutcome::wait("boot", HOUR / 360, HOUR) }
    });
    let poller = poller.permits(|_| vec![Permit::call("bmc").unwrap()]);
    let builder = lab.builder().workflow(workflow("gate", Gate::new(Hold::Step, &["bmc"], &log)));
    let manager = builder.workflow(Workflow::new("poller").step(poller)).start().await.unwrap();
    let id = manager.submit(Submission::new("poller"), &ops()).await.unwrap();
    pass(6).await;
    assert_eq!((waits_for(&manager, id).await.as_str(), table(&*lab.store).await), ("boot", vec![]));
    let gate = submit(&manager, "gate", 1).await;
    pass(10).await;
    let waiting = manager.status(id).await.unwrap().waiting.unwrap();
    assert_eq!(waiting.what, "permit bmc, 0 ahead");
    go(&manager, gate, "on").await;
    pass(10).await;
    assert_eq!(waits_for(&manager, id).await, "boot");
    manager.signal(id, SignalName::from_static("go"), true, "go", &ops()).await.unwrap();
    assert_eq!(manager.wait(id).await.unwrap().state, RunState::Completed);
    let awaited = lab.types(id).await.iter().filter(|kind| *kind == "permits_awaited").count();
    assert_eq!(awaited, 1);
}
