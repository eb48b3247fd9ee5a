//! Stopped before and after every append and every call.

use crate::{profiles, provisioning, request};
use hwautomation_core::engine::Submission;
use hwautomation_core::provisioning::{ProvisioningOptions, ServerProvisioning};
use hwautomation_core::record::OnFailure;
use hwautomation_core::testing::campaign::{FakeWorld, MemoryStores, stop_everywhere};
use hwautomation_core::testing::conformance::step::FailingStep;
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
