//! The straight way: steps run in order, hand on outputs, and everything is recorded.

use crate::lab::{Lab, ops};
use futures_util::StreamExt;
use hwautomation_core::engine::Submission;
use hwautomation_core::error::ErrorKind;
use hwautomation_core::plugin::{PowerAction, PowerState};
use hwautomation_core::record::{Event, Resume, RunState};
use hwautomation_core::workflow::{StepOutcome, StepOutput, Workflow, step_fn};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Count(u64);

impl StepOutput for Count {
    const NAME: &'static str = "count";
}

#[tokio::test(start_paused = true)]
async fn a_workflow_turns_a_machine_on_and_says_so() {
    let lab = Lab::new();
    let (manager, status) = lab
        .run_step(step_fn("power-on", Resume::Rerun, |ctx| async move {
            ctx.report_sub_task("reading the power state");
            if ctx.power()?.state().await? == PowerState::On {
                return StepOutcome::finished();
            }
            ctx.report_sub_task("turning on");
            ctx.once("on", ctx.power()?.request(PowerAction::On)).await?;
            StepOutcome::wait(
                "power to come on",
                std::time::Duration::from_secs(2),
                std::time::Duration::from_secs(60),
            )
        }))
        .await;
    assert_eq!(status.state, RunState::Completed, "{status}");
    assert_eq!(status.percent, 100);
    assert_eq!(lab.rack.true_power(&crate::lab::srv()), PowerState::On);
    assert_eq!(
        lab.types(status.id).await,
        [
            "workflow_submitted",
            "workflow_started",
            "step_started",
            "sub_task_started",
            "sub_task_started",
            "intent_opened",
            "machine_changed",
            "intent_closed",
            "step_waiting",
            "sub_task_started",
            "step_done",
            "workflow_ended",
        ]
    );
    assert_eq!(manager.machine("srv001").await.unwrap().boot_generation, 1);
}

#[tokio::test(start_paused = true)]
async fn outputs_reach_later_steps_also_large_ones() {
    #[derive(Serialize, Deserialize)]
    struct Large(String);
    impl StepOutput for Large {
        const NAME: &'static str = "large";
    }
    let lab = Lab::new();
    let workflow = Workflow::new("hand-over")
        .step(step_fn("make", Resume::Rerun, |_| async { StepOutcome::done(Large("x".repeat(100_000))) }))
        .step(step_fn("count", Resume::Rerun, |ctx| async move {
            let Large(text) = ctx.output().await?;
            StepOutcome::done(Count(text.len() as u64))
        }))
        .step(step_fn("check", Resume::Rerun, |ctx| async move {
            assert_eq!(ctx.output::<Count>().await?.0, 100_000);
            StepOutcome::finished()
        }));
    let (_manager, status) = lab.run(workflow).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
    let largest =
        lab.events(status.id).await.iter().map(|event| serde_json::to_string(event).unwrap().len()).max();
    assert!(largest < Some(5_000), "a large value stands in an event: {largest:?}");
}

