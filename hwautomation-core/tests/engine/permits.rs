//! Permits: a queue in the order of asking, that people can see, and that is left when nobody asks any more.

use crate::adversity::nap;
use crate::lab::{Lab, ops, pass};
use hwautomation_core::engine::{Submission, WorkflowManager};
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::id::{SignalName, StepName, WorkflowId};
use hwautomation_core::machine::Machine;
use hwautomation_core::record::{Hold, OnFailure, Policy, Resume, RunState, SubState, UndoOf};
use hwautomation_core::store::HistoryStore;
use hwautomation_core::workflow::{
    Permit, StepOutcome, UndoOutcome, Workflow, WorkflowContext, WorkflowStep, step_fn,
};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// Who was let in, in order: the numbers in the requests.
type Log = Arc<Mutex<Vec<u32>>>;

/// Waits for the signal `go` while it holds its permits. Undoing writes down the number, plus 100.
#[derive(Debug)]
struct Gate {
    permits: Vec<Permit>,
    policy: Policy,
    log: Log,
}

impl Gate {
    fn new(hold: Hold, names: &[&str], log: &Log) -> Self {
        let permit = |name: &&str| match hold {
            Hold::Call => Permit::call(*name).unwrap(),
            Hold::Step => Permit::step(*name).unwrap(),
        };
        let permits = names.iter().map(permit).collect();
        Self { permits, policy: Policy::default(), log: Arc::clone(log) }
    }

    fn write(&self, ctx: &WorkflowContext, plus: u32) -> Result<()> {
        let number = ctx.params::<u32>()? + plus;
        self.log.lock().unwrap().push(number);
        Ok(())
    }
}

#[async_trait::async_trait]
impl WorkflowStep for Gate {
    fn name(&self) -> StepName {
        StepName::from_static("gate")
    }

    fn resume(&self) -> Resume {
        Resume::Rerun
    }

    fn policy(&self) -> Policy {
        self.policy.clone()
    }

    fn permits(&self, machine: Option<&Machine>) -> Vec<Permit> {
        let _ = machine;
        self.permits.clone()
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        self.write(ctx, 0)?;
        match ctx.signal::<String>(&SignalName::from_static("go")).await? {
            Some(word) if word == "fail" => Err(Error::new(ErrorKind::Refused, "told to fail")),
            Some(_) => StepOutcome::finished(),
            None => StepOutcome::wait("a signal", HOUR, HOUR * 10),
        }
    }

    async fn undo(&self, ctx: &WorkflowContext, _: UndoOf) -> Result<UndoOutcome> {
        self.write(ctx, 100)?;
        Ok(UndoOutcome::Undone)
    }
}

fn workflow(name: &'static str, gate: Gate) -> Workflow {
    Workflow::new(name).step(gate)
}

async fn submit(manager: &WorkflowManager, name: &str, number: u32) -> WorkflowId {
    let submission = Submission::new(name).request(number).unwrap();
    let id = manager.submit(submission, &ops()).await.unwrap();
    pass(1).await;
    id
}

async fn go(manager: &WorkflowManager, id: WorkflowId, word: &str) {
    manager.signal(id, SignalName::from_static("go"), word, "go", &ops()).await.unwrap();
    pass(2).await;
}

fn seen(log: &Log) -> Vec<u32> {
    log.lock().unwrap().clone()
}

/// What is held and what queues, by name.
async fn table(store: &dyn HistoryStore) -> Vec<(String, u64, u64)> {
    let rows = store.permits(None, 100).await.unwrap();
    rows.into_iter().map(|row| (row.name.to_string(), row.held, row.waiting)).collect()
}

