//! Where parts of the engine meet: what one part keeps, forgets or counts on, and another one changes.

use crate::adversity::nap;
use crate::lab::{Lab, ops, pass};
use crate::odd_store::Odd;
use hwautomation_core::actor::Actor;
use hwautomation_core::engine::{EngineOptions, StartAt, Submission, WorkflowManager};
use hwautomation_core::error::{Error, ErrorClass, ErrorKind};
use hwautomation_core::id::{SignalName, WorkflowId};
use hwautomation_core::record::{
    Backoff, Event, EventKind, Hold, OnFailure, Policy, Resume, RunState, SubState,
};
use hwautomation_core::store::{HistoryStore, MemoryStore, Retention};
use hwautomation_core::testing::damage;
use hwautomation_core::workflow::{
    ApprovalGate, Permit, StepOutcome, StepOutput, UndoOutcome, Workflow, WorkflowStep, step_fn,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

#[derive(Debug, Serialize, Deserialize)]
struct Large {
    text: String,
}

impl StepOutput for Large {
    const NAME: &'static str = "large";
}

/// A switch, and a step that fails for good until it is thrown.
fn broken_step() -> (Arc<AtomicBool>, impl WorkflowStep) {
    let fixed = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&fixed);
    let step = step_fn("use", Resume::Rerun, move |_| {
        let fixed = seen.load(SeqCst);
        async move {
            if !fixed {
                return Err(Error::invalid("broken"));
            }
            StepOutcome::finished()
        }
    });
    (fixed, step)
}

