//! A large batch.

use crate::site::{Site, run};
use hwautomation_core::batch::{BatchReport, StopAt, Wave, batch_status};
use hwautomation_core::record::{OnFailure, RunState};

#[tokio::test(start_paused = true)]
async fn a_thousand_machines_complete() {
    let site = Site::new(1000);
    (0..1000).step_by(50).for_each(|number| site.fail(&format!("srv{number:03}"), 1));
    let manager = site.start().await;
    let request = site
        .request()
        .concurrency(100)
        .waves([Wave::count(1), Wave::percent(10)])
        .stop_at(StopAt::Percent { percent: 100, least: 1000 })
        .on_failure(OnFailure::Undo);
    let status = run(&manager, &request).await;
    // The first machine is the whole first wave, and fails: all of it did.
    manager.skip(status.id, "known", &crate::site::ops()).await.unwrap();
    let status = manager.wait_or_halt(status.id).await.unwrap();
    assert_eq!((status.state, site.most()), (RunState::Completed, 100), "{status}");
    let report: BatchReport = manager.output(status.id).await.unwrap();
    assert_eq!((report.completed, report.failed, report.failed_machines.len()), (980, 20, 20));
    let events = manager.events(status.id, 0, 1000).await.unwrap();
    let bytes: usize = events.iter().skip(1).map(|event| serde_json::to_string(event).unwrap().len()).sum();
    assert!(bytes < 100_000, "{} events of {bytes} bytes", events.len());
    assert_eq!(batch_status(&manager, status.id).await.unwrap().counts.completed, 980);
}
