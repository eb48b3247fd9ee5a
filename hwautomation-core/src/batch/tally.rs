//! What a wave knows of its machines. The children's rows are the truth; this is what was read of them last.

use super::decide::Counts;
use crate::error::Result;
use crate::id::{MachineId, WorkflowId};
use crate::record::{Position, RunState, Seq, SubState, WorkflowSummary};
use crate::workflow::WorkflowContext;
use std::collections::{HashMap, HashSet};

/// How many rows are read at a time.
pub(super) const PAGE: usize = 500;
/// The states of children that have not ended.
pub(super) const OPEN: [RunState; 2] = [RunState::Pending, RunState::Running];

/// What is known of one machine.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Known {
    /// It has no child.
    New,
    /// Another workflow holds it, as this error says.
    Held(String),
    /// Its child is at work.
    Active(WorkflowId),
    /// Its child is halted after so many events.
    Halted(WorkflowId, Seq, Option<String>),
    /// Its newest child has ended.
    Ended(WorkflowId, RunState, Option<String>),
}

/// Says which children this round is about.
#[derive(Debug, Clone, Default)]
pub(super) struct Round {
    /// From 1; a person's retry begins the next one.
    pub(super) number: u32,
    /// The children that were halted when it began, and after how many events: those are tried again.
    pub(super) halted: HashMap<WorkflowId, Seq>,
}

#[derive(Debug)]
pub(super) struct Tally {
    pub(super) machines: Vec<MachineId>,
    pub(super) known: Vec<Known>,
    places: HashMap<MachineId, usize>,
    /// The newest event that was read of each machine's children: a later child's is later.
    newest: Vec<Position>,
    /// The children that were seen. A person may submit one of them again: then the newest of a machine is not ours.
    seen: HashSet<WorkflowId>,
    /// How many children of other waves are at work.
    pub(super) active_elsewhere: usize,
}

impl Tally {
    /// Reads the rows of all children.
    pub(super) async fn read(ctx: &WorkflowContext, machines: Vec<MachineId>) -> Result<Self> {
        let places = machines.iter().cloned().zip(0..).collect();
        let (known, newest) = (vec![Known::New; machines.len()], vec![0; machines.len()]);
        let mut tally = Self { machines, known, places, newest, seen: HashSet::new(), active_elsewhere: 0 };
        each_child(ctx, &[], |row| tally.see(&row)).await?;
        Ok(tally)
    }

    /// Reads the rows of the open children, and of those that ended since.
    pub(super) async fn read_again(&mut self, ctx: &WorkflowContext) -> Result<()> {
        self.active_elsewhere = 0;
        let mut open = HashSet::new();
        each_child(ctx, &OPEN, |row| {
            open.insert(row.id);
            self.see(&row);
        })
        .await?;
        let was_open = self.known.iter().filter_map(|known| match known {
            Known::Active(id) | Known::Halted(id, ..) if !open.contains(id) => Some(*id),
            _ => None,
        });
        for id in was_open.collect::<Vec<_>>() {
            if let Some(row) = ctx.child(id).await? {
                self.see(&row);
            }
        }
        Ok(())
    }

    fn see(&mut self, row: &WorkflowSummary) {
        let halted = row.sub_state == Some(SubState::Halted);
        let Some(place) = row.machine.as_ref().and_then(|machine| self.places.get(machine)).copied() else {
            self.active_elsewhere += usize::from(!row.state.is_terminal() && !halted);
            return;
        };
        self.seen.insert(row.id);
        if row.position < self.newest[place] {
            return;
        }
        self.newest[place] = row.position;
        self.known[place] = match row.state {
            state if state.is_terminal() => Known::Ended(row.id, state, row.error.clone()),
            _ if halted => Known::Halted(row.id, row.events, row.error.clone()),
            _ => Known::Active(row.id),
        };
    }

    /// Counts, for this round.
    pub(super) fn counts(&self, ctx: &WorkflowContext, round: &Round) -> Counts {
        let mut counts = Counts::default();
        for place in 0..self.machines.len() {
            *match &self.known[place] {
                Known::Held(_) => &mut counts.held,
                Known::Active(_) => &mut counts.active,
                Known::Ended(_, RunState::Completed, _) => &mut counts.completed,
                _ if self.is_to_start(ctx, round, place) => &mut counts.to_start,
                Known::Ended(_, RunState::Cancelled, _) => &mut counts.cancelled,
                Known::Halted(..) => &mut counts.halted,
                Known::Ended(..) | Known::New => &mut counts.failed,
            } += 1;
        }
        counts
    }

    /// Tells whether a machine has no child of this round, or one that this round is to try again.
    pub(super) fn is_to_start(&self, ctx: &WorkflowContext, round: &Round, place: usize) -> bool {
        match &self.known[place] {
            Known::New => true,
            Known::Held(_) | Known::Active(_) | Known::Ended(_, RunState::Completed, _) => false,
            Known::Halted(id, events, _) => round.halted.get(id).is_some_and(|before| before == events),
            Known::Ended(..) => !self.seen.contains(&ctx.child_id(&key(&self.machines[place], round.number))),
        }
    }

    /// Lists the children that are halted, and after how many events.
    pub(super) fn halted(&self) -> HashMap<WorkflowId, Seq> {
        let halted = self.known.iter().filter_map(|known| match known {
            Known::Halted(id, events, _) => Some((*id, *events)),
            _ => None,
        });
        halted.collect()
    }

    /// Lets held machines be tried again.
    pub(super) fn forget_held(&mut self) {
        for known in &mut self.known {
            if matches!(known, Known::Held(_)) {
                *known = Known::New;
            }
        }
    }

    /// Lists the machines that other workflows hold.
    pub(super) fn held(&self) -> impl Iterator<Item = &MachineId> {
        let known = self.machines.iter().zip(&self.known);
        known.filter(|(_, known)| matches!(known, Known::Held(_))).map(|(machine, _)| machine)
    }
}

/// Names a try at a machine.
pub(super) fn key(machine: &MachineId, round: u32) -> String {
    format!("{machine} {round}")
}

/// Reads the rows of the children in these states, page by page.
pub(super) async fn each_child(
    ctx: &WorkflowContext,
    states: &[RunState],
    mut see: impl FnMut(WorkflowSummary),
) -> Result<()> {
    let mut before = None;
    loop {
        let page = ctx.children(states, before, PAGE).await?;
        let full = page.len() == PAGE;
        before = page.last().map(|row| row.id);
        page.into_iter().for_each(&mut see);
        if !full {
            return Ok(());
        }
    }
}