async fn submit(manager: &WorkflowManager, name: &str) -> WorkflowId {
    manager.submit(Submission::new(name), &ops()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_run_begun_in_the_middle_keeps_the_large_output_of_a_run_that_was_pruned() {
    let lab = Lab::new();
    let fixed = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&fixed);
    let make =
        step_fn("make", Resume::Rerun, |_| async { StepOutcome::done(Large { text: "x".repeat(20_000) }) });
    let take = step_fn("take", Resume::Rerun, move |ctx| {
        let fixed = seen.load(SeqCst);
        async move {
            if !fixed {
                return Err(Error::invalid("broken"));
            }
            assert_eq!(ctx.output::<Large>().await?.text.len(), 20_000);
            StepOutcome::finished()
        }
    });
    let workflow = Workflow::new("test").step(make).step(take).on_failure(OnFailure::Keep);
    let manager = lab.start(workflow).await;
    let old = submit(&manager, "test").await;
    manager.wait_or_halt(old).await.unwrap();
    manager.abort(old, "enough", &ops()).await.unwrap();
    manager.wait(old).await.unwrap();
    manager.pause();
    let new = manager.resubmit(old, &StartAt::Unfinished, &ops()).await.unwrap();
    let pruned = manager.prune(&Retention { keep_newest: Some(0), ..Retention::default() }).await.unwrap();
    assert_eq!((pruned.workflows, pruned.blobs), (1, 0));
    fixed.store(true, SeqCst);
    manager.resume();
    let status = manager.wait_or_halt(new).await.unwrap();
    assert_eq!(status.state, RunState::Completed, "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_request_cannot_be_read_is_not_submitted_again_without_it() {
    let lab = Lab::new();
    let step = step_fn("work", Resume::Rerun, |_| async { StepOutcome::finished() });
    let manager = lab.start(Workflow::new("test").step(step)).await;
    let submission = Submission::new("test").request(7).unwrap();
    let id = manager.submit(submission, &ops()).await.unwrap();
    manager.wait(id).await.unwrap();
    damage(&lab.store, id, 0);
    let refused = manager.resubmit(id, &StartAt::Beginning, &ops()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Corrupt, "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn steps_are_not_carried_over_from_a_history_that_may_have_lost_that_they_were_undone() {
    let lab = Lab::new();
    let (_fixed, broken) = broken_step();
    let first = step_fn("first", Resume::Rerun, |_| async { StepOutcome::finished() })
        .undo(|_, _| async { Ok(UndoOutcome::Undone) });
    let manager = lab.start(Workflow::new("test").step(first).step(broken).on_failure(OnFailure::Undo)).await;
    let id = submit(&manager, "test").await;
    manager.wait(id).await.unwrap();
    let place = lab.types(id).await.iter().rposition(|kind| kind == "step_started").unwrap();
    damage(&lab.store, id, place as u64);
    let refused = manager.resubmit(id, &StartAt::Unfinished, &ops()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict, "{refused:?}");
    manager.resubmit(id, &StartAt::Beginning, &ops()).await.unwrap();
}

fn quick() -> impl WorkflowStep {
    step_fn("quick", Resume::Rerun, |_| async { StepOutcome::finished() })
}

#[tokio::test(start_paused = true)]
async fn a_manager_without_the_workflow_does_not_hold_up_the_one_that_has_it() {
    let lab = Lab::new();
    let other = lab.start(Workflow::new("other").step(quick())).await;
    let manager = lab.start(Workflow::new("mine").step(quick())).await;
    let began = tokio::time::Instant::now();
    for _ in 0..20 {
        let id = submit(&manager, "mine").await;
        manager.wait(id).await.unwrap();
    }
    let took = began.elapsed();
    drop(other);
    assert!(took < Duration::from_secs(25), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_manager_forgets_the_trouble_it_had_with_a_run_that_another_one_goes_on_with() {
    let lab = Lab::new();
    let wait = step_fn("wait", Resume::Rerun, |_| async { StepOutcome::wait("rain", HOUR, HOUR * 48) });
    let manager = lab.start(Workflow::new("mine").step(wait)).await;
    manager.pause();
    let id = submit(&manager, "mine").await;
    let other = lab.start(Workflow::new("other").step(quick())).await;
    pass(3).await;
    let waiting = other.status(id).await.unwrap().waiting.unwrap();
    assert_eq!(waiting.what, "a program that has the workflow mine");
    other.pause();
    manager.resume();
    pass(10).await;
    assert_eq!(manager.status(id).await.unwrap().waiting.unwrap().what, "rain");
    assert_eq!(other.status(id).await.unwrap().waiting.unwrap().what, "rain");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_run_here_does_not_hold_its_place_in_the_queue_for_a_permit() {
    let lab = Lab::new();
    let gate = |hold| {
        let step = step_fn("gate", Resume::Rerun, |ctx| async move {
            match ctx.signal::<bool>(&SignalName::from_static("go")).await? {
                Some(_) => StepOutcome::finished(),
                None => StepOutcome::wait("a signal", HOUR, HOUR * 10),
            }
        });
        step.permits(move |_| match hold {
            Hold::Call => vec![Permit::call("rack-7").unwrap()],
            Hold::Step => vec![Permit::step("rack-7").unwrap()],
        })
    };
    let here = || Workflow::new("here").step(gate(Hold::Step));
    // More than are looked at together, and due before the one that queues.
    let manager = lab.start(Workflow::new("lost").step(quick())).await;
    manager.pause();
    for _ in 0..20 {
        submit(&manager, "lost").await;
    }
    manager.shutdown().await;
    let builder = lab.builder().workflow(here()).workflow(Workflow::new("gone").step(gate(Hold::Step)));
    let manager = builder.start().await.unwrap();
    let mut runs = Vec::new();
    for name in ["here", "gone", "here"] {
        runs.push(submit(&manager, name).await);
        pass(2).await;
    }
    manager.shutdown().await;
    let manager = lab.start(here()).await;
    manager.signal(runs[0], SignalName::from_static("go"), true, "go", &ops()).await.unwrap();
    assert_eq!(manager.wait(runs[0]).await.unwrap().state, RunState::Completed);
    nap(1200).await;
    let waiting = manager.status(runs[2]).await.unwrap().waiting.unwrap();
    assert_eq!(waiting.what, "a signal");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_halted_before_it_began_has_time_to_begin_when_a_person_retries_it() {
    let lab = Lab::new();
    let options = EngineOptions { start_limit: HOUR, ..EngineOptions::default() };
    let manager = lab
        .builder()
        .options(options.clone())
        .workflow(Workflow::new("test").step(quick()))
        .start()
        .await
        .unwrap();
    manager.pause();
    let id = submit(&manager, "test").await;
    manager.shutdown().await;
    let changed = Workflow::new("test").step(quick()).step(broken_step().1);
    let manager = lab.builder().options(options.clone()).workflow(changed).start().await.unwrap();
    assert_eq!(manager.wait_or_halt(id).await.unwrap().sub_state, Some(SubState::Halted));
    manager.shutdown().await;
    nap(2 * 3600).await;
    let manager =
        lab.builder().options(options).workflow(Workflow::new("test").step(quick())).start().await.unwrap();
    manager.retry(id, "the right program runs again", &ops()).await.unwrap();
    let status = manager.wait_or_halt(id).await.unwrap();
    assert_eq!(status.state, RunState::Completed, "{status}");
}

#[tokio::test(start_paused = true)]
async fn the_time_a_run_is_halted_does_not_count_for_the_attempt_that_goes_on() {
    let lab = Lab::new();
    let calls = Arc::new(AtomicU32::new(0));
    let make = || {
        let calls = Arc::clone(&calls);
        let step = step_fn("once", Resume::Halt, move |ctx| {
            let call = calls.fetch_add(1, SeqCst);
            async move {
                let done = async {
                    if call == 0 {
                        std::future::pending::<()>().await;
                    }
                    Ok(())
                };
                ctx.once("it", done).await?;
                StepOutcome::finished()
            }
        });
        let limit = Some(Duration::from_secs(600));
        Workflow::new("test").step(step.policy(Policy {
            attempts: 1,
            attempt_limit: limit,
            ..Policy::default()
        }))
    };
    let manager = lab.start(make()).await;
    let id = submit(&manager, "test").await;
    pass(5).await;
    drop(manager);
    lab.store.end_leases();
    let manager = lab.start(make()).await;
    let halted = manager.wait_or_halt(id).await.unwrap();
    assert_eq!(halted.sub_state, Some(SubState::Halted), "{halted}");
    nap(2 * 3600).await;
    manager.retry(id, "it did not happen", &ops()).await.unwrap();
    let status = manager.wait_or_halt(id).await.unwrap();
    assert_eq!(status.state, RunState::Completed, "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_guard_holds_the_end_off_also_where_the_program_cannot_run_the_workflow_any_more() {
    let lab = Lab::new();
    let flash = step_fn("flash", Resume::Rerun, |ctx| async move {
        ctx.uninterruptible(HOUR).await?;
        std::future::pending::<()>().await;
        StepOutcome::finished()
    });
    let manager = lab.start(Workflow::new("test").step(flash)).await;
    let id = manager.submit(Submission::new("test").machine("srv001"), &ops()).await.unwrap();
    pass(5).await;
    drop(manager);
    lab.store.end_leases();
    let manager = lab.start(Workflow::new("test").step(quick())).await;
    manager.cancel(id, "stop", &ops()).await.unwrap();
    pass(60).await;
    let summary = manager.summary(id).await.unwrap();
    assert!(!summary.state.is_terminal(), "the machine was let go of while it may still be flashed");
    nap(3600).await;
    assert_eq!(manager.summary(id).await.unwrap().state, RunState::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_is_heard_though_the_store_failed_when_the_inbox_was_read() {
    let lab = Lab::new();
    let store = Arc::new(Odd { inner: MemoryStore::with_clock(lab.clock.clone()), ..Odd::default() });
    let long = step_fn("long", Resume::Rerun, |ctx| async move {
        for _ in 0..600 {
            ctx.checkpoint()?;
            nap(5).await;
        }
        StepOutcome::finished()
    });
    let policy = Policy { timeout: HOUR * 2, deadline: Some(HOUR * 2), ..Policy::default() };
    let builder = lab.builder().store(Arc::clone(&store) as Arc<dyn HistoryStore>);
    let manager = builder.workflow(Workflow::new("test").step(long.policy(policy))).start().await.unwrap();
    let id = submit(&manager, "test").await;
    pass(3).await;
    store.inbox_fails.store(true, SeqCst);
    manager.cancel(id, "stop", &ops()).await.unwrap();
    nap(120).await;
    assert_eq!(manager.summary(id).await.unwrap().state, RunState::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_conflicts_with_its_own_history_for_ever_does_not_spin() {
    let lab = Lab::new();
    let store = Arc::new(Odd { inner: MemoryStore::with_clock(lab.clock.clone()), ..Odd::default() });
    let builder = lab.builder().store(Arc::clone(&store) as Arc<dyn HistoryStore>);
    let manager = builder.workflow(Workflow::new("test").step(quick())).start().await.unwrap();
    store.conflicts.store(true, SeqCst);
    let id = submit(&manager, "test").await;
    for _ in 0..20_000 {
        tokio::task::yield_now().await;
    }
    let appends = store.appends.load(SeqCst);
    assert!((1..20).contains(&appends), "{appends} appends in no time");
    store.conflicts.store(false, SeqCst);
    let status = manager.wait_or_halt(id).await.unwrap();
    assert!(status.headline.contains("another number is next"), "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_denied_gate_asks_again_though_somebody_else_had_said_yes_before() {
    let lab = Lab::new();
    let wait = step_fn("before", Resume::Rerun, |ctx| async move {
        match ctx.signal::<bool>(&SignalName::from_static("go")).await? {
            Some(_) => StepOutcome::finished(),
            None => StepOutcome::wait("a signal", HOUR, HOUR * 10),
        }
    });
    let manager =
        lab.start(Workflow::new("test").step(wait).step(ApprovalGate::new("go-ahead", "may it?"))).await;
    let id = submit(&manager, "test").await;
    pass(2).await;
    let gate = || SignalName::from_static("go-ahead");
    manager.deny(id, gate(), "there is a freeze", &Actor::person("chief")).await.unwrap();
    manager.approve(id, gate(), "fine", &Actor::person("deputy")).await.unwrap();
    manager.signal(id, SignalName::from_static("go"), true, "go", &ops()).await.unwrap();
    assert_eq!(manager.wait_or_halt(id).await.unwrap().sub_state, Some(SubState::Halted));
    manager.retry(id, "the freeze is over", &ops()).await.unwrap();
    pass(3).await;
    let status = manager.status(id).await.unwrap();
    assert_eq!(status.sub_state, Some(SubState::Waiting), "nobody was asked again: {status}");
}

/// History has whole milliseconds. Who remembers a state and who reads it anew must decide the same.
#[tokio::test(start_paused = true)]
async fn spans_of_less_than_a_millisecond_are_in_memory_as_they_are_read_back() {
    let odd = Duration::from_nanos(1_500_001);
    let policy = Policy {
        timeout: HOUR + odd,
        attempt_limit: Some(HOUR + odd),
        deadline: Some(HOUR + odd),
        backoff: Backoff { first: odd, max: odd },
        unknown_backoff: Some(Backoff { first: Duration::from_nanos(1), max: odd }),
        ..Policy::default()
    };
    let step =
        step_fn("odd", Resume::Rerun, move |ctx| async move {
            match ctx.attempt() {
                1 => Err(Error::new(ErrorKind::Busy, "later")
                    .with_class(ErrorClass::Transient { after: Some(odd) })),
                _ => StepOutcome::wait("rain", HOUR + odd, HOUR * 2),
            }
        });
    let lab = Lab::new();
    let limits = EngineOptions {
        start_limit: odd + HOUR,
        halt_limit: odd,
        undo_limit: odd,
        ..EngineOptions::default()
    };
    let builder = lab.builder().options(limits).workflow(Workflow::new("test").step(step.policy(policy)));
    let manager = builder.start().await.unwrap();
    let submission = Submission::new("test").deadline(Duration::MAX);
    let id = manager.submit(submission, &ops()).await.unwrap();
    pass(3).await;
    let kept = lab.events(id).await;
    let read = |event: &Event| serde_json::from_str(&serde_json::to_string(event).unwrap()).unwrap();
    let read: Vec<Event> = kept.iter().map(read).collect();
    assert_eq!(lab.types(id).await.last().unwrap(), "step_waiting");
    assert_eq!(kept, read);
    let EventKind::WorkflowSubmitted(spec) = &kept[0].kind else { panic!("{}", kept[0]) };
    assert_eq!(spec.steps[0].policy.backoff.first, Duration::from_millis(2), "no limit becomes shorter");
}
