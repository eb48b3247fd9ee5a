//! Forgetting ended workflows.

use super::column::{int, workflow_id};
use super::tables::Tables;
use crate::error::Stop;
use hwautomation_core::error::Result;
use hwautomation_core::id::WorkflowId;
use hwautomation_core::store::{Pruned, Retention};
use rusqlite::{OptionalExtension, params};

/// How many workflows go in one commit: others wait so long.
pub(super) const BATCH: usize = 32;

impl Tables {
    /// Deletes up to `limit` workflows.
    pub(super) fn prune(&mut self, retention: &Retention, limit: usize) -> Result<Pruned, Stop> {
        let mut pruned = Pruned::default();
        for workflow in self.may_go(retention, limit)? {
            pruned += self.remove(workflow)?;
        }
        if pruned.workflows > 0 {
            // The newest events may be among those that went.
            const SQL: &str = "INSERT OR REPLACE INTO counter (name, value) VALUES ('position', ?1)";
            self.write(SQL, [int(self.position)])?;
        }
        Ok(pruned)
    }

    /// Those that ended first.
    fn may_go(&self, retention: &Retention, limit: usize) -> Result<Vec<WorkflowId>, Stop> {
        const SQL: &str = "SELECT id FROM workflow AS this INDEXED BY workflow_ended_at
            WHERE ended_at IS NOT NULL AND ended = 1 AND ended_at < ?1 AND (ended_at, id) < (?2, ?3)
            AND NOT EXISTS (SELECT 1 FROM workflow AS child WHERE child.parent = this.id AND child.ended = 0)
            AND NOT EXISTS (SELECT 1 FROM workflow AS parent WHERE parent.id = this.parent AND parent.ended = 0)
            ORDER BY ended_at, id LIMIT ?4";
        let Some((at, id)) = self.kept(retention)?.filter(|_| retention.is_limited()) else {
            return Ok(Vec::new());
        };
        let before = retention.ended_before.map_or(i64::MAX, |before| before.as_micros());
        let mut statement = self.conn.prepare_cached(SQL)?;
        let rows = statement.query_map(params![before, at, id, int(limit)], |row| workflow_id(row, 0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The oldest of the newest, which is kept with all that ended later. None when there are not so many.
    fn kept(&self, retention: &Retention) -> rusqlite::Result<Option<(i64, [u8; 16])>> {
        const SQL: &str = "SELECT ended_at, id FROM workflow WHERE ended_at IS NOT NULL AND ended = 1
            ORDER BY ended_at DESC, id DESC LIMIT 1 OFFSET ?1";
        match retention.keep_newest {
            None | Some(0) => Ok(Some((i64::MAX, [255; 16]))),
            Some(newest) => {
                let mut statement = self.conn.prepare_cached(SQL)?;
                statement.query_row([int(newest - 1)], |row| Ok((row.get(0)?, row.get(1)?))).optional()
            }
        }
    }

    fn remove(&self, workflow: WorkflowId) -> Result<Pruned, Stop> {
        let id = [workflow.as_bytes()];
        let events = self.write("DELETE FROM event WHERE workflow = ?1 AND machine_changed = 0", id)?;
        let blobs = self.remove_blobs(workflow)?;
        self.write("DELETE FROM inbox_damaged WHERE workflow = ?1", id)?;
        self.write("DELETE FROM workflow WHERE id = ?1", id)?;
        Ok(Pruned { workflows: 1, events, blobs })
    }

    fn remove_blobs(&self, workflow: WorkflowId) -> rusqlite::Result<usize> {
        let mut statement = self.conn.prepare_cached("SELECT hash FROM blob_use WHERE workflow = ?1")?;
        let hashes = statement.query_map([workflow.as_bytes()], |row| row.get::<_, String>(0))?;
        let hashes: Vec<String> = hashes.collect::<rusqlite::Result<_>>()?;
        self.write("DELETE FROM blob_use WHERE workflow = ?1", [workflow.as_bytes()])?;
        const SQL: &str =
            "DELETE FROM blob WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM blob_use WHERE hash = ?1)";
        hashes.iter().map(|hash| self.write(SQL, [hash])).sum()
    }
}
