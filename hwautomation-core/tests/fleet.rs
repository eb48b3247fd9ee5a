//! Many machines through a driver of one, and a step that asks a fleet.

use futures_util::{FutureExt, StreamExt};
use hwautomation_core::actor::Actor;
use hwautomation_core::device::Capability;
use hwautomation_core::engine::{Submission, WorkflowManager};
use hwautomation_core::error::Result;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{EachPower, FleetPower, PowerAction, PowerState};
use hwautomation_core::record::{Resume, RunState};
use hwautomation_core::testing::fake::{FakeRack, Fault, FaultAction};
use hwautomation_core::workflow::{StepOutcome, Workflow, step_fn};
use std::num::NonZeroUsize;
use std::sync::Arc;

const NAMES: [&str; 6] = ["srv001", "srv002", "srv003", "srv004", "srv005", "srv006"];

fn rack() -> (Arc<FakeRack>, Vec<Machine>, EachPower) {
    let rack = FakeRack::new(NAMES);
    let machines = NAMES.map(|name| rack.machine(&name.parse().expect("it is an id"))).to_vec();
    let fleet = EachPower::new(rack.clone(), NonZeroUsize::new(3).expect("it is above zero"));
    (rack, machines, fleet)
}

#[tokio::test]
async fn no_more_machines_are_asked_at_once_than_allowed() {
    let (rack, machines, fleet) = rack();
    rack.inject(Fault::always(Capability::Power, FaultAction::Hang));
    let mut answers = fleet.request_power_of(&machines, PowerAction::On);
    assert_eq!(rack.calls(), 0);
    for _ in 0..10 {
        assert!(answers.next().now_or_never().is_none());
    }
    assert_eq!(rack.hung(), 3);
    drop(answers);
    rack.clear_faults();
    assert_eq!(fleet.read_power_of(&machines).count().await, NAMES.len());
    assert!(rack.log().is_empty());
}

#[tokio::test]
async fn dead_machines_hold_up_the_others_only_when_they_take_every_place() {
    let (rack, machines, fleet) = rack();
    for dead in &machines[..2] {
        rack.inject(Fault::always(Capability::Power, FaultAction::Hang).only(dead.id.clone()));
    }
    let mut answers = fleet.read_power_of(&machines);
    for _ in 2..NAMES.len() {
        let answer = answers.next().now_or_never().flatten();
        assert!(answer.is_some_and(|answer| answer.index >= 2 && answer.result.is_ok()));
    }
    assert!(answers.next().now_or_never().is_none());
    rack.inject(Fault::always(Capability::Power, FaultAction::Hang).only(machines[2].id.clone()));
    let mut answers = fleet.read_power_of(&machines);
    assert!(answers.next().now_or_never().is_none());
}

#[tokio::test]
async fn a_step_asks_the_fleet_that_the_manager_was_given() -> Result<()> {
    let (rack, machines, fleet) = rack();
    rack.change(&machines[4].id, |truth| truth.on = true);
    let look = step_fn("look", Resume::Rerun, move |ctx| {
        let machines = machines.clone();
        async move {
            let fleet = ctx.plugin::<dyn FleetPower>("fleet")?;
            let answers: Vec<_> = fleet.read_power_of(&machines).collect().await;
            let on = answers.iter().filter(|answer| matches!(answer.result, Ok(PowerState::On)));
            ctx.record("on", on.map(|answer| machines[answer.index].id.clone()).collect::<Vec<_>>()).await?;
            StepOutcome::finished()
        }
    });
    let manager = WorkflowManager::builder()
        .fleet_power("fleet", Arc::new(fleet))
        .workflow(Workflow::new("census").step(look))
        .start()
        .await?;
    let id = manager.submit(Submission::new("census"), &Actor::person("operator")).await?;
    let end = manager.wait(id).await?;
    assert_eq!(end.state, RunState::Completed, "{end}");
    let events = manager.events(id, 1, 100).await?;
    assert!(events.iter().any(|event| event.to_string().contains("srv005")), "{events:?}");
    Ok(())
}
