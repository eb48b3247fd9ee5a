//! Taking permits, queueing for them, giving them back.

use super::column::{int, number, permit_name, workflow_id};
use super::tables::Tables;
use crate::error::Stop;
use hwautomation_core::error::Result;
use hwautomation_core::id::{PermitName, WorkflowId};
use hwautomation_core::record::Hold;
use hwautomation_core::store::{Acquired, GiveBack, LeaseKey, PermitWait, Wanted};
use hwautomation_core::time::Timestamp;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// How far below zero the turns are of those that hold permits already.
const FIRST: i64 = 1 << 62;

/// One permit that a workflow holds or queues for.
pub(super) struct Own {
    pub(super) name: PermitName,
    hold: Hold,
    places: u64,
    /// None when it is held.
    turn: Option<i64>,
    since: Timestamp,
    woken: bool,
}

impl Own {
    fn is_for_a_call(&self) -> bool {
        self.turn.is_none() && self.hold == Hold::Call
    }
}

/// Lists what a workflow holds and queues for, by name.
pub(super) fn own(conn: &Connection, workflow: WorkflowId) -> rusqlite::Result<Vec<Own>> {
    const SQL: &str =
        "SELECT name, hold, places, turn, since, woken FROM permit WHERE workflow = ?1 ORDER BY name";
    let mut statement = conn.prepare_cached(SQL)?;
    let rows = statement.query_map([workflow.as_bytes()], |row| {
        Ok(Own {
            name: permit_name(row, 0)?,
            hold: if row.get_ref(1)?.as_str()? == "call" { Hold::Call } else { Hold::Step },
            places: number(row.get(2)?),
            turn: row.get(3)?,
            since: Timestamp::from_micros(row.get(4)?),
            woken: row.get(5)?,
        })
    })?;
    rows.collect()
}

fn hold_text(hold: Hold) -> &'static str {
    match hold {
        Hold::Call => "call",
        Hold::Step => "step",
    }
}

/// The first that a request cannot have now, or nothing.
fn blocked(conn: &Connection, own: &[Own]) -> rusqlite::Result<Option<PermitWait>> {
    for permit in own {
        if let Some(turn) = permit.turn
            && !has_room(conn, &permit.name, permit.places, turn)?
        {
            return wait(conn, permit, turn).map(Some);
        }
    }
    Ok(None)
}

/// Whether there is room for it and for all before it. Looks at no more rows than there are places.
fn has_room(conn: &Connection, name: &PermitName, places: u64, turn: i64) -> rusqlite::Result<bool> {
    const SQL: &str = "SELECT (SELECT count(*) FROM permit WHERE name = ?1 AND turn IS NULL)
        + (SELECT count(*) FROM (SELECT 1 FROM permit WHERE name = ?1 AND turn < ?2 LIMIT ?3)) < ?3";
    conn.prepare_cached(SQL)?.query_row((name.as_str(), turn, int(places)), |row| row.get(0))
}

fn wait(conn: &Connection, permit: &Own, turn: i64) -> rusqlite::Result<PermitWait> {
    const SQL: &str = "SELECT count(*) FROM permit WHERE name = ?1 AND turn < ?2";
    let name = permit.name.as_str();
    let ahead = conn.prepare_cached(SQL)?.query_row((name, turn), |row| row.get(0).map(number))?;
    Ok(PermitWait { name: permit.name.clone(), ahead, since: permit.since })
}

/// Returns what a workflow queues for. One that can be served and did not ask yet is next for its first name.
pub(super) fn queue(conn: &Connection, workflow: WorkflowId) -> Result<Option<PermitWait>, Stop> {
    let own = own(conn, workflow)?;
    if let Some(blocked) = blocked(conn, &own)? {
        return Ok(Some(blocked));
    }
    let first = own.iter().find_map(|permit| permit.turn.map(|turn| (permit, turn)));
    Ok(first.map(|(permit, turn)| wait(conn, permit, turn)).transpose()?)
}

