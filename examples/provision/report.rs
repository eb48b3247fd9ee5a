//! What happened: as JSON for programs, and as text for people.

use hwautomation_core::engine::WorkflowManager;
use hwautomation_core::error::{Error, ErrorRecord, Result};
use hwautomation_core::id::WorkflowId;
use hwautomation_core::record::{Event, RunState, WorkflowStatus};
use serde::Serialize;
use std::path::Path;

/// No provisioning has more events.
const EVENTS_MAX: usize = 10_000;
/// What one line of the audit trail shows of an event.
const LINE_CHARS_MAX: usize = 180;

/// Tells of one run.
#[derive(Debug, Serialize)]
pub struct Report {
    pub id: WorkflowId,
    pub machine: Option<String>,
    pub state: RunState,
    pub headline: String,
    pub steps: Vec<Step>,
    pub events: Vec<Event>,
    #[serde(skip)]
    status: WorkflowStatus,
}

/// Tells of one step of a run.
#[derive(Debug, Serialize)]
pub struct Step {
    pub name: String,
    pub state: String,
    pub attempts: u32,
    pub seconds: Option<f64>,
    pub errors: Vec<ErrorRecord>,
}

impl Report {
    /// Reads what is recorded of a run.
    pub async fn of(manager: &WorkflowManager, id: WorkflowId) -> Result<Self> {
        let status = manager.status(id).await?;
        let steps = status.steps.iter().map(|step| Step {
            name: step.name.to_string(),
            state: step.state.clone(),
            attempts: step.attempts,
            seconds: step.started_at.zip(step.ended_at).map(|(from, to)| to.since(from).as_secs_f64()),
            errors: step.errors.clone(),
        });
        Ok(Self {
            id,
            machine: status.machine.as_ref().map(ToString::to_string),
            state: status.state,
            headline: status.headline.clone(),
            steps: steps.collect(),
            events: manager.events(id, 0, EVENTS_MAX).await?,
            status,
        })
    }

    /// Tells whether the server is ready.
    pub fn is_good(&self) -> bool {
        self.state == RunState::Completed
    }

    /// Prints where it stands, and then everything that led there.
    pub fn print(&self) {
        let machine = self.machine.as_deref().unwrap_or("no machine");
        println!("\n{machine}: audit trail of {}", self.id);
        for event in &self.events {
            let line = event.to_string();
            let cut = line.char_indices().nth(LINE_CHARS_MAX).map_or(line.len(), |(at, _)| at);
            println!("  {}{}", &line[..cut], if cut < line.len() { "…" } else { "" });
        }
        print!("{}", self.status);
        for advice in self.advice() {
            println!("  → {advice}");
        }
    }

    /// Lists what a person can do.
    fn advice(&self) -> Vec<String> {
        let errors = self.steps.iter().filter_map(|step| step.errors.last());
        errors.filter_map(|error| error.remedy.clone()).collect()
    }
}

/// Writes every report into one file.
pub fn write(path: &Path, reports: &[Report]) -> Result<()> {
    let json = serde_json::to_string_pretty(reports)
        .map_err(|cause| Error::internal("writing the report as JSON").with_source(cause))?;
    std::fs::write(path, json + "\n").map_err(|cause| {
        Error::invalid(format!("writing the report to {}", path.display()))
            .with_remedy("name a file in a folder that can be written")
            .with_source(cause)
    })
}
