//! What those who watch an engine see in numbers: each metric moves when it should.

use crate::adversity::nap;
use crate::lab::{Lab, ops, pass};
use crate::odd_store::Odd;
use crate::recorder::Numbers;
use hwautomation_core::engine::observe::{METRICS, MetricKind};
use hwautomation_core::engine::{EngineOptions, Submission, WorkflowManager};
use hwautomation_core::error::{Error, ErrorKind};
use hwautomation_core::record::{OnFailure, Resume, RunState};
use hwautomation_core::store::{HistoryStore, MemoryStore, Only};
use hwautomation_core::workflow::{Permit, StepOutcome, Workflow, WorkflowStep, step_fn};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

/// Longer than a third of a lease: by then the gauges were asked for again.
const TICK: u64 = 11;
const HOUR: Duration = Duration::from_secs(3600);
const HALTED: &str = "hwautomation_workflows{standing=halted}";
const WAITING: &str = "hwautomation_workflows{standing=waiting}";
const PENDING: &str = "hwautomation_workflows{standing=pending}";
const RUNNING: &str = "hwautomation_running";

fn fine(name: &'static str) -> impl WorkflowStep {
    step_fn(name, Resume::Rerun, |_| async { StepOutcome::finished() })
}

fn bad(kind: ErrorKind) -> impl WorkflowStep {
    step_fn("bad", Resume::Rerun, move |_| async move { Err(Error::new(kind, "no")) })
}

/// Takes a second, then fails as busy; then waits ten seconds; then is done.
fn troubled() -> impl WorkflowStep {
    let calls = AtomicU32::new(0);
    step_fn("troubled", Resume::Rerun, move |_| {
        let call = calls.fetch_add(1, SeqCst);
        async move {
            match call {
                0 => {
                    nap(1).await;
                    Err(Error::new(ErrorKind::Busy, "not now"))
                }
                1 => StepOutcome::wait("the rack to cool", Duration::from_secs(10), Duration::from_secs(60)),
                _ => StepOutcome::finished(),
            }
        }
    })
}

