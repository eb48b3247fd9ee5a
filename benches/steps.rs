//! Steps that do nothing: all that is left is the engine and its store.

use crate::lab::{Kind, Lab, Outcome, runtime};
use hwautomation_core::engine::WorkflowManager;
use hwautomation_core::record::{Resume, RunState};
use hwautomation_core::store::WorkflowFilter;
use hwautomation_core::workflow::{StepOutcome, Workflow, step_fn};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

pub const STEPS: usize = 7;
const NAMES: [&str; STEPS] = ["one", "two", "three", "four", "five", "six", "seven"];
/// Longer than the slowest disk needs.
const LIMIT: Duration = Duration::from_secs(600);

/// Runs so many workflows, so many at once, and returns how long that took. They were submitted before.
pub fn run(kind: Kind, in_flight: usize, workflows: usize) -> Outcome<Duration> {
    runtime()?.block_on(async {
        let ended = Arc::new(watch::Sender::new(0));
        let lab = Lab::start(kind, in_flight, workflow(&ended)).await?;
        lab.manager.pause();
        lab.submit("nothing", workflows).await?;
        let began = Instant::now();
        lab.manager.resume();
        tokio::time::timeout(LIMIT, all_ended(&lab.manager, &ended, workflows)).await??;
        let took = began.elapsed();
        let completed = WorkflowFilter { states: vec![RunState::Completed], ..WorkflowFilter::default() };
        let completed = lab.manager.list(&completed, None, workflows + 1).await?.len();
        assert_eq!(completed, workflows, "every workflow completes");
        lab.manager.shutdown().await;
        Ok(took)
    })
}

fn workflow(last_steps: &Arc<watch::Sender<usize>>) -> Workflow {
    NAMES.into_iter().fold(Workflow::new("nothing"), |workflow, name| {
        let counter = (name == NAMES[STEPS - 1]).then(|| Arc::clone(last_steps));
        workflow.step(step_fn(name, Resume::Rerun, move |_| {
            counter.iter().for_each(|counter| counter.send_modify(|count| *count += 1));
            async { StepOutcome::finished() }
        }))
    })
}

/// Waits until the last step of each has run, and then, looking often, until their ends are stored.
async fn all_ended(
    manager: &WorkflowManager,
    last_steps: &watch::Sender<usize>,
    workflows: usize,
) -> Outcome {
    last_steps.subscribe().wait_for(|count| *count >= workflows).await?;
    while !manager.list(&WorkflowFilter::open(), None, 1).await?.is_empty() {
        tokio::task::yield_now().await;
    }
    Ok(())
}
