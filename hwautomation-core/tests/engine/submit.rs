//! What is wrong is refused at submission, and nothing is recorded.

use crate::lab::{Lab, ops};
use hwautomation_core::device::Capability;
use hwautomation_core::engine::{EngineOptions, StartAt, Submission, WorkflowManager};
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::id::StepName;
use hwautomation_core::record::{Policy, Resume, RunState};
use hwautomation_core::secret::Secret;
use hwautomation_core::store::WorkflowFilter;
use hwautomation_core::workflow::{StepOutcome, StepPlan, Workflow, WorkflowContext, WorkflowStep, step_fn};
use serde_json::json;

#[derive(Debug)]
struct Needy(Capability);

#[async_trait::async_trait]
impl WorkflowStep for Needy {
    fn name(&self) -> StepName {
        StepName::from_static("needy")
    }

    fn resume(&self) -> Resume {
        Resume::Rerun
    }

    fn needs(&self) -> Vec<Capability> {
        vec![self.0]
    }

    async fn run(&self, _ctx: &WorkflowContext) -> Result<StepOutcome> {
        StepOutcome::finished()
    }

    async fn plan(&self, ctx: &WorkflowContext) -> Result<StepPlan> {
        ctx.once("never", async { Ok(()) }).await?;
        Ok(StepPlan::Unknown)
    }
}

async fn refused(lab: &Lab, workflow: Workflow, submission: Submission) -> Error {
    let manager = lab.start(workflow).await;
    let error = manager.submit(submission, &ops()).await.unwrap_err();
    assert!(error.remedy().is_some(), "no remedy: {error}");
    assert_eq!(manager.list(&WorkflowFilter::default(), None, 10).await.unwrap(), []);
    error
}