async fn waits_for(manager: &WorkflowManager, id: WorkflowId) -> String {
    manager.status(id).await.unwrap().waiting.map(|waiting| waiting.what).unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn permits_are_granted_in_the_order_of_asking() {
    let (lab, log) = (Lab::new(), Log::default());
    let manager = lab.start(workflow("gate", Gate::new(Hold::Step, &["rack-7"], &log))).await;
    let mut ids = Vec::new();
    for number in 0..6 {
        ids.push(submit(&manager, "gate", number).await);
    }
    // The looks of those that wait change nothing.
    pass(100).await;
    assert_eq!(seen(&log), [0]);
    for (at, id) in ids.iter().enumerate() {
        go(&manager, *id, "on").await;
        assert_eq!(manager.wait(*id).await.unwrap().state, RunState::Completed);
        // Each runs when it is let in, and once more for its signal.
        let expected: Vec<u32> = (0..=at as u32).flat_map(|number| [number, number]).collect();
        let next = (at + 1 < ids.len()).then_some(at as u32 + 1);
        assert_eq!(seen(&log), expected.into_iter().chain(next).collect::<Vec<_>>());
    }
    assert_eq!(table(&*lab.store).await, []);
}

#[tokio::test(start_paused = true)]
async fn one_that_needs_much_is_not_starved_by_those_that_need_little() {
    let (lab, log) = (Lab::new(), Log::default());
    let gate = |names: &[&str]| Gate::new(Hold::Step, names, &log);
    let builder = lab.builder().workflow(workflow("a", gate(&["a"]))).workflow(workflow("b", gate(&["b"])));
    let manager = builder.workflow(workflow("both", gate(&["a", "b"]))).start().await.unwrap();
    let (a, b) = (submit(&manager, "a", 1).await, submit(&manager, "b", 2).await);
    let both = submit(&manager, "both", 3).await;
    let later = [submit(&manager, "a", 4).await, submit(&manager, "b", 5).await];
    go(&manager, a, "on").await;
    // `a` is free now, and kept for the one that needs both.
    assert_eq!(seen(&log), [1, 2, 1]);
    assert_eq!(waits_for(&manager, both).await, "permit b, 0 ahead");
    assert_eq!(waits_for(&manager, later[0]).await, "permit a, 1 ahead");
    go(&manager, b, "on").await;
    assert_eq!(seen(&log), [1, 2, 1, 2, 3]);
    go(&manager, both, "on").await;
    assert_eq!(seen(&log)[..6], [1, 2, 1, 2, 3, 3]);
    assert_eq!(seen(&log).len(), 8, "both of the later ones");
}

#[tokio::test(start_paused = true)]
async fn the_queue_is_seen_with_how_many_are_ahead_and_recorded_once() {
    let (lab, log) = (Lab::new(), Log::default());
    let mut gate = Gate::new(Hold::Step, &["rack-7"], &log);
    gate.policy.deadline = Some(HOUR);
    let manager = lab.start(workflow("gate", gate).deadline(HOUR * 5)).await;
    let mut ids = Vec::new();
    for number in 0..4 {
        ids.push(submit(&manager, "gate", number).await);
    }
    let asked = manager.events(ids[3], 0, 10).await.unwrap().last().unwrap().at;
    for at in 0..3 {
        pass(200).await;
        let status = manager.status(ids[3]).await.unwrap();
        assert_eq!((status.state, status.sub_state), (RunState::Running, Some(SubState::Waiting)));
        let waiting = status.waiting.clone().unwrap();
        assert_eq!(waiting.what, format!("permit rack-7, {} ahead", 2 - at));
        assert_eq!((waiting.since, waiting.until), (asked, Some(asked + HOUR)));
        assert!(status.to_string().contains("waits for permit rack-7,"), "{status}");
        assert!(status.to_string().contains("then step gate fails"), "{status}");
        go(&manager, ids[at], "on").await;
    }
    assert_eq!(waits_for(&manager, ids[3]).await, "a signal");
    go(&manager, ids[3], "on").await;
    let kinds = ["workflow_submitted", "workflow_started", "permits_awaited", "step_started", "step_waiting"];
    assert_eq!(lab.types(ids[3]).await[..5], kinds);
    let rest = ["signal_received", "step_done", "workflow_ended"];
    assert_eq!(lab.types(ids[3]).await[5..], rest, "looking again records nothing");
}

#[tokio::test(start_paused = true)]
async fn a_run_cancelled_in_the_queue_leaves_it() {
    let (lab, log) = (Lab::new(), Log::default());
    let manager = lab.start(workflow("gate", Gate::new(Hold::Step, &["rack-7"], &log))).await;
    let mut ids = Vec::new();
    for number in 0..3 {
        ids.push(submit(&manager, "gate", number).await);
    }
    manager.cancel(ids[1], "not needed", &ops()).await.unwrap();
    let status = manager.wait(ids[1]).await.unwrap();
    assert_eq!(
        (status.state, status.headline.as_str()),
        (RunState::Cancelled, "cancelled before anything was done")
    );
    assert_eq!(waits_for(&manager, ids[2]).await, "permit rack-7, 0 ahead");
    assert_eq!(table(&*lab.store).await, [("rack-7".to_owned(), 1, 1)]);
    go(&manager, ids[0], "on").await;
    assert_eq!(seen(&log), [0, 0, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_step_whose_time_is_over_in_the_queue_fails_and_leaves_it() {
    let (lab, log) = (Lab::new(), Log::default());
    let patient = Gate::new(Hold::Step, &["rack-7"], &log);
    let mut hasty = Gate::new(Hold::Step, &["rack-7"], &log);
    hasty.policy.deadline = Some(Duration::from_secs(100));
    let builder = lab.builder().workflow(workflow("patient", patient));
    let manager = builder.workflow(workflow("hasty", hasty)).start().await.unwrap();
    let first = submit(&manager, "patient", 1).await;
    let began = tokio::time::Instant::now();
    let second = submit(&manager, "hasty", 2).await;
    let status = manager.wait_or_halt(second).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 100);
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    assert!(status.steps[0].errors[0].message.contains("queued for rack-7 until"), "{status}");
    assert_eq!((status.steps[0].attempts, status.steps[0].started_at), (0, None));
    assert_eq!(table(&*lab.store).await, [("rack-7".to_owned(), 1, 0)]);
    manager.retry(second, "again", &ops()).await.unwrap();
    pass(2).await;
    assert_eq!(waits_for(&manager, second).await, "permit rack-7, 0 ahead");
    go(&manager, first, "on").await;
    assert_eq!(seen(&log), [1, 1, 2]);
    go(&manager, second, "on").await;
    assert_eq!(manager.wait(second).await.unwrap().state, RunState::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_deadline_passes_in_the_queue_ends_as_any_other() {
    let (lab, log) = (Lab::new(), Log::default());
    let short = workflow("short", Gate::new(Hold::Call, &["rack-7"], &log));
    let short = short.deadline(Duration::from_secs(100)).on_failure(OnFailure::Undo);
    let builder = lab.builder().workflow(workflow("long", Gate::new(Hold::Step, &["rack-7"], &log)));
    let manager = builder.workflow(short).start().await.unwrap();
    submit(&manager, "long", 1).await;
    let began = tokio::time::Instant::now();
    let id = submit(&manager, "short", 2).await;
    let status = manager.wait(id).await.unwrap();
    assert_eq!((status.state, began.elapsed().as_secs()), (RunState::Failed, 100), "{status}");
    assert_eq!(status.headline, "its deadline passed; everything was undone");
    assert_eq!((table(&*lab.store).await, seen(&log)), (vec![("rack-7".to_owned(), 1, 0)], vec![1]));
}

#[tokio::test(start_paused = true)]
async fn permits_go_back_with_the_outcome_of_their_step() {
    let (lab, log) = (Lab::new(), Log::default());
    let rest = || step_fn("rest", Resume::Rerun, |_| async { StepOutcome::wait("rain", HOUR, HOUR * 10) });
    let needless = step_fn("gate", Resume::Rerun, |_| async { StepOutcome::skipped("nothing to do") });
    let needless = needless.permits(|_| vec![Permit::step("rack-7").unwrap()]);
    let done = workflow("done", Gate::new(Hold::Step, &["rack-7"], &log)).step(rest());
    let builder = lab.builder().workflow(done).workflow(Workflow::new("skipped").step(needless).step(rest()));
    let manager = builder.start().await.unwrap();
    let done = submit(&manager, "done", 1).await;
    let skipped = submit(&manager, "skipped", 2).await;
    assert_eq!(waits_for(&manager, skipped).await, "permit rack-7, 0 ahead");
    go(&manager, done, "on").await;
    assert_eq!(
        (waits_for(&manager, done).await, waits_for(&manager, skipped).await),
        ("rain".into(), "rain".into())
    );
    assert_eq!(table(&*lab.store).await, []);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_goes_back_does_not_keep_its_place_in_the_queue() {
    let (lab, log) = (Lab::new(), Log::default());
    let slow = step_fn("slow", Resume::Rerun, |_| async { StepOutcome::finished() });
    let slow = slow.undo(|_, _| async { UndoOutcome::wait("it to cool down", HOUR / 60, HOUR / 2) });
    let slow = Workflow::new("slow").step(slow).step(Gate::new(Hold::Step, &["rack-7"], &log));
    let builder = lab.builder().workflow(workflow("gate", Gate::new(Hold::Step, &["rack-7"], &log)));
    let manager = builder.workflow(slow).start().await.unwrap();
    let first = submit(&manager, "gate", 1).await;
    let (slow, last) = (submit(&manager, "slow", 2).await, submit(&manager, "gate", 3).await);
    manager.cancel(slow, "too late", &ops()).await.unwrap();
    pass(2).await;
    assert_eq!(waits_for(&manager, slow).await, "it to cool down");
    assert_eq!(waits_for(&manager, last).await, "permit rack-7, 0 ahead");
    go(&manager, first, "on").await;
    assert_eq!(seen(&log), [1, 1, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_halted_run_gives_its_permits_back_and_takes_them_again_when_it_is_retried() {
    let (lab, log) = (Lab::new(), Log::default());
    let manager = lab.start(workflow("gate", Gate::new(Hold::Step, &["rack-7"], &log))).await;
    let (first, second) = (submit(&manager, "gate", 1).await, submit(&manager, "gate", 2).await);
    go(&manager, first, "fail").await;
    assert_eq!(manager.summary(first).await.unwrap().sub_state, Some(SubState::Halted));
    assert_eq!(seen(&log), [1, 1, 2]);
    manager.retry(first, "again", &ops()).await.unwrap();
    pass(2).await;
    assert_eq!(waits_for(&manager, first).await, "permit rack-7, 0 ahead");
    go(&manager, second, "on").await;
    assert_eq!(seen(&log), [1, 1, 2, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_permit_for_the_step_stays_over_its_attempts() {
    let (lab, log) = (Lab::new(), Log::default());
    let flaky = step_fn("flaky", Resume::Rerun, |ctx| async move {
        let busy = Error::new(ErrorKind::Busy, "not yet");
        if ctx.attempt() < 3 { Err(busy) } else { StepOutcome::finished() }
    });
    let flaky = flaky.permits(|_| vec![Permit::step("rack-7").unwrap()]);
    let builder = lab.builder().workflow(workflow("gate", Gate::new(Hold::Step, &["rack-7"], &log)));
    let manager = builder.workflow(Workflow::new("flaky").step(flaky)).start().await.unwrap();
    let first = manager.submit(Submission::new("flaky"), &ops()).await.unwrap();
    let second = submit(&manager, "gate", 2).await;
    assert_eq!((waits_for(&manager, second).await.as_str(), seen(&log)), ("permit rack-7, 0 ahead", vec![]));
    assert_eq!(manager.wait(first).await.unwrap().steps[0].attempts, 3);
    pass(1).await;
    assert_eq!(seen(&log), [2]);
}

#[tokio::test(start_paused = true)]
async fn undoing_needs_the_permits_of_its_step_too() {
    let (lab, log) = (Lab::new(), Log::default());
    let rest = step_fn("rest", Resume::Rerun, |_| async { StepOutcome::wait("rain", HOUR, HOUR * 10) });
    let undone = Workflow::new("undone").step(Gate::new(Hold::Call, &["bmc"], &log)).step(rest);
    let builder = lab.builder().workflow(workflow("gate", Gate::new(Hold::Step, &["bmc"], &log)));
    let manager = builder.workflow(undone).start().await.unwrap();
    let id = submit(&manager, "undone", 1).await;
    go(&manager, id, "on").await;
    let other = submit(&manager, "gate", 2).await;
    manager.cancel(id, "enough", &ops()).await.unwrap();
    pass(100).await;
    let waiting = manager.status(id).await.unwrap().waiting.unwrap();
    assert_eq!((waiting.what.as_str(), waiting.then.as_str()), ("permit bmc, 0 ahead", "undoing gate fails"));
    assert_eq!(seen(&log), [1, 1, 2]);
    go(&manager, other, "on").await;
    let status = manager.wait(id).await.unwrap();
    assert_eq!((status.state, status.not_undone.len()), (RunState::Cancelled, 0));
    assert_eq!(seen(&log), [1, 1, 2, 2, 101]);
    assert_eq!(table(&*lab.store).await, []);
}

/// Works for 50 seconds with one permit.
fn busy(name: &'static str, permit: Permit) -> Workflow {
    let step = step_fn("busy", Resume::Rerun, |_| async {
        nap(50).await;
        StepOutcome::finished()
    });
    Workflow::new(name).step(step.permits(move |_| vec![permit.clone()]))
}

#[tokio::test(start_paused = true)]
async fn a_crash_ends_permits_for_a_call_and_keeps_those_for_a_step() {
    let (lab, log) = (Lab::new(), Log::default());
    let start = || {
        let builder = lab.builder().workflow(busy("call", Permit::call("bmc").unwrap()));
        let builder = builder.workflow(busy("step", Permit::step("rack-7").unwrap()));
        let builder = builder.workflow(workflow("bmc", Gate::new(Hold::Step, &["bmc"], &log)));
        builder.workflow(workflow("rack", Gate::new(Hold::Step, &["rack-7"], &log))).start()
    };
    let manager = start().await.unwrap();
    let (call, step) = (submit(&manager, "call", 0).await, submit(&manager, "step", 0).await);
    let (bmc, rack) = (submit(&manager, "bmc", 1).await, submit(&manager, "rack", 2).await);
    assert!(seen(&log).is_empty());
    drop(manager);
    lab.store.end_leases();
    let manager = start().await.unwrap();
    pass(3).await;
    assert_eq!(seen(&log), [1], "the BMC came free, the rack did not");
    assert_eq!(waits_for(&manager, rack).await, "permit rack-7, 0 ahead");
    assert_eq!(waits_for(&manager, call).await, "permit bmc, 0 ahead");
    go(&manager, bmc, "on").await;
    for (id, rest) in [(step, None), (call, Some("permits_awaited"))] {
        assert_eq!(manager.wait(id).await.unwrap().state, RunState::Completed);
        let kinds = lab.types(id).await.split_off(2);
        let expected = ["step_started"].into_iter().chain(rest);
        let expected = expected.chain(["step_resumed", "step_done", "workflow_ended"]);
        assert_eq!(kinds, expected.collect::<Vec<_>>());
    }
    assert_eq!(seen(&log), [1, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_waits_gives_its_call_permits_back_and_queues_again_to_look() {
    let (lab, log) = (Lab::new(), Log::default());
    let poller = step_fn("poller", Resume::Rerun, |ctx| async move {
        nap(4).await;
        let done = ctx.signal::<bool>(&SignalName::from_static("go")).await?.is_some();
        if done { StepOutcome::finished() } else { StepOutcome::wait("boot", HOUR / 360, HOUR) }
    });
    let poller = poller.permits(|_| vec![Permit::call("bmc").unwrap()]);
    let builder = lab.builder().workflow(workflow("gate", Gate::new(Hold::Step, &["bmc"], &log)));
    let manager = builder.workflow(Workflow::new("poller").step(poller)).start().await.unwrap();
    let id = manager.submit(Submission::new("poller"), &ops()).await.unwrap();
    pass(6).await;
    assert_eq!((waits_for(&manager, id).await.as_str(), table(&*lab.store).await), ("boot", vec![]));
    let gate = submit(&manager, "gate", 1).await;
    pass(10).await;
    let waiting = manager.status(id).await.unwrap().waiting.unwrap();
    assert_eq!(waiting.what, "permit bmc, 0 ahead");
    go(&manager, gate, "on").await;
    pass(10).await;
    assert_eq!(waits_for(&manager, id).await, "boot");
    manager.signal(id, SignalName::from_static("go"), true, "go", &ops()).await.unwrap();
    assert_eq!(manager.wait(id).await.unwrap().state, RunState::Completed);
    let awaited = lab.types(id).await.iter().filter(|kind| *kind == "permits_awaited").count();
    assert_eq!(awaited, 1);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_breaks_down_over_its_permits_fails() {
    let lab = Lab::new();
    let step = step_fn("odd", Resume::Rerun, |_| async { StepOutcome::finished() });
    let step = step.permits(|machine| panic!("no rack: {machine:?}"));
    let (_manager, status) = lab.run_step(step).await;
    assert_eq!(status.sub_state, Some(SubState::Halted));
    assert!(status.steps[0].errors[0].message.contains("panicked"), "{status}");
}

#[tokio::test(start_paused = true)]
async fn bad_permit_limits_are_told_at_the_start() {
    let builder = Lab::new().builder().permit_limit("ra*ck", 2).permit_limit("rack-*", 0);
    let error = builder.start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("\"ra*ck\"") && error.message().contains("\"rack-*\" is 0"), "{error}");
}