impl Tables {
    /// Finds the newest turn of a file that was opened.
    pub(super) fn newest_turn(conn: &Connection) -> rusqlite::Result<i64> {
        const SQL: &str =
            "SELECT max(CASE WHEN turn < 0 THEN turn + ?1 ELSE turn END) FROM permit WHERE turn IS NOT NULL";
        conn.query_row(SQL, [FIRST], |row| row.get::<_, Option<i64>>(0)).map(Option::unwrap_or_default)
    }

    pub(super) fn acquire(
        &mut self,
        key: LeaseKey,
        wants: &[Wanted],
        now: Timestamp,
    ) -> Result<Acquired, Stop> {
        self.row(key.workflow)?.check(key)?;
        let known = own(&self.conn, key.workflow)?;
        let (held, queued): (Vec<Own>, Vec<Own>) = known.into_iter().partition(|own| own.turn.is_none());
        let is_named = |own: &Own| wants.iter().any(|want| want.name == own.name);
        let (held, unnamed): (Vec<Own>, Vec<Own>) = held.into_iter().partition(is_named);
        for own in &unnamed {
            self.free_one(key.workflow, &own.name)?;
        }
        let names: BTreeSet<&PermitName> = held.iter().map(|own| &own.name).collect();
        let missing = wants.iter().filter(|want| !names.contains(&want.name));
        let missing: BTreeMap<&PermitName, &Wanted> = missing.map(|want| (&want.name, want)).collect();
        self.line_up(key.workflow, &missing, &queued, !held.is_empty(), now)?;
        self.rouse_all(unnamed.iter().map(|own| &own.name), now)?;
        if let Some(PermitWait { name, ahead, .. }) = blocked(&self.conn, &own(&self.conn, key.workflow)?)? {
            return Ok(Acquired::Queued { name, ahead });
        }
        // Whoever is next has no more room than before: this one's place in the queue was counted.
        self.write("UPDATE permit SET turn = NULL WHERE workflow = ?1", [key.workflow.as_bytes()])?;
        for want in wants.iter().filter(|want| want.hold == Hold::Step) {
            const KEEP: &str = "UPDATE permit SET hold = 'step' WHERE workflow = ?1 AND name = ?2";
            self.write(KEEP, (key.workflow.as_bytes(), want.name.as_str()))?;
        }
        Ok(Acquired::Granted)
    }

    /// Keeps the place of one that asks for the same names again.
    fn line_up(
        &mut self,
        workflow: WorkflowId,
        missing: &BTreeMap<&PermitName, &Wanted>,
        queued: &[Own],
        holds: bool,
        now: Timestamp,
    ) -> Result<(), Stop> {
        let place = if queued.iter().map(|own| &own.name).eq(missing.keys().copied()) {
            queued.first().map(|own| (own.turn, own.since))
        } else {
            self.leave(workflow, queued, now)?;
            None
        };
        let (turn, since) = place.unwrap_or_else(|| {
            self.turn += 1;
            (Some(if holds { self.turn - FIRST } else { self.turn }), now)
        });
        for (name, want) in missing {
            const SQL: &str =
                "INSERT OR REPLACE INTO permit (workflow, name, hold, places, turn, since, woken)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)";
            let (hold, places) = (hold_text(want.hold), int(want.limit.get()));
            self.write(SQL, (workflow.as_bytes(), name.as_str(), hold, places, turn, since.as_micros()))?;
        }
        Ok(())
    }

    fn leave(&mut self, workflow: WorkflowId, queued: &[Own], now: Timestamp) -> Result<(), Stop> {
        if queued.is_empty() {
            return Ok(());
        }
        const SQL: &str = "DELETE FROM permit WHERE workflow = ?1 AND turn IS NOT NULL";
        self.write(SQL, [workflow.as_bytes()])?;
        self.rouse_all(queued.iter().map(|own| &own.name), now)
    }

