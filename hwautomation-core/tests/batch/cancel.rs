//! Cancelling a batch cancels its children.

use crate::site::{Site, ops, run, submit};
use hwautomation_core::batch::StopAt;
use hwautomation_core::record::{RunState, SubState};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_cancel_stops_every_child_and_starts_no_more() {
    let site = Site::new(10);
    let manager = site.start().await;
    let id = submit(&manager, &site.request().concurrency(4)).await;
    tokio::time::timeout(Duration::from_secs(15), manager.wait(id)).await.unwrap_err();
    manager.cancel(id, "wrong rack", &ops()).await.unwrap();
    let status = manager.wait(id).await.unwrap();
    assert_eq!(status.state, RunState::Cancelled, "{status}");
    assert!(status.not_undone.is_empty(), "{status}");
    let rows = site.children(id).await;
    assert!(rows.iter().all(|row| row.state.is_terminal()), "the batch ends after its children");
    assert_eq!(rows.len(), 8);
    assert_eq!(rows.iter().filter(|row| row.state == RunState::Cancelled).count(), 4);
    assert!(site.work.lock().unwrap().at_work.is_empty(), "what they did is undone");
}

#[tokio::test(start_paused = true)]
async fn a_halted_batch_is_cancelled_with_its_halted_children() {
    let site = Site::new(3);
    site.fail("srv000", 1);
    let manager = site.start().await;
    let status = run(&manager, &site.request().concurrency(1)).await;
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    manager.cancel(status.id, "never mind", &ops()).await.unwrap();
    assert_eq!(manager.wait(status.id).await.unwrap().state, RunState::Cancelled);
    let states: Vec<RunState> = site.children(status.id).await.iter().map(|row| row.state).collect();
    assert_eq!(states, [RunState::Cancelled]);
}

#[tokio::test(start_paused = true)]
async fn an_aborted_batch_leaves_its_children_alone() {
    let site = Site::new(3);
    site.fail("srv000", 1);
    let manager = site.start().await;
    let request = site.request().concurrency(1).stop_at(StopAt::Count { count: 1 });
    let status = run(&manager, &request).await;
    manager.abort(status.id, "I do the rest by hand", &ops()).await.unwrap();
    assert_eq!(manager.wait(status.id).await.unwrap().state, RunState::Failed);
    assert_eq!(site.children(status.id).await[0].sub_state, Some(SubState::Halted));
}