#[tokio::test(start_paused = true)]
async fn a_missing_output_is_an_error_that_names_it() {
    let lab = Lab::new();
    let (_manager, status) = lab
        .run_step(step_fn("reader", Resume::Rerun, |ctx| async move {
            ctx.output::<Count>().await?;
            StepOutcome::finished()
        }))
        .await;
    let error = &status.steps[0].errors[0];
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert!(error.message.contains("reader") && error.message.contains("count"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_skipped_step_is_recorded_with_its_reason() {
    let lab = Lab::new();
    let step = step_fn("optional", Resume::Rerun, |_| async { StepOutcome::skipped("nobody asked for it") });
    let (_manager, status) = lab.run_step(step).await;
    assert_eq!(status.state, RunState::Completed);
    assert_eq!(status.steps[0].why.as_deref(), Some("nobody asked for it"));
}

#[tokio::test(start_paused = true)]
async fn a_workflow_without_steps_completes() {
    let lab = Lab::new();
    let (_manager, status) = lab.run(Workflow::new("empty")).await;
    assert_eq!((status.state, status.percent), (RunState::Completed, 100));
}

#[tokio::test(start_paused = true)]
async fn followers_get_every_event_once_and_the_stream_of_a_run_ends_with_it() {
    let lab = Lab::new();
    let step = || step_fn("nothing", Resume::Rerun, |_| async { StepOutcome::finished() });
    let manager = lab.start(Workflow::new("test").step(step())).await;
    let all = manager.subscribe_all(0);
    let mut ids = Vec::new();
    for machine in ["srv001", "srv002"] {
        ids.push(manager.submit(Submission::new("test").machine(machine), &ops()).await.unwrap());
    }
    let first: Vec<Event> = manager.subscribe(ids[0], 0).map(Result::unwrap).collect().await;
    assert_eq!(first, lab.events(ids[0]).await);
    manager.wait(ids[1]).await.unwrap();
    let count = first.len() + lab.events(ids[1]).await.len();
    let positions: Vec<u64> = all.take(count).map(|event| event.unwrap().position).collect().await;
    assert_eq!(positions, (1..=count as u64).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_paused_manager_begins_nothing_until_it_resumes() {
    let lab = Lab::new();
    let manager = lab.start(Workflow::new("empty")).await;
    manager.pause();
    let id = manager.submit(Submission::new("empty"), &ops()).await.unwrap();
    tokio::time::advance(std::time::Duration::from_secs(3600)).await;
    let status = manager.status(id).await.unwrap();
    assert_eq!(status.state, RunState::Pending);
    assert_eq!(status.waiting.unwrap().what, "the manager to be resumed");
    manager.resume();
    assert_eq!(manager.wait(id).await.unwrap().state, RunState::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_drained_manager_ends_what_runs_and_takes_no_more() {
    let lab = Lab::new();
    let manager = lab.start(Workflow::new("empty")).await;
    manager.drain().await;
    let id = manager.submit(Submission::new("empty"), &ops()).await.unwrap();
    assert_eq!(manager.status(id).await.unwrap().state, RunState::Pending);
    let next = lab.start(Workflow::new("empty")).await;
    assert_eq!(next.wait(id).await.unwrap().state, RunState::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_missing_output_is_an_error_that_names_the_step_and_the_output() {
    let lab = Lab::new();
    let step = step_fn("check", Resume::Rerun, |ctx| async move {
        assert!(ctx.output_if_any::<Count>().await?.is_none());
        ctx.output::<Count>().await?;
        StepOutcome::finished()
    });
    let (_manager, status) = lab.run_step(step).await;
    let error = &status.steps[0].errors[0];
    assert_eq!(error.kind, ErrorKind::NotFound, "{status}");
    assert_eq!(error.message, "step check reads the output count, which no step recorded");
}

#[tokio::test(start_paused = true)]
async fn an_output_of_another_shape_is_an_error_that_names_its_step_and_what_was_wanted() {
    #[derive(Serialize, Deserialize)]
    struct Words(Vec<String>);
    impl StepOutput for Words {
        const NAME: &'static str = "count";
    }
    let lab = Lab::new();
    let workflow = Workflow::new("test")
        .step(step_fn("make", Resume::Rerun, |_| async {
            StepOutcome::done(Words(vec!["seven".to_owned()]))
        }))
        .step(step_fn("check", Resume::Rerun, |ctx| async move {
            ctx.output::<Count>().await?;
            StepOutcome::finished()
        }));
    let (manager, status) = lab.run(workflow).await;
    let error = &status.steps[1].errors[0];
    assert_eq!(error.kind, ErrorKind::Invalid, "{status}");
    assert!(
        error.message.starts_with("reading the output count of step make as ")
            && error.message.ends_with("Count"),
        "{status}"
    );
    assert!(error.chain[0].contains("expected u64"), "{status}");
    assert_eq!(manager.output::<Words>(status.id).await.unwrap().0, ["seven"]);
}
