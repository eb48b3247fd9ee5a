//! The rows that lists show, read back, and put together anew from the columns where the text is damaged.

use super::column::{number, workflow_id};
use crate::error::Stop;
use hwautomation_core::error::Result;
use hwautomation_core::id::{MachineId, WorkflowId, WorkflowName};
use hwautomation_core::record::{RunState, WorkflowSummary};
use hwautomation_core::time::Timestamp;
use rusqlite::{Connection, Row};

/// What a query of summaries selects, in the order in which [`read`] reads it.
pub(super) const COLUMNS: &str =
    "id, summary, position, name, machine, parent, state, next_seq, ended, submitted_at, ended_at";

pub(super) fn one(conn: &Connection, workflow: WorkflowId) -> Result<Option<WorkflowSummary>, Stop> {
    let mut statement = conn.prepare_cached(&format!("SELECT {COLUMNS} FROM workflow WHERE id = ?1"))?;
    let mut rows = statement.query([workflow.as_bytes()])?;
    Ok(rows.next()?.map(read).transpose()?)
}

/// Reads a row. A list shows a damaged one as far as it is known, and says that it is damaged: the events are the
/// truth, and the next append writes the row anew.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<WorkflowSummary> {
    let id = workflow_id(row, 0)?;
    let position = row.get(2).map_or(0, number);
    let why = match serde_json::from_slice::<WorkflowSummary>(super::read::bytes(row, 1)?) {
        Ok(summary) if summary.id == id => return Ok(WorkflowSummary { position, ..summary }),
        Ok(summary) => format!("it says that it is about workflow {}", summary.id),
        Err(cause) => cause.to_string(),
    };
    tracing::error!(workflow = %id, why, "a row of the list is damaged");
    let mut known = of_columns(row, id);
    known.error = Some(format!("the row of this workflow was damaged; its events tell the truth: {why}"));
    Ok(WorkflowSummary { position, ..known })
}

fn of_columns(row: &Row<'_>, id: WorkflowId) -> WorkflowSummary {
    let text = |column| row.get::<_, String>(column).ok();
    let time = |column| row.get(column).ok().map(Timestamp::from_micros);
    let state = text(6).and_then(|state| state_of(&state));
    let has_ended = row.get(8).is_ok_and(|ended: i64| ended != 0);
    let otherwise = if has_ended { RunState::Failed } else { RunState::Running };
    WorkflowSummary {
        presses_at: None,
        id,
        name: text(3)
            .and_then(|name| WorkflowName::new(name).ok())
            .unwrap_or_else(|| WorkflowName::from_static("unreadable")),
        machine: text(4).and_then(|machine| MachineId::new(machine).ok()),
        state: state.unwrap_or(otherwise),
        sub_state: None,
        step: None,
        steps_finished: 0,
        steps_total: 0,
        submitted_at: time(9).unwrap_or(Timestamp::MIN),
        ended_at: time(10),
        error: None,
        error_class: None,
        parent: workflow_id(row, 5).ok(),
        events: row.get(7).map_or(0, number),
        position: 0,
    }
}

pub(super) fn state_text(state: RunState) -> &'static str {
    match state {
        RunState::Pending => "pending",
        RunState::Running => "running",
        RunState::Completed => "completed",
        RunState::Failed => "failed",
        RunState::Cancelled => "cancelled",
    }
}

fn state_of(text: &str) -> Option<RunState> {
    use RunState::{Cancelled, Completed, Failed, Pending, Running};
    [Pending, Running, Completed, Failed, Cancelled].into_iter().find(|state| state_text(*state) == text)
}