async fn submit(manager: &WorkflowManager) -> hwautomation_core::id::WorkflowId {
    manager.submit(Submission::new("test"), &ops()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_step_counts_its_attempts_failures_and_how_long_all_of_it_took() {
    let numbers = Numbers::default();
    let _recording = metrics::set_default_local_recorder(&numbers);
    let lab = Lab::new();
    let (_manager, status) = lab.run(Workflow::new("test").step(troubled()).step(fine("next"))).await;
    assert_eq!(status.state, RunState::Completed);
    let step = "workflow=test,step=troubled";
    assert_eq!(numbers.of(&format!("hwautomation_step_attempts_total{{{step},side=run}}")), Some(2.0));
    let failures = format!("hwautomation_failures_total{{{step},side=run,class=transient}}");
    assert_eq!(numbers.of(&failures), Some(1.0));
    let took = numbers.values(&format!("hwautomation_step_seconds{{{step},outcome=done}}"));
    // A second of work, a pause of about a second, ten seconds of waiting.
    assert!(took.len() == 1 && (11.5..13.0).contains(&took[0]), "{took:?}");
    assert_eq!(numbers.values("hwautomation_step_seconds{workflow=test,step=next,outcome=done}").len(), 1);
    assert_eq!(numbers.of("hwautomation_workflows_ended_total{workflow=test,verdict=completed}"), Some(1.0));
    assert_eq!(numbers.of("hwautomation_workflows_ended_total{workflow=test,verdict=failed}"), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_a_permit_counts_for_the_one_that_was_not_free() {
    let numbers = Numbers::default();
    let _recording = metrics::set_default_local_recorder(&numbers);
    let lab = Lab::new();
    let needs = |names: &'static [&'static str]| {
        let step = step_fn("rest", Resume::Rerun, |_| async { StepOutcome::wait("rain", HOUR, HOUR) });
        step.permits(|_| names.iter().map(|name| Permit::step(*name).unwrap()).collect())
    };
    let builder = lab.builder().workflow(Workflow::new("holder").step(needs(&["rack-7"])));
    let manager =
        builder.workflow(Workflow::new("both").step(needs(&["bmc-1", "rack-7"]))).start().await.unwrap();
    for name in ["holder", "both"] {
        manager.submit(Submission::new(name), &ops()).await.unwrap();
        pass(2).await;
    }
    assert_eq!(numbers.of("hwautomation_permit_waits_total{permit=rack}"), Some(1.0));
    assert_eq!(numbers.of("hwautomation_permit_waits_total{permit=bmc}"), None);
}

#[tokio::test(start_paused = true)]
async fn a_halted_run_shows_until_a_person_decides() {
    let numbers = Numbers::default();
    let _recording = metrics::set_default_local_recorder(&numbers);
    let lab = Lab::new();
    let (manager, status) = lab.run_step(bad(ErrorKind::Invalid)).await;
    pass(TICK).await;
    assert_eq!(numbers.of(HALTED), Some(1.0));
    assert_eq!(
        numbers.of("hwautomation_failures_total{workflow=test,step=bad,side=run,class=permanent}"),
        Some(1.0)
    );
    assert_eq!(numbers.values("hwautomation_step_seconds{workflow=test,step=bad,outcome=failed}").len(), 1);
    manager.abort(status.id, "hopeless", &ops()).await.unwrap();
    manager.wait(status.id).await.unwrap();
    pass(TICK).await;
    assert_eq!(numbers.of(HALTED), Some(0.0));
    assert_eq!(numbers.of("hwautomation_workflows_ended_total{workflow=test,verdict=failed}"), Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn a_skip_by_a_person_is_an_outcome_of_its_own() {
    let numbers = Numbers::default();
    let _recording = metrics::set_default_local_recorder(&numbers);
    let lab = Lab::new();
    let (manager, status) = lab.run_step(bad(ErrorKind::Invalid)).await;
    nap(5).await;
    manager.skip(status.id, "by hand", &ops()).await.unwrap();
    manager.wait(status.id).await.unwrap();
    let took = numbers.values("hwautomation_step_seconds{workflow=test,step=bad,outcome=skipped}");
    assert!(took.len() == 1 && took[0] >= 5.0, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn undoing_counts_apart_from_running() {
    let numbers = Numbers::default();
    let _recording = metrics::set_default_local_recorder(&numbers);
    let lab = Lab::new();
    let one = step_fn("one", Resume::Rerun, |_| async { StepOutcome::finished() })
        .undo(|_, _| async { Err(Error::new(ErrorKind::Refused, "stuck")) });
    let workflow = Workflow::new("test").step(one).step(bad(ErrorKind::Invalid)).on_failure(OnFailure::Undo);
    let (_manager, status) = lab.run(workflow).await;
    assert_eq!(status.state, RunState::Failed);
    let step = "workflow=test,step=one";
    assert_eq!(numbers.of(&format!("hwautomation_step_attempts_total{{{step},side=run}}")), Some(1.0));
    assert_eq!(numbers.of(&format!("hwautomation_step_attempts_total{{{step},side=undo}}")), Some(1.0));
    let failures = format!("hwautomation_failures_total{{{step},side=undo,class=permanent}}");
    assert_eq!(numbers.of(&failures), Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn the_gauges_of_the_store_are_right_after_a_restart_and_with_several_managers() {
    let lab = Lab::new();
    {
        let numbers = Numbers::default();
        let _recording = metrics::set_default_local_recorder(&numbers);
        let (manager, _) = lab.run_step(bad(ErrorKind::Invalid)).await;
        manager.pause();
        submit(&manager).await;
        submit(&manager).await;
        pass(TICK).await;
        assert_eq!((numbers.of(HALTED), numbers.of(PENDING)), (Some(1.0), Some(2.0)));
    }
    let numbers = Numbers::default();
    let _recording = metrics::set_default_local_recorder(&numbers);
    let start = || lab.start(Workflow::new("test").step(bad(ErrorKind::Invalid)));
    let first = start().await;
    first.pause();
    pass(1).await;
    assert_eq!((numbers.of(HALTED), numbers.of(PENDING)), (Some(1.0), Some(2.0)), "without a tick");
    let second = start().await;
    second.pause();
    pass(TICK).await;
    assert_eq!((numbers.of(HALTED), numbers.of(PENDING)), (Some(1.0), Some(2.0)), "not twice as many");
    second.resume();
    pass(TICK).await;
    assert_eq!((numbers.of(HALTED), numbers.of(PENDING)), (Some(3.0), Some(0.0)), "whoever moved them");
}

#[tokio::test(start_paused = true)]
async fn what_runs_here_is_counted_over_all_managers_and_a_wait_is_not() {
    let numbers = Numbers::default();
    let _recording = metrics::set_default_local_recorder(&numbers);
    let labs = [Lab::new(), Lab::new()];
    let long = || {
        step_fn("long", Resume::Rerun, |ctx| async move {
            if ctx.epoch() > 1 {
                return StepOutcome::finished();
            }
            nap(30).await;
            StepOutcome::wait("nothing", Duration::from_secs(60), Duration::from_secs(600))
        })
    };
    let mut managers = Vec::new();
    for lab in &labs {
        let manager = lab.start(Workflow::new("test").step(long())).await;
        submit(&manager).await;
        managers.push(manager);
    }
    pass(20).await;
    assert_eq!(numbers.of(RUNNING), Some(2.0));
    pass(25).await;
    assert_eq!((numbers.of(RUNNING), numbers.of(WAITING)), (Some(0.0), Some(1.0)));
    submit(&managers[0]).await;
    pass(2).await;
    assert_eq!(numbers.of(RUNNING), Some(1.0));
    drop(managers);
    pass(1).await;
    assert_eq!(numbers.of(RUNNING), Some(0.0), "a manager that is dropped runs nothing");
}

#[tokio::test(start_paused = true)]
async fn commits_and_events_are_what_the_store_took() {
    let numbers = Numbers::default();
    let _recording = metrics::set_default_local_recorder(&numbers);
    let lab = Lab::new();
    lab.run(Workflow::new("test").step(fine("one")).step(fine("two"))).await;
    let events = lab.store.follow(0, 100, Only::Everything).await.unwrap().len();
    assert_eq!(numbers.of("hwautomation_events_total"), Some(events as f64));
    // Event 0; the first start; an end with the next start; the last end with the verdict.
    assert_eq!((events, numbers.of("hwautomation_commits_total")), (7, Some(4.0)));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_is_counted_by_call() {
    let numbers = Numbers::default();
    let _recording = metrics::set_default_local_recorder(&numbers);
    let lab = Lab::new();
    let store = Arc::new(Odd { inner: MemoryStore::with_clock(lab.clock.clone()), ..Odd::default() });
    let history = Arc::clone(&store) as Arc<dyn HistoryStore>;
    let workflow = Workflow::new("test").step(fine("one"));
    let manager = lab.builder().store(history).workflow(workflow).start().await.unwrap();
    store.append_fails.store(true, SeqCst);
    submit(&manager).await;
    pass(3).await;
    let failures = numbers.of("hwautomation_store_failures_total{call=append}");
    assert!(failures.is_some_and(|failures| failures >= 2.0), "{failures:?}");
    assert_eq!(numbers.of("hwautomation_store_failures_total{call=begin}"), None);
}

#[tokio::test(start_paused = true)]
async fn a_lost_lease_is_counted_once_however_it_is_noticed() {
    for lease in [Duration::from_secs(3), Duration::from_secs(3000)] {
        let numbers = Numbers::default();
        let _recording = metrics::set_default_local_recorder(&numbers);
        let lab = Lab::new();
        let long = step_fn("long", Resume::Rerun, |ctx| async move {
            if ctx.epoch() == 1 {
                nap(30).await;
            }
            StepOutcome::finished()
        });
        let options = EngineOptions { lease, ..EngineOptions::default() };
        let workflow = Workflow::new("test").step(long);
        let manager = lab.builder().options(options).workflow(workflow).start().await.unwrap();
        let id = submit(&manager).await;
        pass(1).await;
        lab.store.end_leases();
        manager.wait(id).await.unwrap();
        pass(60).await;
        assert_eq!(numbers.of("hwautomation_leases_lost_total"), Some(1.0), "a lease of {lease:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_metric_is_described_and_told_with_its_labels_and_no_other_is() {
    let numbers = Numbers::default();
    let _recording = metrics::set_default_local_recorder(&numbers);
    let lab = Lab::new();
    let workflow =
        Workflow::new("test").step(troubled()).step(bad(ErrorKind::Invalid)).on_failure(OnFailure::Undo);
    lab.run(workflow).await;
    let known: BTreeSet<String> = METRICS.iter().map(|metric| metric.name.to_owned()).collect();
    assert_eq!(numbers.described(), known);
    for told in numbers.names() {
        let (name, labels) = told.trim_end_matches('}').split_once('{').unwrap_or((&told, ""));
        let metric = METRICS.iter().find(|metric| metric.name == name).unwrap_or_else(|| panic!("{told}"));
        let keys: Vec<&str> = labels.split(',').filter_map(|label| Some(label.split_once('=')?.0)).collect();
        assert_eq!(keys, metric.labels, "{told}");
        assert!(metric.kind != MetricKind::Histogram || !numbers.values(&told).is_empty(), "{told}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn the_process_tells_what_it_uses() {
    let numbers = Numbers::default();
    let _recording = metrics::set_default_local_recorder(&numbers);
    let lab = Lab::new();
    let _manager = lab.start(Workflow::new("test").step(fine("one"))).await;
    pass(1).await;
    for name in ["process_resident_memory_bytes", "process_open_fds", "process_threads"] {
        assert!(numbers.of(name).is_some_and(|number| number >= 1.0), "{name}: {:?}", numbers.of(name));
    }
    assert!(numbers.of("process_cpu_seconds_total").is_some());
}
