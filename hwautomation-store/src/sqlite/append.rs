//! Beginning and appending.

use super::column::int;
use super::tables::{Row, Tables};
use crate::error::{Stop, StoreError};
use hwautomation_core::error::Result;
use hwautomation_core::id::{BatchId, WorkflowId};
use hwautomation_core::record::{Blob, Event, NewEvent, RunState, Seq, WorkflowSummary};
use hwautomation_core::store::{After, Append, Appended, Begin, Only, Standing, refusal};
use hwautomation_core::time::Timestamp;
use rusqlite::types::{ToSqlOutput, ValueRef};

/// The projection as JSON text. Written before the call is handed to the writer, whose time is everybody's.
pub(super) struct SummaryJson(String);

impl SummaryJson {
    pub(super) fn of(summary: &WorkflowSummary) -> Result<Self> {
        Ok(Self(serde_json::to_string(summary).map_err(StoreError::row("a summary"))?))
    }
}

fn state_text(state: RunState) -> &'static str {
    match state {
        RunState::Pending => "pending",
        RunState::Running => "running",
        RunState::Completed => "completed",
        RunState::Failed => "failed",
        RunState::Cancelled => "cancelled",
    }
}

impl Tables {
    pub(super) fn begin(
        &mut self,
        begin: Begin,
        json: &SummaryJson,
        now: Timestamp,
    ) -> Result<Appended, Stop> {
        let Begin { workflow, batch, event, blobs, claim, summary } = begin;
        if let Some(row) = self.find(workflow)? {
            let known = self.repeated(&row, workflow, 0, 1, batch)?;
            return known.ok_or_else(|| refusal::exists(workflow).into());
        }
        if let Some(machine) = &claim
            && let Some(holder) = super::read::claim_on(&self.conn, machine)?
        {
            return Err(refusal::claimed(machine, holder).into());
        }
        const SQL: &str =
            "INSERT INTO workflow (id, name, machine, parent, state, summary, position, next_seq, ready_at, standing)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8, ?9)";
        let (machine, parent) = (summary.machine.as_ref(), summary.parent.as_ref());
        let standing = Standing::of(&summary);
        self.shift(None, standing)?;
        self.write(
            SQL,
            (
                workflow.as_bytes(),
                summary.name.as_str(),
                machine.map(|machine| machine.as_str()),
                parent.map(WorkflowId::as_bytes),
                state_text(summary.state),
                &json.0,
                int(self.position + 1),
                now.as_micros(),
                standing.map(Standing::as_str),
            ),
        )?;
        if let Some(machine) = &claim {
            self.write(
                "INSERT INTO claim (machine, workflow) VALUES (?1, ?2)",
                (machine.as_str(), workflow.as_bytes()),
            )?;
        }
        self.told.due = true;
        self.store_blobs(&blobs)?;
        self.store_events(workflow, 0, batch, vec![event])
    }

    pub(super) fn append(
        &mut self,
        append: Append,
        json: &SummaryJson,
        now: Timestamp,
    ) -> Result<Appended, Stop> {
        let workflow = append.lease.workflow;
        let row = self.row(workflow)?;
        let known = self.repeated(&row, workflow, append.expected_seq, append.events.len(), append.batch)?;
        if let Some(known) = known {
            return Ok(known);
        }
        row.check(append.lease)?;
        if row.next_seq != append.expected_seq {
            return Err(refusal::wrong_seq(workflow, append.expected_seq, row.next_seq).into());
        }
        self.store_blobs(&append.blobs)?;
        for item in &append.consumed {
            self.write(
                "DELETE FROM inbox WHERE id = ?1 AND workflow = ?2",
                (int(*item), workflow.as_bytes()),
            )?;
        }
        let appended = self.store_events(workflow, row.next_seq, append.batch, append.events)?;
        let (next_seq, position) = match appended.events.last() {
            Some(event) => (event.seq + 1, event.position),
            None => (row.next_seq, row.position),
        };
        const SQL: &str = "UPDATE workflow SET state = ?2, summary = ?3, position = ?4, next_seq = ?5, standing = ?6 WHERE id = ?1";
        let (state, standing) = (state_text(append.summary.state), Standing::of(&append.summary));
        let word = standing.map(Standing::as_str);
        self.write(SQL, (workflow.as_bytes(), state, &json.0, int(position), int(next_seq), word))?;
        self.shift(row.standing, standing)?;
        match append.after {
            After::Hold => {}
            After::Release { wake_at } => self.let_go(workflow, wake_at, now)?,
            After::End => self.end(workflow)?,
        }
        Ok(appended)
    }

    fn store_events(
        &mut self,
        workflow: WorkflowId,
        from: Seq,
        batch: BatchId,
        events: Vec<NewEvent>,
    ) -> Result<Appended, Stop> {
        let mut stored = Vec::with_capacity(events.len());
        for (event, seq) in events.into_iter().zip(from..) {
            let event = event.numbered(workflow, seq, self.position + 1);
            self.store_event(&event, batch)?;
            self.position = event.position;
            self.told.events = true;
            stored.push(event);
        }
        Ok(Appended { events: stored })
    }

    fn store_event(&mut self, event: &Event, batch: BatchId) -> Result<(), Stop> {
        const SQL: &str = "INSERT INTO event (position, workflow, seq, batch, machine_changed, json)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.json.clear();
        serde_json::to_writer(&mut self.json, event).map_err(StoreError::row("an event"))?;
        let json = ToSqlOutput::Borrowed(ValueRef::Text(&self.json));
        let changed = Only::MachineChanges.matches(event);
        let (position, seq) = (int(event.position), int(event.seq));
        self.write(SQL, (position, event.workflow.as_bytes(), seq, batch.as_bytes(), changed, json))?;
        Ok(())
    }

    fn store_blobs(&self, blobs: &[Blob]) -> rusqlite::Result<()> {
        for blob in blobs {
            self.write(
                "INSERT OR IGNORE INTO blob (hash, bytes) VALUES (?1, ?2)",
                (blob.hash.as_str(), &blob.bytes),
            )?;
        }
        Ok(())
    }

    fn end(&self, workflow: WorkflowId) -> rusqlite::Result<()> {
        let id = [workflow.as_bytes()];
        self.write("UPDATE workflow SET ended = 1, owner = NULL, ready_at = NULL WHERE id = ?1", id)?;
        self.write("DELETE FROM claim WHERE workflow = ?1", id)?;
        self.write("DELETE FROM inbox WHERE workflow = ?1", id).map(|_| ())
    }

    /// The events of this very batch, if they are what stands at this place.
    fn repeated(
        &self,
        row: &Row,
        workflow: WorkflowId,
        from: Seq,
        count: usize,
        batch: BatchId,
    ) -> Result<Option<Appended>, Stop> {
        if count == 0 || from >= row.next_seq {
            return Ok(None);
        }
        const SQL: &str =
            "SELECT count(*) FROM event WHERE workflow = ?1 AND seq >= ?2 AND seq < ?3 AND batch = ?4";
        let until = int(from).saturating_add(int(count));
        let values = (workflow.as_bytes(), int(from), until, batch.as_bytes());
        let of_batch: i64 = self.conn.prepare_cached(SQL)?.query_row(values, |row| row.get(0))?;
        if of_batch != int(count) {
            return Ok(None);
        }
        Ok(Some(Appended { events: super::read::events(&self.conn, workflow, from, count)? }))
    }
}
