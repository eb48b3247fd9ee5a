//! Who holds permits and who queues for them. Knows neither leases nor times to wake.

use super::super::{Acquired, GiveBack, HOLDERS_MAX, PermitRow, PermitWait, Wanted};
use crate::id::{PermitName, WorkflowId};
use crate::record::Hold;
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// When a request is served: those that hold permits come first, then who asked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    holds_none: bool,
    ticket: u64,
}

#[derive(Debug, Default)]
pub(super) struct Permits {
    names: BTreeMap<PermitName, Named>,
    workflows: BTreeMap<WorkflowId, Own>,
    tickets: u64,
}

/// What is known of one name.
#[derive(Debug, Default)]
struct Named {
    held: BTreeSet<WorkflowId>,
    queue: BTreeMap<Turn, WorkflowId>,
}

/// What is known of one workflow.
#[derive(Debug, Default)]
struct Own {
    held: BTreeMap<PermitName, Hold>,
    request: Option<Request>,
}

#[derive(Debug)]
struct Request {
    turn: Turn,
    since: Timestamp,
    wants: BTreeMap<PermitName, Wanted>,
    /// Whether it could be served at some time since it asked last.
    woken: bool,
}

impl Permits {
    /// Takes all or queues, and gives back what is not named. Also says who can be served now since that came free, or
    /// since an earlier request of this workflow is gone.
    pub(super) fn acquire(
        &mut self,
        workflow: WorkflowId,
        wants: &[Wanted],
        now: Timestamp,
    ) -> (Acquired, Vec<WorkflowId>) {
        let names: BTreeSet<&PermitName> = wants.iter().map(|want| &want.name).collect();
        let freed = self.free(workflow, |name, _| !names.contains(name));
        let held = self.workflows.get(&workflow).map(|own| &own.held);
        let is_missing = |want: &&Wanted| held.is_none_or(|held| !held.contains_key(&want.name));
        let missing: BTreeMap<_, _> =
            wants.iter().filter(is_missing).map(|want| (want.name.clone(), want.clone())).collect();
        let mut woken = self.line_up(workflow, missing, now);
        woken.extend(self.wake(freed));
        if let Some(blocked) = self.blocked(workflow) {
            return (Acquired::Queued { name: blocked.name, ahead: blocked.ahead }, woken);
        }
        // Whoever is next has no more room than before: this one's place in the queue was counted.
        let _names_left = self.leave(workflow);
        self.take(workflow, wants);
        (Acquired::Granted, woken)
    }

    fn line_up(
        &mut self,
        workflow: WorkflowId,
        wants: BTreeMap<PermitName, Wanted>,
        now: Timestamp,
    ) -> Vec<WorkflowId> {
        let own = self.workflows.entry(workflow).or_default();
        if let Some(request) = own.request.as_mut().filter(|known| known.wants.keys().eq(wants.keys())) {
            request.wants = wants;
            request.woken = false;
            return Vec::new();
        }
        let holds_none = own.held.is_empty();
        let left = self.leave(workflow);
        if !wants.is_empty() {
            self.tickets += 1;
            let turn = Turn { holds_none, ticket: self.tickets };
            for name in wants.keys() {
                self.names.entry(name.clone()).or_default().queue.insert(turn, workflow);
            }
            let request = Request { turn, since: now, wants, woken: false };
            self.workflows.entry(workflow).or_default().request = Some(request);
        }
        self.wake(left)
    }

    fn take(&mut self, workflow: WorkflowId, wants: &[Wanted]) {
        for want in wants {
            self.names.entry(want.name.clone()).or_default().held.insert(workflow);
            let own = self.workflows.entry(workflow).or_default();
            let hold = own.held.entry(want.name.clone()).or_insert(want.hold);
            *hold = (*hold).max(want.hold);
        }
        self.tidy(workflow);
    }

    /// Gives back, and says who can be served now.
    pub(super) fn give_back(&mut self, workflow: WorkflowId, what: GiveBack) -> Vec<WorkflowId> {
        let mut freed = match what {
            GiveBack::Nothing => return Vec::new(),
            GiveBack::Call => self.free(workflow, |_, hold| hold == Hold::Call),
            GiveBack::All => self.free(workflow, |_, _| true),
        };
        freed.extend(self.leave(workflow));
        self.tidy(workflow);
        self.wake(freed)
    }

    /// Gives back what ends with a lease, and says who can be served now.
    pub(super) fn end_lease(&mut self, workflow: WorkflowId) -> Vec<WorkflowId> {
        let freed = self.free(workflow, |_, hold| hold == Hold::Call);
        self.tidy(workflow);
        self.wake(freed)
    }

