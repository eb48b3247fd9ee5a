//! Steps and plugins that misbehave: each time a clear verdict, and the engine goes on.

use crate::lab::{Lab, ops, srv};
use async_trait::async_trait;
use hwautomation_core::engine::{Submission, WorkflowManager};
use hwautomation_core::error::{Error, ErrorClass, ErrorKind, Result};
use hwautomation_core::id::SettingName;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{PowerAction, PowerController, PowerState};
use hwautomation_core::record::{
    EventKind, OnFailure, Policy, Resume, RunState, SubState, UndoOf, WorkflowStatus,
};
use hwautomation_core::workflow::{
    Probed, StepOutcome, StepOutput, UndoOutcome, Wait, Workflow, WorkflowStep, step_fn,
};
use serde::{Deserialize, Serialize, Serializer, ser};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::time::Duration;

fn once() -> Policy {
    Policy { attempts: 1, ..Policy::default() }
}

/// The run halted over its first step with this text, and a cancel still ends it.
async fn assert_halted_and_cancellable(lab: &Lab, step: impl WorkflowStep, text: &str) {
    let (manager, status) = lab.run_step(step).await;
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    assert!(status.to_string().contains(text), "expected {text:?} in: {status}");
    manager.cancel(status.id, "enough", &ops()).await.unwrap();
    assert_eq!(manager.wait(status.id).await.unwrap().state, RunState::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn a_panic_after_an_effect_is_sent_leaves_the_question_to_the_probe() {
    let lab = Lab::new();
    let (probed, calls) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (asked, seen) = (Arc::clone(&probed), Arc::clone(&calls));
    let step = step_fn("panic", Resume::Probe, move |ctx| {
        let call = seen.fetch_add(1, SeqCst);
        async move {
            let value: u8 =
                ctx.once("cut", async move { if call == 0 { panic!("oh no") } else { Ok(1) } }).await?;
            assert_eq!(value, 7, "the probe's value stands");
            StepOutcome::finished()
        }
    });
    let step = step.probe(move |_, _| {
        asked.fetch_add(1, SeqCst);
        async { Probed::happened(7) }
    });
    let (_manager, status) = lab.run_step(step).await;
    assert_eq!(
        (status.state, probed.load(SeqCst), calls.load(SeqCst)),
        (RunState::Completed, 1, 2),
        "{status}"
    );
    let first = &status.steps[0].errors[0];
    assert!(first.message.contains("oh no") && first.class == ErrorClass::UnknownOutcome, "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_probe_or_an_undo_is_named_in_the_verdict() {
    let lab = Lab::new();
    let step = step_fn("panic", Resume::Probe, |ctx| async move {
        ctx.once("cut", async { Err::<u8, _>(Error::new(ErrorKind::Timeout, "late").unknown_outcome()) })
            .await?;
        StepOutcome::finished()
    });
    let step = step.probe(|_, _| async { panic!("the probe broke") }).policy(once());
    let before = step_fn("before", Resume::Rerun, |_| async { StepOutcome::finished() });
    let before = before.undo(|_, _| async { panic!("the undo broke") });
    let workflow = Workflow::new("test").step(before).step(step).on_failure(OnFailure::Undo);
    let (manager, status) = lab.run(workflow).await;
    assert_eq!(status.state, RunState::Failed, "{status}");
    let ended = manager.state(status.id).await.unwrap().ended.unwrap();
    let left: Vec<String> =
        ended.not_undone.iter().map(|left| format!("{}: {}", left.step, left.why)).collect();
    assert!(
        left.iter().any(|left| left.starts_with("panic: ") && left.contains("the probe broke")),
        "{left:?}"
    );
    assert!(
        left.iter().any(|left| left.starts_with("before: ") && left.contains("the undo broke")),
        "{left:?}"
    );
}

/// Takes its thread and never gives it back until it is told to.
fn spins(until: Arc<AtomicBool>) -> impl WorkflowStep {
    let policy = Policy { timeout: Duration::from_millis(200), ..once() };
    let spin = step_fn("spin", Resume::Rerun, move |_| {
        let until = Arc::clone(&until);
        async move {
            while !until.load(SeqCst) {
                std::hint::spin_loop();
            }
            StepOutcome::finished()
        }
    });
    spin.policy(policy)
}

/// In real time: paused time does not pass while a thread is busy.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_step_that_never_yields_gets_its_verdict_while_it_still_spins() {
    let until = Arc::new(AtomicBool::new(false));
    let workflow = Workflow::new("spin").step(spins(Arc::clone(&until))).on_failure(OnFailure::Undo);
    let manager = WorkflowManager::builder().workflow(workflow).start().await.unwrap();
    let id = manager.submit(Submission::new("spin"), &ops()).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(20), manager.wait(id)).await;
    let spins_still = !until.swap(true, SeqCst);
    let status = ended.unwrap().unwrap();
    assert!(spins_still && status.state == RunState::Failed, "{status}");
    let failures = manager.state(id).await.unwrap().steps[0].failures.clone();
    assert!(failures[0].error.message.contains("did not return within"), "{failures:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_without_a_pause_or_with_no_end_neither_spins_nor_lasts_for_ever() {
    let lab = Lab::new();
    let endless = step_fn("endless", Resume::Rerun, |_| async {
        Ok(StepOutcome::Wait(Wait { reason: "Godot".to_owned(), poll: Duration::ZERO, limit: Duration::MAX }))
    });
    let policy = Policy { deadline: Some(Duration::from_secs(2)), ..once() };
    let began = lab.clock.now();
    assert_halted_and_cancellable(&lab, endless.policy(policy), "waited for Godot").await;
    assert!(lab.clock.now().since(began) < Duration::from_secs(5));
    let late = step_fn("late", Resume::Rerun, |_| async {
        StepOutcome::wait("Godot", Duration::MAX, Duration::MAX)
    });
    let policy = Policy { deadline: Some(Duration::from_secs(60)), ..once() };
    assert_halted_and_cancellable(&Lab::new(), late.policy(policy), "waited for Godot").await;
}

#[tokio::test(start_paused = true)]
async fn a_reason_of_absurd_length_is_one_wait_and_is_cut() {
    let lab = Lab::new();
    let reason = || "ä".repeat(1 << 13);
    let step = step_fn("long", Resume::Rerun, move |_| {
        let wait = StepOutcome::wait(reason(), Duration::from_secs(1), Duration::from_secs(20));
        async move { wait }
    });
    let (_manager, status) = lab.run_step(step.policy(once())).await;
    assert_eq!(status.sub_state, Some(SubState::Halted), "it waited for it in vain");
    let types = lab.types(status.id).await;
    assert_eq!(types.iter().filter(|kind| *kind == "step_waiting").count(), 1, "{types:?}");
    assert!(status.headline.len() < 10_000);
}

#[tokio::test(start_paused = true)]
async fn why_a_step_is_left_out_or_nobody_can_tell_is_cut_too() {
    let lab = Lab::new();
    let long = || "ä".repeat(1 << 13);
    let left_out = step_fn("left-out", Resume::Rerun, move |_| async move { StepOutcome::skipped(long()) });
    let unknown = step_fn("unknown", Resume::Probe, |ctx| async move {
        ctx.once("cut", async { Err::<u8, _>(Error::new(ErrorKind::Timeout, "late").unknown_outcome()) })
            .await?;
        StepOutcome::finished()
    });
    let unknown = unknown.probe(move |_, _| async move { Ok(Probed::unknown(long())) });
    let (_manager, status) = lab.run(Workflow::new("long").step(left_out).step(unknown)).await;
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    let kinds = lab.events(status.id).await.into_iter().map(|event| event.kind);
    let texts = kinds.filter_map(|kind| match kind {
        EventKind::StepSkipped { why: text, .. } | EventKind::Halted { reason: text, .. } => Some(text.len()),
        _ => None,
    });
    let lengths: Vec<usize> = texts.collect();
    assert!(lengths.len() == 2 && lengths.iter().all(|bytes| *bytes <= 4096), "{lengths:?}");
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_never_decides_ends_at_its_limit() {
    let lab = Lab::new();
    let step = step_fn("maybe", Resume::Probe, |ctx| async move {
        ctx.once("cut", async { Err::<u8, _>(Error::new(ErrorKind::Timeout, "late").unknown_outcome()) })
            .await?;
        StepOutcome::finished()
    });
    let step = step.probe(|ctx, _| async move {
        let reason = format!("a sign at {}", ctx.now());
        Ok(Probed::Wait(Wait { reason, poll: Duration::ZERO, limit: Duration::from_millis(100) }))
    });
    assert_halted_and_cancellable(&lab, step, "nobody knows whether cut of step maybe happened").await;
}

/// Over 9 MiB of JSON. Numbers, since texts are searched for secrets, which takes its time in a debug build.
fn nine_mebibytes() -> Vec<u64> {
    vec![u64::MAX; 9 << 20 >> 4]
}

#[derive(Deserialize)]
struct Huge;

impl Serialize for Huge {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        nine_mebibytes().serialize(serializer)
    }
}

impl StepOutput for Huge {
    const NAME: &'static str = "huge";
}

#[derive(Deserialize)]
struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, _: S) -> std::result::Result<S::Ok, S::Error> {
        Err(ser::Error::custom("a map with keys that are no text"))
    }
}

