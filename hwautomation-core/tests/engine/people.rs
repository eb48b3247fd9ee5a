//! What people decide: approval gates, and running again from the middle.

use crate::lab::{Lab, ops, pass};
use hwautomation_core::actor::Actor;
use hwautomation_core::engine::{StartAt, Submission, WorkflowManager};
use hwautomation_core::error::{Error, ErrorKind};
use hwautomation_core::id::{SignalName, StepName, WorkflowId};
use hwautomation_core::record::{OnFailure, Phase, Resume, RunState, SubState};
use hwautomation_core::store::WorkflowFilter;
use hwautomation_core::workflow::{
    Approval, ApprovalGate, StepOutcome, StepOutput, UndoOutcome, Workflow, WorkflowStep, step_fn,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

fn gate() -> SignalName {
    SignalName::from_static("go-ahead")
}

fn gated() -> Workflow {
    let use_it = step_fn("use", Resume::Rerun, |ctx| async move {
        let answer: Approval = ctx.output().await?;
        assert_eq!(answer.by, Actor::person("chief"));
        StepOutcome::finished()
    });
    Workflow::new("gated").step(ApprovalGate::new("go-ahead", "may the BIOS be flashed?")).step(use_it)
}

async fn at_the_gate(lab: &Lab) -> (WorkflowManager, WorkflowId) {
    let manager = lab.start(gated()).await;
    let id = manager.submit(Submission::new("gated"), &ops()).await.unwrap();
    pass(3).await;
    (manager, id)
}

#[tokio::test(start_paused = true)]
async fn a_gate_says_what_it_asks_and_opens_when_somebody_approves() {
    let lab = Lab::new();
    let (manager, id) = at_the_gate(&lab).await;
    let waiting = manager.status(id).await.unwrap().waiting.unwrap();
    assert_eq!(waiting.what, "an answer to: may the BIOS be flashed?");
    assert!(waiting.until.is_some());
    for _ in 0..2 {
        manager.approve(id, gate(), "window is open", &Actor::person("chief")).await.unwrap();
    }
    let status = manager.wait(id).await.unwrap();
    assert_eq!(status.state, RunState::Completed, "{status}");
    let received = lab.types(id).await.iter().filter(|kind| *kind == "signal_received").count();
    assert_eq!(received, 1, "the same person said the same twice");
}

#[tokio::test(start_paused = true)]
async fn a_denied_gate_halts_and_a_retry_asks_again() {
    let lab = Lab::new();
    let (manager, id) = at_the_gate(&lab).await;
    let chief = Actor::person("chief");
    assert_eq!(manager.deny(id, gate(), " ", &chief).await.unwrap_err().kind(), ErrorKind::Invalid);
    manager.deny(id, gate(), "there is a freeze", &chief).await.unwrap();
    let status = manager.wait_or_halt(id).await.unwrap();
    assert_eq!(status.sub_state, Some(SubState::Halted));
    assert!(
        status.headline.contains("person:chief said no") || status.headline.contains("chief"),
        "{status}"
    );
    assert!(status.headline.contains("there is a freeze"), "{status}");
    manager.retry(id, "the freeze is over", &ops()).await.unwrap();
    pass(3).await;
    let status = manager.status(id).await.unwrap();
    assert_eq!(status.sub_state, Some(SubState::Waiting), "the first answer is used up: {status}");
    manager.approve(id, gate(), "now", &chief).await.unwrap();
    assert_eq!(manager.wait(id).await.unwrap().state, RunState::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_nobody_answers_ends_in_time() {
    let lab = Lab::new();
    let gate = ApprovalGate::new("go-ahead", "may it?").limit(std::time::Duration::from_secs(600));
    let (_manager, status) = lab.run_step(gate).await;
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    assert!(status.headline.contains("waited for an answer to: may it?"), "{status}");
}

#[tokio::test(start_paused = true)]
async fn what_people_say_is_refused_where_it_is_longer_than_history_keeps() {
    let (lab, by) = (Lab::new(), Actor::person("chief"));
    let fail = step_fn("fail", Resume::Rerun, |_| async {
        Err::<StepOutcome, _>(Error::new(ErrorKind::Refused, "broken"))
    });
    let (manager, status) = lab.run(Workflow::new("failing").step(fail)).await;
    let (id, long, most) = (status.id, "é".repeat(2049), "é".repeat(2048));
    let refused = [
        manager.cancel(id, &long, &by).await,
        manager.retry(id, &long, &by).await,
        manager.skip(id, &long, &by).await,
        manager.abort(id, &long, &by).await,
        manager.override_power(id, &long, &by).await,
        manager.approve(id, gate(), &long, &by).await,
        manager.deny(id, gate(), &long, &by).await,
        manager.signal(id, gate(), (), &long, &by).await.map(|_| ()),
        manager.skip(id, &most, &Actor::person(long.clone())).await,
        manager.submit(Submission::new("failing"), &Actor::person(long.clone())).await.map(|_| ()),
    ];
    for error in refused.map(Result::unwrap_err) {
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.message().contains("4098 bytes long, and at most 4096"), "{error}");
    }
    let large = "x".repeat(16 << 10);
    let carried = manager.signal(id, gate(), &large, "large", &by).await.unwrap_err();
    assert!(carried.message().contains("16386 bytes long, and at most 16384"), "{carried}");
    let request = Submission::new("failing").request("x".repeat(8 << 20)).unwrap();
    let request = manager.submit(request, &by).await.unwrap_err();
    assert!(request.message().contains("8388610 bytes long, and at most 8388608"), "{request}");
    pass(2).await;
    assert_eq!(lab.types(id).await.last().unwrap(), "halted", "nothing was decided");
    manager.skip(id, &most, &by).await.unwrap();
    assert_eq!(manager.wait(id).await.unwrap().steps[0].why.as_deref(), Some(most.as_str()));
}

#[derive(Serialize, Deserialize)]
struct Found(String);

impl StepOutput for Found {
    const NAME: &'static str = "found";
}

/// Finds, then uses what it found; the second fails until it is mended.
struct FindAndUse {
    finds: Arc<AtomicU32>,
    is_mended: Arc<AtomicBool>,
}

impl FindAndUse {
    fn new() -> Self {
        Self { finds: Arc::default(), is_mended: Arc::default() }
    }

    fn workflow(&self) -> Workflow {
        Workflow::new("find-and-use").step(self.find()).step(self.using())
    }

    fn find(&self) -> impl WorkflowStep {
        let finds = Arc::clone(&self.finds);
        let find = step_fn("find", Resume::Rerun, move |_| {
            let number = finds.fetch_add(1, Ordering::SeqCst);
            async move { StepOutcome::done(Found(format!("{number} {}", "x".repeat(20_000)))) }
        });
        find.undo(|_, _| async { Ok(UndoOutcome::Undone) })
    }

    fn using(&self) -> impl WorkflowStep {
        let is_mended = Arc::clone(&self.is_mended);
        step_fn("using", Resume::Rerun, move |ctx| {
            let is_mended = is_mended.load(Ordering::SeqCst);
            async move {
                let Found(found) = ctx.output().await?;
                assert!(found.starts_with("0 "), "the first finding is used");
                if is_mended {
                    StepOutcome::finished()
                } else {
                    Err(Error::new(ErrorKind::Refused, "broken"))
                }
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_given_up_is_begun_again_in_the_middle() {
    let (lab, steps) = (Lab::new(), FindAndUse::new());
    let (manager, status) = lab.run(steps.workflow()).await;
    let early = manager.resubmit(status.id, &StartAt::Unfinished, &ops()).await.unwrap_err();
    assert_eq!(early.kind(), ErrorKind::Conflict, "{early}");
    manager.abort(status.id, "for tomorrow", &ops()).await.unwrap();
    manager.wait(status.id).await.unwrap();
    steps.is_mended.store(true, Ordering::SeqCst);
    let id = manager.resubmit(status.id, &StartAt::Unfinished, &ops()).await.unwrap();
    let again = manager.wait(id).await.unwrap();
    assert_eq!((again.state, again.steps[0].state.as_str()), (RunState::Completed, "skipped"), "{again}");
    assert_eq!(again.steps[0].why.as_deref(), Some(format!("done by workflow {}", status.id).as_str()));
    assert_eq!(steps.finds.load(Ordering::SeqCst), 1, "what was done is not done again");
    let spec = manager.state(id).await.unwrap().spec;
    assert_eq!((spec.resubmit_of, spec.carried.len()), (Some(status.id), 1));
}

#[tokio::test(start_paused = true)]
async fn a_step_is_carried_over_only_where_it_was_done_and_stayed_so() {
    let (lab, steps) = (Lab::new(), FindAndUse::new());
    let (manager, status) = lab.run(steps.workflow().on_failure(OnFailure::Undo)).await;
    assert_eq!(status.state, RunState::Failed);
    let at = |name: &'static str| StartAt::Step(StepName::from_static(name));
    let undone = manager.resubmit(status.id, &at("using"), &ops()).await.unwrap_err();
    assert!(undone.message().contains("step find was undone"), "{undone}");
    let unknown = manager.resubmit(status.id, &at("usin"), &ops()).await.unwrap_err();
    assert!(unknown.kind() == ErrorKind::NotFound && unknown.message().contains("using"), "{unknown}");
    let id = manager.resubmit(status.id, &at("find"), &ops()).await.unwrap();
    let state = manager.wait(id).await.map(|_| manager.state(id)).unwrap().await.unwrap();
    assert!(!matches!(state.steps[0].phase, Phase::Skipped { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_left_nothing_unfinished_is_not_begun_again_there() {
    let (lab, steps) = (Lab::new(), FindAndUse::new());
    steps.is_mended.store(true, Ordering::SeqCst);
    let (manager, status) = lab.run(steps.workflow()).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
    let nothing = manager.resubmit(status.id, &StartAt::Unfinished, &ops()).await.unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::Conflict, "{nothing}");
    assert!(nothing.message().contains("nothing of it is unfinished"), "{nothing}");
    assert!(nothing.remedy().is_some_and(|remedy| remedy.contains("beginning")), "{nothing:?}");
    assert_eq!(manager.list(&WorkflowFilter::default(), None, 10).await.unwrap().len(), 1);
    manager.resubmit(status.id, &StartAt::Beginning, &ops()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_begun_again_has_the_attempts_that_were_asked_for() {
    let lab = Lab::new();
    let fail = step_fn("fail", Resume::Rerun, |_| async {
        Err::<StepOutcome, _>(Error::new(ErrorKind::Unreachable, "no answer"))
    });
    let manager = lab.start(Workflow::new("failing").on_failure(OnFailure::Undo).step(fail)).await;
    let id = manager.submit(Submission::new("failing").attempts(2), &ops()).await.unwrap();
    manager.wait(id).await.unwrap();
    let again = manager.resubmit(id, &StartAt::Beginning, &ops()).await.unwrap();
    manager.wait(again).await.unwrap();
    let third = manager.resubmit(again, &StartAt::Beginning, &ops()).await.unwrap();
    manager.wait(third).await.unwrap();
    for run in [id, again, third] {
        let attempts = lab.types(run).await.iter().filter(|kind| *kind == "step_started").count();
        assert_eq!(attempts, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_carried_over_a_changed_definition() {
    let (lab, steps) = (Lab::new(), FindAndUse::new());
    let (manager, status) = lab.run(steps.workflow()).await;
    manager.abort(status.id, "for tomorrow", &ops()).await.unwrap();
    manager.wait(status.id).await.unwrap();
    manager.shutdown().await;
    let more = step_fn("more", Resume::Rerun, |_| async { StepOutcome::finished() });
    let manager = lab.start(steps.workflow().step(more)).await;
    let changed = manager.resubmit(status.id, &StartAt::Unfinished, &ops()).await.unwrap_err();
    assert!(changed.message().contains("its definition changed"), "{changed}");
    manager.resubmit(status.id, &StartAt::Beginning, &ops()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_a_gate_that_there_is_not_is_refused() {
    let lab = Lab::new();
    let (manager, id) = at_the_gate(&lab).await;
    let (misspelt, chief) = (SignalName::from_static("go-ahed"), Actor::person("chief"));
    let refused = [
        manager.approve(id, misspelt.clone(), "fine", &chief).await,
        manager.deny(id, misspelt, "there is a freeze", &chief).await,
    ];
    for error in refused.map(Result::unwrap_err) {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        assert!(error.message().contains("did you mean \"go-ahead\""), "{error}");
    }
    assert!(!lab.types(id).await.contains(&"signal_received".to_owned()));
}