#[tokio::test(start_paused = true)]
async fn an_unknown_workflow_is_refused_with_the_known_ones() {
    let error = refused(&Lab::new(), Workflow::new("known"), Submission::new("unknown")).await;
    assert!(error.kind() == ErrorKind::NotFound && error.remedy().unwrap().contains("known"));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_machine_is_refused() {
    let error = refused(&Lab::new(), Workflow::new("w"), Submission::new("w").machine("nobody")).await;
    assert!(error.kind() == ErrorKind::NotFound && error.message().contains("nobody"));
}

#[tokio::test(start_paused = true)]
async fn a_machine_without_a_needed_plugin_is_refused_by_name() {
    let workflow = || Workflow::new("w").step(Needy(Capability::Shell));
    let error = refused(&Lab::new(), workflow(), Submission::new("w").machine("srv001")).await;
    assert!(error.message().contains("RemoteShell") && error.message().contains("fake"), "{error}");
    let error = refused(&Lab::new(), workflow(), Submission::new("w")).await;
    assert!(error.message().contains("needs a machine"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn zero_attempts_are_refused() {
    let error = refused(&Lab::new(), Workflow::new("w"), Submission::new("w").attempts(0)).await;
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[tokio::test(start_paused = true)]
async fn a_request_with_a_secret_in_it_is_refused_and_the_secret_not_repeated() {
    let _secret = Secret::new("hunter2-hunter2");
    let submission =
        Submission::new("w").request(json!({"note": ["the password is hunter2-hunter2"]})).unwrap();
    let error = refused(&Lab::new(), Workflow::new("w"), submission).await;
    assert!(error.message().contains("secret") && !format!("{error:?}").contains("hunter2"));
}

#[tokio::test(start_paused = true)]
async fn a_request_of_another_shape_is_refused_with_the_field() {
    #[derive(serde::Deserialize)]
    struct Wanted {
        #[expect(dead_code, reason = "only its shape matters")]
        count: u32,
    }
    let workflow = Workflow::new("w").params::<Wanted>();
    let error =
        refused(&Lab::new(), workflow, Submission::new("w").request(json!({"count": "x"})).unwrap()).await;
    assert!(error.message().contains("u32"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_machine_is_held_by_one_workflow_at_a_time() {
    let lab = Lab::new();
    let step = step_fn("wait", Resume::Rerun, |_| async {
        StepOutcome::wait(
            "the end of time",
            std::time::Duration::from_secs(60),
            std::time::Duration::from_secs(600_000),
        )
    });
    let manager = lab.start(Workflow::new("w").step(step)).await;
    let first = manager.submit(Submission::new("w").machine("srv001"), &ops()).await.unwrap();
    let error = manager.submit(Submission::new("w").machine("srv001"), &ops()).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Conflict && error.message().contains(&first.to_string()), "{error}");
    manager.submit(Submission::new("w").machine("srv002"), &ops()).await.unwrap();
    manager.cancel(first, "test", &ops()).await.unwrap();
    manager.wait(first).await.unwrap();
    manager.submit(Submission::new("w").machine("srv001"), &ops()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn everything_wrong_with_a_manager_is_told_at_once() {
    let step = || step_fn("same", Resume::Rerun, |_| async { StepOutcome::finished() });
    let workflow = Workflow::new("w").step(step()).step(step());
    let error =
        WorkflowManager::builder().workflow(workflow).workflow(Workflow::new("w")).start().await.unwrap_err();
    assert!(error.message().contains("same") && error.message().contains("two workflows"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_plan_writes_nothing_and_shows_who_tried() {
    let lab = Lab::new();
    let manager = lab.start(Workflow::new("w").step(Needy(Capability::Power))).await;
    let plan = manager.plan(&Submission::new("w").machine("srv001")).await.unwrap();
    assert!(plan.steps[0].error.as_ref().unwrap().contains("not allowed while planning"), "{plan}");
    assert_eq!(manager.list(&WorkflowFilter::default(), None, 10).await.unwrap(), []);
    assert!(lab.rack.log().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_ended_run_is_resubmitted_under_a_new_id_that_names_the_old() {
    let lab = Lab::new();
    let (manager, status) = lab.run(Workflow::new("w")).await;
    let again = manager.resubmit(status.id, &StartAt::Beginning, &ops()).await.unwrap();
    assert_eq!(manager.wait(again).await.unwrap().state, RunState::Completed);
    assert_eq!(manager.state(again).await.unwrap().spec.resubmit_of, Some(status.id));
}

#[tokio::test(start_paused = true)]
async fn a_step_without_an_attempt_is_refused_with_its_manager() {
    let step = step_fn("never", Resume::Rerun, |_| async { StepOutcome::finished() });
    let workflow = Workflow::new("w").step(step.policy(Policy { attempts: 0, ..Policy::default() }));
    let error = WorkflowManager::builder().workflow(workflow).start().await.unwrap_err();
    assert!(error.message().contains("never") && error.message().contains("0 attempts"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_says_busy_and_takes_the_next_when_there_is_room() {
    let lab = Lab::new();
    let rest = step_fn("rest", Resume::Rerun, |_| async { StepOutcome::finished() });
    let options = EngineOptions { pending_max: 2, ..EngineOptions::default() };
    let builder = lab.builder().options(options).workflow(Workflow::new("rest").step(rest));
    let manager = builder.start().await.unwrap();
    manager.pause();
    let ops = ops();
    let submit = || manager.submit(Submission::new("rest"), &ops);
    let (first, second) = (submit().await.unwrap(), submit().await.unwrap());
    let before = lab.clock.now();
    let error = submit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy, "{error:?}");
    assert!(error.message().contains('2') && error.remedy().is_some(), "{error:?}");
    assert_eq!(lab.clock.now(), before, "it is told at once");
    assert_eq!(manager.list(&WorkflowFilter::default(), None, 10).await.unwrap().len(), 2);

    manager.resume();
    for id in [first, second] {
        manager.wait(id).await.unwrap();
    }
    let third = submit().await.unwrap();
    assert_eq!(manager.wait(third).await.unwrap().state, RunState::Completed);
}

#[tokio::test]
async fn a_queue_without_room_is_refused_at_the_start() {
    let options = EngineOptions { pending_max: 0, ..EngineOptions::default() };
    let error = Lab::new().builder().options(options).start().await.unwrap_err();
    assert!(error.message().contains("pending_max"), "{error:?}");
}
