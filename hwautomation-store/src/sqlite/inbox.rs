//! Posting items.

use super::column::int;
use super::read::Unreadable;
use super::tables::Tables;
use crate::error::Stop;
use hwautomation_core::error::Result;
use hwautomation_core::id::WorkflowId;
use hwautomation_core::store::{NewItem, Posted, refusal};
use hwautomation_core::time::Timestamp;

impl Tables {
    /// Stores an item, whose JSON the caller wrote, and wakes its workflow.
    pub(super) fn post(&mut self, item: &NewItem, json: &str, now: Timestamp) -> Result<Posted, Stop> {
        let workflow = item.workflow;
        let row = self.row(workflow)?;
        let Some(ready_at) = row.ready_at else {
            let summary =
                super::summary::one(&self.conn, workflow)?.ok_or_else(|| refusal::unknown(workflow))?;
            return Err(refusal::ended(workflow, summary.state).into());
        };
        if self.exists(
            "SELECT 1 FROM inbox WHERE workflow = ?1 AND key = ?2",
            (workflow.as_bytes(), &item.key),
        )? {
            return Ok(Posted::Duplicate);
        }
        const COUNT: &str = "SELECT count(*) FROM inbox WHERE workflow = ?1";
        let waiting: i64 =
            self.conn.prepare_cached(COUNT)?.query_row([workflow.as_bytes()], |row| row.get(0))?;
        if waiting >= int(refusal::INBOX_MAX) {
            return Err(refusal::inbox_full(workflow).into());
        }
        const SQL: &str = "INSERT INTO inbox (workflow, key, item) VALUES (?1, ?2, ?3)";
        self.write(SQL, (workflow.as_bytes(), &item.key, json))?;
        if !row.is_held() && ready_at > now {
            self.set_ready(workflow, now)?;
        }
        self.told.inbox.insert(workflow);
        self.told.due = true;
        Ok(Posted::Accepted)
    }

    /// Takes items that cannot be read out of the inbox, and keeps them as they are for whoever looks into it.
    pub(super) fn set_aside(&mut self, items: &[Unreadable]) -> Result<(), Stop> {
        const KEEP: &str = "INSERT OR REPLACE INTO inbox_damaged (id, workflow, key, item, why)
            SELECT id, workflow, key, item, ?2 FROM inbox WHERE id = ?1";
        for (id, why) in items {
            self.write(KEEP, (int(*id), why))?;
            self.write("DELETE FROM inbox WHERE id = ?1", [int(*id)])?;
        }
        Ok(())
    }

    pub(super) fn has_items(&self, workflow: WorkflowId) -> rusqlite::Result<bool> {
        self.exists("SELECT 1 FROM inbox WHERE workflow = ?1 LIMIT 1", [workflow.as_bytes()])
    }

    fn exists(&self, sql: &'static str, values: impl rusqlite::Params) -> rusqlite::Result<bool> {
        self.conn.prepare_cached(sql)?.exists(values)
    }
}
