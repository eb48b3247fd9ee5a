//! An effect happens once per intent.

use crate::lab::{Lab, ops, srv};
use hwautomation_core::engine::{EngineOptions, Submission, WorkflowManager};
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::id::StepName;
use hwautomation_core::plugin::{PowerAction, PowerState};
use hwautomation_core::record::{
    ClosedBy, IntentOutcome, OnFailure, Policy, Resume, RunState, SubState, WorkflowStatus,
};
use hwautomation_core::testing::fake::{FakeCall, Fault, FaultAction};
use hwautomation_core::workflow::{
    Probed, ProbedIntent, StepOutcome, UndoOutcome, Workflow, WorkflowContext, WorkflowStep, step_fn,
};
use std::sync::Arc;
use std::time::Duration;

/// Turns on, and can find out whether it did.
#[derive(Debug)]
struct TurnOn(Resume);

#[async_trait::async_trait]
impl WorkflowStep for TurnOn {
    fn name(&self) -> StepName {
        StepName::from_static("turn-on")
    }

    fn resume(&self) -> Resume {
        self.0
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        let _reading = ctx.power()?.state().await?;
        ctx.once("on", ctx.power()?.request(PowerAction::On)).await?;
        StepOutcome::finished()
    }

    async fn probe(&self, ctx: &WorkflowContext, _intent: &ProbedIntent) -> Result<Probed> {
        match ctx.power()?.state().await? {
            PowerState::On => Probed::happened(()),
            PowerState::Off => Ok(Probed::DidNotHappen),
            PowerState::Unknown { reason } => Ok(Probed::unknown(reason)),
        }
    }
}

fn commands(lab: &Lab) -> usize {
    lab.rack.log().len()
}