impl StepOutput for Unwritable {
    const NAME: &'static str = "unwritable";
}

#[tokio::test(start_paused = true)]
async fn an_output_too_large_or_that_is_no_json_fails_the_step() {
    let huge = step_fn("huge", Resume::Rerun, |_| async { StepOutcome::done(Huge) });
    assert_halted_and_cancellable(&Lab::new(), huge.policy(once()), "8 MiB").await;
    let odd = step_fn("odd", Resume::Rerun, |_| async { StepOutcome::done(Unwritable) });
    assert_halted_and_cancellable(&Lab::new(), odd.policy(once()), "writing the output unwritable").await;
}

#[tokio::test(start_paused = true)]
async fn a_result_too_large_is_not_sent_again_and_asks_for_a_person() {
    let lab = Lab::new();
    let sent = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&sent);
    let step = step_fn("huge", Resume::Halt, move |ctx| {
        let seen = Arc::clone(&seen);
        async move {
            ctx.once("cut", async move { Ok(seen.fetch_add(1, SeqCst)).map(|_| nine_mebibytes()) }).await?;
            StepOutcome::finished()
        }
    });
    assert_halted_and_cancellable(&lab, step, "8 MiB").await;
    assert_eq!(sent.load(SeqCst), 1);
}

/// A driver that answers what no hardware says.
#[derive(Debug)]
struct Mad {
    reads: AtomicU32,
    requests: AtomicU32,
}

