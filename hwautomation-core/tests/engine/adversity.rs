//! Lost answers, late answers, stale decisions, guards at bad moments: what a hostile world does to the engine.

use crate::lab::{Lab, ops, pass, srv};
use crate::odd_store::Odd;
use hwautomation_core::engine::{ManagerBuilder, Submission, WorkflowManager};
use hwautomation_core::error::{Error, ErrorClass, ErrorKind, Result};
use hwautomation_core::id::*;
use hwautomation_core::machine::{Machine, MachineChange};
use hwautomation_core::plugin::{PowerAction, PowerState};
use hwautomation_core::record::*;
use hwautomation_core::secret::Secret;
use hwautomation_core::store::*;
use hwautomation_core::testing::fake::{FakeCall, Fault, FaultAction};
use hwautomation_core::workflow::*;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn s(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub(crate) async fn nap(n: u64) {
    let _ = tokio::time::timeout(s(n), std::future::pending::<()>()).await;
}

fn odd(lab: &Lab) -> Arc<Odd> {
    Arc::new(Odd { inner: MemoryStore::with_clock(lab.clock.clone()), ..Odd::default() })
}
fn over(lab: &Lab, store: &Arc<Odd>) -> ManagerBuilder {
    lab.builder().store(Arc::clone(store) as Arc<dyn HistoryStore>)
}
async fn submit(m: &WorkflowManager) -> WorkflowId {
    m.submit(Submission::new("test").machine("srv001"), &ops()).await.unwrap()
}
fn once_policy() -> Policy {
    Policy { attempts: 1, ..Policy::default() }
}

#[tokio::test(start_paused = true)]
async fn a_cancel_is_heard_also_when_the_answer_to_a_release_was_late() {
    let lab = Lab::new();
    let store = odd(&lab);
    store.late_release.store(true, SeqCst);
    let woken = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&woken);
    let wait = step_fn("wait", Resume::Rerun, move |_| {
        let n = seen.fetch_add(1, SeqCst);
        async move { if n == 0 { StepOutcome::wait("a second", s(1), s(60)) } else { StepOutcome::finished() } }
    });
    let long = step_fn("long", Resume::Rerun, |_| async {
        nap(100).await;
        StepOutcome::finished()
    })
    .policy(Policy { timeout: s(3600), ..Policy::default() });
    let manager =
        over(&lab, &store).workflow(Workflow::new("test").step(wait).step(long)).start().await.unwrap();
    let id = submit(&manager).await;
    pass(10).await;
    manager.cancel(id, "stop", &ops()).await.unwrap();
    let status = manager.wait(id).await.unwrap();
    assert_eq!(status.state, RunState::Cancelled, "{status}");
    assert_eq!(status.steps[1].state, "undone", "the deaf step was dropped after the grace: {status}");
}

fn turn_on(name: &'static str, resume: Resume) -> impl WorkflowStep {
    step_fn(name, resume, |ctx| async move {
        ctx.power()?.state().await?;
        ctx.once("on", ctx.power()?.request(PowerAction::On)).await?;
        StepOutcome::finished()
    })
    .probe(|ctx, _| async move {
        if ctx.power()?.state().await? == PowerState::On {
            Probed::happened(())
        } else {
            Ok(Probed::DidNotHappen)
        }
    })
}

#[tokio::test(start_paused = true)]
async fn an_answer_lost_while_another_owner_takes_over_sends_once() {
    let lab = Lab::new();
    let store = odd(&lab);
    store.lose_intent_answer.store(true, SeqCst);
    let manager = over(&lab, &store)
        .workflow(Workflow::new("test").step(turn_on("on", Resume::Probe)))
        .start()
        .await
        .unwrap();
    let id = submit(&manager).await;
    assert_eq!(manager.wait(id).await.unwrap().state, RunState::Completed);
    pass(5).await;
    assert_eq!(lab.rack.log().len(), 1, "{:?}", lab.rack.log());
}

