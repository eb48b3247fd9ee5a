//! Forgetting what ended: nothing that is needed goes, and followers go on.

use crate::lab::{Lab, ops};
use futures_util::StreamExt;
use hwautomation_core::engine::Submission;
use hwautomation_core::error::ErrorKind;
use hwautomation_core::id::SignalName;
use hwautomation_core::machine::MachineChange;
use hwautomation_core::record::{Event, Resume, RunState};
use hwautomation_core::store::{Pruned, Retention, WorkflowFilter};
use hwautomation_core::workflow::{StepOutcome, Workflow, step_fn};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn what_ended_is_forgotten_and_a_follower_that_was_behind_gets_what_remains_in_order() {
    let lab = Lab::new();
    let find = step_fn("find", Resume::Rerun, |ctx| async move {
        ctx.machine_changed(MachineChange::HostAddress { address: Some([10, 0, 0, 7].into()) }).await?;
        StepOutcome::finished()
    });
    let wait = step_fn("wait", Resume::Rerun, |ctx| async move {
        match ctx.signal::<bool>(&SignalName::from_static("go")).await? {
            Some(_) => StepOutcome::finished(),
            None => StepOutcome::wait("a signal", Duration::from_secs(60), Duration::from_secs(3600)),
        }
    });
    let builder = lab.builder().workflow(Workflow::new("find").step(find));
    let manager = builder.workflow(Workflow::new("wait").step(wait)).start().await.unwrap();
    let found = manager.submit(Submission::new("find").machine("srv001"), &ops()).await.unwrap();
    manager.wait(found).await.unwrap();
    let waiting = manager.submit(Submission::new("wait").machine("srv002"), &ops()).await.unwrap();
    let again = manager.submit(Submission::new("find").machine("srv001"), &ops()).await.unwrap();
    manager.wait(again).await.unwrap();
    let before: Vec<Event> = lab.store_log().await;
    let behind = manager.subscribe_all(1);

    let all = Retention { keep_newest: Some(0), ..Retention::default() };
    let pruned = manager.prune(&all).await.unwrap();
    assert_eq!((pruned.workflows, pruned.blobs), (2, 0));
    assert_eq!(manager.prune(&all).await.unwrap(), Pruned::default());
    assert_eq!(manager.status(found).await.unwrap_err().kind(), ErrorKind::NotFound);
    let rows = manager.list(&WorkflowFilter::default(), None, 10).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [waiting]);
    assert_eq!(manager.machine("srv001").await.unwrap().addresses.host, Some([10, 0, 0, 7].into()));

    let goes_on = |event: &&Event| event.workflow == waiting || event.kind.name() == "machine_changed";
    let expected: Vec<Event> = before.iter().filter(goes_on).cloned().collect();
    assert_eq!(expected.len() + pruned.events, before.len());
    let read: Vec<Event> = behind.take(expected.len()).map(Result::unwrap).collect().await;
    assert_eq!(read, expected);
    manager.signal(waiting, SignalName::from_static("go"), true, "once", &ops()).await.unwrap();
    assert_eq!(manager.wait(waiting).await.unwrap().state, RunState::Completed);
    let newest = lab.store_log().await.last().map(|event| event.position);
    assert!(newest > before.last().map(|event| event.position));
    drop(manager);

    // A manager that begins anew folds the same directory.
    let manager = lab.builder().start().await.unwrap();
    assert_eq!(manager.machine("srv001").await.unwrap().addresses.host, Some([10, 0, 0, 7].into()));
}
