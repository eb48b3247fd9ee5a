//! Starting workflows from a step: what a batch is made of, for any step.

use crate::site::{Site, ops};
use hwautomation_core::engine::{Submission, WorkflowManager};
use hwautomation_core::error::{Error, ErrorKind};
use hwautomation_core::id::WorkflowId;
use hwautomation_core::record::{Resume, RunState, SubState};
use hwautomation_core::workflow::{StepOutcome, StepOutput, Workflow, WorkflowContext, step_fn};
use serde::{Deserialize, Serialize};
use std::future::Future;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

#[derive(Serialize, Deserialize)]
struct Kinds(Vec<ErrorKind>);

impl StepOutput for Kinds {
    const NAME: &'static str = "kinds";
}

/// Runs a step as a workflow named `parent`.
async fn parent<F, Fut>(site: &Site, run: F) -> (WorkflowManager, WorkflowId)
where
    F: Fn(WorkflowContext) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<StepOutcome, Error>> + Send + 'static,
{
    let workflow = Workflow::new("parent").step(step_fn("start", Resume::Rerun, run));
    let manager = site.builder().workflow(workflow).start().await.unwrap();
    let id = manager.submit(Submission::new("parent"), &ops()).await.unwrap();
    (manager, id)
}

fn on(machine: &str) -> Submission {
    Submission::new("work").machine(machine)
}

#[tokio::test(start_paused = true)]
async fn the_same_key_gives_the_same_child_and_another_key_another() {
    let site = Site::new(2);
    let (manager, id) = parent(&site, |ctx| async move {
        let first = ctx.start_child("a", on("srv000")).await?;
        assert_eq!(ctx.start_child("a", on("srv000")).await?, first);
        assert_eq!(ctx.child_id("a"), first);
        assert_ne!(ctx.start_child("b", on("srv001")).await?, first);
        let ended = ctx.child(first).await?.is_some_and(|row| row.state.is_terminal());
        if ended { StepOutcome::finished() } else { StepOutcome::wait("a child", HOUR, HOUR * 2) }
    })
    .await;
    assert_eq!(manager.wait_or_halt(id).await.unwrap().state, RunState::Completed);
    let children = site.children(id).await;
    assert_eq!(children.len(), 2);
    let event = &manager.events(children[0].id, 0, 1).await.unwrap()[0];
    assert_eq!(event.actor, ops(), "who asked for the parent asked for the child");
}

#[tokio::test(start_paused = true)]
async fn a_waiting_parent_is_told_when_its_child_ends() {
    let site = Site::new(1);
    let began = tokio::time::Instant::now();
    let (manager, id) = parent(&site, |ctx| async move {
        let child = ctx.start_child("a", on("srv000")).await?;
        let ended = ctx.child(child).await?.is_some_and(|row| row.state.is_terminal());
        if ended { StepOutcome::finished() } else { StepOutcome::wait("a child", HOUR, HOUR * 2) }
    })
    .await;
    manager.wait(id).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_a_child_is_refused() {
    let site = Site::new(2);
    let (manager, id) = parent(&site, |ctx| async move {
        ctx.start_child("a", on("srv000")).await?;
        let other = Submission::new("batch");
        let stranger = WorkflowId::generate();
        assert_eq!(ctx.child(stranger).await?, None);
        let errors = [
            ctx.start_child("a", other).await.map(|_| ()),
            ctx.start_child("b", on("srv000")).await.map(|_| ()),
            ctx.start_child("c", on("nowhere")).await.map(|_| ()),
            ctx.start_child("", on("srv001")).await.map(|_| ()),
            ctx.cancel_child(stranger, "").await,
            ctx.retry_child(ctx.child_id("a"), "").await,
        ];
        StepOutcome::done(Kinds(errors.into_iter().map(|error| error.unwrap_err().kind()).collect()))
    })
    .await;
    let status = manager.wait_or_halt(id).await.unwrap();
    assert_eq!(status.state, RunState::Completed, "{status}");
    let Kinds(kinds) = manager.output(id).await.unwrap();
    use ErrorKind::{Conflict, Invalid, NotFound};
    assert_eq!(kinds, [Conflict, Conflict, NotFound, Invalid, NotFound, Conflict]);
    assert_eq!(site.children(id).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_parent_that_holds_a_machine_starts_no_child_on_it() {
    let site = Site::new(1);
    let step = step_fn("start", Resume::Rerun, |ctx| async move {
        ctx.start_child("a", on("srv000")).await?;
        StepOutcome::finished()
    });
    let manager = site.builder().workflow(Workflow::new("parent").step(step)).start().await.unwrap();
    let id = manager.submit(Submission::new("parent").machine("srv000"), &ops()).await.unwrap();
    let status = manager.wait_or_halt(id).await.unwrap();
    assert_eq!(status.sub_state, Some(SubState::Halted));
    assert!(status.to_string().contains("holds machine srv000 itself"), "{status}");
}

#[tokio::test(start_paused = true)]
async fn children_of_children_end_with_the_fourth_generation() {
    let site = Site::new(1);
    let (manager, id) = parent(&site, |ctx| async move {
        ctx.start_child("a", Submission::new("parent")).await?;
        StepOutcome::finished()
    })
    .await;
    manager.wait_or_halt(id).await.unwrap();
    let (mut at, mut generations) = (id, 0);
    while let Some(child) = site.children(at).await.first() {
        (at, generations) = (child.id, generations + 1);
        manager.wait_or_halt(at).await.unwrap();
    }
    assert_eq!(generations, 4);
    let status = manager.status(at).await.unwrap();
    assert!(status.to_string().contains("may start no child"), "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_starts_no_child() {
    let site = Site::new(1);
    let (manager, id) = parent(&site, |ctx| async move {
        while !ctx.cancelled() {
            tokio::task::yield_now().await;
        }
        ctx.start_child("late", on("srv000")).await?;
        StepOutcome::finished()
    })
    .await;
    while manager.summary(id).await.unwrap().state == RunState::Pending {
        tokio::task::yield_now().await;
    }
    manager.cancel(id, "no", &ops()).await.unwrap();
    assert_eq!(manager.wait(id).await.unwrap().state, RunState::Cancelled);
    assert!(site.children(id).await.is_empty());
}
