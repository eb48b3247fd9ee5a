//! Answers what a running step asks for.

use super::Runner;
use super::execute::Notes;
use super::port::{Desk, PortCall};
use crate::error::{Error, ErrorKind, Result};
use crate::id::IntentName;
use crate::machine::MachineChange;
use crate::record::{ClosedBy, EventKind, Intent, Side};
use crate::secret::scrub;
use crate::store::After;
use crate::workflow::port::{Opened, Opening};
use serde_json::Value;
use std::time::Duration;

/// How much longer than a call the lease must last.
const LEASE_MARGIN: Duration = Duration::from_secs(5);
/// How many sub-tasks of a step are recorded.
const SUB_TASKS_MAX: u32 = 1000;
/// How long the text of a sub-task may be, in bytes.
const SUB_TASK_BYTES_MAX: usize = 1024;

impl Runner {
    /// Answers one question. An error here means that nothing more can be recorded; the step is told too.
    pub(super) async fn serve(
        &mut self,
        step: usize,
        side: Side,
        call: PortCall,
        desk: &Desk,
        notes: &mut Notes,
    ) -> Result<()> {
        self.collect(step, desk)?;
        let name = self.step_name(step);
        match call {
            PortCall::Open { opening, reply } => {
                let opened = self.open_effect(step, side, opening, desk, notes).await;
                answer(reply, opened)
            }
            PortCall::Close { intent, result, reply } => {
                let by = ClosedBy::Call;
                let closed =
                    self.record(EventKind::IntentClosed { step: name, side, intent, result, by }).await;
                answer(reply, closed)
            }
            PortCall::Effect { side, intent, reply } => {
                answer(reply, Ok(self.journal.state().steps[step].intents.get(&(side, intent)).cloned()))
            }
            PortCall::Record { name: what, payload, reply } => {
                let recorded = self.record(EventKind::Recorded { step: name, name: what, payload }).await;
                answer(reply, recorded)
            }
            PortCall::MachineChanged { change, reply } => {
                let changed = self.change_machine(vec![], change, desk).await;
                answer(reply, changed)
            }
            PortCall::StartChild { key, submission, reply } => {
                let started = self.start_child(step, side, &key, *submission).await;
                let lost = started.as_ref().err().filter(|error| error.kind() == ErrorKind::LeaseLost);
                let lost = lost.map(again);
                // A conflict is about the child's machine here, and not about this run.
                let _nobody_listens = reply.send(started);
                lost.map_or(Ok(()), Err)
            }
            PortCall::Signal { name, reply } => answer(reply, Ok(self.signal(&name, notes))),
            PortCall::Guard { limit, reply } => {
                let until = self.journal.now() + limit;
                let open = self.journal.state().steps[step].guard.is_some();
                let guarded = if open {
                    Ok(())
                } else {
                    self.record(EventKind::GuardOpened { step: name, until }).await
                };
                answer(reply, guarded)
            }
            PortCall::Unguard { reply } => {
                let open = self.journal.state().steps[step].guard.is_some();
                let closed =
                    if open { self.record(EventKind::GuardClosed { step: name }).await } else { Ok(()) };
                answer(reply, closed)
            }
        }
    }

    async fn record(&mut self, kind: EventKind) -> Result<()> {
        self.journal.add(kind)?;
        self.journal.commit(After::Hold).await
    }

    async fn open_effect(
        &mut self,
        step: usize,
        side: Side,
        opening: Opening,
        desk: &Desk,
        notes: &mut Notes,
    ) -> Result<Opened> {
        let state = self.journal.state();
        let Opening { intent, boots, may_take, refused } = opening;
        let known = state.steps[step].intents.get(&(side, intent.clone()));
        if let Some(value) = known.and_then(|known| known.value.clone()) {
            return Ok(Opened::Before(value));
        }
        if let Some(refused) = refused {
            return Err(refused);
        }
        self.check_not_cancelled(side, &intent)?;
        let is_open = known.is_some_and(Intent::is_open);
        if is_open && notes.opened.contains(&intent) {
            return Err(still_open(intent.as_str()));
        }
        let number = known.map_or(1, |known: &Intent| known.number + 1);
        let lease = may_take.saturating_add(LEASE_MARGIN);
        if is_open {
            self.journal.hold_surely(lease).await?;
            // The guard under which it was asked for may have ended meanwhile.
            self.check_not_cancelled(side, &intent)?;
            self.note_effect(&intent, lease, notes);
            // Only a step that says `Resume::Rerun` gets here: doing it twice is harmless.
            return Ok(Opened::Now);
        }
        self.journal.hold_for(lease).await?;
        self.check_not_cancelled(side, &intent)?;
        self.note_effect(&intent, lease, notes);
        let opened = EventKind::IntentOpened { step: self.step_name(step), side, intent, number };
        match boots {
            Some(by) => self.change_machine(vec![opened], MachineChange::Booted { by }, desk).await?,
            None => self.record(opened).await?,
        }
        // Storing may have taken long, or been answered late: what is sent now must be ours to send.
        self.journal.hold_for(may_take).await?;
        Ok(Opened::Now)
    }

