//! Writing the row of a workflow: the projection as text, and in columns what lists are filtered by.

use super::column::int;
use super::summary::state_text;
use super::tables::{Row, Shown, Tables};
use crate::error::StoreError;
use hwautomation_core::error::Result;
use hwautomation_core::id::WorkflowId;
use hwautomation_core::record::{NewEvent, Seq, Unplaced, WorkflowSummary};
use hwautomation_core::store::{After, Append};
use hwautomation_core::time::Timestamp;
use rusqlite::params;

/// What a call stores, as JSON text. Written before the call is handed to the writer, whose time is everybody's.
pub(super) struct Text {
    summary: String,
    pub(super) events: Vec<Unplaced>,
}

impl Text {
    /// Writes the projection, and the events that have numbers from here on.
    pub(super) fn of(
        workflow: WorkflowId,
        summary: &WorkflowSummary,
        from: Seq,
        events: &[NewEvent],
    ) -> Result<Self> {
        // A number that cannot be is refused by the writer.
        let numbers = (0..).map(|count| from.wrapping_add(count));
        let unplaced = events.iter().zip(numbers).map(|(event, seq)| event.unplaced(workflow, seq));
        Ok(Self {
            summary: serde_json::to_string(summary).map_err(StoreError::row("a summary"))?,
            events: unplaced.collect::<serde_json::Result<_>>().map_err(StoreError::row("an event"))?,
        })
    }
}

impl Tables {
    /// Adds the row of a new workflow, whose first event is the next one.
    pub(super) fn insert(
        &self,
        workflow: WorkflowId,
        summary: &WorkflowSummary,
        text: &Text,
        now: Timestamp,
    ) -> rusqlite::Result<()> {
        const SQL: &str = "INSERT INTO workflow
            (id, name, machine, parent, state, summary, position, next_seq, ready_at, submitted_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8, ?9)";
        let (machine, parent) = (summary.machine.as_ref(), summary.parent.as_ref());
        let values = params![
            workflow.as_bytes(),
            summary.name.as_str(),
            machine.map(|machine| machine.as_str()),
            parent.map(WorkflowId::as_bytes),
            state_text(summary.state),
            &text.summary,
            int(self.position + 1),
            now.as_micros(),
            summary.submitted_at.as_micros(),
        ];
        self.write(SQL, values).map(|_| ())
    }

    /// Writes what an append changes. Most change nothing that an index knows of, and those are the fast ones.
    pub(super) fn update(&self, append: &Append, text: &Text, row: &mut Row) -> rusqlite::Result<()> {
        const GO_ON: &str = "UPDATE workflow SET summary = ?2, position = ?3, next_seq = ?4 WHERE id = ?1";
        const CHANGE: &str = "UPDATE workflow SET summary = ?2, position = ?3, next_seq = ?4,
            state = ?5, sub_state = ?6, error_class = ?7, ended_at = ?8 WHERE id = ?1";
        const END: &str = "UPDATE workflow SET summary = ?2, position = ?3, next_seq = ?4,
            state = ?5, sub_state = ?6, error_class = ?7, ended_at = ?8,
            ended = 1, owner = NULL, ready_at = NULL WHERE id = ?1";
        let id = append.lease.workflow.as_bytes();
        let (position, next_seq) = (int(row.position), int(row.next_seq));
        let shown = Shown::of(&append.summary);
        let before = row.shown.replace(shown);
        if append.after != After::End && before == row.shown {
            return self.write(GO_ON, params![id, text.summary, position, next_seq]).map(|_| ());
        }
        let values = params![
            id,
            text.summary,
            position,
            next_seq,
            state_text(shown.state),
            shown.sub_state.map(|sub_state| sub_state.to_string()),
            shown.error_class.map(|class| class.to_string()),
            shown.ended_at.map(Timestamp::as_micros),
        ];
        self.write(if append.after == After::End { END } else { CHANGE }, values).map(|_| ())
    }
}
