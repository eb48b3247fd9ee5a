//! Cancelling does the right thing in every state, and twice is as good as once.

use crate::adversity::nap;
use crate::lab::{Lab, ops, pass};
use hwautomation_core::engine::Submission;
use hwautomation_core::error::{Error, ErrorKind};
use hwautomation_core::record::{Policy, Resume, RunState, SubState};
use hwautomation_core::workflow::{Probed, StepOutcome, UndoOutcome, Workflow, step_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_pending_run_is_cancelled_before_anything_is_done() {
    let lab = Lab::new();
    let step = step_fn("never", Resume::Rerun, |_| async { panic!("it ran") });
    let manager = lab.start(Workflow::new("test").step(step)).await;
    manager.pause();
    let id = manager.submit(Submission::new("test").machine("srv001"), &ops()).await.unwrap();
    manager.cancel(id, "changed my mind", &ops()).await.unwrap();
    manager.cancel(id, "really", &ops()).await.unwrap();
    manager.resume();
    let status = manager.wait(id).await.unwrap();
    assert_eq!((status.state, status.started_at), (RunState::Cancelled, None));
    assert_eq!(lab.types(id).await, ["workflow_submitted", "cancel_requested", "workflow_ended"]);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_run_is_cancelled_at_once() {
    let lab = Lab::new();
    let hour = Duration::from_secs(3600);
    let step = step_fn("wait", Resume::Rerun, move |_| async move { StepOutcome::wait("rain", hour, hour) });
    let manager = lab.start(Workflow::new("test").step(step)).await;
    let id = manager.submit(Submission::new("test"), &ops()).await.unwrap();
    pass(3).await;
    let began = tokio::time::Instant::now();
    manager.cancel(id, "no rain", &ops()).await.unwrap();
    assert_eq!(manager.wait(id).await.unwrap().state, RunState::Cancelled);
    assert!(began.elapsed().as_secs() < 2);
}

#[tokio::test(start_paused = true)]
async fn a_running_step_stops_at_its_checkpoint() {
    let lab = Lab::new();
    let step = step_fn("long", Resume::Rerun, |ctx| async move {
        loop {
            ctx.checkpoint()?;
            tokio::time::timeout(Duration::from_secs(1), std::future::pending::<()>()).await.unwrap_err();
        }
    });
    let manager = lab.start(Workflow::new("test").step(step)).await;
    let id = manager.submit(Submission::new("test"), &ops()).await.unwrap();
    pass(3).await;
    manager.cancel(id, "stop", &ops()).await.unwrap();
    let status = manager.wait(id).await.unwrap();
    assert_eq!(status.state, RunState::Cancelled);
    assert_eq!(status.steps[0].errors, [], "a cancelled step did not fail");
}

#[tokio::test(start_paused = true)]
async fn a_step_without_checkpoints_is_dropped_after_the_grace() {
    let lab = Lab::new();
    let step = step_fn("deaf", Resume::Rerun, |_| std::future::pending());
    let policy = Policy { timeout: Duration::from_secs(3600), ..Policy::default() };
    let manager = lab.start(Workflow::new("test").step(step.policy(policy))).await;
    let id = manager.submit(Submission::new("test"), &ops()).await.unwrap();
    pass(3).await;
    let began = tokio::time::Instant::now();
    manager.cancel(id, "stop", &ops()).await.unwrap();
    pass(1).await;
    assert!(manager.status(id).await.unwrap().headline.contains("cancel requested"));
    assert_eq!(manager.wait(id).await.unwrap().state, RunState::Cancelled);
    assert_eq!(began.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_guard_holds_cancel_and_timeout_off_until_it_closes_also_across_waits() {
    let lab = Lab::new();
    let closed = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&closed);
    let step = step_fn("flash", Resume::Rerun, move |ctx| {
        let closed = Arc::clone(&seen);
        async move {
            let first = ctx.once("flash", async { Ok(()) });
            ctx.uninterruptible(Duration::from_secs(300)).await?;
            first.await?;
            let began: hwautomation_core::time::Timestamp =
                ctx.once("began", async { Ok(ctx.now()) }).await?;
            if ctx.now().since(began) < Duration::from_secs(120) {
                return StepOutcome::wait("the flash", Duration::from_secs(10), Duration::from_secs(200));
            }
            closed.store(true, Ordering::SeqCst);
            ctx.interruptible().await?;
            StepOutcome::finished()
        }
    });
    let never = step_fn("never", Resume::Rerun, |_| async { panic!("it ran") });
    let manager = lab.start(Workflow::new("test").step(step).step(never)).await;
    let id = manager.submit(Submission::new("test"), &ops()).await.unwrap();
    pass(15).await;
    manager.cancel(id, "stop", &ops()).await.unwrap();
    let status = manager.wait(id).await.unwrap();
    assert_eq!(status.state, RunState::Cancelled, "{status}");
    assert!(closed.load(Ordering::SeqCst), "the guarded work was interrupted");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_cancelled_while_a_probe_looks_in_vain_goes_back_and_asks_nobody() {
    let lab = Lab::new();
    let step = step_fn("send", Resume::Probe, |ctx| async move {
        let lost = Error::new(ErrorKind::Timeout, "no answer").unknown_outcome();
        ctx.once("command", async { Err::<(), _>(lost) }).await?;
        StepOutcome::finished()
    });
    let step = step.probe(|_, _| async {
        nap(5).await;
        Ok(Probed::unknown("the BMC does not say"))
    });
    let manager = lab.start(Workflow::new("test").step(step)).await;
    let id = manager.submit(Submission::new("test"), &ops()).await.unwrap();
    pass(3).await;
    manager.cancel(id, "stop", &ops()).await.unwrap();
    let status = manager.wait(id).await.unwrap();
    assert_eq!((status.state, status.not_undone.len()), (RunState::Cancelled, 1), "{status}");
    let types = lab.types(id).await;
    assert!(!types.iter().any(|kind| kind == "halted"), "{types:?}");
}

#[tokio::test(start_paused = true)]
async fn a_cancel_that_a_guard_held_off_is_heard_when_the_guard_ends_however_seldom_the_step_looks() {
    let lab = Lab::new();
    let day = Duration::from_secs(86_400);
    let step = step_fn("flash", Resume::Rerun, move |ctx| async move {
        if !ctx.cancelled() && ctx.attempt() == 1 {
            ctx.uninterruptible(Duration::from_secs(60)).await?;
        }
        StepOutcome::wait("the flash", day, day)
    });
    let manager = lab.start(Workflow::new("test").step(step)).await;
    let id = manager.submit(Submission::new("test"), &ops()).await.unwrap();
    pass(15).await;
    manager.cancel(id, "stop", &ops()).await.unwrap();
    let began = tokio::time::Instant::now();
    assert_eq!(manager.wait(id).await.unwrap().state, RunState::Cancelled);
    assert!(began.elapsed() <= Duration::from_secs(61), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_cancelled_while_a_probe_finds_that_it_is_too_early_goes_back_at_once() {
    let lab = Lab::new();
    let step = step_fn("send", Resume::Probe, |ctx| async move {
        let lost = Error::new(ErrorKind::Timeout, "no answer").unknown_outcome();
        ctx.once("command", async { Err::<(), _>(lost) }).await?;
        StepOutcome::finished()
    });
    let asked = Arc::new(AtomicBool::new(false));
    let step = step.probe(move |_, _| {
        let asked_before = asked.swap(true, Ordering::SeqCst);
        async move {
            nap(5).await;
            let hour = Duration::from_secs(3600);
            if asked_before { Ok(Probed::DidNotHappen) } else { Probed::wait("the lamp", hour, hour * 2) }
        }
    });
    let manager = lab.start(Workflow::new("test").step(step)).await;
    let id = manager.submit(Submission::new("test"), &ops()).await.unwrap();
    pass(3).await;
    let began = tokio::time::Instant::now();
    manager.cancel(id, "stop", &ops()).await.unwrap();
    let status = manager.wait(id).await.unwrap();
    assert_eq!(status.state, RunState::Cancelled, "{status}");
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_finished_run_cannot_be_cancelled() {
    let lab = Lab::new();
    let (manager, status) = lab.run(Workflow::new("test")).await;
    let error = manager.cancel(status.id, "late", &ops()).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Conflict && error.message().contains("completed"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_cancelled_already_may_be_cancelled_again() {
    let lab = Lab::new();
    let step = step_fn("fail", Resume::Rerun, |_| async { Err(Error::new(ErrorKind::Refused, "no")) });
    let (manager, status) = lab.run_step(step).await;
    assert_eq!(status.sub_state, Some(SubState::Halted));
    manager.cancel(status.id, "give up", &ops()).await.unwrap();
    assert_eq!(manager.wait(status.id).await.unwrap().state, RunState::Cancelled);
    manager.cancel(status.id, "give up", &ops()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_way_back_is_told_step_by_step() {
    let lab = Lab::new();
    let slow = |name| {
        step_fn(name, Resume::Rerun, |_| async { StepOutcome::finished() }).undo(|_, _| async {
            tokio::time::timeout(Duration::from_secs(10), std::future::pending::<()>()).await.unwrap_err();
            Ok(UndoOutcome::Undone)
        })
    };
    let hour = Duration::from_secs(3600);
    let wait = step_fn("wait", Resume::Rerun, move |_| async move { StepOutcome::wait("rain", hour, hour) });
    let workflow = Workflow::new("test").step(slow("one")).step(slow("two")).step(wait);
    let manager = lab.start(workflow).await;
    let id = manager.submit(Submission::new("test"), &ops()).await.unwrap();
    pass(3).await;
    manager.cancel(id, "no rain", &ops()).await.unwrap();
    let mut told = Vec::new();
    while manager.summary(id).await.unwrap().ended_at.is_none() {
        told.push(manager.status(id).await.unwrap().headline);
        pass(1).await;
    }
    told.dedup();
    let undoing: Vec<_> = told.iter().filter(|line| line.contains("undoing")).cloned().collect();
    assert_eq!(undoing, ["cancelled, undoing step 2 of 3: two", "cancelled, undoing step 1 of 3: one"]);
}

#[tokio::test(start_paused = true)]
async fn shutdown_keeps_the_run_for_the_next_manager() {
    let lab = Lab::new();
    let step = || {
        step_fn("slow", Resume::Rerun, |ctx| async move {
            if ctx.epoch() == 1 {
                std::future::pending::<()>().await;
            }
            StepOutcome::finished()
        })
    };
    let manager = lab.start(Workflow::new("test").step(step())).await;
    let id = manager.submit(Submission::new("test").machine("srv001"), &ops()).await.unwrap();
    pass(1).await;
    manager.shutdown().await;
    assert_eq!(manager.status(id).await.unwrap().state, RunState::Running);
    let next = lab.start(Workflow::new("test").step(step())).await;
    assert_eq!(next.wait(id).await.unwrap().state, RunState::Completed);
    assert!(lab.types(id).await.contains(&"step_resumed".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn after_a_guard_a_cancelled_step_has_its_whole_grace() {
    let lab = Lab::new();
    let stopped = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stopped);
    let step = step_fn("flash", Resume::Rerun, move |ctx| {
        let stopped = Arc::clone(&seen);
        async move {
            ctx.uninterruptible(Duration::from_secs(300)).await?;
            let flash = tokio::time::timeout(Duration::from_secs(60), std::future::pending::<()>());
            flash.await.unwrap_err();
            assert!(!ctx.cancelled(), "a guard hides the cancel");
            ctx.interruptible().await?;
            let tidy_up = tokio::time::timeout(Duration::from_secs(5), std::future::pending::<()>());
            tidy_up.await.unwrap_err();
            stopped.store(true, Ordering::SeqCst);
            ctx.checkpoint()?;
            StepOutcome::finished()
        }
    });
    let policy = Policy { timeout: Duration::from_secs(3600), ..Policy::default() };
    let manager = lab.start(Workflow::new("test").step(step.policy(policy))).await;
    let id = manager.submit(Submission::new("test"), &ops()).await.unwrap();
    pass(3).await;
    manager.cancel(id, "stop", &ops()).await.unwrap();
    assert_eq!(manager.wait(id).await.unwrap().state, RunState::Cancelled);
    assert!(stopped.load(Ordering::SeqCst), "it was dropped before it could stop by itself");
}

#[tokio::test(start_paused = true)]
async fn a_step_that_asks_without_end_is_still_ended_by_its_timeout() {
    let lab = Lab::new();
    let step = step_fn("chatter", Resume::Rerun, |ctx| async move {
        loop {
            ctx.record("again", ctx.attempt()).await?;
            tokio::time::timeout(Duration::from_millis(100), std::future::pending::<()>()).await.unwrap_err();
        }
    });
    let policy = Policy { timeout: Duration::from_secs(5), attempts: 1, ..Policy::default() };
    let (_manager, status) = lab.run_step(step.policy(policy)).await;
    assert_eq!(status.steps[0].errors[0].kind, ErrorKind::Timeout, "{status}");
}
