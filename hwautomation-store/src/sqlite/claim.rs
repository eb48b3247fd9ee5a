//! Claiming, renewing and letting go.

use super::tables::Tables;
use crate::error::Stop;
use hwautomation_core::error::Result;
use hwautomation_core::id::{OwnerId, WorkflowId};
use hwautomation_core::store::{Kinds, Lease, LeaseKey};
use hwautomation_core::time::Timestamp;
use rusqlite::OptionalExtension;

impl Tables {
    pub(super) fn claim(
        &mut self,
        owner: OwnerId,
        now: Timestamp,
        until: Timestamp,
        limit: usize,
        kinds: &Kinds,
    ) -> Result<Vec<Lease>, Stop> {
        self.due(now, limit, kinds)?
            .into_iter()
            .map(|workflow| self.take(workflow, owner, now, until))
            .collect()
    }

    /// Looks at every row that is due: an index would cost each append more than this look, which comes only while an
    /// engine has no place free.
    pub(super) fn claim_pressing(
        &mut self,
        owner: OwnerId,
        now: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Lease>, Stop> {
        let mut leases = Vec::new();
        for workflow in self.due(now, usize::MAX, &Kinds::any())? {
            if leases.len() == limit {
                break;
            }
            let presses = self.presses(workflow, now).map_err(Stop::from);
            if self.damaged.learn(workflow, presses)? {
                leases.push(self.take(workflow, owner, now, until)?);
            }
        }
        Ok(leases)
    }

    /// Times in JSON have one form and one length, so that they compare as text.
    fn presses(&self, workflow: WorkflowId, now: Timestamp) -> rusqlite::Result<bool> {
        const SQL: &str = "SELECT
            CASE WHEN json_valid(summary) THEN coalesce(json_extract(summary, '$.presses_at') <= ?2, 0) ELSE 0 END
            OR EXISTS (SELECT 1 FROM inbox WHERE workflow = ?1
                AND json_valid(item) AND json_extract(item, '$.command.command') IN ('cancel', 'abort'))
            FROM workflow WHERE id = ?1";
        let mut found = self.conn.prepare_cached(SQL)?;
        let found = found.query_row((workflow.as_bytes(), now.to_string()), |row| row.get(0)).optional()?;
        Ok(found == Some(true))
    }

    fn take(
        &mut self,
        workflow: WorkflowId,
        owner: OwnerId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Lease, Stop> {
        let taken = self.take_one(workflow, owner, now, until);
        self.damaged.learn(workflow, taken)
    }

    fn take_one(
        &mut self,
        workflow: WorkflowId,
        owner: OwnerId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Lease, Stop> {
        self.end_permits_with_lease(workflow, now)?;
        let (epoch, next_seq) = self.hold(workflow, owner, until)?;
        let has_items = self.has_items(workflow)?;
        Ok(Lease { key: LeaseKey { workflow, owner, epoch }, until, next_seq, has_items })
    }

    /// A lease whose row cannot be read is lost: nothing can be written under it.
    pub(super) fn renew(&mut self, keys: &[LeaseKey], until: Timestamp) -> Result<Vec<LeaseKey>, Stop> {
        let mut lost = Vec::new();
        for key in keys {
            let damaged = self.damaged.has(key.workflow);
            let renewed = if damaged { Ok(false) } else { self.renew_one(*key, until) };
            if !self.damaged.learn(key.workflow, renewed)? {
                lost.push(*key);
            }
        }
        Ok(lost)
    }

    fn renew_one(&mut self, key: LeaseKey, until: Timestamp) -> Result<bool, Stop> {
        let row = self.find(key.workflow)?.filter(|row| row.is_held_by(key));
        match row.and_then(|row| row.ready_at) {
            Some(before) if before >= until => Ok(true),
            Some(_) => Ok(self.set_ready(key.workflow, until).map(|()| true)?),
            None => Ok(false),
        }
    }

    pub(super) fn release(&mut self, key: LeaseKey, wake_at: Timestamp, now: Timestamp) -> Result<(), Stop> {
        self.row(key.workflow)?.check(key)?;
        self.let_go(key.workflow, wake_at, now)
    }

    pub(super) fn let_go(
        &mut self,
        workflow: WorkflowId,
        wake_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), Stop> {
        const SQL: &str = "UPDATE workflow SET owner = NULL, woken = 0,
            ready_at = CASE WHEN woken THEN min(?2, ?3) ELSE ?2 END WHERE id = ?1";
        let looks = self.end_permits_with_lease(workflow, now)? || self.has_items(workflow)?;
        let at = if looks { wake_at.min(now) } else { wake_at };
        self.told.due = true;
        self.held.remove(&workflow);
        self.write(SQL, (workflow.as_bytes(), at.as_micros(), now.as_micros()))?;
        Ok(())
    }

    pub(super) fn wake(&mut self, workflow: WorkflowId, now: Timestamp) -> Result<(), Stop> {
        const SQL: &str = "UPDATE workflow SET woken = owner IS NOT NULL,
            ready_at = CASE WHEN owner IS NULL THEN min(ready_at, ?2) ELSE ready_at END
            WHERE id = ?1 AND ready_at IS NOT NULL";
        self.told.due |= self.write(SQL, (workflow.as_bytes(), now.as_micros()))? > 0;
        Ok(())
    }
}
