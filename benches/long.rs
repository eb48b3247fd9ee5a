//! Whether a long workflow makes each of its steps dearer.

use crate::lab::{Bell, Kind, Lab, Outcome, runtime};
use hwautomation_core::record::Resume;
use hwautomation_core::workflow::{StepOutcome, Workflow, step_fn};
use std::time::{Duration, Instant};

/// Few, so that what is measured is the length.
const IN_FLIGHT: usize = 8;

/// Runs workflows of so many steps, so many steps in all, and returns the time of one step.
pub fn run(kind: Kind, length: usize, steps: usize) -> Outcome<Duration> {
    let workflows = steps / length;
    runtime()?.block_on(async {
        let last_steps = Bell::default();
        let lab = Lab::start(kind, IN_FLIGHT, workflow(length, &last_steps)).await?;
        lab.manager.pause();
        lab.submit("long", workflows).await?;
        let began = Instant::now();
        lab.manager.resume();
        last_steps.until(workflows).await?;
        lab.all_ended().await?;
        let took = began.elapsed();
        lab.manager.shutdown().await;
        Ok(took / u32::try_from(workflows * length)?)
    })
}

fn workflow(length: usize, last_steps: &Bell) -> Workflow {
    (0..length).fold(Workflow::new("long"), |workflow, number| {
        // A step's name lives as long as the program, which a benchmark may take literally.
        let name: &'static str = format!("step-{number}").leak();
        let bell = (number + 1 == length).then(|| last_steps.clone());
        workflow.step(step_fn(name, Resume::Rerun, move |_| {
            bell.iter().for_each(Bell::ring);
            async { StepOutcome::finished() }
        }))
    })
}
