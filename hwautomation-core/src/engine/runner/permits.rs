//! Takes the permits that a step names before each call, and queues without a task.

use super::Runner;
use super::open::Footing;
use crate::engine::plan::Action;
use crate::error::{Error, Result};
use crate::id::PermitName;
use crate::record::{EventKind, Phase, Side, UndoOf, UndoPhase};
use crate::store::{Acquired, After, GiveBack, Wanted};
use crate::time::Timestamp;
use crate::workflow::Permit;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// How often a workflow in the queue looks without being told that its turn has come.
const LOOK: Duration = Duration::from_secs(30);
/// How many permits a step may name.
const PERMITS_MAX: usize = 64;

/// Says whether a step may be called.
pub(super) enum Permitted {
    /// It has what it needs.
    Yes,
    /// It queues; look again then.
    Queued(Timestamp),
    /// It had to wait for the store's answer, and something else comes next meanwhile.
    TooLate,
    /// What it names makes no sense.
    No(Error),
}

impl Runner {
    /// Takes what the step needs. What waits in the journal is stored first: it may give back what is needed here.
    pub(super) async fn permitted(&mut self, step: usize, side: Side) -> Result<Permitted> {
        let wants = match self.wants(step) {
            Ok(wants) if wants.is_empty() => {
                self.wants_nothing(step, side);
                return Ok(Permitted::Yes);
            }
            Ok(wants) => wants,
            Err(error) => return Ok(Permitted::No(error)),
        };
        self.journal.commit(After::Hold).await?;
        self.has_permits = true;
        match self.shared.store.acquire(self.journal.lease().key, &wants).await? {
            Acquired::Granted if self.is_still_next(step, side) => Ok(Permitted::Yes),
            Acquired::Granted => Ok(Permitted::TooLate),
            Acquired::Queued { name, ahead } => {
                tracing::debug!(workflow = %self.journal.state().id, permit = %name, ahead, "queued");
                self.queue(step, side, wants, &name).map(Permitted::Queued)
            }
        }
    }

    /// Tells whether this step is to be called now: a limit may have passed since that was decided.
    fn is_still_next(&self, step: usize, side: Side) -> bool {
        match self.decide(self.journal.now()) {
            Action::Start { step: next, .. }
            | Action::Resume { step: next }
            | Action::Wake { step: next } => side == Side::Run && next == step,
            Action::Undo { step: next, .. } => side == Side::Undo && next == step,
            _ => false,
        }
    }

    /// It may have named permits before: they go back with the next append, but a look after a wait is none, so there
    /// with the outcome.
    fn wants_nothing(&mut self, step: usize, side: Side) {
        let state = self.journal.state();
        match state.steps[step].phase {
            Phase::Pending if state.permits_awaited.is_none() => {}
            Phase::Waiting(_) if side == Side::Run => self.has_permits = true,
            _ => self.journal.give_back(GiveBack::All),
        }
    }

    /// By name, each once; of two holds the longer one.
    fn wants(&self, step: usize) -> Result<Vec<Wanted>> {
        let Footing::Firm(workflow) = &self.footing else { return Ok(Vec::new()) };
        let (step, machine) = (&workflow.steps[step], self.machine.as_deref());
        let permits = catch_unwind(AssertUnwindSafe(|| step.permits(machine)));
        let permits = permits.map_err(|_| {
            Error::internal(format!("step {} panicked when it was asked for its permits", step.name()))
                .with_remedy("this is a bug in the step; report it")
        })?;
        let mut holds = BTreeMap::new();
        for Permit { name, hold } in permits {
            let known = holds.entry(name).or_insert(hold);
            *known = hold.max(*known);
        }
        if holds.len() > PERMITS_MAX {
            let what = format!("step {} names {} permits, more than {PERMITS_MAX}", step.name(), holds.len());
            return Err(
                Error::invalid(what).with_remedy("name what is shared, such as the rack, not its parts")
            );
        }
        let limits = &self.shared.permit_limits;
        Ok(holds.into_iter().map(|(name, hold)| Wanted { limit: limits.of(&name), name, hold }).collect())
    }

    /// Records, once, what it queues for, and returns when to look again. The missing one is the first that it cannot
    /// have now.
    fn queue(
        &mut self,
        step: usize,
        side: Side,
        wants: Vec<Wanted>,
        missing: &PermitName,
    ) -> Result<Timestamp> {
        let name = self.step_name(step);
        let permits: Vec<PermitName> = wants.into_iter().map(|want| want.name).collect();
        let known = self.journal.state().permits_awaited.as_ref();
        let is_recorded =
            known.is_some_and(|known| (&known.step, known.side, &known.permits) == (&name, side, &permits));
        if !is_recorded {
            self.shared.meters.permit_waited(missing.as_str());
            self.start_run()?;
            self.journal.add(EventKind::PermitsAwaited { step: name, side, permits })?;
        }
        let now = self.journal.now();
        let until = self.journal.state().permits_until().filter(|until| *until > now);
        Ok(until.into_iter().chain([now + LOOK]).min().unwrap_or(now))
    }

    /// Says in the history that undoing goes on, if it says that it queues.
    pub(super) fn undo_goes_on(&mut self, step: usize, of: UndoOf) -> Result<()> {
        let (state, name) = (self.journal.state(), self.step_name(step));
        let known = state.undo.as_ref().and_then(|undo| undo.steps.get(&name));
        match known.filter(|known| state.permits_awaited.is_some() && known.phase == UndoPhase::Running) {
            Some(known) => {
                let attempt = known.attempt;
                self.journal.add(EventKind::StepUndoStarted { step: name, of, attempt })
            }
            None => Ok(()),
        }
    }

    /// What was held for the call goes back with the next commit.
    pub(super) fn call_is_over(&mut self) {
        if self.has_permits {
            self.journal.give_back(GiveBack::Call);
        }
    }

    /// What was held for the step goes back with its outcome.
    pub(super) fn step_is_over(&mut self) {
        if std::mem::take(&mut self.has_permits) {
            self.journal.give_back(GiveBack::All);
        }
    }
}
