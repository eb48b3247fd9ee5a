//! Waiting costs a row: what is recorded, what wakes it, what ends it.

use crate::lab::{Lab, ops, pass};
use hwautomation_core::engine::Submission;
use hwautomation_core::error::{Error, ErrorKind};
use hwautomation_core::id::SignalName;
use hwautomation_core::record::{Policy, Resume, RunState};
use hwautomation_core::workflow::{Probed, StepOutcome, Workflow, step_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const POLL: Duration = Duration::from_secs(10);
const LIMIT: Duration = Duration::from_secs(600);

#[tokio::test(start_paused = true)]
async fn looking_again_records_nothing_and_is_no_attempt() {
    let lab = Lab::new();
    let looks = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&looks);
    let step = step_fn("look", Resume::Rerun, move |ctx| {
        let looks = counter.fetch_add(1, Ordering::SeqCst);
        async move {
            assert_eq!(ctx.attempt(), 1);
            if looks < 20 {
                StepOutcome::wait("the twentieth look", POLL, LIMIT)
            } else {
                StepOutcome::finished()
            }
        }
    });
    let began = tokio::time::Instant::now();
    let (_manager, status) = lab.run_step(step).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
    assert_eq!(began.elapsed().as_secs(), 200);
    let waits = lab.types(status.id).await.iter().filter(|kind| *kind == "step_waiting").count();
    assert_eq!((waits, looks.load(Ordering::SeqCst)), (1, 21));
}

#[tokio::test(start_paused = true)]
async fn a_wait_says_what_for_since_when_until_when_and_what_then() {
    let lab = Lab::new();
    let step = step_fn("look", Resume::Rerun, |_| async { StepOutcome::wait("rain", POLL, LIMIT) });
    let manager = lab.start(Workflow::new("test").step(step)).await;
    let id = manager.submit(Submission::new("test"), &ops()).await.unwrap();
    pass(35).await;
    let waiting = manager.status(id).await.unwrap().waiting.unwrap();
    assert_eq!(waiting.what, "rain");
    assert_eq!(waiting.until.unwrap().since(waiting.since), LIMIT);
    assert_eq!(waiting.then, "attempt 1 of 3 at look fails");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_outlives_its_limit_fails_the_attempt() {
    let lab = Lab::new();
    let step = step_fn("look", Resume::Rerun, |_| async { StepOutcome::wait("godot", POLL, LIMIT) });
    let began = tokio::time::Instant::now();
    let (_manager, status) = lab.run_step(step.policy(Policy { attempts: 2, ..Policy::default() })).await;
    assert!(status.headline.starts_with("halted"), "{status}");
    assert_eq!(status.steps[0].errors.len(), 2);
    assert!(status.steps[0].errors[0].message.contains("waited for godot"));
    assert!((1200..1210).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_attempt_limit_counts_its_waits() {
    let lab = Lab::new();
    let step = step_fn("look", Resume::Rerun, |_| async { StepOutcome::wait("godot", POLL, LIMIT) });
    let limit = Some(Duration::from_secs(65));
    let began = tokio::time::Instant::now();
    let (_manager, status) =
        lab.run_step(step.policy(Policy { attempts: 1, attempt_limit: limit, ..Policy::default() })).await;
    assert!(status.headline.starts_with("halted"), "{status}");
    assert_eq!(began.elapsed().as_secs(), 65);
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_a_guard_held_off_counts_when_the_guard_ends_however_seldom_the_step_looks() {
    let lab = Lab::new();
    let day = Duration::from_secs(86_400);
    let step = step_fn("flash", Resume::Rerun, move |ctx| async move {
        ctx.uninterruptible(Duration::from_secs(60)).await?;
        StepOutcome::wait("the flash", day, day)
    });
    let limit = Some(Duration::from_secs(20));
    let policy = Policy { attempts: 1, attempt_limit: limit, ..Policy::default() };
    let began = tokio::time::Instant::now();
    let manager = lab.start(Workflow::new("test").step(step.policy(policy))).await;
    let id = manager.submit(Submission::new("test"), &ops()).await.unwrap();
    pass(40).await;
    let waiting = manager.status(id).await.unwrap().waiting.unwrap();
    assert_eq!(
        (waiting.what.as_str(), waiting.until.unwrap().since(waiting.since).as_secs()),
        ("the flash", 60)
    );
    manager.wait_or_halt(id).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_passes_while_the_step_looks_ends_the_wait_however_seldom_it_looks() {
    let lab = Lab::new();
    let step = step_fn("look", Resume::Rerun, |_| async {
        let _looks = tokio::time::timeout(Duration::from_secs(15), std::future::pending::<()>()).await;
        StepOutcome::wait("rain", Duration::from_secs(100), Duration::from_secs(110))
    });
    let began = tokio::time::Instant::now();
    lab.run_step(step.policy(Policy { attempts: 1, ..Policy::default() })).await;
    assert_eq!(began.elapsed().as_secs(), 130);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_the_question_about_an_effect_however_seldom_it_is_asked() {
    let lab = Lab::new();
    let step = step_fn("cycle", Resume::Probe, |ctx| async move {
        let lost = Error::new(ErrorKind::Unreachable, "the answer was lost").unknown_outcome();
        ctx.once("cycle", async { Err::<(), _>(lost) }).await?;
        StepOutcome::finished()
    });
    let day = Duration::from_secs(86_400);
    let step = step.probe(move |_, _| async move { Probed::wait("it to show", day, day) });
    let workflow = Workflow::new("test").step(step).deadline(Duration::from_secs(100));
    let began = tokio::time::Instant::now();
    lab.run(workflow).await;
    assert_eq!(began.elapsed().as_secs(), 100);
}

fn gate() -> Workflow {
    Workflow::new("gate").step(step_fn("gate", Resume::Rerun, |ctx| async move {
        match ctx.signal::<bool>(&SignalName::from_static("approved")).await? {
            Some(true) => StepOutcome::finished(),
            Some(false) => StepOutcome::skipped("it was not approved"),
            None => StepOutcome::wait("approval", Duration::from_secs(3600), Duration::from_secs(86_400)),
        }
    }))
}

#[tokio::test(start_paused = true)]
async fn a_signal_wakes_a_waiting_step_at_once() {
    let lab = Lab::new();
    let manager = lab.start(gate()).await;
    let id = manager.submit(Submission::new("gate"), &ops()).await.unwrap();
    pass(5).await;
    let began = tokio::time::Instant::now();
    manager.signal(id, SignalName::from_static("approved"), true, "once", &ops()).await.unwrap();
    assert_eq!(manager.wait(id).await.unwrap().state, RunState::Completed);
    assert!(began.elapsed().as_secs() < 2);
}

#[tokio::test(start_paused = true)]
async fn a_signal_before_the_wait_is_kept_and_one_sent_twice_is_one() {
    let lab = Lab::new();
    let manager = lab.start(gate()).await;
    manager.pause();
    let id = manager.submit(Submission::new("gate"), &ops()).await.unwrap();
    let name = SignalName::from_static("approved");
    for _ in 0..2 {
        manager.signal(id, name.clone(), true, "the same key", &ops()).await.unwrap();
    }
    manager.resume();
    assert_eq!(manager.wait(id).await.unwrap().state, RunState::Completed);
    let received = lab.types(id).await.iter().filter(|kind| *kind == "signal_received").count();
    assert_eq!(received, 1);
}
