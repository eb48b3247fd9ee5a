//! Stopped before and after every append and every call.

use crate::{profiles, provisioning, request};
use hwautomation_core::engine::Submission;
use hwautomation_core::provisioning::{ProvisioningOptions, ServerProvisioning};
use hwautomation_core::record::OnFailure;
use hwautomation_core::testing::campaign::{FakeWorld, MemoryStores, hinder_everywhere, stop_everywhere};
use hwautomation_core::testing::conformance::step::FailingStep;
use hwautomation_core::workflow::{ApprovalGate, Workflow};
use std::time::Duration;

fn submission() -> Submission {
    request().submission().expect("it is JSON")
}

/// A campaign looks at its world every millisecond of its time, so its time is short.
fn hasty() -> ServerProvisioning {
    let (poll, settle) = (Duration::from_millis(20), Duration::from_millis(200));
    provisioning().options(ProvisioningOptions { poll, settle, ..ProvisioningOptions::default() })
}

fn good() -> FakeWorld {
    FakeWorld::new(hasty().workflow()).submission(submission()).profiles(profiles()).harmless("shell true")
}

fn undone() -> FakeWorld {
    let workflow = hasty().workflow().step(FailingStep);
    FakeWorld::new(workflow)
        .submission(submission().on_failure(OnFailure::Undo))
        .profiles(profiles())
        .harmless("shell true")
}

#[tokio::test(start_paused = true)]
async fn a_provisioning_stopped_anywhere_comes_to_the_same_end() {
    let report = stop_everywhere(good, &MemoryStores::new()).await.unwrap_or_else(|why| panic!("{why}"));
    assert!(report.stops >= 100, "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn a_provisioning_stopped_anywhere_on_the_way_back_too() {
    let report = stop_everywhere(undone, &MemoryStores::new()).await.unwrap_or_else(|why| panic!("{why}"));
    assert!(report.stops >= 150, "{report:?}");
}

/// A person says yes before anything is touched, and again before it ends.
fn gated(workflow: fn(ApprovalGate) -> Workflow) -> FakeWorld {
    let gate = ApprovalGate::new("go-ahead", "may it be provisioned?");
    FakeWorld::new(workflow(gate))
        .submission(submission())
        .profiles(profiles())
        .harmless("shell true")
        .gate("go-ahead")
}

#[tokio::test(start_paused = true)]
async fn a_provisioning_behind_a_gate_stopped_anywhere_comes_to_the_same_end() {
    let make = || gated(|gate| hasty().workflow().step(gate));
    let report = stop_everywhere(make, &MemoryStores::new()).await.unwrap_or_else(|why| panic!("{why}"));
    assert!(report.stops >= 100, "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn a_provisioning_of_which_each_step_fails_once_or_is_woken_early_comes_to_the_same_end() {
    let make = || gated(|gate| hasty().workflow().step(gate));
    let report = hinder_everywhere(make, &MemoryStores::new()).await.unwrap_or_else(|why| panic!("{why}"));
    assert!(report.runs >= 14 && report.wakes >= 5, "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn a_provisioning_of_which_each_undo_fails_once_is_undone_all_the_same() {
    // A run with one attempt would be undone at the first failure, which is another end.
    let make = || undone().submission(submission().on_failure(OnFailure::Undo).attempts(3));
    let report = hinder_everywhere(make, &MemoryStores::new()).await.unwrap_or_else(|why| panic!("{why}"));
    assert!(report.undos >= 14 && report.wakes >= 5, "{report:?}");
}
