//! The newest child of each machine.

use super::report::{BatchReport, FailedMachine, NAMED_MAX};
use super::status::MachineCounts;
use crate::id::{MachineId, WorkflowId};
use crate::record::{RunState, SubState, WorkflowSummary};
use std::collections::BTreeMap;

/// Collects rows of children. Of several of one machine the newest counts.
#[derive(Debug, Default)]
pub(super) struct Census(BTreeMap<MachineId, WorkflowSummary>);

impl Census {
    pub(super) fn see(&mut self, row: WorkflowSummary) {
        let Some(machine) = row.machine.clone() else { return };
        // The next child of a machine begins after the one before has ended, so its events come later.
        if self.0.get(&machine).is_none_or(|known| known.position <= row.position) {
            self.0.insert(machine, row);
        }
    }

    /// Tells whether the workflow completed on a machine.
    pub(super) fn is_completed(&self, machine: &MachineId) -> bool {
        self.0.get(machine).is_some_and(|row| row.state == RunState::Completed)
    }

    /// Lists the children that wait for a person.
    pub(super) fn halted(&self) -> impl Iterator<Item = WorkflowId> {
        self.0.values().filter(|row| row.sub_state == Some(SubState::Halted)).map(|row| row.id)
    }

    pub(super) fn counts(&self, machines: usize) -> MachineCounts {
        let mut counts =
            MachineCounts { not_started: machines.saturating_sub(self.0.len()), ..Default::default() };
        for row in self.0.values() {
            *match (row.state, row.sub_state) {
                (RunState::Completed, _) => &mut counts.completed,
                (RunState::Failed, _) => &mut counts.failed,
                (RunState::Cancelled, _) => &mut counts.cancelled,
                (RunState::Pending, _) => &mut counts.pending,
                (RunState::Running, Some(SubState::Halted)) => &mut counts.halted,
                (RunState::Running, _) => &mut counts.running,
            } += 1;
        }
        counts
    }

    pub(super) fn report(&self, machines: usize) -> BatchReport {
        let counts = self.counts(machines);
        BatchReport {
            machines,
            completed: counts.completed,
            failed: counts.failed,
            cancelled: counts.cancelled,
            open: counts.pending + counts.running + counts.halted,
            not_started: counts.not_started,
            failed_machines: self.failed().take(NAMED_MAX).map(named).collect(),
        }
    }

    /// Lists up to `limit` failures, the newest first.
    pub(super) fn newest_failures(&self, limit: usize) -> Vec<FailedMachine> {
        let mut failed: Vec<_> = self.failed().collect();
        failed.sort_by_key(|(_, row)| std::cmp::Reverse(row.position));
        failed.into_iter().take(limit).map(named).collect()
    }

    fn failed(&self) -> impl Iterator<Item = (&MachineId, &WorkflowSummary)> {
        self.0
            .iter()
            .filter(|(_, row)| row.state == RunState::Failed || row.sub_state == Some(SubState::Halted))
    }
}

fn named((machine, row): (&MachineId, &WorkflowSummary)) -> FailedMachine {
    FailedMachine::new(machine, Some(row.id), row.error.as_deref())
}