#[tokio::test(start_paused = true)]
async fn an_effect_cut_by_the_attempt_limit_is_asked_about() {
    let lab = Lab::new();
    lab.rack.inject(Fault::once(FakeCall::PowerRequest, FaultAction::HangAfter));
    let probes = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&probes);
    let step = step_fn("on", Resume::Probe, |ctx| async move {
        ctx.power()?.state().await?;
        ctx.once("on", ctx.power()?.request(PowerAction::On)).await?;
        StepOutcome::finished()
    })
    .probe(move |_, _| {
        seen.fetch_add(1, SeqCst);
        async move { Probed::happened(()) }
    })
    .policy(Policy { attempt_limit: Some(s(10)), ..Policy::default() });
    let (manager, status) = lab.run_step(step).await;
    println!("first rest: {status}\nprobes {}", probes.load(SeqCst));
    if status.state != RunState::Completed {
        manager.retry(status.id, "again", &ops()).await.unwrap();
        pass(60).await;
        println!("after retry: {}\nprobes {}", manager.status(status.id).await.unwrap(), probes.load(SeqCst));
    }
    assert_eq!(status.state, RunState::Completed, "{status}");
}

#[derive(Debug)]
struct Flaky(Arc<dyn MachineDirectory>, Arc<AtomicBool>);
#[async_trait::async_trait]
impl MachineDirectory for Flaky {
    async fn find(&self, name: &str) -> Result<Option<Machine>> {
        if self.1.swap(false, SeqCst) {
            return Err(Error::new(
                ErrorKind::Storage,
                "reading the inventory at https://u:hunter2-hunter2@inv",
            ));
        }
        self.0.find(name).await
    }
    async fn list(&self, after: Option<&MachineId>, limit: usize) -> Result<Vec<Machine>> {
        self.0.list(after, limit).await
    }
}

#[tokio::test(start_paused = true)]
async fn one_failed_read_of_the_directory_does_not_end_undoing() {
    let lab = Lab::new();
    let fail = Arc::new(AtomicBool::new(false));
    let flaky = Arc::new(Flaky(lab.rack.directory(), Arc::clone(&fail)));
    let looks = Arc::new(AtomicU32::new(0));
    let step =
        step_fn("made", Resume::Rerun, |_| async { StepOutcome::finished() }).undo(move |_, _| {
            let n = looks.fetch_add(1, SeqCst);
            async move {
                if n == 0 { UndoOutcome::wait("a while", s(30), s(600)) } else { Ok(UndoOutcome::Undone) }
            }
        });
    let bad = step_fn("bad", Resume::Rerun, |_| async { Err(Error::invalid("no")) });
    let workflow = Workflow::new("test").step(step).step(bad).on_failure(OnFailure::Undo);
    let manager = lab.builder().machines(flaky).workflow(workflow).start().await.unwrap();
    let id = submit(&manager).await;
    pass(5).await;
    fail.store(true, SeqCst);
    let status = manager.wait(id).await.unwrap();
    assert!(status.not_undone.is_empty(), "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_read_of_the_inbox_does_not_drop_guarded_work() {
    let lab = Lab::new();
    let store = odd(&lab);
    let done = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&done);
    let step = step_fn("flash", Resume::Rerun, move |ctx| {
        let done = Arc::clone(&seen);
        async move {
            ctx.uninterruptible(s(100)).await?;
            nap(20).await;
            done.store(true, SeqCst);
            StepOutcome::finished()
        }
    });
    let manager = over(&lab, &store).workflow(Workflow::new("test").step(step)).start().await.unwrap();
    let id = submit(&manager).await;
    pass(2).await;
    store.inbox_fails.store(true, SeqCst);
    manager.signal(id, SignalName::from_static("hello"), 1, "k", &ops()).await.unwrap();
    pass(25).await;
    assert!(done.load(SeqCst), "the guarded work was dropped");
}

#[tokio::test(start_paused = true)]
async fn a_lost_lease_does_not_drop_guarded_work_that_says_something() {
    let lab = Lab::new();
    let store = odd(&lab);
    let done = Arc::new(AtomicBool::new(false));
    let (seen, inner) = (Arc::clone(&done), Arc::clone(&store));
    let step = step_fn("flash", Resume::Rerun, move |ctx| {
        let (done, store) = (Arc::clone(&seen), Arc::clone(&inner));
        async move {
            if ctx.epoch() > 1 {
                return StepOutcome::finished();
            }
            ctx.uninterruptible(s(100)).await?;
            store.inner.end_leases();
            ctx.report_sub_task("half way");
            nap(5).await;
            done.store(true, SeqCst);
            StepOutcome::finished()
        }
    });
    let manager = over(&lab, &store).workflow(Workflow::new("test").step(step)).start().await.unwrap();
    submit(&manager).await;
    pass(15).await;
    assert!(done.load(SeqCst), "the guarded work was dropped");
}

