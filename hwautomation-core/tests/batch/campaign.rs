//! A batch is stopped before and after every append, wake and plugin call, its own and its children's.

use hwautomation_core::batch::{Batch, BatchOptions, BatchRequest, StopAt, Wave};
use hwautomation_core::error::Error;
use hwautomation_core::record::{OnFailure, Resume};
use hwautomation_core::testing::campaign::{FakeWorld, MemoryStores, hinder_everywhere, stop_everywhere};
use hwautomation_core::workflow::{StepOutcome, Workflow, step_fn};

#[path = "../steps/power_on.rs"]
mod power_on;

use power_on::{POLL, PowerOn};

const MACHINES: [&str; 3] = ["srv001", "srv002", "srv003"];

/// Turns a machine on, and off again when undone; fails at this one.
fn turn_on(broken: &'static str) -> Workflow {
    let look = step_fn("look", Resume::Rerun, move |ctx| async move {
        let broken = ctx.machine()?.id.as_str() == broken;
        if broken { Err(Error::invalid("told to fail")) } else { StepOutcome::finished() }
    });
    Workflow::new("turn-on").step(PowerOn).step(look).on_failure(OnFailure::Undo)
}

fn world(broken: &'static str, stop_at: StopAt, on_failure: OnFailure) -> FakeWorld {
    let request =
        BatchRequest::new("turn-on", MACHINES).concurrency(2).waves([Wave::count(1)]).stop_at(stop_at);
    let batch = Batch::default().options(BatchOptions { poll: POLL * 5 });
    FakeWorld::new(batch.workflow())
        .machines(MACHINES)
        .child(turn_on(broken))
        .submission(request.submission().expect("it is JSON").on_failure(on_failure))
}

#[tokio::test(start_paused = true)]
async fn a_batch_stopped_anywhere_comes_to_the_same_end() {
    let make = || world("srv002", StopAt::Count { count: 2 }, OnFailure::Keep);
    let report = stop_everywhere(make, &MemoryStores::new()).await.unwrap_or_else(|why| panic!("{why}"));
    assert!(report.stops >= 100, "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn a_batch_stopped_anywhere_on_the_way_to_its_halt_too() {
    let make = || world("srv001", StopAt::Count { count: 1 }, OnFailure::Keep);
    let report = stop_everywhere(make, &MemoryStores::new()).await.unwrap_or_else(|why| panic!("{why}"));
    assert!(report.stops >= 50, "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn a_batch_stopped_anywhere_on_the_way_back_too() {
    let make = || world("srv003", StopAt::Count { count: 1 }, OnFailure::Undo);
    let report = stop_everywhere(make, &MemoryStores::new()).await.unwrap_or_else(|why| panic!("{why}"));
    assert!(report.stops >= 100, "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn a_step_or_undo_of_a_batch_or_of_its_children_that_fails_once_changes_no_end() {
    let stores = MemoryStores::new();
    let there = hinder_everywhere(|| world("nobody", StopAt::Count { count: 3 }, OnFailure::Keep), &stores);
    let there = there.await.unwrap_or_else(|why| panic!("{why}"));
    assert!(there.runs >= 6 && there.wakes >= 5, "{there:?}");
    let back = || world("srv003", StopAt::Count { count: 1 }, OnFailure::Undo);
    let back = hinder_everywhere(back, &stores).await.unwrap_or_else(|why| panic!("{why}"));
    assert!(back.runs >= 6 && back.undos >= 2, "{back:?}");
}
