//! What the properties found: answers of the store that come late, or after somebody else has taken over.

use crate::adversity::nap;
use crate::lab::{Lab, ops, pass};
use crate::odd_store::Odd;
use hwautomation_core::engine::{Submission, WorkflowManager};
use hwautomation_core::error::{Error, ErrorKind};
use hwautomation_core::record::{Backoff, OnFailure, Policy, Resume, RunState};
use hwautomation_core::store::{HistoryStore, MemoryStore};
use hwautomation_core::workflow::{Permit, Probed, StepOutcome, Workflow, step_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

async fn over_odd(lab: &Lab, workflow: Workflow) -> (WorkflowManager, Arc<Odd>) {
    let inner = MemoryStore::with_clock(lab.clock.clone());
    let store = Arc::new(Odd { inner, ..Odd::default() });
    let builder = lab.builder().store(Arc::clone(&store) as Arc<dyn HistoryStore>);
    (builder.workflow(workflow).start().await.unwrap(), store)
}

#[tokio::test(start_paused = true)]
async fn a_cancel_is_heard_while_the_store_takes_a_minute_to_renew_leases() {
    let lab = Lab::new();
    let long = step_fn("long", Resume::Rerun, |_| async {
        nap(500).await;
        StepOutcome::finished()
    });
    let long = long.policy(Policy { timeout: Duration::from_secs(600), ..Policy::default() });
    let (manager, store) = over_odd(&lab, Workflow::new("test").step(long)).await;
    store.late_renew.store(true, SeqCst);
    let id = manager.submit(Submission::new("test"), &ops()).await.unwrap();
    pass(15).await;
    assert!(!store.late_renew.load(SeqCst), "a renewal is under way");
    manager.cancel(id, "stop", &ops()).await.unwrap();
    let asked = lab.clock.now();
    assert_eq!(manager.wait(id).await.unwrap().state, RunState::Cancelled);
    assert!(lab.clock.now().since(asked) <= Duration::from_secs(12), "the grace is 10 s");
}

#[tokio::test(start_paused = true)]
async fn who_hears_late_that_its_append_was_stored_does_not_call_the_step_of_the_next_owner() {
    let lab = Lab::new();
    let calls = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&calls);
    let first = step_fn("first", Resume::Rerun, |_| async { StepOutcome::finished() });
    let second = step_fn("second", Resume::Rerun, move |_| {
        seen.fetch_add(1, SeqCst);
        async {
            nap(5).await;
            StepOutcome::finished()
        }
    });
    let (manager, store) = over_odd(&lab, Workflow::new("test").step(first).step(second)).await;
    store.lose_second_start.store(true, SeqCst);
    let id = manager.submit(Submission::new("test"), &ops()).await.unwrap();
    assert_eq!(manager.wait(id).await.unwrap().state, RunState::Completed);
    pass(10).await;
    assert_eq!(calls.load(SeqCst), 1, "only the owner calls it");
}

#[tokio::test(start_paused = true)]
async fn an_answer_about_the_lease_that_was_longer_on_its_way_than_the_lease_sends_nothing() {
    let lab = Lab::new();
    let sent = Arc::new(AtomicU32::new(0));
    let (sending, truth) = (Arc::clone(&sent), Arc::clone(&sent));
    let step = step_fn("cut", Resume::Probe, move |ctx| {
        let sending = Arc::clone(&sending);
        async move {
            ctx.once("cut", async move { Ok(sending.fetch_add(1, SeqCst)) }).await?;
            StepOutcome::finished()
        }
    });
    let step = step.probe(move |_, _| {
        let sent = truth.load(SeqCst);
        async move { if sent > 0 { Probed::happened(sent) } else { Ok(Probed::DidNotHappen) } }
    });
    let step = step.policy(Policy { timeout: Duration::from_secs(600), attempts: 9, ..Policy::default() });
    let (manager, store) = over_odd(&lab, Workflow::new("test").step(step)).await;
    store.late_intent.store(true, SeqCst);
    store.slow_renew.store(true, SeqCst);
    let id = manager.submit(Submission::new("test"), &ops()).await.unwrap();
    pass(70).await;
    store.slow_renew.store(false, SeqCst);
    assert_eq!(manager.wait(id).await.unwrap().state, RunState::Completed);
    pass(60).await;
    assert_eq!(sent.load(SeqCst), 1, "the next owner asks, and sends where it did not happen");
}

#[tokio::test(start_paused = true)]
async fn a_step_whose_permits_came_after_the_deadline_is_not_called() {
    let lab = Lab::new();
    let calls = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&calls);
    let step = step_fn("cut", Resume::Rerun, move |_| {
        seen.fetch_add(1, SeqCst);
        async { StepOutcome::finished() }
    });
    let step = step.permits(|_| vec![Permit::call("rack-7").unwrap()]);
    let first = step_fn("first", Resume::Rerun, |_| async { StepOutcome::finished() });
    let workflow = Workflow::new("test").step(first).step(step).deadline(Duration::from_secs(10));
    let (manager, store) = over_odd(&lab, workflow).await;
    store.late_acquire.store(true, SeqCst);
    let id = manager.submit(Submission::new("test"), &ops()).await.unwrap();
    let status = manager.wait(id).await.unwrap();
    assert!(status.headline.contains("its deadline passed"), "{status}");
    assert_eq!((calls.load(SeqCst), status.steps[1].attempts), (0, 0), "{status}");
    let held = store.permits(None, 10).await.unwrap();
    assert!(held.is_empty(), "{held:?}");
}

#[tokio::test(start_paused = true)]
async fn a_step_that_skips_itself_after_an_effect_of_unknown_outcome_is_named() {
    let lab = Lab::new();
    let maybe = step_fn("maybe", Resume::Rerun, |ctx| async move {
        if ctx.attempt() > 1 {
            return StepOutcome::skipped("it is not needed after all");
        }
        let lost = Error::new(ErrorKind::Unreachable, "the answer was lost").unknown_outcome();
        ctx.once("cut", async { Err::<u8, _>(lost) }).await?;
        StepOutcome::finished()
    });
    let first = Duration::from_secs(1);
    let maybe = maybe.policy(Policy { backoff: Backoff { first, max: first }, ..Policy::default() });
    let fail = step_fn("fail", Resume::Rerun, |_| async { Err(Error::new(ErrorKind::Refused, "no")) });
    let workflow = Workflow::new("test").step(maybe).step(fail).on_failure(OnFailure::Undo);
    let (manager, status) = lab.run(workflow).await;
    let ended = manager.state(status.id).await.unwrap().ended.unwrap();
    let left: Vec<&str> = ended.not_undone.iter().map(|left| left.step.as_str()).collect();
    assert_eq!((status.state, left), (RunState::Failed, vec!["maybe"]), "{}", ended.reason);
}

#[tokio::test(start_paused = true)]
async fn who_waits_does_not_take_a_halt_that_is_over_for_the_end() {
    let lab = Lab::new();
    let step = step_fn("mend", Resume::Rerun, |ctx| async move {
        if ctx.runs() == 1 {
            return Err(Error::new(ErrorKind::Refused, "broken"));
        }
        nap(30).await;
        StepOutcome::finished()
    });
    let (manager, store) = over_odd(&lab, Workflow::new("test").step(step)).await;
    let id = manager.submit(Submission::new("test"), &ops()).await.unwrap();
    manager.wait_or_halt(id).await.unwrap();
    manager.retry(id, "mended", &ops()).await.unwrap();
    store.late_inbox.store(true, SeqCst);
    assert_eq!(manager.wait_or_halt(id).await.unwrap().state, RunState::Completed);
}
