//! What happens when a step fails: retry, halt, a person's decision, undo.

use crate::lab::{Lab, ops};
use hwautomation_core::engine::{EngineOptions, Submission};
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::id::StepName;
use hwautomation_core::record::{OnFailure, Policy, Resume, RunState, UndoOf};
use hwautomation_core::workflow::{
    StepOutcome, UndoOutcome, Workflow, WorkflowContext, WorkflowStep, step_fn,
};
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn always(kind: ErrorKind) -> impl WorkflowStep {
    step_fn("fail", Resume::Rerun, move |ctx| async move {
        Err(Error::new(kind, format!("attempt {} went wrong", ctx.attempt())).with_remedy("do not worry"))
    })
}

#[tokio::test(start_paused = true)]
async fn a_transient_error_is_tried_again_with_growing_pauses_and_every_attempt_is_recorded() {
    let lab = Lab::new();
    let began = tokio::time::Instant::now();
    let (_manager, status) = lab.run_step(always(ErrorKind::Busy)).await;
    assert_eq!(status.state, RunState::Running);
    let messages: Vec<&str> = status.steps[0].errors.iter().map(|error| error.message.as_str()).collect();
    assert_eq!(messages, ["attempt 1 went wrong", "attempt 2 went wrong", "attempt 3 went wrong"]);
    assert!((2.2..3.1).contains(&began.elapsed().as_secs_f64()), "{:?}", began.elapsed());
    let text = status.to_string();
    assert!(text.contains("attempt 1 went wrong") && text.contains("do not worry"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_permanent_error_halts_at_once() {
    let lab = Lab::new();
    let (_manager, status) = lab.run_step(always(ErrorKind::Unauthorized)).await;
    assert_eq!(status.steps[0].attempts, 1);
    assert!(status.headline.contains("halted: step fail failed: attempt 1 went wrong"), "{status}");
}

#[tokio::test(start_paused = true)]
async fn equal_failures_in_a_row_halt_early() {
    let lab = Lab::new();
    let step =
        step_fn("same", Resume::Rerun, |_| async { Err(Error::new(ErrorKind::Busy, "the same again")) });
    let (_manager, status) = lab.run_step(step.policy(Policy { attempts: 10, ..Policy::default() })).await;
    assert_eq!(status.steps[0].attempts, 3);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_enforced_while_the_step_runs() {
    let lab = Lab::new();
    let step = step_fn("hang", Resume::Rerun, |_| std::future::pending());
    let began = tokio::time::Instant::now();
    let policy = Policy { timeout: Duration::from_secs(30), attempts: 1, ..Policy::default() };
    let (_manager, status) = lab.run_step(step.policy(policy)).await;
    assert_eq!(began.elapsed().as_secs(), 30);
    assert_eq!(status.steps[0].errors[0].kind, ErrorKind::Timeout);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure_and_not_the_end_of_the_worker() {
    let lab = Lab::new();
    let (manager, status) = lab
        .run(Workflow::new("test").step(step_fn("panic", Resume::Rerun, |_| async { panic!("oh no") })))
        .await;
    assert!(status.steps[0].errors[0].message.contains("oh no"), "{status}");
    manager.cancel(status.id, "enough", &ops()).await.unwrap();
    assert_eq!(manager.wait(status.id).await.unwrap().state, RunState::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn a_halted_run_is_retried_skipped_or_aborted_and_nothing_else_is() {
    for (decision, end) in
        [("retry", RunState::Completed), ("skip", RunState::Completed), ("abort", RunState::Failed)]
    {
        let lab = Lab::new();
        let step = step_fn("once-bad", Resume::Rerun, |ctx| async move {
            if ctx.attempt() == 1 { Err(Error::invalid("bad")) } else { StepOutcome::finished() }
        });
        let (manager, status) = lab.run_step(step).await;
        let id = status.id;
        match decision {
            "retry" => manager.retry(id, "again", &ops()).await.unwrap(),
            "skip" => {
                assert!(manager.skip(id, " ", &ops()).await.is_err(), "a skip without a reason");
                manager.skip(id, "did it by hand", &ops()).await.unwrap();
            }
            _ => manager.abort(id, "hopeless", &ops()).await.unwrap(),
        }
        let status = manager.wait(id).await.unwrap();
        assert_eq!(status.state, end, "{decision}: {status}");
        let error = manager.retry(id, "late", &ops()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
    }
}

#[tokio::test(start_paused = true)]
async fn a_halt_that_nobody_decides_fails_at_its_own_deadline() {
    let lab = Lab::new();
    let (manager, status) = lab.run_step(always(ErrorKind::Invalid)).await;
    assert_eq!(status.waiting.as_ref().unwrap().then, "it fails");
    let began = tokio::time::Instant::now();
    let status = manager.wait(status.id).await.unwrap();
    assert_eq!((status.state, began.elapsed().as_secs() / 3600), (RunState::Failed, 24), "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_workflow_deadline_ends_forward_work_and_a_retry_grants_it_anew() {
    let lab = Lab::new();
    let step = step_fn("look", Resume::Rerun, |ctx| async move {
        let wait = StepOutcome::wait("patience", Duration::from_secs(7), Duration::from_secs(9999));
        if ctx.attempt() == 1 { wait } else { StepOutcome::finished() }
    });
    let began = tokio::time::Instant::now();
    let (manager, status) =
        lab.run(Workflow::new("test").step(step).deadline(Duration::from_secs(100))).await;
    assert_eq!(began.elapsed().as_secs(), 100);
    assert!(status.headline.contains("deadline passed"), "{status}");
    manager.retry(status.id, "more time", &ops()).await.unwrap();
    assert_eq!(manager.wait(status.id).await.unwrap().state, RunState::Completed);
}

/// Writes down what happens to it, and fails as told.
#[derive(Debug)]
struct Undoable {
    name: &'static str,
    log: Arc<Mutex<Vec<String>>>,
    fails: bool,
    undo_failures: u32,
}

#[async_trait::async_trait]
impl WorkflowStep for Undoable {
    fn name(&self) -> StepName {
        StepName::from_static(self.name)
    }

    fn resume(&self) -> Resume {
        Resume::Rerun
    }

    async fn run(&self, _ctx: &WorkflowContext) -> Result<StepOutcome> {
        self.log.lock().unwrap().push(format!("run {}", self.name));
        if self.fails { Err(Error::invalid("no")) } else { StepOutcome::finished() }
    }

    async fn undo(&self, ctx: &WorkflowContext, of: UndoOf) -> Result<UndoOutcome> {
        self.log.lock().unwrap().push(format!("undo {} {of:?}", self.name));
        if ctx.attempt() <= self.undo_failures {
            return Err(Error::new(ErrorKind::Busy, format!("cannot undo, try {}", ctx.attempt())));
        }
        if self
            .log
            .lock()
            .unwrap()
            .iter()
            .filter(|line| line.starts_with(&format!("undo {}", self.name)))
            .count()
            == 1
        {
            return UndoOutcome::wait("the dust to settle", Duration::from_secs(1), Duration::from_secs(60));
        }
        Ok(UndoOutcome::Undone)
    }
}

fn undoable(log: &Arc<Mutex<Vec<String>>>, undo_failures: u32) -> Workflow {
    let step = |name, fails, undo_failures| Undoable { name, log: Arc::clone(log), fails, undo_failures };
    Workflow::new("test")
        .step(step("one", false, 0))
        .step(step("two", false, undo_failures))
        .step(step("three", true, 0))
        .step(step("four", false, 0))
        .on_failure(OnFailure::Undo)
}

#[tokio::test(start_paused = true)]
async fn undo_begins_with_the_unfinished_step_then_the_done_ones_newest_first() {
    let lab = Lab::new();
    let log = Arc::default();
    let (_manager, status) = lab.run(undoable(&log, 0)).await;
    assert_eq!(status.state, RunState::Failed);
    assert!(status.headline.contains("step three failed; everything was undone"), "{status}");
    let mut log = log.lock().unwrap().clone();
    log.dedup();
    assert_eq!(
        log,
        ["run one", "run two", "run three", "undo three Partial", "undo two Done", "undo one Done"]
    );
}

#[tokio::test(start_paused = true)]
async fn an_undo_that_fails_is_retried_and_then_named_while_the_others_go_on() {
    let lab = Lab::new();
    let log = Arc::default();
    let (_manager, status) = lab.run(undoable(&log, 99)).await;
    assert_eq!(status.state, RunState::Failed);
    let left: Vec<&str> = status.not_undone.iter().map(|left| left.step.as_str()).collect();
    assert_eq!(left, ["two"]);
    assert!(status.not_undone[0].why.contains("try 3"), "{status}");
    assert_eq!(log.lock().unwrap().last().unwrap(), "undo one Done");
}

#[tokio::test(start_paused = true)]
async fn undoing_ends_at_its_deadline_and_names_what_is_left() {
    let lab = Lab::new();
    let log = Arc::default();
    let options = EngineOptions { undo_limit: Duration::from_millis(500), ..EngineOptions::default() };
    let manager = lab.builder().options(options).workflow(undoable(&log, 0)).start().await.unwrap();
    let id = manager.submit(Submission::new("test"), &ops()).await.unwrap();
    let status = manager.wait(id).await.unwrap();
    let left: Vec<&str> = status.not_undone.iter().map(|left| left.step.as_str()).collect();
    assert_eq!(left, ["one", "two", "three"], "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_changed_definition_halts_the_run_and_says_what_changed() {
    let lab = Lab::new();
    let step = |name| step_fn(name, Resume::Rerun, |_| async { StepOutcome::finished() });
    let manager = lab.start(Workflow::new("test").step(step("old"))).await;
    manager.pause();
    let id = manager.submit(Submission::new("test"), &ops()).await.unwrap();
    manager.shutdown().await;
    let manager = lab.start(Workflow::new("test").step(step("new"))).await;
    let status = manager.wait_or_halt(id).await.unwrap();
    assert!(status.headline.contains("old v1") && status.headline.contains("new v1"), "{status}");
    assert_eq!(status.state, RunState::Pending);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_ends_the_process_each_time_is_not_run_for_ever() {
    let lab = Lab::new();
    let runs = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let seen = Arc::clone(&runs);
    let deadly = move || {
        let seen = Arc::clone(&seen);
        step_fn("deadly", Resume::Rerun, move |_| {
            seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            std::future::pending()
        })
        .policy(Policy { resumes_max: 3, timeout: Duration::from_secs(3600), ..Policy::default() })
    };
    let mut manager = lab.start(Workflow::new("test").step(deadly())).await;
    let id = manager.submit(Submission::new("test"), &ops()).await.unwrap();
    for _ in 0..5 {
        crate::lab::pass(1).await;
        drop(manager);
        lab.store.end_leases();
        manager = lab.start(Workflow::new("test").step(deadly())).await;
    }
    let status = manager.wait_or_halt(id).await.unwrap();
    assert!(status.headline.contains("the process ended 4 times while step deadly ran"), "{status}");
    assert_eq!(runs.load(std::sync::atomic::Ordering::SeqCst), 4);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_waits_for_something_else_each_time_does_not_fill_the_history() {
    let lab = Lab::new();
    let step = step_fn("restless", Resume::Rerun, |ctx| async move {
        StepOutcome::wait(format!("{}", ctx.now()), Duration::from_secs(1), Duration::from_secs(60))
    });
    let policy = Policy { attempts: 1, ..Policy::default() };
    let (_manager, status) = lab.run_step(step.policy(policy)).await;
    assert!(status.headline.contains("waited for 1000 different things"), "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_guard_has_a_longest_time() {
    let lab = Lab::new();
    let step = step_fn("guard", Resume::Rerun, |ctx| async move {
        ctx.uninterruptible(Duration::from_secs(25 * 3600)).await?;
        StepOutcome::finished()
    });
    let (_manager, status) = lab.run_step(step).await;
    assert_eq!(status.steps[0].errors[0].kind, ErrorKind::Invalid, "{status}");
}
