//! What happened: as JSON for programs, and as text for people.

use hwautomation_core::engine::WorkflowManager;
use hwautomation_core::error::{Error, ErrorRecord, Result};
use hwautomation_core::id::WorkflowId;
use hwautomation_core::record::{Event, RunState, SubState, WaitingFor, WorkflowStatus};
use hwautomation_core::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::fs::File;
use std::io::Write;
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
    /// Such as `halted`: a person must decide.
    pub sub_state: Option<SubState>,
    pub headline: String,
    pub waiting: Option<WaitingFor>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub request: Value,
    pub steps: Vec<Step>,
    pub errors: Vec<ErrorRecord>,
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
        let errors = status.steps.iter().flat_map(|step| step.errors.clone()).collect();
        Ok(Self {
            id,
            machine: status.machine.as_ref().map(ToString::to_string),
            state: status.state,
            sub_state: status.sub_state,
            headline: status.headline.clone(),
            waiting: status.waiting.clone(),
            started_at: status.started_at,
            ended_at: status.ended_at,
            request: manager.state(id).await?.spec.request,
            steps: steps.collect(),
            errors,
            events: manager.events(id, 0, EVENTS_MAX).await?,
            status,
        })
    }

    /// Tells whether the server is ready.
    pub fn is_good(&self) -> bool {
        self.state == RunState::Completed
    }

    /// Tells whether a person must decide.
    pub fn is_halted(&self) -> bool {
        self.sub_state == Some(SubState::Halted)
    }

    /// Prints everything that happened.
    pub fn print_trail(&self) {
        println!("\n{}: audit trail of {}", self.machine(), self.id);
        for event in &self.events {
            let line = event.to_string();
            let cut = line.char_indices().nth(LINE_CHARS_MAX).map_or(line.len(), |(at, _)| at);
            println!("  {}{}", &line[..cut], if cut < line.len() { "…" } else { "" });
        }
    }

    /// Prints where it stands and what a person can do.
    pub fn print(&self) {
        print!("\n{}", self.status);
        for advice in self.advice() {
            println!("  → {advice}");
        }
    }

    fn machine(&self) -> &str {
        self.machine.as_deref().unwrap_or("no machine")
    }

    /// Says in a few words how it ended.
    pub fn verdict(&self) -> String {
        let seconds = self.started_at.zip(self.ended_at).map(|(from, to)| to.since(from).as_secs());
        let how = match (self.state, self.sub_state) {
            (RunState::Completed, _) => "ready".to_owned(),
            (_, Some(SubState::Halted)) => "halted, a person must decide".to_owned(),
            (state, _) => state.to_string(),
        };
        let time = seconds.map(|seconds| format!(" after {seconds} s")).unwrap_or_default();
        format!("{}: {how}{time}", self.machine())
    }

    /// Lists what a person can do about a run that is not ready.
    fn advice(&self) -> Vec<String> {
        if self.is_good() {
            return Vec::new();
        }
        let remedies = self.errors.iter().filter_map(|error| error.remedy.clone());
        let mut advice: Vec<String> = remedies.collect();
        advice.dedup();
        advice
    }
}

/// Opens the file for the report, so that one that cannot be written is told before anything starts.
pub fn open(path: &Path) -> Result<File> {
    File::create(path).map_err(|cause| unwritten(path, cause))
}

/// Writes every report into one file.
pub fn write(path: &Path, mut file: File, reports: &[Report]) -> Result<()> {
    serde_json::to_writer_pretty(&mut file, reports).map_err(|cause| unwritten(path, cause.into()))?;
    writeln!(file).map_err(|cause| unwritten(path, cause))
}

fn unwritten(path: &Path, cause: std::io::Error) -> Error {
    Error::invalid(format!("writing the report to {}", path.display()))
        .with_remedy("name a file in a folder that can be written")
        .with_source(cause)
}