#[async_trait]
impl PowerController for Mad {
    fn supported(&self, _: &Machine) -> Vec<PowerAction> {
        Vec::new()
    }

    async fn power_state(&self, _: &Machine) -> Result<PowerState> {
        Ok(match self.reads.fetch_add(1, SeqCst) % 3 {
            0 => PowerState::On,
            1 => PowerState::Off,
            _ => PowerState::Unknown { reason: "\u{0}".repeat(1 << 17) },
        })
    }

    async fn request_power(&self, _: &Machine, _: PowerAction) -> Result<()> {
        self.requests.fetch_add(1, SeqCst);
        Err(Error::new(ErrorKind::Protocol, "\u{fffd}".repeat(1 << 17)))
    }
}

fn turn_off() -> impl WorkflowStep {
    step_fn("off", Resume::Probe, |ctx| async move {
        match ctx.power()?.state().await? {
            PowerState::Off => StepOutcome::finished(),
            PowerState::Unknown { .. } => {
                StepOutcome::wait("a clear reading", Duration::from_secs(1), Duration::from_secs(9))
            }
            PowerState::On => {
                ctx.once("off", ctx.power()?.request(PowerAction::ForcedOff)).await?;
                StepOutcome::wait("power to go off", Duration::from_secs(1), Duration::from_secs(9))
            }
        }
    })
}

