//! A person submits a child of a batch again, beside the batch.

use crate::site::{Site, ops, submit};
use hwautomation_core::batch::StopAt;
use hwautomation_core::engine::StartAt;
use hwautomation_core::record::{OnFailure, RunState};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_child_that_a_person_submits_again_and_that_fails_again_does_not_hold_the_batch() {
    let site = Site::new(2);
    site.fail("srv000", 2);
    site.work.lock().unwrap().slow.insert("srv001".to_owned());
    let manager = site.start().await;
    let request = site.request().stop_at(StopAt::Count { count: 2 }).on_failure(OnFailure::Undo);
    let id = submit(&manager, &request).await;
    let child = loop {
        tokio::time::advance(Duration::from_secs(1)).await;
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        if let Some(failed) = site.children(id).await.iter().find(|row| row.state == RunState::Failed) {
            break failed.id;
        }
    };
    // So long that the batch looks meanwhile.
    site.work.lock().unwrap().slow.insert("srv000".to_owned());
    let again = manager.resubmit(child, &StartAt::Beginning, &ops()).await.unwrap();
    assert_eq!(manager.wait(again).await.unwrap().state, RunState::Failed);
    let rest = tokio::time::timeout(Duration::from_secs(3600), manager.wait_or_halt(id)).await;
    let status = match rest {
        Ok(status) => status.unwrap(),
        Err(_) => panic!("it stands still: {}", manager.status(id).await.unwrap()),
    };
    assert_eq!(status.state, RunState::Completed, "{status}");
    assert_eq!(site.begun().len(), 3);
}
