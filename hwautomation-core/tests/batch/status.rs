//! A batch says where it stands.

use crate::site::{Site, ops, submit};
use hwautomation_core::batch::{BatchStatus, StopAt, Wave, batch_status};
use hwautomation_core::engine::Submission;
use hwautomation_core::error::ErrorKind;
use hwautomation_core::record::{OnFailure, RunState};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn the_status_counts_machines_and_says_what_is_waited_for() {
    let site = Site::new(10);
    site.fail("srv001", 1);
    let manager = site.start().await;
    let request = site
        .request()
        .concurrency(2)
        .waves([Wave::count(4)])
        .stop_at(StopAt::Count { count: 3 })
        .on_failure(OnFailure::Undo);
    let id = submit(&manager, &request).await;
    tokio::time::timeout(Duration::from_secs(15), manager.wait(id)).await.unwrap_err();
    let status = batch_status(&manager, id).await.unwrap();
    assert_eq!((status.state, status.wave, status.waves), (RunState::Running, Some(1), 2));
    let counts = status.counts;
    assert_eq!((counts.completed, counts.failed, counts.running, counts.not_started), (1, 1, 2, 6));
    assert_eq!(status.waiting.as_ref().unwrap().what, "the machines of wave 1");
    assert_eq!(status.errors[0].to_string(), "srv001: told to fail");
    let text = status.to_string();
    assert!(text.contains("1 completed, 1 failed, 2 running, 6 not started"), "{text}");
    assert!(!text.contains("step 2 of 12"), "its steps are not its waves: {text}");
    let child = status.errors[0].workflow.unwrap();
    assert!(text.contains(&format!("  srv001: told to fail (workflow {child})")), "{text}");
    let json = serde_json::to_string(&status).unwrap();
    assert_eq!(serde_json::from_str::<BatchStatus>(&json).unwrap(), status);

    let text = manager.wait(id).await.unwrap().to_string();
    for wave in ["wave 1", "wave 2"] {
        assert!(text.contains(&format!("  done       {wave}: every machine has ended\n")), "{text}");
    }
    let status = batch_status(&manager, id).await.unwrap();
    assert_eq!((status.state, status.wave, status.counts.ended()), (RunState::Completed, None, 10));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_batch_has_no_batch_status() {
    let site = Site::new(1);
    let manager = site.start().await;
    let id = manager.submit(Submission::new("work").machine("srv000"), &ops()).await.unwrap();
    assert_eq!(batch_status(&manager, id).await.unwrap_err().kind(), ErrorKind::Invalid);
}
