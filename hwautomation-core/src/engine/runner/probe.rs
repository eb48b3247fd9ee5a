//! Asking a step what became of an effect.

use super::execute::{Executed, Job, Notes, Returned};
use super::settle::POLL_MIN;
use super::{Flow, Runner};
use crate::error::{Error, ErrorKind, ErrorRecord, Result};
use crate::id::{IntentName, StepName};
use crate::record::{ClosedBy, EventKind, IntentResult, Side};
use crate::store::GiveBack;
use crate::time::Timestamp;
use crate::workflow::{Probed, ProbedIntent, Wait};

impl Runner {
    /// Asks a step what became of an effect, and records the answer.
    pub(super) async fn probe(&mut self, step: usize, side: Side, intent: IntentName) -> Result<Flow> {
        let state = self.journal.state();
        let undoing = state.undo.is_some();
        let opened_at = state.steps[step].intents.get(&(side, intent.clone())).map(|known| known.opened_at);
        let opened = opened_at.unwrap_or(Timestamp::MIN);
        let failures = match (&state.undo, side) {
            (Some(undo), Side::Undo) => undo.steps.get(&self.step_name(step)).map(|known| &known.failures),
            _ => Some(&state.steps[step].failures),
        };
        let given_up = failures.and_then(|failures| failures.last()).map_or(opened, |failure| failure.at);
        let asked =
            ProbedIntent { name: intent.clone(), side, opened_at: opened, given_up_at: opened.max(given_up) };
        let context_side = if undoing { Side::Undo } else { Side::Run };
        let found = match self.execute(step, context_side, Job::Probe(asked)).await? {
            Executed::Returned(Returned::Probe(found), _) => found,
            Executed::Failed(error) => Err(error),
            Executed::Dropped => return Ok(Flow::GoOn),
            Executed::Returned(..) | Executed::Leave => return Ok(Flow::Leave),
        };
        let name = self.step_name(step);
        match found {
            Ok(Probed::Happened(value)) => match self.store(value) {
                Ok(value) => self.close(name, side, intent, IntentResult::Happened { value }),
                Err(error) if undoing => self.settle_undo_failure(step, &error),
                Err(error) => self.settle_failure(step, &error, &Notes::default()),
            },
            Ok(Probed::DidNotHappen) => self.close(name, side, intent, IntentResult::DidNotHappen),
            Ok(Probed::Wait(wait)) => self.settle_too_early(step, side, &intent, wait).await,
            Ok(Probed::Unknown { why }) => self.settle_unknown(step, undoing, &intent, &why).await,
            Err(error) if undoing => self.settle_undo_failure(step, &error),
            Err(error) => self.settle_failure(step, &error, &Notes::default()),
        }
    }

    /// The first wait for a reason is recorded. Its limit counts from when the effect was begun.
    async fn settle_too_early(
        &mut self,
        step: usize,
        side: Side,
        intent: &IntentName,
        wait: Wait,
    ) -> Result<Flow> {
        let state = self.journal.state();
        let undoing = state.undo.is_some();
        let known = state.steps[step].intents.get(&(side, intent.clone()));
        let (began, now) = (known.map_or(Timestamp::MIN, |known| known.opened_at), self.journal.now());
        let deadline_at = began + wait.limit;
        if now >= deadline_at {
            let why = format!("it waited for {}", wait.reason);
            return self.settle_unknown(step, undoing, intent, &why).await;
        }
        let reason = crate::error::storable(&wait.reason);
        let awaited = known.and_then(|known| known.awaited.as_ref());
        if awaited.is_none_or(|awaited| awaited.reason != reason) {
            let (step, intent, poll) = (self.step_name(step), intent.clone(), wait.poll);
            self.journal.add(EventKind::EffectAwaited { step, side, intent, reason, poll, deadline_at })?;
        }
        if !undoing && self.is_to_go_back() {
            return Ok(Flow::GoOn);
        }
        let look_at = (now + wait.poll.max(POLL_MIN)).min(deadline_at);
        let whole = if undoing { Side::Undo } else { Side::Run };
        Ok(self.rest(whole, look_at, []))
    }

    fn close(
        &mut self,
        step: StepName,
        side: Side,
        intent: IntentName,
        result: IntentResult,
    ) -> Result<Flow> {
        let by = ClosedBy::Probe;
        self.journal.add(EventKind::IntentClosed { step, side, intent, result, by })?;
        Ok(Flow::GoOn)
    }

    /// Forward, a person decides. On the way back nobody waits: it is named in the verdict. A run that was cancelled
    /// meanwhile goes back, and asks there once more.
    async fn settle_unknown(
        &mut self,
        step: usize,
        undoing: bool,
        intent: &IntentName,
        why: &str,
    ) -> Result<Flow> {
        let name = self.step_name(step);
        let reason = format!("nobody knows whether {intent} of step {name} happened: {why}");
        if undoing {
            let attempt = self.attempt(step, Side::Undo);
            let error = ErrorRecord::from(&Error::new(ErrorKind::Mismatch, reason));
            self.journal.add(EventKind::StepUndoFailed { step: name, attempt, error, retry_at: None })?;
            self.journal.give_back(GiveBack::All);
        } else if !self.is_to_go_back() {
            let until = self.journal.now() + self.journal.state().spec.halt_limit;
            return self.halt(Some(name), reason, until).await;
        }
        Ok(Flow::GoOn)
    }

    fn is_to_go_back(&self) -> bool {
        let state = self.journal.state();
        state.cancel.is_some() && state.guard(self.journal.now()).is_none()
    }
}
