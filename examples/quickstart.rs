//! Turns a machine of a fake rack on, once. Run it: cargo run --release --example quickstart

use hwautomation_core::actor::Actor;
use hwautomation_core::engine::{Submission, WorkflowManager};
use hwautomation_core::plugin::{PowerAction, PowerState};
use hwautomation_core::record::Resume;
use hwautomation_core::testing::fake::FakeRack;
use hwautomation_core::workflow::{StepOutcome, Workflow, step_fn};
use std::time::Duration;

#[tokio::main]
async fn main() -> hwautomation_core::error::Result<()> {
    let turn_on = step_fn("turn-on", Resume::Rerun, |ctx| async move {
        if ctx.power()?.state().await? == PowerState::On {
            return StepOutcome::finished();
        }
        ctx.report_sub_task("turning on");
        ctx.once("on", ctx.power()?.request(PowerAction::On)).await?;
        StepOutcome::wait("power to come on", Duration::from_millis(100), Duration::from_secs(60))
    });
    let rack = FakeRack::new(["srv001"]);
    let manager = WorkflowManager::builder()
        .machines(rack.directory())
        .power("fake", rack)
        .workflow(Workflow::new("power-on").step(turn_on))
        .start()
        .await?;
    let id =
        manager.submit(Submission::new("power-on").machine("srv001"), &Actor::person("operator")).await?;
    println!("{}", manager.wait(id).await?);
    for event in manager.events(id, 1, 100).await? {
        println!("{event}");
    }
    Ok(())
}