    pub(super) fn give_back(
        &mut self,
        workflow: WorkflowId,
        what: GiveBack,
        now: Timestamp,
    ) -> Result<(), Stop> {
        match what {
            GiveBack::Nothing => Ok(()),
            GiveBack::Call => self.free(workflow, |own| own.turn.is_some() || own.is_for_a_call(), now),
            GiveBack::All => self.free(workflow, |_| true, now),
        }
    }

    /// Gives back what was held for a call. Tells, once, whether the workflow could be served since it asked last.
    pub(super) fn end_permits_with_lease(
        &mut self,
        workflow: WorkflowId,
        now: Timestamp,
    ) -> Result<bool, Stop> {
        let known = own(&self.conn, workflow)?;
        if known.iter().any(Own::is_for_a_call) {
            self.free(workflow, Own::is_for_a_call, now)?;
        }
        let woken = known.iter().any(|own| own.turn.is_some() && own.woken);
        if woken {
            self.write("UPDATE permit SET woken = 0 WHERE workflow = ?1", [workflow.as_bytes()])?;
        }
        Ok(woken)
    }

    fn free(
        &mut self,
        workflow: WorkflowId,
        goes: impl Fn(&Own) -> bool,
        now: Timestamp,
    ) -> Result<(), Stop> {
        let freed: Vec<Own> = own(&self.conn, workflow)?.into_iter().filter(goes).collect();
        for own in &freed {
            self.free_one(workflow, &own.name)?;
        }
        self.rouse_all(freed.iter().map(|own| &own.name), now)
    }

    fn free_one(&mut self, workflow: WorkflowId, name: &PermitName) -> Result<(), Stop> {
        const SQL: &str = "DELETE FROM permit WHERE workflow = ?1 AND name = ?2";
        self.write(SQL, (workflow.as_bytes(), name.as_str()))?;
        Ok(())
    }

    /// Makes those due that can be served, of those that queue for one of these; who is held looks when it is let go.
    fn rouse_all<'a>(
        &mut self,
        names: impl Iterator<Item = &'a PermitName>,
        now: Timestamp,
    ) -> Result<(), Stop> {
        let mut next = BTreeSet::new();
        for name in names {
            next.extend(self.next_ones(name)?);
        }
        for workflow in next {
            if blocked(&self.conn, &own(&self.conn, workflow)?)?.is_none() {
                self.rouse(workflow, now)?;
            }
        }
        Ok(())
    }

    /// Those for whom a name has room, the others not looked at.
    fn next_ones(&self, name: &PermitName) -> rusqlite::Result<Vec<WorkflowId>> {
        const HELD: &str = "SELECT count(*) FROM permit WHERE name = ?1 AND turn IS NULL";
        const SQL: &str =
            "SELECT workflow, places FROM permit WHERE name = ?1 AND turn IS NOT NULL ORDER BY turn";
        let held =
            self.conn.prepare_cached(HELD)?.query_row([name.as_str()], |row| row.get(0).map(number))?;
        let mut statement = self.conn.prepare_cached(SQL)?;
        let mut rows = statement.query([name.as_str()])?;
        let mut next = Vec::new();
        while let Some(row) = rows.next()?
            && held + (next.len() as u64) < number(row.get(1)?)
        {
            next.push(workflow_id(row, 0)?);
        }
        Ok(next)
    }

    fn rouse(&mut self, workflow: WorkflowId, now: Timestamp) -> Result<(), Stop> {
        let Some(row) = self.find(workflow)? else { return Ok(()) };
        self.told.due = true;
        if row.is_held() {
            const SQL: &str = "UPDATE permit SET woken = 1 WHERE workflow = ?1 AND turn IS NOT NULL";
            self.write(SQL, [workflow.as_bytes()])?;
        } else if row.ready_at.is_some_and(|at| at > now) {
            self.set_ready(workflow, now)?;
        }
        Ok(())
    }
}
