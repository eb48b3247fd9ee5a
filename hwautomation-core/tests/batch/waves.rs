//! Waves come in order, and no more work at once than allowed.

use crate::site::{Site, run, submit};
use hwautomation_core::batch::{BatchReport, StopAt, Wave};
use hwautomation_core::record::RunState;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn waves_come_in_order_and_the_next_one_waits_for_the_last_child() {
    let site = Site::new(10);
    let manager = site.start().await;
    let request = site.request().waves([Wave::count(1), Wave::machines(["srv009", "srv008"])]);
    let began = tokio::time::Instant::now();
    let status = run(&manager, &request).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
    let begun = site.begun();
    assert_eq!(begun[0], "srv000");
    let mut second = begun[1..3].to_vec();
    second.sort();
    assert_eq!(second, ["srv008", "srv009"]);
    assert_eq!(begun.len(), 10);
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(30), "three waves of ten seconds took {took:?}");
    assert!(took < Duration::from_secs(40), "a batch is told when a child ends: {took:?}");
    let report: BatchReport = manager.output(status.id).await.unwrap();
    assert_eq!((report.machines, report.completed), (10, 10));
}

#[tokio::test(start_paused = true)]
async fn never_more_are_at_work_than_allowed_and_never_fewer_than_could_be() {
    let site = Site::new(20);
    let manager = site.start().await;
    let began = tokio::time::Instant::now();
    let status = run(&manager, &site.request().concurrency(4)).await;
    assert_eq!((status.state, site.most()), (RunState::Completed, 4), "{status}");
    assert!(began.elapsed() < Duration::from_secs(60), "five times ten seconds: {:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_wave_soaks_before_the_next_one() {
    let site = Site::new(2);
    let manager = site.start().await;
    let request = site.request().waves([Wave::count(1).soak_s(600)]);
    let id = submit(&manager, &request).await;
    tokio::time::timeout(Duration::from_secs(500), manager.wait(id)).await.unwrap_err();
    let status = manager.status(id).await.unwrap();
    assert_eq!(status.waiting.unwrap().what, "wave 1 to soak");
    assert_eq!(site.begun(), ["srv000"]);
    assert_eq!(manager.wait(id).await.unwrap().state, RunState::Completed);
    assert_eq!(site.begun(), ["srv000", "srv001"]);
}

#[tokio::test(start_paused = true)]
async fn looking_again_and_again_stores_nothing() {
    let site = Site::new(30);
    let manager = site.start().await;
    let status = run(&manager, &site.request().concurrency(3).stop_at(StopAt::Count { count: 5 })).await;
    assert_eq!(status.state, RunState::Completed, "{status}");
    let events = manager.events(status.id, 0, 1000).await.unwrap();
    // Ten waves, most of them skipped, of two events each; one wait; the first step, the last, and the frame.
    assert!(events.len() < 35, "{} events: {events:#?}", events.len());
}
