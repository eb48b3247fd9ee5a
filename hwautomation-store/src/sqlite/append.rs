//! Beginning and appending.

use super::column::int;
use super::row::Text;
use super::tables::{Row, Tables};
use crate::error::Stop;
use hwautomation_core::error::Result;
use hwautomation_core::id::{BatchId, WorkflowId};
use hwautomation_core::record::{Blob, NewEvent, Position, Seq};
use hwautomation_core::store::{After, Append, Appended, Begin, GiveBack, Only, Standing, refusal};
use hwautomation_core::time::Timestamp;
use rusqlite::types::{ToSqlOutput, ValueRef};

/// Says where the events of a call stand.
pub(super) enum Placed {
    /// From these numbers on.
    New { seq: Seq, position: Position },
    /// Where an earlier try put them.
    Known(Appended),
}

impl Placed {
    /// Gives the events of the call their numbers.
    pub(super) fn number(self, workflow: WorkflowId, events: Vec<NewEvent>) -> Appended {
        let (seq, position) = match self {
            Self::New { seq, position } => (seq, position),
            Self::Known(appended) => return appended,
        };
        let numbers = (seq..).zip(position..);
        let numbered = events.into_iter().zip(numbers);
        Appended { events: numbered.map(|(event, (seq, at))| event.numbered(workflow, seq, at)).collect() }
    }
}

impl Tables {
    pub(super) fn begin(&mut self, begin: &Begin, text: &Text, now: Timestamp) -> Result<Placed, Stop> {
        let (workflow, claim, summary) = (begin.workflow, &begin.claim, &begin.summary);
        if let Some(row) = self.find(workflow)? {
            let known = self.repeated(&row, workflow, 0, 1, begin.batch)?;
            return known.map(Placed::Known).ok_or_else(|| refusal::exists(workflow).into());
        }
        if let Some(machine) = claim
            && let Some(holder) = super::read::claim_on(&self.conn, machine)?
        {
            return Err(refusal::claimed(machine, holder).into());
        }
        let pending = usize::try_from(self.counts.of(Standing::Pending)).unwrap_or(usize::MAX);
        if begin.pending_max.is_some_and(|max| pending >= max) {
            return Err(refusal::queue_full(pending).into());
        }
        self.insert(workflow, summary, text, now)?;
        self.counts.shift(None, Standing::of(summary));
        if let Some(machine) = claim {
            self.write(
                "INSERT INTO claim (machine, workflow) VALUES (?1, ?2)",
                (machine.as_str(), workflow.as_bytes()),
            )?;
        }
        self.told.due = true;
        let event = std::slice::from_ref(&begin.event);
        self.store_blobs(workflow, &begin.blobs, event)?;
        self.store_events(workflow, 0, begin.batch, event, text)
    }

    pub(super) fn append(&mut self, append: &Append, text: &Text, now: Timestamp) -> Result<Placed, Stop> {
        let workflow = append.lease.workflow;
        let mut row = self.row(workflow)?;
        let known = self.repeated(&row, workflow, append.expected_seq, append.events.len(), append.batch)?;
        if let Some(known) = known {
            return Ok(Placed::Known(known));
        }
        row.check(append.lease)?;
        if row.next_seq != append.expected_seq {
            return Err(refusal::wrong_seq(workflow, append.expected_seq, row.next_seq).into());
        }
        self.store_blobs(workflow, &append.blobs, &append.events)?;
        for item in &append.consumed {
            self.write(
                "DELETE FROM inbox WHERE id = ?1 AND workflow = ?2",
                (int(*item), workflow.as_bytes()),
            )?;
        }
        let placed = self.store_events(workflow, row.next_seq, append.batch, &append.events, text)?;
        let before = std::mem::replace(&mut row.standing, Standing::of(&append.summary));
        self.counts.shift(before, row.standing);
        row.next_seq += append.events.len() as Seq;
        if !append.events.is_empty() {
            row.position = self.position;
        }
        self.update(append, text, &mut row)?;
        self.held.insert(workflow, row);
        self.give_back(workflow, append.gives_back, now)?;
        match append.after {
            After::Hold => {}
            After::Release { wake_at } => self.let_go(workflow, wake_at, now)?,
            After::End => self.end(workflow, now)?,
        }
        Ok(placed)
    }

    fn store_events(
        &mut self,
        workflow: WorkflowId,
        from: Seq,
        batch: BatchId,
        events: &[NewEvent],
        text: &Text,
    ) -> Result<Placed, Stop> {
        const SQL: &str = "INSERT INTO event (position, workflow, seq, batch, machine_changed, json)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let placed = Placed::New { seq: from, position: self.position + 1 };
        let mut statement = self.conn.prepare_cached(SQL)?;
        for ((event, text), seq) in events.iter().zip(&text.events).zip(from..) {
            self.position += 1;
            self.json.clear();
            text.write(self.position, &mut self.json);
            let json = ToSqlOutput::Borrowed(ValueRef::Text(&self.json));
            let changed = Only::MachineChanges.matches(&event.kind);
            let position = int(self.position);
            statement.execute((position, workflow.as_bytes(), int(seq), batch.as_bytes(), changed, json))?;
            self.told.events = true;
        }
        Ok(placed)
    }

    /// Stores blobs, and which of them the workflow needs: those it stored, and those that its events name.
    fn store_blobs(&self, workflow: WorkflowId, blobs: &[Blob], events: &[NewEvent]) -> rusqlite::Result<()> {
        for blob in blobs {
            self.write(
                "INSERT OR IGNORE INTO blob (hash, bytes) VALUES (?1, ?2)",
                (blob.hash.as_str(), &blob.bytes),
            )?;
        }
        let named = events.iter().flat_map(|event| event.kind.blobs());
        for hash in blobs.iter().map(|blob| &blob.hash).chain(named) {
            const SQL: &str = "INSERT OR IGNORE INTO blob_use (workflow, hash) VALUES (?1, ?2)";
            self.write(SQL, (workflow.as_bytes(), hash.as_str()))?;
        }
        Ok(())
    }

    fn end(&mut self, workflow: WorkflowId, now: Timestamp) -> Result<(), Stop> {
        self.held.remove(&workflow);
        self.give_back(workflow, GiveBack::All, now)?;
        let id = [workflow.as_bytes()];
        self.write("DELETE FROM claim WHERE workflow = ?1", id)?;
        self.write("DELETE FROM inbox WHERE workflow = ?1", id)?;
        Ok(())
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
