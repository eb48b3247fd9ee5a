//! A batch that cannot be meant is refused, with everything that is wrong.

use crate::site::{Site, ops, run};
use hwautomation_core::batch::{BatchRequest, StopAt};
use hwautomation_core::engine::Submission;
use hwautomation_core::error::ErrorKind;
use hwautomation_core::record::SubState;

#[tokio::test(start_paused = true)]
async fn every_fault_is_told_at_submission() {
    let site = Site::new(2);
    let manager = site.start().await;
    let request = site.request().concurrency(0).stop_at(StopAt::Count { count: 0 });
    let submission = request.submission().unwrap().machine("srv000");
    let error = manager.submit(submission, &ops()).await.unwrap_err();
    for part in ["concurrency is 0", "stop_at.count is 0", "would hold it"] {
        assert!(error.message().contains(part), "{error}");
    }
    let empty = Submission::new("batch").request(serde_json::json!({"workflow": "work"})).unwrap();
    let error = manager.submit(empty, &ops()).await.unwrap_err();
    assert!(error.message().contains("machines"), "{error}");
    assert!(manager.list(&Default::default(), None, 10).await.unwrap().is_empty(), "nothing was recorded");
}

#[tokio::test(start_paused = true)]
async fn nothing_begins_if_one_child_would_be_refused() {
    let site = Site::new(2);
    let manager = site.start().await;
    let request = BatchRequest::new("work", ["srv000", "nowhere", "srv001", "nobody"]);
    let status = run(&manager, &request).await;
    assert_eq!(status.sub_state, Some(SubState::Halted));
    let text = status.to_string();
    assert!(text.contains("nowhere") && text.contains("nobody"), "{text}");
    assert!(site.begun().is_empty());
    let plan = manager.plan(&request.submission().unwrap()).await.unwrap();
    assert_eq!(plan.steps[0].error.as_ref().map(|error| error.contains("nowhere")), Some(true));
}

#[tokio::test(start_paused = true)]
async fn a_plan_says_which_machines_come_in_which_wave() {
    let site = Site::new(3);
    let manager = site.start().await;
    let request = site.request().waves([hwautomation_core::batch::Wave::count(1)]);
    let plan = manager.plan(&request.submission().unwrap()).await.unwrap().to_string();
    assert!(plan.contains("work on srv000\n") && plan.contains("work on srv001, srv002\n"), "{plan}");
    assert!(site.begun().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_another_kind_of_workflow_is_refused_before_it_begins() {
    let site = Site::new(1);
    let manager = site.start().await;
    let status = run(&manager, &BatchRequest::new("wrok", ["srv000"])).await;
    assert_eq!(status.sub_state, Some(SubState::Halted));
    assert_eq!(
        manager.submit(Submission::new("batch"), &ops()).await.unwrap_err().kind(),
        ErrorKind::Invalid
    );
}

#[test]
fn a_stored_request_reads_back_and_its_defaults_are_as_documented() {
    let stored = serde_json::json!({
        "workflow": "work", "request": {"a": 1},
        "machines": ["srv000", {"name": "srv001", "request": {"a": 2}}],
        "concurrency": 3, "waves": [{"count": 1, "soak_s": 60}, {"percent": 10}, {"machines": ["srv001"]}, {}],
        "stop_at": {"percent": 20, "least": 5}, "when_stopped": "cancel", "held_limit_s": 60,
        "on_failure": "undo", "attempts": 2,
    });
    let request: BatchRequest = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(serde_json::to_value(&request).unwrap(), stored);
    let least: BatchRequest =
        serde_json::from_value(serde_json::json!({"workflow": "work", "machines": ["srv000"]})).unwrap();
    assert_eq!(least, BatchRequest::new("work", ["srv000"]));
    assert_eq!(
        (least.concurrency, least.stop_at, least.held_limit_s),
        (10, StopAt::Count { count: 1 }, 3600)
    );
}

#[test]
fn stored_reports_keep_their_form() {
    let stored = serde_json::json!({
        "machines": 9, "completed": 1, "failed": 2, "cancelled": 1, "open": 1, "not_started": 4,
        "failed_machines": [{"machine": "srv000", "error": "told to fail"}],
    });
    let report: hwautomation_core::batch::BatchReport = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(serde_json::to_value(&report).unwrap(), stored);
    let stored = serde_json::json!({
        "wave": 1, "machines": 9, "completed": 1, "failed": 2, "cancelled": 1, "halted": 1, "not_started": 4,
        "failed_machines": [],
    });
    let report: hwautomation_core::batch::WaveReport = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(serde_json::to_value(&report).unwrap(), stored);
}
