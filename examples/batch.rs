//! Turns twenty fake machines on, in waves, and says how it goes. Run it: cargo run --release --example batch

use hwautomation_core::actor::Actor;
use hwautomation_core::batch::{Batch, BatchReport, BatchRequest, StopAt, Wave, batch_status};
use hwautomation_core::engine::WorkflowManager;
use hwautomation_core::error::{Error, Result};
use hwautomation_core::plugin::{PowerAction, PowerState};
use hwautomation_core::record::{OnFailure, Resume};
use hwautomation_core::testing::fake::FakeRack;
use hwautomation_core::workflow::{StepOutcome, Workflow, step_fn};
use std::time::Duration;

/// What each machine gets. One of them has a bad day.
fn turn_on() -> Workflow {
    let step = step_fn("turn-on", Resume::Rerun, |ctx| async move {
        if ctx.power()?.state().await? == PowerState::On {
            return StepOutcome::finished();
        }
        if ctx.machine()?.id.as_str() == "srv013" {
            return Err(Error::invalid("the power cable is not plugged in"));
        }
        ctx.once("on", ctx.power()?.request(PowerAction::On)).await?;
        StepOutcome::wait("power to come on", Duration::from_millis(150), Duration::from_secs(60))
    });
    Workflow::new("turn-on").step(step)
}

#[tokio::main]
async fn main() -> Result<()> {
    let names: Vec<String> = (1..=20).map(|number| format!("srv{number:03}")).collect();
    let rack = FakeRack::new(names.iter().map(String::as_str));
    let manager = WorkflowManager::builder()
        .machines(rack.directory())
        .plugins(rack.plugins())
        .workflow(Batch::default().workflow())
        .workflow(turn_on())
        .start()
        .await?;
    // First one, then a fifth, then the rest; no more than four at once; a quarter of failures stops it.
    let request = BatchRequest::new("turn-on", names)
        .waves([Wave::count(1), Wave::percent(20)])
        .concurrency(4)
        .stop_at(StopAt::Percent { percent: 25, least: 4 })
        .on_failure(OnFailure::Undo);
    let id = manager.submit(request.submission()?, &Actor::person("operator")).await?;
    let mut last = String::new();
    loop {
        let ended = tokio::time::timeout(Duration::from_millis(50), manager.wait_or_halt(id)).await.is_ok();
        let status = batch_status(&manager, id).await?;
        let wave = status.wave.map_or_else(String::new, |wave| format!("wave {wave} of {}: ", status.waves));
        let line = format!("{wave}{}", status.counts);
        if line != last {
            println!("{line}");
        }
        if ended {
            print!("{status}");
            break;
        }
        last = line;
    }
    let report: BatchReport = manager.output(id).await?;
    println!("{} of {} completed; {} failed", report.completed, report.machines, report.failed);
    Ok(())
}
