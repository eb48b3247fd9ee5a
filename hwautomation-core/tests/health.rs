//! A step that looks after the hardware's health, and what only the fake's log does.

use hwautomation_core::actor::Actor;
use hwautomation_core::device::Capability;
use hwautomation_core::engine::{Submission, WorkflowManager};
use hwautomation_core::error::{ErrorKind, Result};
use hwautomation_core::id::MachineId;
use hwautomation_core::plugin::{
    EventChange, EventPosition, Health, HealthReader, LogEvent, PowerController, SensorKind,
};
use hwautomation_core::record::{Resume, RunState};
use hwautomation_core::testing::fake::FakeRack;
use hwautomation_core::workflow::{StepOutcome, Workflow, step_fn};
use std::sync::Arc;

fn event() -> LogEvent {
    LogEvent {
        position: EventPosition("none".to_owned()),
        at: None,
        source: "PSU1".to_owned(),
        sensor: Some("4".to_owned()),
        kind: SensorKind::PowerSupply,
        severity: Health::Critical,
        change: EventChange::Asserted,
        text: "failure detected".to_owned(),
        raw: vec![1, 2, 3],
    }
}

/// Reads all, and clears the log that it has read.
fn checkup() -> Workflow {
    let look = step_fn("look", Resume::Rerun, |ctx| async move {
        let sensors = ctx.health()?.sensors().await?;
        ctx.record("worst", sensors.iter().map(|sensor| sensor.health).max()).await?;
        let page = ctx.health()?.events(None, 10).await?;
        if let Some(last) = page.entries.last() {
            ctx.once("clear", ctx.health()?.clear_events(last.position.clone())).await?;
        }
        StepOutcome::finished()
    });
    Workflow::new("checkup").step(look.needs([Capability::Health]))
}

#[tokio::test]
async fn a_step_reads_the_sensors_and_clears_the_log_that_it_has_read() -> Result<()> {
    let rack = FakeRack::new(["srv001"]);
    let id = MachineId::from_static("srv001");
    rack.change(&id, |truth| truth.log_event(event()));
    let manager = WorkflowManager::builder()
        .machines(rack.directory())
        .health("fake", rack.clone())
        .workflow(checkup())
        .start()
        .await?;
    let run =
        manager.submit(Submission::new("checkup").machine("srv001"), &Actor::person("operator")).await?;
    let end = manager.wait(run).await?;
    assert_eq!(end.state, RunState::Completed, "{end}");
    assert!(rack.truth(&id).events.is_empty());
    let log: Vec<_> = rack.log().into_iter().map(|logged| (logged.source, logged.what)).collect();
    assert_eq!(log, [(Capability::Health, "clear the event log".to_owned())]);
    Ok(())
}

#[tokio::test]
async fn a_step_that_needs_health_is_refused_without_its_driver() -> Result<()> {
    let rack = FakeRack::new(["srv001"]);
    let power: Arc<dyn PowerController> = rack.clone();
    let manager = WorkflowManager::builder()
        .machines(rack.directory())
        .power("fake", power)
        .workflow(checkup())
        .start()
        .await?;
    let submission = Submission::new("checkup").machine("srv001");
    let refused = manager.submit(submission, &Actor::person("operator")).await;
    assert_eq!(refused.map_err(|error| error.kind()).err(), Some(ErrorKind::NotFound));
    Ok(())
}

#[tokio::test]
async fn a_full_log_says_that_it_lost_entries_until_it_is_cleared() -> Result<()> {
    let rack = FakeRack::new(["srv001"]);
    let id = MachineId::from_static("srv001");
    let machine = rack.machine(&id);
    rack.change(&id, |truth| (0..512).for_each(|_| truth.log_event(event())));
    let log = rack.events(&machine, None, 1).await?.log;
    assert_eq!((log.entries, log.entries_free, log.overflowed), (Some(512), Some(0), Some(false)));
    rack.change(&id, |truth| truth.log_event(event()));
    let page = rack.events(&machine, None, usize::MAX).await?;
    assert_eq!((page.entries.len(), page.log.overflowed), (512, Some(true)));
    rack.clear_events(&machine, &page.entries[511].position).await?;
    let log = rack.events(&machine, None, 1).await?.log;
    assert_eq!((log.entries, log.entries_free, log.overflowed), (Some(0), Some(512), Some(false)));
    Ok(())
}
