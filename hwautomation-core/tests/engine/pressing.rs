//! What must end ends, also where nobody has a place for it, and what stands still says why.

use crate::adversity::nap;
use crate::lab::{Lab, ops, pass, srv};
use async_trait::async_trait;
use hwautomation_core::engine::{EngineOptions, ManagerBuilder, Submission, WorkflowManager};
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::id::{MachineId, WorkflowId};
use hwautomation_core::machine::Machine;
use hwautomation_core::record::{OnFailure, Policy, Resume, RunState, SubState};
use hwautomation_core::store::{MachineDirectory, MemoryDirectory};
use hwautomation_core::workflow::{Permit, StepOutcome, Workflow, WorkflowStep, step_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// Keeps its place for a week.
fn busy() -> impl WorkflowStep {
    let policy = Policy { timeout: HOUR * 168, deadline: Some(HOUR * 168), ..Policy::default() };
    step_fn("busy", Resume::Rerun, |_| std::future::pending()).policy(policy)
}

fn waits() -> impl WorkflowStep {
    step_fn("wait", Resume::Rerun, |_| async { StepOutcome::wait("rain", HOUR, HOUR * 48) })
}

fn fails() -> impl WorkflowStep {
    step_fn("fail", Resume::Rerun, |_| async { Err(Error::new(ErrorKind::Refused, "no")) })
}

/// A manager with one place, which is taken, and a run of each other kind that was begun before.
async fn full(lab: &Lab) -> (WorkflowManager, [WorkflowId; 3]) {
    let options = EngineOptions { running_max: 1, start_limit: HOUR, ..EngineOptions::default() };
    let builder = lab.builder().options(options).workflow(Workflow::new("busy").step(busy()));
    let builder = builder.workflow(Workflow::new("wait").step(waits()).deadline(HOUR * 2));
    let manager = builder.workflow(Workflow::new("fail").step(fails())).start().await.unwrap();
    let submit = async |name| manager.submit(Submission::new(name), &ops()).await.unwrap();
    let (waiting, halted) = (submit("wait").await, submit("fail").await);
    pass(5).await;
    submit("busy").await;
    pass(2).await;
    let pending = submit("wait").await;
    (manager, [waiting, halted, pending])
}

#[tokio::test(start_paused = true)]
async fn with_every_place_taken_a_cancel_still_ends_what_does_not_run() {
    let lab = Lab::new();
    let (manager, runs) = full(&lab).await;
    let told = manager.status(runs[2]).await.unwrap().waiting.unwrap();
    assert_eq!(told.what, "a worker: all 1 places of this manager are taken");
    for id in runs {
        manager.cancel(id, "all of them", &ops()).await.unwrap();
    }
    pass(3).await;
    for id in runs {
        assert_eq!(manager.summary(id).await.unwrap().state, RunState::Cancelled);
    }
}

#[tokio::test(start_paused = true)]
async fn with_every_place_taken_each_deadline_still_ends_its_run() {
    let lab = Lab::new();
    let (manager, [waiting, halted, pending]) = full(&lab).await;
    let began = lab.clock.now();
    let status = manager.wait(pending).await.unwrap();
    assert_eq!((status.state, status.started_at), (RunState::Failed, None));
    assert!(status.headline.contains("nobody started it within 3600s"), "{status}");
    let status = manager.wait_or_halt(waiting).await.unwrap();
    assert!(status.headline.contains("its deadline passed"), "{status}");
    assert!((7190..7300).contains(&lab.clock.now().since(began).as_secs()));
    let status = manager.wait(halted).await.unwrap();
    assert!(status.headline.contains("nobody decided in time"), "{status}");
    assert!(lab.clock.now().since(began) < HOUR * 25);
}

#[tokio::test(start_paused = true)]
async fn with_every_place_taken_a_queue_for_a_permit_still_ends() {
    let lab = Lab::new();
    let rack = |_: Option<&Machine>| vec![Permit::step("rack-7").unwrap()];
    let holds = step_fn("hold", Resume::Rerun, |_| async { StepOutcome::wait("rain", HOUR * 99, HOUR * 99) });
    let never = step_fn("never", Resume::Rerun, |_| async { panic!("it ran") });
    let options = EngineOptions { running_max: 1, start_limit: HOUR, ..EngineOptions::default() };
    let builder = lab.builder().options(options).workflow(Workflow::new("busy").step(busy()));
    let builder = builder.workflow(Workflow::new("hold").step(holds.permits(rack)));
    let once = Policy { attempts: 1, deadline: None, ..Policy::default() };
    let queues = Workflow::new("queue").step(never.permits(rack).policy(once));
    let manager = builder.workflow(queues).start().await.unwrap();
    let submit = async |name| manager.submit(Submission::new(name), &ops()).await.unwrap();
    submit("hold").await;
    pass(2).await;
    let queued = submit("queue").await;
    pass(2).await;
    let began = lab.clock.now();
    submit("busy").await;
    let status = manager.wait_or_halt(queued).await.unwrap();
    assert!(status.headline.contains("queued for rack-7"), "{status}");
    assert!(lab.clock.now().since(began) < HOUR * 2, "{:?}", lab.clock.now().since(began));
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_workflow_nobody_has_says_so_and_ends_at_its_deadline() {
    let lab = Lab::new();
    let manager = lab.start(Workflow::new("wait").step(waits()).deadline(HOUR)).await;
    let id = manager.submit(Submission::new("wait"), &ops()).await.unwrap();
    pass(3).await;
    manager.shutdown().await;
    let other = lab.start(Workflow::new("other")).await;
    // It looks when the wait is over.
    let began = lab.clock.now();
    let status = other.wait_or_halt(id).await.unwrap();
    assert!(status.headline.contains("its deadline passed"), "{status}");
    assert!(lab.clock.now().since(began) <= HOUR);
}

/// A directory that is out of order in one of several ways.
#[derive(Debug)]
struct Broken {
    directory: MemoryDirectory,
    how: AtomicU8,
}

const FINE: u8 = 0;
const UNREACHABLE: u8 = 1;
const PANICS: u8 = 2;
const HANGS: u8 = 3;

#[async_trait]
impl MachineDirectory for Broken {
    async fn find(&self, name: &str) -> Result<Option<Machine>> {
        match self.how.load(Ordering::SeqCst) {
            UNREACHABLE => Err(Error::new(ErrorKind::Unreachable, "asking the site's database")),
            PANICS => panic!("index out of range"),
            HANGS => std::future::pending().await,
            _ => self.directory.find(name).await,
        }
    }

    async fn list(&self, after: Option<&MachineId>, limit: usize) -> Result<Vec<Machine>> {
        self.directory.list(after, limit).await
    }
}

async fn with_broken(lab: &Lab, how: u8) -> (WorkflowManager, Arc<Broken>, WorkflowId) {
    let directory = MemoryDirectory::new([Machine::new(srv())]);
    let broken = Arc::new(Broken { directory, how: AtomicU8::new(FINE) });
    let step = step_fn("go", Resume::Rerun, |ctx| async move {
        ctx.machine()?;
        StepOutcome::finished()
    });
    let options = EngineOptions { start_limit: HOUR, ..EngineOptions::default() };
    let builder = lab.builder().options(options).machines(Arc::clone(&broken) as _);
    let manager = builder.workflow(Workflow::new("test").step(step)).start().await.unwrap();
    manager.pause();
    let id = manager.submit(Submission::new("test").machine("srv001"), &ops()).await.unwrap();
    broken.how.store(how, Ordering::SeqCst);
    manager.resume();
    (manager, broken, id)
}

#[tokio::test(start_paused = true)]
async fn while_the_directory_is_away_a_run_says_so_and_goes_on_when_it_is_back() {
    let lab = Lab::new();
    let (manager, broken, id) = with_broken(&lab, UNREACHABLE).await;
    pass(60).await;
    let waiting = manager.status(id).await.unwrap().waiting.unwrap();
    assert!(waiting.what.contains("asking the site's database"), "{waiting}");
    assert!(waiting.until.is_some());
    broken.how.store(FINE, Ordering::SeqCst);
    let status = manager.wait(id).await.unwrap();
    assert_eq!(status.state, RunState::Completed, "{status}");
}

#[tokio::test(start_paused = true)]
async fn while_the_directory_is_away_a_run_still_fails_in_time() {
    let lab = Lab::new();
    let (manager, _broken, id) = with_broken(&lab, UNREACHABLE).await;
    let began = lab.clock.now();
    let status = manager.wait(id).await.unwrap();
    assert!(status.headline.contains("nobody started it"), "{status}");
    assert!(lab.clock.now().since(began) <= HOUR + Duration::from_secs(300));
}

/// A run without any limit of its own that stands before its second step, since a person left out the first while
/// the manager was paused.
async fn between_two_steps(lab: &Lab, broken: &Arc<Broken>) -> (WorkflowManager, WorkflowId) {
    let options = EngineOptions { start_limit: HOUR, ..EngineOptions::default() };
    let builder = lab.builder().options(options).machines(Arc::clone(broken) as _);
    let done = step_fn("done", Resume::Rerun, |_| async { StepOutcome::finished() });
    let manager = builder.workflow(Workflow::new("test").step(fails()).step(done)).start().await.unwrap();
    let id = manager.submit(Submission::new("test").machine("srv001"), &ops()).await.unwrap();
    manager.wait_or_halt(id).await.unwrap();
    manager.pause();
    manager.skip(id, "done by hand", &ops()).await.unwrap();
    (manager, id)
}

fn in_order() -> Arc<Broken> {
    let directory = MemoryDirectory::new([Machine::new(srv())]);
    Arc::new(Broken { directory, how: AtomicU8::new(FINE) })
}

#[tokio::test(start_paused = true)]
async fn a_run_without_limits_halts_when_the_directory_stays_away() {
    let (lab, broken) = (Lab::new(), in_order());
    let (manager, id) = between_two_steps(&lab, &broken).await;
    let began = lab.clock.now();
    broken.how.store(UNREACHABLE, Ordering::SeqCst);
    manager.resume();
    pass(60).await;
    let waiting = manager.status(id).await.unwrap().waiting.unwrap();
    assert!(waiting.what.contains("asking the site's database"), "{waiting}");
    let status = tokio::time::timeout(HOUR * 20, manager.wait_or_halt(id)).await.unwrap().unwrap();
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    assert!(status.headline.contains("nobody could go on with it"), "{status}");
    assert!(status.headline.contains("asking the site's database"), "{status}");
    let took = lab.clock.now().since(began);
    assert!((HOUR..=HOUR + Duration::from_secs(310)).contains(&took), "{took:?}");
    broken.how.store(FINE, Ordering::SeqCst);
    manager.retry(id, "the database is back", &ops()).await.unwrap();
    assert_eq!(manager.wait(id).await.unwrap().state, RunState::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_run_without_limits_whose_workflow_nobody_has_halts_too() {
    let (lab, broken) = (Lab::new(), in_order());
    let (manager, id) = between_two_steps(&lab, &broken).await;
    manager.shutdown().await;
    let began = lab.clock.now();
    let other = lab.start(Workflow::new("other")).await;
    pass(60).await;
    assert_eq!(other.summary(id).await.unwrap().sub_state, None);
    let status = tokio::time::timeout(HOUR * 20, other.wait_or_halt(id)).await.unwrap().unwrap();
    assert!(status.headline.contains("nobody could go on with it"), "{status}");
    assert!((HOUR..=HOUR * 2).contains(&lab.clock.now().since(began)));
}

/// A run whose step has been silent for longer than runs may stand still, as its own timeout lets it.
async fn silent(lab: &Lab, broken: &Arc<Broken>) -> (ManagerBuilder, WorkflowId) {
    let builder = || {
        let step = step_fn("long", Resume::Rerun, |ctx| async move {
            if ctx.epoch() == 1 {
                std::future::pending::<()>().await;
            }
            StepOutcome::finished()
        });
        let policy = Policy { timeout: HOUR * 720, deadline: None, ..Policy::default() };
        let options = EngineOptions { start_limit: HOUR, ..EngineOptions::default() };
        let builder = lab.builder().options(options).machines(Arc::clone(broken) as _);
        builder.workflow(Workflow::new("test").step(step.policy(policy)))
    };
    let manager = builder().start().await.unwrap();
    let id = manager.submit(Submission::new("test").machine("srv001"), &ops()).await.unwrap();
    pass(7200).await;
    manager.shutdown().await;
    (builder(), id)
}

#[tokio::test(start_paused = true)]
async fn a_step_that_was_long_at_work_did_not_stand_still() {
    let (lab, broken) = (Lab::new(), in_order());
    let (builder, id) = silent(&lab, &broken).await;
    broken.how.store(UNREACHABLE, Ordering::SeqCst);
    let manager = builder.start().await.unwrap();
    pass(60).await;
    broken.how.store(FINE, Ordering::SeqCst);
    let status = manager.wait_or_halt(id).await.unwrap();
    assert_eq!(status.state, RunState::Completed, "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_program_without_the_workflow_ends_no_step_that_was_long_at_work_elsewhere() {
    let (lab, broken) = (Lab::new(), in_order());
    let (builder, id) = silent(&lab, &broken).await;
    let other = lab.start(Workflow::new("other")).await;
    pass(120).await;
    let manager = builder.start().await.unwrap();
    let status = manager.wait_or_halt(id).await.unwrap();
    assert_eq!(status.state, RunState::Completed, "{status}");
    other.shutdown().await;
}

/// A run without any limit of its own that a pause caught before its second step.
async fn paused_between_two_steps(lab: &Lab, broken: &Arc<Broken>) -> (WorkflowManager, WorkflowId) {
    let options = EngineOptions { start_limit: HOUR, ..EngineOptions::default() };
    let builder = lab.builder().options(options).machines(Arc::clone(broken) as _);
    let short = step_fn("short", Resume::Rerun, |_| async {
        nap(5).await;
        StepOutcome::finished()
    });
    let done = step_fn("done", Resume::Rerun, |_| async { StepOutcome::finished() });
    let workflow = Workflow::new("test").step(short).step(done).on_failure(OnFailure::Undo);
    let manager = builder.workflow(workflow).start().await.unwrap();
    let id = manager.submit(Submission::new("test").machine("srv001"), &ops()).await.unwrap();
    pass(2).await;
    manager.pause();
    pass(10).await;
    (manager, id)
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_paused_for_long_is_not_ended_at_the_first_look() {
    let (lab, broken) = (Lab::new(), in_order());
    let (manager, id) = paused_between_two_steps(&lab, &broken).await;
    pass(7200).await;
    broken.how.store(UNREACHABLE, Ordering::SeqCst);
    manager.resume();
    pass(60).await;
    broken.how.store(FINE, Ordering::SeqCst);
    let status = manager.wait_or_halt(id).await.unwrap();
    assert_eq!(status.state, RunState::Completed, "{status}");
}

#[tokio::test(start_paused = true)]
async fn the_verdict_of_a_run_that_stood_still_names_no_deadline_that_it_did_not_have() {
    let (lab, broken) = (Lab::new(), in_order());
    let (manager, id) = paused_between_two_steps(&lab, &broken).await;
    broken.how.store(UNREACHABLE, Ordering::SeqCst);
    manager.resume();
    let status = manager.wait(id).await.unwrap();
    assert_eq!(status.headline, "nobody could go on with it in time; not everything could be undone");
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_never_answers_keeps_no_run_beyond_its_limits() {
    let lab = Lab::new();
    let (manager, broken, id) = with_broken(&lab, HANGS).await;
    pass(120).await;
    let waiting = manager.status(id).await.unwrap().waiting.unwrap();
    assert!(waiting.what.contains("its machine cannot be read"), "{waiting}");
    let status = tokio::time::timeout(HOUR * 2, manager.wait(id)).await.unwrap().unwrap();
    assert!(status.headline.contains("nobody started it"), "{status}");
    broken.how.store(FINE, Ordering::SeqCst);
}

#[tokio::test(start_paused = true)]
async fn a_run_over_which_the_engine_itself_breaks_halts_for_a_person() {
    let lab = Lab::new();
    let (manager, broken, id) = with_broken(&lab, PANICS).await;
    let status = manager.wait_or_halt(id).await.unwrap();
    assert_eq!(status.sub_state, Some(SubState::Halted));
    assert!(status.headline.contains("the engine failed over it 5 times"), "{status}");
    assert!(status.headline.contains("index out of range"), "{status}");
    broken.how.store(FINE, Ordering::SeqCst);
    manager.retry(id, "the directory was mended", &ops()).await.unwrap();
    assert_eq!(manager.wait(id).await.unwrap().state, RunState::Completed);
}
