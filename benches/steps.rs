//! Steps that do nothing, or nothing but wait for a while: all that is left is the engine and its store.

use crate::lab::{Bell, Kind, Lab, Outcome, runtime};
use hwautomation_core::record::{Resume, RunState};
use hwautomation_core::store::WorkflowFilter;
use hwautomation_core::workflow::{StepOutcome, Workflow, step_fn};
use std::time::{Duration, Instant};

pub const STEPS: usize = 7;
/// What the history holds of such a workflow: submitted, started, the start and the end of each step, ended.
#[allow(dead_code, reason = "the table of peers counts workflows")]
pub const EVENTS: usize = 2 * STEPS + 3;
const NAMES: [&str; STEPS] = ["one", "two", "three", "four", "five", "six", "seven"];

/// Says when the clock starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// With the first submission.
    #[allow(dead_code, reason = "the table of peers counts from there")]
    Submitting,
    /// When all are submitted and the first may run.
    #[allow(dead_code, reason = "the engine's own table counts from there")]
    Running,
}

/// A manager that runs workflows of seven such steps.
pub struct Seven {
    pub lab: Lab,
    last_steps: Bell,
}

impl Seven {
    pub async fn start(kind: Kind, in_flight: usize, body: Duration) -> Outcome<Self> {
        let last_steps = Bell::default();
        let lab = Lab::start(kind, in_flight, workflow(&last_steps, body)).await?;
        Ok(Self { lab, last_steps })
    }

    /// Runs so many and returns how long that took until the last end was stored.
    pub async fn run(&self, count: usize, begin: Begin) -> Outcome<Duration> {
        let before = self.last_steps.rung();
        let mut began = Instant::now();
        if begin == Begin::Submitting {
            self.lab.submit("seven", count).await?;
        } else {
            self.lab.manager.pause();
            self.lab.submit("seven", count).await?;
            began = Instant::now();
            self.lab.manager.resume();
        }
        self.last_steps.until(before + count).await?;
        self.lab.all_ended().await?;
        Ok(began.elapsed())
    }
}

/// Runs so many workflows, so many at once, and returns how long that took until the last end was stored.
pub fn run(kind: Kind, in_flight: usize, workflows: usize, begin: Begin) -> Outcome<Duration> {
    run_bodies(kind, in_flight, workflows, begin, Duration::ZERO)
}

/// The same with steps that take a while.
pub fn run_bodies(
    kind: Kind,
    in_flight: usize,
    workflows: usize,
    begin: Begin,
    body: Duration,
) -> Outcome<Duration> {
    runtime()?.block_on(async {
        let seven = Seven::start(kind, in_flight, body).await?;
        let took = seven.run(workflows, begin).await?;
        let completed = WorkflowFilter { states: vec![RunState::Completed], ..WorkflowFilter::default() };
        let completed = seven.lab.manager.list(&completed, None, workflows + 1).await?.len();
        assert_eq!(completed, workflows, "every workflow completes");
        seven.lab.manager.shutdown().await;
        Ok(took)
    })
}

fn workflow(last_steps: &Bell, body: Duration) -> Workflow {
    NAMES.into_iter().fold(Workflow::new("seven"), |workflow, name| {
        let bell = (name == NAMES[STEPS - 1]).then(|| last_steps.clone());
        workflow.step(step_fn(name, Resume::Rerun, move |_| {
            let bell = bell.clone();
            async move {
                if !body.is_zero() {
                    crate::lab::pause(body).await;
                }
                bell.iter().for_each(Bell::ring);
                StepOutcome::finished()
            }
        }))
    })
}
