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
        for workflow in self.due(now, limit)? {
            let held = self.hold(workflow, owner, until).map_err(Stop::from);
            let epoch = self.damaged.learn(workflow, held)?;
            leases.push(Lease { key: LeaseKey { workflow, owner, epoch }, until });
        }
        Ok(leases)
    }

    /// A lease whose row cannot be read is lost: nothing can be written under it.
    pub(super) fn renew(&mut self, keys: &[LeaseKey], until: Timestamp) -> Result<Vec<LeaseKey>, Stop> {
        let mut lost = Vec::new();
        for key in keys {
            let damaged = self.damaged.has(key.workflow);
            if damaged || !self.damaged.learn(key.workflow, self.renew_one(*key, until))? {
                lost.push(*key);
            }
        }
        Ok(lost)
    }

    fn renew_one(&self, key: LeaseKey, until: Timestamp) -> Result<bool, Stop> {
        let row = self.find(key.workflow)?.filter(|row| row.is_held_by(key));
        match row.and_then(|row| row.ready_at) {
            Some(before) if before >= until => Ok(true),
            Some(_) => Ok(self.set_ready(key.workflow, until).map(|()| true)?),
            None => Ok(false),
        }
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
        const SQL: &str = "UPDATE workflow SET owner = NULL, ready_at = ?2 WHERE id = ?1";
        let at = if self.has_items(workflow)? { wake_at.min(now) } else { wake_at };
        self.told.due = true;
        self.write(SQL, (workflow.as_bytes(), at.as_micros())).map(|_| ())
    }
}
