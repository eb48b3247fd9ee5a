//! Claiming, renewing and letting go.

use super::tables::Tables;
use crate::error::Stop;
use hwautomation_core::error::Result;
use hwautomation_core::id::{OwnerId, WorkflowId};
use hwautomation_core::store::{Lease, LeaseKey};
use hwautomation_core::time::Timestamp;

impl Tables {
    pub(super) fn claim(
        &mut self,
        owner: OwnerId,
        now: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Lease>, Stop> {
        let mut leases = Vec::new();
        for (workflow, epoch) in self.due(now, limit)? {
            let key = LeaseKey { workflow, owner, epoch: epoch + 1 };
            self.hold(workflow, owner, key.epoch, until)?;
            leases.push(Lease { key, until });
        }
        Ok(leases)
    }

    pub(super) fn renew(&mut self, keys: &[LeaseKey], until: Timestamp) -> Result<Vec<LeaseKey>, Stop> {
        let mut lost = Vec::new();
        for key in keys {
            let row = self.find(key.workflow)?.filter(|row| row.is_held_by(*key));
            match row.and_then(|row| row.ready_at) {
                Some(before) if before >= until => {}
                Some(_) => self.set_ready(key.workflow, until)?,
                None => lost.push(*key),
            }
        }
        Ok(lost)
    }

    pub(super) fn release(&mut self, key: LeaseKey, wake_at: Timestamp, now: Timestamp) -> Result<(), Stop> {
        self.row(key.workflow)?.check(key)?;
        Ok(self.let_go(key.workflow, wake_at, now)?)
    }

    pub(super) fn let_go(
        &mut self,
        workflow: WorkflowId,
        wake_at: Timestamp,
        now: Timestamp,
    ) -> rusqlite::Result<()> {
        const SQL: &str = "UPDATE workflow SET owner = NULL, woken = 0,
            ready_at = CASE WHEN woken THEN min(?2, ?3) ELSE ?2 END WHERE id = ?1";
        let at = if self.has_items(workflow)? { wake_at.min(now) } else { wake_at };
        self.told.due = true;
        self.write(SQL, (workflow.as_bytes(), at.as_micros(), now.as_micros())).map(|_| ())
    }

    pub(super) fn wake(&mut self, workflow: WorkflowId, now: Timestamp) -> Result<(), Stop> {
        const SQL: &str = "UPDATE workflow SET woken = owner IS NOT NULL,
            ready_at = CASE WHEN owner IS NULL THEN min(ready_at, ?2) ELSE ready_at END
            WHERE id = ?1 AND ready_at IS NOT NULL";
        self.told.due |= self.write(SQL, (workflow.as_bytes(), now.as_micros()))? > 0;
        Ok(())
    }
}
