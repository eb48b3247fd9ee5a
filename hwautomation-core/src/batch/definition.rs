//! The definition of the workflow.

use super::check::{CheckMachines, check_request};
use super::order::WAVES_MAX;
use super::report::Report;
use super::turn::Turns;
use super::wave::RunWave;
use crate::record::OnFailure;
use crate::workflow::Workflow;
use std::sync::Arc;
use std::time::Duration;

/// Makes the workflow that runs another one on many machines.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    options: Arc<BatchOptions>,
}

/// Holds what a site decides about batches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchOptions {
    /// How often a batch looks at its children without being told that one ended, and how often it tries a machine
    /// again that another workflow holds. Default 30 s.
    pub poll: Duration,
}

impl Default for BatchOptions {
    fn default() -> Self {
        Self { poll: Duration::from_secs(30) }
    }
}

impl Batch {
    /// The name of the workflow.
    pub const WORKFLOW: &'static str = "batch";

    /// Replaces what the site decides.
    #[must_use]
    pub fn options(mut self, options: BatchOptions) -> Self {
        self.options = Arc::new(options);
        self
    }

    /// Returns the workflow `batch`, whose requests are [`BatchRequest`](super::BatchRequest)s. Submit it without a
    /// machine, to a manager that has the workflow of its children too.
    #[must_use]
    pub fn workflow(&self) -> Workflow {
        let turns = Arc::new(Turns::default());
        let wave = |number| RunWave { number, options: Arc::clone(&self.options), turns: Arc::clone(&turns) };
        let begin = Workflow::new(Self::WORKFLOW)
            .on_failure(OnFailure::Keep)
            .check(check_request)
            .step(CheckMachines);
        (1..=WAVES_MAX).fold(begin, |workflow, number| workflow.step(wave(number))).step(Report)
    }
}