    /// Tells, once, whether a workflow could be served since it asked last.
    pub(super) fn was_woken(&mut self, workflow: WorkflowId) -> bool {
        let request = self.workflows.get_mut(&workflow).and_then(|own| own.request.as_mut());
        request.is_some_and(|request| std::mem::take(&mut request.woken))
    }

    fn free(&mut self, workflow: WorkflowId, goes: impl Fn(&PermitName, Hold) -> bool) -> Vec<PermitName> {
        let Some(own) = self.workflows.get_mut(&workflow) else { return Vec::new() };
        let freed: Vec<_> =
            own.held.iter().filter(|(name, hold)| goes(name, **hold)).map(|(name, _)| name.clone()).collect();
        for name in &freed {
            own.held.remove(name);
            self.names.get_mut(name).map(|named| named.held.remove(&workflow));
        }
        freed
    }

    fn leave(&mut self, workflow: WorkflowId) -> Vec<PermitName> {
        let request = self.workflows.get_mut(&workflow).and_then(|own| own.request.take());
        let Some(Request { turn, wants, .. }) = request else { return Vec::new() };
        for name in wants.keys() {
            self.names.get_mut(name).map(|named| named.queue.remove(&turn));
        }
        wants.into_keys().collect()
    }

    /// Marks those that can be served, of those that queue for one of these.
    fn wake(&mut self, names: Vec<PermitName>) -> Vec<WorkflowId> {
        let mut woken = BTreeSet::new();
        for name in names {
            woken.extend(self.next_ones(&name).into_iter().filter(|next| self.blocked(*next).is_none()));
            if self.names.get(&name).is_some_and(|named| named.held.is_empty() && named.queue.is_empty()) {
                self.names.remove(&name);
            }
        }
        for workflow in &woken {
            let request = self.workflows.get_mut(workflow).and_then(|own| own.request.as_mut());
            request.into_iter().for_each(|request| request.woken = true);
        }
        woken.into_iter().collect()
    }

    /// Those for whom a name has room, the others not looked at.
    fn next_ones(&self, name: &PermitName) -> Vec<WorkflowId> {
        let Some(named) = self.names.get(name) else { return Vec::new() };
        let has_room = |(before, workflow): &(usize, &WorkflowId)| {
            let request = self.workflows.get(workflow).and_then(|own| own.request.as_ref());
            let limit = request.and_then(|request| request.wants.get(name)).map_or(0, Wanted::places);
            named.held.len() + before < limit
        };
        named.queue.values().enumerate().take_while(has_room).map(|(_, workflow)| *workflow).collect()
    }

    /// The first name that a request cannot have now, or nothing.
    fn blocked(&self, workflow: WorkflowId) -> Option<PermitWait> {
        let request = self.workflows.get(&workflow)?.request.as_ref()?;
        let want = request.wants.values().find(|want| !self.has_room(want, request.turn))?;
        Some(self.wait(request, &want.name))
    }

    /// Whether there is room for it and for all before it.
    fn has_room(&self, want: &Wanted, turn: Turn) -> bool {
        let Some(named) = self.names.get(&want.name) else { return true };
        named.held.len() + named.queue.range(..turn).take(want.places()).count() < want.places()
    }

    fn wait(&self, request: &Request, name: &PermitName) -> PermitWait {
        let ahead = self.names.get(name).map_or(0, |named| named.queue.range(..request.turn).count());
        PermitWait { name: name.clone(), ahead: ahead as u64, since: request.since }
    }

    /// What a workflow queues for. One that can be served and did not ask yet is next for its first name.
    pub(super) fn queue(&self, workflow: WorkflowId) -> Option<PermitWait> {
        let request = self.workflows.get(&workflow)?.request.as_ref()?;
        self.blocked(workflow).or_else(|| Some(self.wait(request, request.wants.keys().next()?)))
    }

    pub(super) fn rows(&self, after: Option<&PermitName>, limit: usize) -> Vec<PermitRow> {
        let rows = self.names.iter().filter(|(name, _)| after.is_none_or(|after| *name > after)).take(limit);
        let row = |(name, named): (&PermitName, &Named)| PermitRow {
            name: name.clone(),
            holders: named.held.iter().take(HOLDERS_MAX).copied().collect(),
            held: named.held.len() as u64,
            waiting: named.queue.len() as u64,
        };
        rows.map(row).collect()
    }

    fn tidy(&mut self, workflow: WorkflowId) {
        let own = self.workflows.get(&workflow);
        if own.is_some_and(|own| own.held.is_empty() && own.request.is_none()) {
            self.workflows.remove(&workflow);
        }
    }
}
