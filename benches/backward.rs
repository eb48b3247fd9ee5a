//! The way back: many cancels at once, and a late step that fails.

use crate::lab::{Bell, Kind, Lab, Outcome, runtime};
use hwautomation_core::actor::Actor;
use hwautomation_core::error::Error;
use hwautomation_core::record::{OnFailure, Resume, RunState};
use hwautomation_core::store::WorkflowFilter;
use hwautomation_core::workflow::{StepOutcome, UndoOutcome, Workflow, step_fn};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const IN_FLIGHT: usize = 256;
const HOUR: Duration = Duration::from_secs(3600);
const NAMES: [&str; 6] = ["one", "two", "three", "four", "five", "six"];

/// Cancels so many waiting workflows at once and returns how long it took until each had ended.
pub fn cancel(kind: Kind, count: usize) -> Outcome<Duration> {
    runtime()?.block_on(async {
        let waiting = Bell::default();
        let bell = waiting.clone();
        let step = step_fn("wait", Resume::Rerun, move |_| {
            bell.ring();
            async { StepOutcome::wait("nothing", HOUR, 24 * HOUR) }
        });
        let lab = Lab::start(kind, IN_FLIGHT, Workflow::new("wait").step(step)).await?;
        let ids = lab.submit("wait", count).await?;
        waiting.until(count).await?;
        let began = Instant::now();
        let mut cancels = JoinSet::new();
        for id in ids {
            let manager = Arc::clone(&lab.manager);
            cancels.spawn(async move { manager.cancel(id, "enough", &Actor::service("bench")).await });
        }
        while let Some(cancelled) = cancels.join_next().await {
            cancelled??;
        }
        lab.all_ended().await?;
        let took = began.elapsed();
        assert_eq!(ended(&lab, RunState::Cancelled, count).await?, count, "every workflow is cancelled");
        Ok(took)
    })
}

/// Runs so many workflows whose sixth step fails and takes all six back, and returns how long that took.
pub fn undo(kind: Kind, count: usize) -> Outcome<Duration> {
    runtime()?.block_on(async {
        let undone = Bell::default();
        let lab = Lab::start(kind, IN_FLIGHT, failing(&undone)).await?;
        lab.manager.pause();
        lab.submit("fail", count).await?;
        let began = Instant::now();
        lab.manager.resume();
        undone.until(count * NAMES.len()).await?;
        lab.all_ended().await?;
        let took = began.elapsed();
        assert_eq!(ended(&lab, RunState::Failed, count).await?, count, "every workflow fails");
        Ok(took)
    })
}

fn failing(undone: &Bell) -> Workflow {
    let workflow = Workflow::new("fail").on_failure(OnFailure::Undo);
    NAMES.into_iter().fold(workflow, |workflow, name| {
        let bell = undone.clone();
        let step = step_fn(name, Resume::Rerun, move |_| async move {
            if name == NAMES[5] {
                Err(Error::invalid("the sixth step fails"))
            } else {
                StepOutcome::finished()
            }
        });
        workflow.step(step.undo(move |_, _| {
            bell.ring();
            async { Ok(UndoOutcome::Undone) }
        }))
    })
}

async fn ended(lab: &Lab, state: RunState, count: usize) -> Outcome<usize> {
    let filter = WorkflowFilter { states: vec![state], ..WorkflowFilter::default() };
    Ok(lab.manager.list(&filter, None, count + 1).await?.len())
}