#[tokio::test(start_paused = true)]
async fn undoing_a_done_step_may_be_uninterruptible() {
    let lab = Lab::new();
    let step =
        step_fn("flash", Resume::Rerun, |_| async { StepOutcome::finished() }).undo(|ctx, _| async move {
            ctx.uninterruptible(s(60)).await?;
            ctx.interruptible().await?;
            Ok(UndoOutcome::Undone)
        });
    let bad = step_fn("bad", Resume::Rerun, |_| async { Err(Error::invalid("no")) });
    let (_m, status) = lab.run(Workflow::new("test").step(step).step(bad).on_failure(OnFailure::Undo)).await;
    assert!(status.not_undone.is_empty(), "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_under_a_guard() {
    let lab = Lab::new();
    let step = step_fn("flash", Resume::Rerun, |ctx| async move {
        ctx.uninterruptible(s(3600)).await?;
        for _ in 0..60 {
            nap(1).await;
            ctx.checkpoint()?;
        }
        ctx.interruptible().await?;
        StepOutcome::finished()
    })
    .policy(Policy { timeout: s(7200), ..Policy::default() });
    let manager = lab.start(Workflow::new("test").step(step)).await;
    let id = submit(&manager).await;
    pass(3).await;
    let began = tokio::time::Instant::now();
    manager.cancel(id, "stop", &ops()).await.unwrap();
    manager.wait(id).await.unwrap();
    println!("types {:?}", lab.types(id).await);
    assert!(began.elapsed() < s(120), "it took {:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_error_under_a_guard_is_no_busy_loop() {
    let lab = Lab::new();
    let calls = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&calls);
    let step = step_fn("flash", Resume::Rerun, move |ctx| {
        let n = seen.fetch_add(1, SeqCst);
        async move {
            if n == 0 {
                ctx.uninterruptible(s(300)).await?;
                return StepOutcome::wait("the flash", s(5), s(300));
            }
            if n > 1000 {
                nap(1).await;
            }
            // Such as a device's task that somebody cancelled there.
            Err(Error::new(ErrorKind::Cancelled, "the device says its task was cancelled"))
        }
    });
    let manager = lab.start(Workflow::new("test").step(step)).await;
    let id = submit(&manager).await;
    pass(2).await;
    manager.cancel(id, "stop", &ops()).await.unwrap();
    pass(10).await;
    let n = calls.load(SeqCst);
    assert!(n < 50, "called {n} times in 10 s");
}

#[tokio::test(start_paused = true)]
async fn an_effect_without_a_limit() {
    let lab = Lab::new();
    let step = step_fn("on", Resume::Rerun, |ctx| async move {
        ctx.power()?.state().await?;
        ctx.once("on", ctx.power()?.request(PowerAction::On).may_take(Duration::MAX)).await?;
        StepOutcome::finished()
    });
    let manager = lab.start(Workflow::new("test").step(step.policy(once_policy()))).await;
    let id = submit(&manager).await;
    pass(200).await;
    let status = manager.status(id).await.unwrap();
    println!("{:?}", lab.types(id).await);
    assert!(status.state == RunState::Completed || status.sub_state == Some(SubState::Halted), "{status}");
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_recorded() {
    let lab = Lab::new();
    let secret = Secret::new("hunter2-hunter2");
    let text = secret.expose().to_owned();
    let step = step_fn("leak", Resume::Rerun, move |ctx| {
        let text = text.clone();
        async move {
            ctx.record("key", std::collections::BTreeMap::from([(text.clone(), 1)])).await?;
            ctx.record(format!("name {text}"), 1).await?;
            let fact =
                MachineChange::Fact { name: "pw".into(), value: text.clone().into(), source: text.clone() };
            ctx.machine_changed(fact).await?;
            Err(Error::invalid("no"))
        }
    });
    let fail = Arc::new(AtomicBool::new(false));
    let flaky = Arc::new(Flaky(lab.rack.directory(), Arc::clone(&fail)));
    let manager =
        lab.builder().machines(flaky).workflow(Workflow::new("test").step(step)).start().await.unwrap();
    let id = submit(&manager).await;
    let id = manager.wait_or_halt(id).await.unwrap().id;
    fail.store(true, SeqCst);
    manager.retry(id, "with hunter2-hunter2", &ops()).await.unwrap();
    pass(3).await;
    manager.cancel(id, "set to hunter2-hunter2", &ops()).await.unwrap();
    manager.signal(id, SignalName::from_static("hello"), 1, "hunter2-hunter2", &ops()).await.ok();
    let status = manager.wait(id).await.unwrap();
    let events = lab.events(id).await;
    let leaks: Vec<String> = events
        .iter()
        .map(|e| serde_json::to_string(&e.kind).unwrap())
        .filter(|e| e.contains("hunter2"))
        .collect();
    println!("status leaks: {}", status.to_string().contains("hunter2"));
    assert!(leaks.is_empty(), "{leaks:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_late_decision_does_not_meet_the_next_halt() {
    let lab = Lab::new();
    let fixed = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&fixed);
    let one = step_fn("one", Resume::Rerun, move |_| {
        let fixed = seen.load(SeqCst);
        async move { if fixed { StepOutcome::finished() } else { Err(Error::invalid("one")) } }
    });
    let two = step_fn("two", Resume::Rerun, |_| async { Err(Error::invalid("two")) });
    let (manager, status) = lab.run(Workflow::new("test").step(one).step(two)).await;
    let halt = manager.state(status.id).await.unwrap().halt.unwrap().seq;
    fixed.store(true, SeqCst);
    manager.retry(status.id, "fixed", &ops()).await.unwrap();
    pass(2).await; // halted at `two` now
    // what `skip` posts if its caller was suspended between reading the state and posting
    let command = Command::Skip { why: "one is not needed".into(), halt };
    let item = NewItem {
        workflow: status.id,
        key: format!("skip at {halt}"),
        at: lab.clock.now(),
        actor: ops(),
        command,
    };
    lab.store.post(item).await.unwrap();
    pass(2).await;
    let status = manager.status(status.id).await.unwrap();
    assert_eq!(status.steps[1].state, "failed", "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_subscription_from_after_the_end_ends() {
    use futures_util::StreamExt;
    let lab = Lab::new();
    let (manager, status) = lab.run(Workflow::new("test")).await;
    let from = lab.events(status.id).await.len() as u64;
    let mut stream = Box::pin(manager.subscribe(status.id, from));
    assert!(tokio::time::timeout(s(3600), stream.next()).await.is_ok(), "still following an ended run");
}

#[tokio::test(start_paused = true)]
async fn shutdown_ends_also_while_the_store_fails() {
    let lab = Lab::new();
    let store = odd(&lab);
    let step = step_fn("slow", Resume::Rerun, |_| async {
        nap(5).await;
        StepOutcome::finished()
    });
    let manager = over(&lab, &store).workflow(Workflow::new("test").step(step)).start().await.unwrap();
    submit(&manager).await;
    pass(2).await;
    store.append_fails.store(true, SeqCst);
    pass(10).await;
    assert!(tokio::time::timeout(s(3600), manager.shutdown()).await.is_ok(), "shutdown hangs");
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_finds_too_much_has_an_end() {
    let lab = Lab::new();
    lab.rack.inject(Fault::once(FakeCall::PowerRequest, FaultAction::LoseAnswer));
    let step = step_fn("on", Resume::Probe, |ctx| async move {
        ctx.power()?.state().await?;
        ctx.once("on", ctx.power()?.request(PowerAction::On)).await?;
        StepOutcome::finished()
    })
    .probe(|_, _| async move { Probed::happened("x".repeat(9 * 1024 * 1024)) });
    let manager = lab.start(Workflow::new("test").step(step)).await;
    let id = submit(&manager).await;
    pass(200).await;
    let status = manager.status(id).await.unwrap();
    assert!(status.state == RunState::Completed || status.sub_state == Some(SubState::Halted), "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_harmless_effect_is_not_sent_again_by_an_owner_that_lost_its_lease() {
    let lab = Lab::new();
    lab.rack.inject(Fault::once(FakeCall::PowerRequest, FaultAction::LoseAnswer));
    let sent_late = Arc::new(AtomicBool::new(false));
    let (store, seen) = (Arc::clone(&lab.store), Arc::clone(&sent_late));
    let step = step_fn("on", Resume::Rerun, move |ctx| {
        let (store, late) = (Arc::clone(&store), Arc::clone(&seen));
        async move {
            ctx.power()?.state().await?;
            if ctx.epoch() > 2 {
                return StepOutcome::finished();
            }
            let old = ctx.attempt() == 2;
            if old {
                store.end_leases();
            }
            let effect = async {
                late.fetch_or(old, SeqCst);
                Err::<(), _>(Error::new(ErrorKind::Timeout, "?").unknown_outcome())
            };
            ctx.once("on", effect).await?;
            StepOutcome::finished()
        }
    });
    let manager = lab.start(Workflow::new("test").step(step)).await;
    submit(&manager).await;
    pass(10).await;
    assert!(!sent_late.load(SeqCst), "sent by an owner that lost its lease");
}

#[tokio::test(start_paused = true)]
async fn work_that_closes_its_guard_after_a_cancel_may_record_its_end() {
    let lab = Lab::new();
    let step = step_fn("flash", Resume::Rerun, |ctx| async move {
        ctx.uninterruptible(s(300)).await?;
        nap(30).await;
        ctx.interruptible().await?;
        ctx.record("flashed", true).await?;
        StepOutcome::finished()
    });
    let manager = lab.start(Workflow::new("test").step(step)).await;
    let id = submit(&manager).await;
    pass(3).await;
    manager.cancel(id, "stop", &ops()).await.unwrap();
    manager.wait(id).await.unwrap();
    let types = lab.types(id).await;
    assert!(types.contains(&"recorded".to_owned()), "{types:?}");
}

#[tokio::test(start_paused = true)]
async fn pausing_while_draining_does_not_hang() {
    let lab = Lab::new();
    let step = step_fn("slow", Resume::Rerun, |_| async {
        nap(5).await;
        StepOutcome::finished()
    });
    let manager = Arc::new(lab.start(Workflow::new("test").step(step)).await);
    submit(&manager).await;
    pass(2).await;
    let drains = Arc::clone(&manager);
    let drain = tokio::spawn(async move { drains.drain().await });
    pass(1).await;
    manager.pause();
    assert!(tokio::time::timeout(s(3600), drain).await.is_ok(), "drain hangs");
}

#[tokio::test(start_paused = true)]
async fn a_step_skipped_by_a_person_with_an_effect_open_is_named_when_undone() {
    let lab = Lab::new();
    lab.rack.inject(Fault::once(FakeCall::PowerRequest, FaultAction::LoseAnswer));
    let late = step_fn("later", Resume::Rerun, |_| async { StepOutcome::wait("rain", s(600), s(6000)) });
    let step = step_fn("on", Resume::Halt, |ctx| async move {
        ctx.power()?.state().await?;
        ctx.once("on", ctx.power()?.request(PowerAction::On)).await?;
        StepOutcome::finished()
    })
    .undo(|ctx, _| async move {
        ctx.power()?.state().await?;
        ctx.once("off", ctx.power()?.request(PowerAction::ForcedOff)).await?;
        Ok(UndoOutcome::Undone)
    });
    let (manager, status) = lab.run(Workflow::new("test").step(step).step(late)).await;
    manager.skip(status.id, "it is on, I looked", &ops()).await.unwrap();
    pass(3).await;
    manager.cancel(status.id, "stop", &ops()).await.unwrap();
    let status = manager.wait(status.id).await.unwrap();
    println!("{status}");
    assert!(lab.rack.true_power(&srv()) == PowerState::Off || !status.not_undone.is_empty(), "{status}");
}

#[test]
fn an_event_by_a_new_kind_of_actor_reads() {
    let json = serde_json::json!({
        "v": 1, "workflow": "01890a5d-ac96-774b-bcce-b302099a8057", "seq": 3, "position": 9,
        "at": "2026-01-02T03:04:05.000006Z", "actor": {"kind": "schedule", "name": "nightly"},
        "kind": {"type": "step_resumed", "step": "cut"},
    });
    serde_json::from_value::<Event>(json).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_secret_value_of_once_is_not_silently_replaced() {
    let lab = Lab::new();
    let used = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&used);
    let step = step_fn("password", Resume::Rerun, move |ctx| {
        let used = Arc::clone(&seen);
        async move {
            let made =
                ctx.once("make", async { Ok(Secret::new("made-up-password-9").expose().to_owned()) }).await?;
            used.lock().unwrap().push(made);
            if ctx.attempt() == 1 {
                Err(Error::new(ErrorKind::Busy, "once more"))
            } else {
                StepOutcome::finished()
            }
        }
    });
    let (_m, status) = lab.run_step(step).await;
    println!("{status}");
    let used = used.lock().unwrap();
    assert!(used.iter().all(|made| made == "made-up-password-9"), "{used:?}");
    let _ = ErrorClass::Permanent;
}

#[tokio::test(start_paused = true)]
async fn a_manager_without_the_workflow_leaves_its_runs_alone() {
    let lab = Lab::new();
    let undone = Arc::new(AtomicBool::new(false));
    let make = || {
        let seen = Arc::clone(&undone);
        Workflow::new("test").step(
            step_fn("wait", Resume::Rerun, |_| async { StepOutcome::wait("rain", s(5), s(6000)) }).undo(
                move |_, _| {
                    seen.store(true, SeqCst);
                    async { Ok(UndoOutcome::Undone) }
                },
            ),
        )
    };
    let first = lab.start(make()).await;
    let id = submit(&first).await;
    pass(2).await;
    first.pause(); // a rolling restart
    let _other = lab.start(Workflow::new("other")).await;
    first.cancel(id, "stop", &ops()).await.unwrap();
    pass(5).await;
    first.resume();
    let status = first.wait(id).await.unwrap();
    assert!(undone.load(SeqCst), "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_step_woken_under_a_guard_hears_of_the_cancel_when_it_closes_it() {
    let lab = Lab::new();
    let calls = Arc::new(AtomicU32::new(0));
    let step = step_fn("flash", Resume::Rerun, move |ctx| {
        let n = calls.fetch_add(1, SeqCst);
        async move {
            if n == 0 {
                ctx.uninterruptible(s(3600)).await?;
                return StepOutcome::wait("the flash", s(5), s(300));
            }
            nap(2).await;
            ctx.interruptible().await?;
            for _ in 0..1000 {
                nap(1).await;
                ctx.checkpoint()?;
            }
            StepOutcome::finished()
        }
    })
    .policy(Policy { timeout: s(7200), ..Policy::default() });
    let manager = lab.start(Workflow::new("test").step(step)).await;
    let id = submit(&manager).await;
    pass(2).await;
    let began = tokio::time::Instant::now();
    manager.cancel(id, "stop", &ops()).await.unwrap();
    manager.wait(id).await.unwrap();
    assert!(began.elapsed() < s(60), "it took {:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn guarded_work_longer_than_the_timeout_is_no_failure_when_it_closes_its_guard() {
    let lab = Lab::new();
    let step = step_fn("flash", Resume::Rerun, |ctx| async move {
        ctx.uninterruptible(s(300)).await?;
        nap(100).await;
        ctx.interruptible().await?;
        ctx.record("flashed", true).await?;
        StepOutcome::finished()
    });
    let (_m, status) = lab.run_step(step).await;
    assert_eq!(status.steps[0].attempts, 1, "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_next_manager_goes_on_at_once_after_a_shutdown() {
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
    let id = submit(&manager).await;
    pass(1).await;
    manager.shutdown().await;
    let began = tokio::time::Instant::now();
    let next = lab.start(Workflow::new("test").step(step())).await;
    next.wait(id).await.unwrap();
    assert!(began.elapsed() < s(5), "it took {:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_busy_store_is_waited_for() {
    let lab = Lab::new();
    let store = odd(&lab);
    store.busy_close.store(true, SeqCst);
    let manager = over(&lab, &store)
        .workflow(Workflow::new("test").step(turn_on("on", Resume::Halt)))
        .start()
        .await
        .unwrap();
    let id = submit(&manager).await;
    let status = manager.wait_or_halt(id).await.unwrap();
    assert_eq!(status.state, RunState::Completed, "{status}");
}
