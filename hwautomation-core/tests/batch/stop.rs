//! Too many failures stop a batch, and a person decides.

use crate::site::{Site, WORK, ops, run, submit};
use hwautomation_core::batch::{BatchReport, StopAt, Wave, WhenStopped, batch_status, retry_failed};
use hwautomation_core::error::ErrorKind;
use hwautomation_core::record::{OnFailure, RunState, SubState};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_failed_first_machine_stops_before_the_next_wave() {
    let site = Site::new(10);
    site.fail("srv000", 1);
    let manager = site.start().await;
    let stop_at = StopAt::Percent { percent: 20, least: 5 };
    let request = site.request().waves([Wave::count(1)]).stop_at(stop_at).on_failure(OnFailure::Undo);
    let status = run(&manager, &request).await;
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    assert!(status.to_string().contains("srv000: told to fail"), "it names the failed machine: {status}");
    assert_eq!(site.begun(), ["srv000"]);
}

#[tokio::test(start_paused = true)]
async fn what_runs_comes_to_its_end_and_nothing_more_is_started() {
    let site = Site::new(10);
    site.fail("srv000", 1);
    let manager = site.start().await;
    let status = run(&manager, &site.request().concurrency(3).on_failure(OnFailure::Undo)).await;
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    let rows = site.children(status.id).await;
    assert!(rows.iter().all(|row| row.state.is_terminal()));
    assert!(rows.len() <= 5, "{} were started", rows.len());
    assert_eq!(rows.iter().filter(|row| row.state == RunState::Failed).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_halted_does_not_say_that_machines_are_at_work() {
    let site = Site::new(10);
    site.fail("srv000", 1);
    let manager = site.start().await;
    let status = run(&manager, &site.request().concurrency(3).on_failure(OnFailure::Undo)).await;
    let batch = batch_status(&manager, status.id).await.unwrap();
    assert_eq!((batch.sub_state, batch.sub_task), (Some(SubState::Halted), None));
}

#[tokio::test(start_paused = true)]
async fn a_retry_runs_only_what_failed() {
    let site = Site::new(6);
    site.fail("srv001", 1);
    site.fail("srv003", 2);
    let manager = site.start().await;
    let stop_at = StopAt::Percent { percent: 30, least: 6 };
    let request = site.request().stop_at(stop_at).on_failure(OnFailure::Undo);
    let status = run(&manager, &request).await;
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    assert_eq!(site.begun().len(), 6);

    manager.retry(status.id, "the cables are in now", &ops()).await.unwrap();
    let status = manager.wait_or_halt(status.id).await.unwrap();
    // One of six failed again: that is under the limit.
    assert_eq!(status.state, RunState::Completed, "{status}");
    let mut again = site.begun()[6..].to_vec();
    again.sort();
    assert_eq!(again, ["srv001", "srv003"]);
    let report: BatchReport = manager.output(status.id).await.unwrap();
    assert_eq!((report.completed, report.failed), (5, 1));
    assert_eq!(report.failed_machines[0].machine.as_str(), "srv003");

    let second = retry_failed(&manager, status.id, "once more", &ops()).await.unwrap();
    let second = manager.wait_or_halt(second).await.unwrap();
    assert_eq!(second.state, RunState::Completed, "{second}");
    assert_eq!(site.begun()[8..], ["srv003"]);
    let nothing = retry_failed(&manager, second.id, "", &ops()).await.unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::Conflict);
}

#[tokio::test(start_paused = true)]
async fn halted_children_stop_a_batch_and_are_tried_again_within_its_limit() {
    let site = Site::new(4);
    (0..4).for_each(|number| site.fail(&format!("srv00{number}"), 1));
    let manager = site.start().await;
    let request = site.request().concurrency(1).stop_at(StopAt::Count { count: 4 });
    let status = run(&manager, &request).await;
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    assert!(site.children(status.id).await.iter().all(|row| row.sub_state == Some(SubState::Halted)));

    manager.retry(status.id, "again", &ops()).await.unwrap();
    let status = manager.wait_or_halt(status.id).await.unwrap();
    assert_eq!((status.state, site.most()), (RunState::Completed, 1), "{status}");
    assert_eq!(site.children(status.id).await.len(), 4, "a halted child goes on and is no new one");
    assert_eq!(site.begun().len(), 8);
}

#[tokio::test(start_paused = true)]
async fn a_wave_waits_for_a_halted_child_and_says_so() {
    let site = Site::new(4);
    site.fail("srv002", 1);
    let manager = site.start().await;
    let request = site.request().waves([Wave::count(3)]).stop_at(StopAt::Count { count: 2 });
    let id = submit(&manager, &request).await;
    tokio::time::timeout(Duration::from_secs(100), manager.wait_or_halt(id)).await.unwrap_err();
    let status = manager.status(id).await.unwrap();
    assert!(
        status.to_string().contains("wave 1: some machines are halted and wait for a person"),
        "{status}"
    );
    let rows = site.children(id).await;
    let halted = rows.iter().find(|row| row.sub_state == Some(SubState::Halted)).unwrap();
    manager.abort(halted.id, "it goes back to the vendor", &ops()).await.unwrap();
    assert_eq!(manager.wait_or_halt(id).await.unwrap().state, RunState::Completed);
    assert_eq!(site.begun().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn halted_machines_of_a_batch_at_work_are_tried_again_with_the_failed() {
    let site = Site::new(5);
    site.fail("srv001", 1);
    site.fail("srv002", 1);
    let manager = site.start().await;
    let request = site.request().stop_at(StopAt::Count { count: 3 });
    let id = submit(&manager, &request).await;
    tokio::time::timeout(WORK * 4, manager.wait_or_halt(id)).await.unwrap_err();
    assert_eq!(retry_failed(&manager, id, "the cables are in", &ops()).await.unwrap(), id);
    let status = manager.wait_or_halt(id).await.unwrap();
    assert_eq!(status.state, RunState::Completed, "{status}");
    let mut again = site.begun()[5..].to_vec();
    again.sort();
    assert_eq!(again, ["srv001", "srv002"]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_at_work_without_a_failure_has_nothing_to_try_again() {
    let site = Site::new(2);
    let manager = site.start().await;
    let id = submit(&manager, &site.request()).await;
    tokio::time::timeout(WORK / 2, manager.wait_or_halt(id)).await.unwrap_err();
    let error = retry_failed(&manager, id, "", &ops()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.message().contains("no machine of it is halted"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_skip_goes_on_with_the_next_wave() {
    let site = Site::new(3);
    site.fail("srv000", 1);
    let manager = site.start().await;
    let request = site.request().waves([Wave::count(1)]).on_failure(OnFailure::Undo);
    let status = run(&manager, &request).await;
    manager.skip(status.id, "srv000 is known to be broken", &ops()).await.unwrap();
    let status = manager.wait_or_halt(status.id).await.unwrap();
    assert_eq!(status.state, RunState::Completed, "{status}");
    assert_eq!(site.begun(), ["srv000", "srv001", "srv002"]);
}

#[tokio::test(start_paused = true)]
async fn what_runs_is_cancelled_if_the_request_says_so_and_a_retry_runs_it_again() {
    let site = Site::new(3);
    site.fail("srv000", 1);
    let manager = site.start().await;
    site.work.lock().unwrap().slow.insert("srv001".to_owned());
    let mut request =
        site.request().concurrency(2).stop_at(StopAt::Count { count: 1 }).on_failure(OnFailure::Undo);
    request.when_stopped = WhenStopped::Cancel;
    let id = submit(&manager, &request).await;
    let status = manager.wait_or_halt(id).await.unwrap();
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    let mut ended: Vec<_> = site.children(id).await.iter().map(|row| row.state.to_string()).collect();
    ended.sort();
    assert_eq!(ended, ["cancelled", "failed"]);
    manager.retry(id, "again", &ops()).await.unwrap();
    let status = manager.wait_or_halt(id).await.unwrap();
    assert_eq!(status.state, RunState::Completed, "{status}");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_halts_again_and_again_does_not_wear_the_batch_out() {
    let site = Site::new(2);
    site.fail("srv000", 501);
    // So long that the batch looks while it is at work.
    site.work.lock().unwrap().slow.insert("srv000".to_owned());
    let manager = site.start().await;
    let id = submit(&manager, &site.request().stop_at(StopAt::Count { count: 2 })).await;
    for _ in 0..501 {
        let rests = tokio::time::timeout(WORK * 15, manager.wait_or_halt(id)).await;
        assert!(rests.is_err(), "{}", rests.unwrap().unwrap());
        let children = site.children(id).await;
        let halted = children.iter().find(|row| row.sub_state == Some(SubState::Halted)).unwrap();
        manager.retry(halted.id, "once more", &ops()).await.unwrap();
    }
    let status = manager.wait_or_halt(id).await.unwrap();
    assert_eq!(status.state, RunState::Completed, "{status}");
}