    /// Nothing forward begins after a cancel, unless a guard holds it off.
    fn check_not_cancelled(&self, side: Side, intent: &IntentName) -> Result<()> {
        let state = self.journal.state();
        if side == Side::Run && state.cancel.is_some() && state.guard(self.journal.now()).is_none() {
            let message = format!("{intent} is not begun: the run was cancelled");
            return Err(Error::new(ErrorKind::Cancelled, message));
        }
        Ok(())
    }

    fn note_effect(&self, intent: &IntentName, may_take: Duration, notes: &mut Notes) {
        notes.opened.insert(intent.clone());
        notes.busy_until = Some(self.journal.now() + may_take);
    }

    /// Records a change of the machine, and lets the step and the directory see it.
    async fn change_machine(
        &mut self,
        first: Vec<EventKind>,
        change: MachineChange,
        desk: &Desk,
    ) -> Result<()> {
        first.into_iter().try_for_each(|kind| self.journal.add(kind))?;
        if let Some(machine) = self.journal.state().spec.machine.clone() {
            self.journal.add(EventKind::MachineChanged { machine, change })?;
        }
        self.journal.commit(After::Hold).await?;
        match self.shared.machine_of(&self.journal.state().spec).await {
            Ok(machine) => self.machine = machine,
            // The change is recorded; whoever reads the directory next sees it.
            Err(error) => tracing::warn!(%error, "the machine was not read again after a change"),
        }
        desk.set_machine(self.machine.clone());
        Ok(())
    }

    /// Returns the oldest signal of this name; it is used up when the step's outcome is recorded.
    fn signal(&self, name: &crate::id::SignalName, notes: &mut Notes) -> Option<Value> {
        let mut signals = self.journal.state().signals.iter();
        let (seq, signal) =
            signals.find(|(seq, signal)| signal.name == *name && !notes.signals.contains(seq))?;
        notes.signals.insert(*seq);
        Some(signal.payload.clone())
    }

    /// Takes from the desk what the step said and stored there.
    pub(super) fn collect(&mut self, step: usize, desk: &Desk) -> Result<()> {
        self.journal.add_blobs(desk.take_blobs());
        for (at, text) in desk.take_sub_tasks() {
            let known = &self.journal.state().steps[step];
            let text = cut(&scrub(&text)).to_owned();
            let same = known.sub_task.as_ref().is_some_and(|open| open.text == text);
            if !same && known.sub_tasks < SUB_TASKS_MAX {
                let kind = EventKind::SubTaskStarted { step: self.step_name(step), text };
                self.journal.add_by(crate::actor::Actor::engine(), at, kind)?;
            }
        }
        Ok(())
    }
}

/// Tells the step, and the runner when nothing more can be recorded.
fn answer<T>(reply: tokio::sync::oneshot::Sender<Result<T>>, result: Result<T>) -> Result<()> {
    let fatal = result.as_ref().err().filter(|error| is_fatal(error.kind())).map(again);
    // The step may have been dropped meanwhile; then nobody listens.
    let _nobody_listens = reply.send(result);
    fatal.map_or(Ok(()), Err)
}

fn is_fatal(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::LeaseLost | ErrorKind::Conflict)
}

fn again(error: &Error) -> Error {
    Error::new(error.kind(), error.message().to_owned()).with_class(error.class())
}

fn still_open(intent: &str) -> Error {
    Error::new(ErrorKind::Refused, format!("{intent} was begun and its outcome is not known"))
        .unknown_outcome()
        .with_remedy("return the error of the first call; the engine asks the step before it runs again")
}

fn cut(text: &str) -> &str {
    let end = (0..=SUB_TASK_BYTES_MAX.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let text = "ä".repeat(1000);
        assert_eq!(cut(&text).len(), SUB_TASK_BYTES_MAX);
        let odd = format!("x{text}");
        assert_eq!(cut(&odd).len(), SUB_TASK_BYTES_MAX - 1);
        assert_eq!(cut("short"), "short");
    }
}