async fn with_mad_power(lab: &Lab, step: impl WorkflowStep) -> (Arc<Mad>, WorkflowManager, WorkflowStatus) {
    let mad = Arc::new(Mad { reads: AtomicU32::new(0), requests: AtomicU32::new(0) });
    let builder = WorkflowManager::builder()
        .store(Arc::clone(&lab.store) as _)
        .machines(lab.rack.directory())
        .clock(lab.clock.clone())
        .power("fake", Arc::clone(&mad) as _);
    let manager = builder.workflow(Workflow::new("test").step(step)).start().await.unwrap();
    let id = manager.submit(Submission::new("test").machine(srv().to_string()), &ops()).await.unwrap();
    let status = manager.wait_or_halt(id).await.unwrap();
    (mad, manager, status)
}

#[tokio::test(start_paused = true)]
async fn a_driver_with_absurd_answers_fails_the_step_and_fills_no_history() {
    let lab = Lab::new();
    let (mad, manager, status) = with_mad_power(&lab, turn_off()).await;
    assert_eq!(status.sub_state, Some(SubState::Halted), "a refusal is not tried again");
    assert_eq!(mad.requests.load(SeqCst), 1);
    let bytes: usize =
        lab.events(status.id).await.iter().map(|event| serde_json::to_vec(&event.kind).unwrap().len()).sum();
    assert!(bytes < 64 << 10, "{bytes} bytes of history for an error text of 384 KiB");
    manager.cancel(status.id, "enough", &ops()).await.unwrap();
    assert_eq!(manager.wait(status.id).await.unwrap().state, RunState::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn readings_that_contradict_each_other_end_in_time() {
    let lab = Lab::new();
    let look = step_fn("look", Resume::Probe, |ctx| async move {
        let states = [ctx.power()?.state().await?, ctx.power()?.state().await?];
        if states[0] == states[1] {
            return StepOutcome::finished();
        }
        StepOutcome::wait("two readings that agree", Duration::from_secs(1), Duration::from_secs(30))
    });
    let (mad, _manager, status) = with_mad_power(&lab, look.policy(once())).await;
    assert!(status.to_string().contains("waited for two readings that agree"), "{status}");
    assert!(mad.reads.load(SeqCst) <= 64 && mad.requests.load(SeqCst) == 0);
}

#[tokio::test(start_paused = true)]
async fn a_recorded_result_of_another_shape_is_told_by_both_names() {
    let lab = Lab::new();
    let step = step_fn("shape", Resume::Rerun, |ctx| async move {
        if ctx.attempt() == 1 {
            ctx.once("cut", async { Ok("seven".to_owned()) }).await?;
            return Err(Error::new(ErrorKind::Busy, "again"));
        }
        let _number: u8 = ctx.once("cut", async { Ok(7) }).await?;
        StepOutcome::finished()
    });
    assert_halted_and_cancellable(&lab, step, "reading the recorded result of cut").await;
}

#[tokio::test(start_paused = true)]
async fn an_undo_that_says_done_over_an_open_effect_is_not_believed() {
    let lab = Lab::new();
    let step = step_fn("liar", Resume::Halt, |_| async { Err(Error::new(ErrorKind::Refused, "no")) });
    let step = step.undo(|ctx, _: UndoOf| async move {
        let sent = ctx
            .once("back", async { Err::<u8, _>(Error::new(ErrorKind::Timeout, "late").unknown_outcome()) });
        assert!(sent.await.is_err());
        Ok(UndoOutcome::Undone)
    });
    let (manager, status) = lab.run(Workflow::new("test").step(step).on_failure(OnFailure::Undo)).await;
    let ended = manager.state(status.id).await.unwrap().ended.unwrap();
    assert_eq!((status.state, ended.not_undone.len()), (RunState::Failed, 1), "{status}");
}

/// Names that no vendor should give; the engine must neither choke on them nor change them.
#[test]
fn a_setting_of_absurd_length_is_refused_by_name() {
    let error = SettingName::new("x".repeat(1 << 20)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}
