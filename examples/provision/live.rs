//! Progress on a terminal: two lines for each server, repainted in place.

use hwautomation_core::engine::WorkflowManager;
use hwautomation_core::error::Result;
use hwautomation_core::id::WorkflowId;
use hwautomation_core::record::{RunState, StepStatus, SubState, WorkflowStatus};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::time::{Duration, SystemTime};

/// Often enough to look alive, seldom enough to cost nothing.
pub const REPAINT: Duration = Duration::from_millis(100);

/// Paints the runs.
pub struct Live {
    all: MultiProgress,
    rows: Vec<(WorkflowId, ProgressBar, ProgressBar)>,
}

impl Live {
    /// Makes room for these runs.
    pub fn new(ids: &[WorkflowId]) -> Self {
        let all = MultiProgress::new();
        let bar = ProgressStyle::with_template("{prefix:<8.bold} {bar:24.green/dim} {pos:>3} %  {msg}")
            .expect("the template is valid")
            .progress_chars("━━─");
        let below = ProgressStyle::with_template("         {msg}").expect("the template is valid");
        let row = |id: &WorkflowId| {
            let first = all.add(ProgressBar::new(100).with_style(bar.clone()));
            let second = all.add(ProgressBar::new(1).with_style(below.clone()));
            (*id, first, second)
        };
        Self { rows: ids.iter().map(row).collect(), all }
    }

    /// Paints how things stand now.
    pub async fn paint(&self, manager: &WorkflowManager) -> Result<()> {
        for (id, first, second) in &self.rows {
            let status = manager.status(*id).await?;
            let machine = status.machine.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
            first.set_prefix(machine);
            first.set_position(percent(&status, manager.progress(*id)));
            first.set_message(format!("{}  {}", elapsed(&status), headline(&status)));
            second.set_message(format!("{}  {}", marks(&status.steps), now(&status)));
        }
        Ok(())
    }

    /// Leaves the last picture standing.
    pub fn finish(self) {
        for (_, first, second) in &self.rows {
            first.abandon();
            second.abandon();
        }
        drop(self.all);
    }
}

/// A running step counts with the part of it that is done.
fn percent(status: &WorkflowStatus, of_step: Option<f32>) -> u64 {
    let part = of_step.unwrap_or_default() * 100.0 / status.steps.len().max(1) as f32;
    (u64::from(status.percent) + part as u64).min(if status.state == RunState::Completed { 100 } else { 99 })
}

fn elapsed(status: &WorkflowStatus) -> String {
    let seconds = |at: hwautomation_core::time::Timestamp| at.as_micros() / 1_000_000;
    let now =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
    let from = status.started_at.map_or(now, seconds);
    let taken = (status.ended_at.map_or(now, seconds) - from).max(0);
    format!("{:02}:{:02}", taken / 60, taken % 60)
}

fn headline(status: &WorkflowStatus) -> String {
    match (status.state, status.sub_state) {
        (_, Some(SubState::Halted)) => console::style(status.headline.clone()).red().to_string(),
        (RunState::Completed, _) => console::style("ready").green().to_string(),
        (RunState::Failed | RunState::Cancelled, _) => {
            console::style(format!("{}: {}", status.state, status.headline)).red().to_string()
        }
        _ => status.headline.clone(),
    }
}

/// One mark for each step.
fn marks(steps: &[StepStatus]) -> String {
    let mark = |step: &StepStatus| match step.state.as_str() {
        "done" => "✔",
        "skipped" => "»",
        "running" => "▸",
        "waiting" | "retrying" => "◔",
        "failed" | "not_undone" => "✘",
        "undoing" | "undone" => "↶",
        _ => "·",
    };
    steps.iter().map(mark).collect::<Vec<_>>().join(" ")
}

/// What it does, or what it waits for.
fn now(status: &WorkflowStatus) -> String {
    if status.ended_at.is_some() {
        return String::new();
    }
    if let Some(waiting) = &status.waiting {
        return format!("waits for {}", waiting.what);
    }
    let current = status.steps.iter().find(|step| step.state == "running");
    current.and_then(|step| step.sub_task.clone()).unwrap_or_default()
}
