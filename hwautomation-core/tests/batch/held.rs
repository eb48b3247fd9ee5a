//! Machines that other workflows hold are waited for.

use crate::site::{Site, ops, run, submit};
use hwautomation_core::batch::{Wave, batch_status};
use hwautomation_core::engine::Submission;
use hwautomation_core::record::{Resume, RunState, SubState};
use hwautomation_core::workflow::{StepOutcome, Workflow, step_fn};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

fn hold() -> Workflow {
    let step = step_fn("hold", Resume::Rerun, |_| async { StepOutcome::wait("the owner", HOUR, HOUR * 24) });
    Workflow::new("hold").step(step)
}

#[tokio::test(start_paused = true)]
async fn a_held_machine_is_waited_for_and_the_others_go_on() {
    let site = Site::new(4);
    let manager = site.builder().workflow(hold()).start().await.unwrap();
    let holder = manager.submit(Submission::new("hold").machine("srv000"), &ops()).await.unwrap();
    let id = submit(&manager, &site.request().concurrency(2)).await;
    tokio::time::timeout(Duration::from_secs(600), manager.wait_or_halt(id)).await.unwrap_err();
    assert_eq!(site.begun(), ["srv001", "srv002", "srv003"]);
    let status = batch_status(&manager, id).await.unwrap();
    assert_eq!(status.waiting.as_ref().unwrap().what, "the machines of wave 1");
    assert!(status.to_string().contains("other workflows hold srv000"), "{status}");
    manager.cancel(holder, "done", &ops()).await.unwrap();
    assert_eq!(manager.wait_or_halt(id).await.unwrap().state, RunState::Completed);
    assert_eq!(site.begun()[3], "srv000");
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_stays_held_halts_the_batch_within_its_limit() {
    let site = Site::new(2);
    let manager = site.builder().workflow(hold()).start().await.unwrap();
    let holder = manager.submit(Submission::new("hold").machine("srv000"), &ops()).await.unwrap();
    let mut request = site.request().waves([Wave::count(1)]);
    request.held_limit_s = 300;
    let began = tokio::time::Instant::now();
    let status = run(&manager, &request).await;
    assert_eq!(status.sub_state, Some(SubState::Halted), "{status}");
    let took = began.elapsed().as_secs();
    assert!((300..400).contains(&took), "{took} s");
    assert!(status.to_string().contains(&holder.to_string()), "it says who holds it: {status}");
    assert!(site.begun().is_empty());
    manager.cancel(holder, "done", &ops()).await.unwrap();
    manager.retry(status.id, "it is free now", &ops()).await.unwrap();
    assert_eq!(manager.wait_or_halt(status.id).await.unwrap().state, RunState::Completed);
    assert_eq!(site.begun(), ["srv000", "srv001"]);
}