async fn run(lab: &Lab, resume: Resume, fault: FaultAction) -> (WorkflowManager, WorkflowStatus) {
    lab.rack.inject(Fault::once(FakeCall::PowerRequest, fault));
    lab.run_step(TurnOn(resume)).await
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_asked_about_and_not_sent_again() {
    let lab = Lab::new();
    let (_manager, status) = run(&lab, Resume::Probe, FaultAction::LoseAnswer).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
    assert_eq!(commands(&lab), 1, "{:?}", lab.rack.log());
}

#[tokio::test(start_paused = true)]
async fn a_lost_request_is_asked_about_and_sent_again() {
    let lab = Lab::new();
    let (_manager, status) = run(&lab, Resume::Probe, FaultAction::LoseRequest).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
    assert_eq!(lab.rack.true_power(&srv()), PowerState::On);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_after_it_acted_is_asked_about() {
    let lab = Lab::new();
    let (_manager, status) = run(&lab, Resume::Probe, FaultAction::HangAfter).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
    assert_eq!(commands(&lab), 1, "{:?}", lab.rack.log());
}

#[tokio::test(start_paused = true)]
async fn a_step_that_leaves_it_to_a_person_halts_and_goes_on_when_told() {
    let lab = Lab::new();
    let (manager, status) = run(&lab, Resume::Halt, FaultAction::LoseAnswer).await;
    assert_eq!(status.state, RunState::Running);
    assert!(status.headline.contains("nobody knows whether on"), "{status}");
    manager.retry(status.id, "looked at it: off", &ops()).await.unwrap();
    assert_eq!(manager.wait(status.id).await.unwrap().state, RunState::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_harmless_effect_is_sent_again_under_the_same_intent() {
    let lab = Lab::new();
    let (_manager, status) = run(&lab, Resume::Rerun, FaultAction::LoseAnswer).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
    let opened = lab.types(status.id).await.iter().filter(|kind| *kind == "intent_opened").count();
    assert_eq!((opened, commands(&lab)), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_cannot_tell_halts() {
    let lab = Lab::new();
    lab.rack.inject(Fault::once(FakeCall::PowerRequest, FaultAction::LoseAnswer));
    let first_reading_is_fine = Fault::always(FakeCall::PowerState, FaultAction::UnknownPower);
    let step = TurnOn(Resume::Probe);
    let manager = lab.start(Workflow::new("test").step(step)).await;
    let id = manager.submit(Submission::new("test").machine("srv001"), &ops()).await.unwrap();
    while commands(&lab) == 0 {
        tokio::task::yield_now().await;
    }
    lab.rack.inject(first_reading_is_fine);
    let status = manager.wait_or_halt(id).await.unwrap();
    assert!(status.headline.contains("the BMC does not say"), "{status}");
    assert_eq!(commands(&lab), 1);
}

#[tokio::test(start_paused = true)]
async fn a_definite_error_closes_the_intent_and_the_next_attempt_opens_the_next() {
    let lab = Lab::new();
    let (manager, status) = run(&lab, Resume::Probe, FaultAction::Unreachable).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
    let state = manager.state(status.id).await.unwrap();
    assert_eq!(state.steps[0].intents.values().map(|intent| intent.number).collect::<Vec<_>>(), [2]);
    assert_eq!(status.steps[0].errors.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_recorded_value_is_returned_without_sending() {
    let lab = Lab::new();
    let sent = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let counter = Arc::clone(&sent);
    let step = step_fn("count", Resume::Rerun, move |ctx| {
        let counter = Arc::clone(&counter);
        async move {
            let count = async { Ok(counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 7) };
            let value: u32 = ctx.once("count", count).await?;
            assert_eq!(value, 7);
            if ctx.attempt() < 3 {
                return Err(Error::new(ErrorKind::Busy, format!("not yet, at {}", ctx.attempt())));
            }
            StepOutcome::finished()
        }
    });
    let (_manager, status) = lab.run_step(step).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
    assert_eq!(sent.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_power_command_without_a_reading_is_refused_and_not_recorded() {
    let lab = Lab::new();
    let step = step_fn("blind", Resume::Rerun, |ctx| async move {
        ctx.once("cycle", ctx.power()?.request(PowerAction::Cycle)).await?;
        StepOutcome::finished()
    });
    let (_manager, status) = lab.run_step(step).await;
    assert!(status.steps[0].errors[0].message.contains("was not read"), "{status}");
    assert_eq!(commands(&lab), 0);
    assert!(!lab.types(status.id).await.contains(&"intent_opened".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn one_reading_is_good_for_one_command() {
    let lab = Lab::new();
    let step = step_fn("twice", Resume::Rerun, |ctx| async move {
        ctx.power()?.state().await?;
        ctx.once("on", ctx.power()?.request(PowerAction::On)).await?;
        ctx.once("cycle", ctx.power()?.request(PowerAction::Cycle)).await?;
        StepOutcome::finished()
    });
    let (_manager, status) = lab.run_step(step.policy(Policy { attempts: 1, ..Policy::default() })).await;
    assert!(status.steps[0].errors[0].message.contains("was not read"), "{status}");
    assert_eq!(commands(&lab), 1);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_reading_stops_a_power_command_until_a_person_overrides_it() {
    let lab = Lab::new();
    lab.rack.inject(Fault::always(FakeCall::PowerState, FaultAction::UnknownPower));
    let (manager, status) = lab.run_step(TurnOn(Resume::Probe)).await;
    assert!(status.steps[0].errors[0].message.contains("power state is unknown"), "{status}");
    assert_eq!(commands(&lab), 0);
    manager.override_power(status.id, "I stand before it: it is off", &ops()).await.unwrap();
    manager.retry(status.id, "overridden", &ops()).await.unwrap();
    assert_eq!(manager.wait(status.id).await.unwrap().state, RunState::Completed);
    assert_eq!(commands(&lab), 1);
    assert!(manager.state(status.id).await.unwrap().power_override.is_none(), "it holds for one effect only");
}

#[tokio::test(start_paused = true)]
async fn an_owner_that_lost_its_lease_sends_nothing_more() {
    let lab = Lab::new();
    let store = Arc::clone(&lab.store);
    let step = step_fn("slow", Resume::Probe, move |ctx| {
        let store = Arc::clone(&store);
        async move {
            ctx.power()?.state().await?;
            if ctx.epoch() == 1 {
                // Somebody opens the store anew: our lease is over, and we do not know yet.
                store.end_leases();
            }
            ctx.once("on", ctx.power()?.request(PowerAction::On)).await?;
            StepOutcome::finished()
        }
    });
    let options = EngineOptions { lease: Duration::from_secs(10), ..EngineOptions::default() };
    let manager =
        lab.builder().options(options).workflow(Workflow::new("test").step(step)).start().await.unwrap();
    let id = manager.submit(Submission::new("test").machine("srv001"), &ops()).await.unwrap();
    assert_eq!(manager.wait(id).await.unwrap().state, RunState::Completed);
    assert_eq!(commands(&lab), 1, "{:?}", lab.rack.log());
}

#[tokio::test(start_paused = true)]
async fn a_harmless_effect_of_unknown_outcome_is_left_when_the_step_finds_what_it_wanted() {
    let lab = Lab::new();
    lab.rack.inject(Fault::once(FakeCall::PowerRequest, FaultAction::LoseAnswer));
    let step = step_fn("look-first", Resume::Rerun, |ctx| async move {
        if ctx.power()?.state().await? == PowerState::On {
            return StepOutcome::finished();
        }
        ctx.once("on", ctx.power()?.request(PowerAction::On)).await?;
        StepOutcome::wait("power to come on", Duration::from_secs(1), Duration::from_secs(60))
    });
    let (_manager, status) = lab.run_step(step).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
    assert_eq!(commands(&lab), 1);
}

#[tokio::test(start_paused = true)]
async fn a_recorded_value_is_returned_also_on_an_unknown_reading() {
    let lab = Lab::new();
    let rack = Arc::clone(&lab.rack);
    let step = step_fn("blind-later", Resume::Probe, move |ctx| {
        let rack = Arc::clone(&rack);
        async move {
            ctx.power()?.state().await?;
            ctx.once("on", ctx.power()?.request(PowerAction::On)).await?;
            rack.inject(Fault::once(FakeCall::PowerState, FaultAction::UnknownPower));
            if ctx.attempt() == 1 {
                return Err(Error::new(ErrorKind::Busy, "once more"));
            }
            StepOutcome::finished()
        }
    });
    let (_manager, status) = lab.run_step(step).await;
    assert_eq!((status.state, status.steps[0].attempts), (RunState::Completed, 2), "{status}");
    assert_eq!(commands(&lab), 1);
}

#[tokio::test(start_paused = true)]
async fn closures_can_probe_and_undo() {
    let lab = Lab::new();
    lab.rack.inject(Fault::once(FakeCall::PowerRequest, FaultAction::LoseAnswer));
    let step = step_fn("on", Resume::Probe, |ctx| async move {
        ctx.power()?.state().await?;
        ctx.once("on", ctx.power()?.request(PowerAction::On)).await?;
        StepOutcome::finished()
    })
    .title("Turn on")
    .probe(|ctx, _| async move {
        if ctx.power()?.state().await? == PowerState::On {
            Probed::happened(())
        } else {
            Ok(Probed::DidNotHappen)
        }
    })
    .undo(|ctx, _| async move {
        ctx.power()?.state().await?;
        ctx.once("off", ctx.power()?.request(PowerAction::ForcedOff)).await?;
        Ok(UndoOutcome::Undone)
    });
    let fail = step_fn("fail", Resume::Rerun, |_| async { Err(Error::invalid("no")) });
    let (_manager, status) =
        lab.run(Workflow::new("test").step(step).step(fail).on_failure(OnFailure::Undo)).await;
    assert_eq!(
        (status.steps[0].title.as_str(), status.steps[0].state.as_str()),
        ("Turn on", "undone"),
        "{status}"
    );
    assert_eq!(lab.rack.true_power(&srv()), PowerState::Off);
}

/// Sends nothing and never hears back, then says for two minutes that it is too early to tell.
fn never_sure() -> impl hwautomation_core::workflow::WorkflowStep {
    let send = |ctx: WorkflowContext| async move {
        let lost = async { Err::<(), _>(Error::new(ErrorKind::Timeout, "no answer").unknown_outcome()) };
        ctx.once("on", lost).await?;
        StepOutcome::finished()
    };
    step_fn("ask", Resume::Probe, send).probe(|_, _| async {
        Probed::wait("the BMC to answer", Duration::from_secs(10), Duration::from_secs(120))
    })
}

#[tokio::test(start_paused = true)]
async fn while_it_is_too_early_to_tell_the_status_says_what_for_and_until_when() {
    let lab = Lab::new();
    let manager = lab.start(Workflow::new("test").step(never_sure())).await;
    let id = manager.submit(Submission::new("test"), &ops()).await.unwrap();
    crate::lab::pass(40).await;
    let status = manager.status(id).await.unwrap();
    let waiting = status.waiting.clone().unwrap_or_else(|| panic!("it waits, and does not say so: {status}"));
    assert_eq!(waiting.what, "the BMC to answer, to know whether on of ask happened");
    assert_eq!(waiting.then, "a person decides");
    assert_eq!(manager.summary(id).await.unwrap().sub_state, Some(SubState::Waiting));
    let halted = manager.wait_or_halt(id).await.unwrap();
    assert!(halted.headline.contains("it waited for the BMC to answer"), "{halted}");
    let awaited = lab.types(id).await.iter().filter(|kind| *kind == "effect_awaited").count();
    assert_eq!(awaited, 1, "looking again appends nothing");
}

#[tokio::test(start_paused = true)]
async fn a_step_can_read_how_an_effect_ended_and_whether_it_may_have_acted() {
    let lab = Lab::new();
    let step = step_fn("read", Resume::Rerun, |ctx| async move {
        assert_eq!(ctx.effect("sure").await?, None);
        let refused = async { Err::<(), _>(Error::new(ErrorKind::Refused, "no")) };
        ctx.once("sure", refused).await.unwrap_err();
        let known = ctx.effect("sure").await?.unwrap();
        assert_eq!((known.number, known.may_have_acted()), (1, false));
        let end = known.end.unwrap();
        assert_eq!((end.outcome, end.by), (IntentOutcome::Failed, ClosedBy::Call));
        ctx.once("sure", async { Ok(()) }).await?;
        let known = ctx.effect("sure").await?.unwrap();
        assert_eq!((known.number, known.may_have_acted()), (2, true));
        let lost = async { Err::<(), _>(Error::new(ErrorKind::Timeout, "no answer").unknown_outcome()) };
        ctx.once("unsure", lost).await.unwrap_err();
        let known = ctx.effect("unsure").await?.unwrap();
        assert!(known.is_open() && known.may_have_acted());
        StepOutcome::finished()
    });
    let (_manager, status) = lab.run_step(step).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
}
