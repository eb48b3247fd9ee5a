//! Turns what others ask into events.

use super::Runner;
use crate::error::Result;
use crate::record::{ClosedBy, EventKind, IntentResult, Phase, Resume, Side, StepState};
use crate::store::{Command, InboxItem};
use std::sync::atomic::Ordering;

impl Runner {
    /// Reads the inbox if there may be something new. What it says is stored with the next commit.
    pub(super) async fn read_inbox(&mut self) -> Result<()> {
        if !self.handle.unread.swap(false, Ordering::Acquire) {
            return Ok(());
        }
        let workflow = self.journal.state().id;
        for item in self.shared.store.inbox(workflow).await? {
            self.take(item)?;
        }
        Ok(())
    }

    /// What makes no difference any more is consumed without an event.
    fn take(&mut self, item: InboxItem) -> Result<()> {
        let InboxItem { id, item } = item;
        for kind in self.meaning(item.command, &item.key) {
            self.journal.add_by(item.actor.clone(), self.journal.now(), kind)?;
        }
        self.journal.consume(id);
        Ok(())
    }

    fn meaning(&self, command: Command, key: &str) -> Vec<EventKind> {
        let state = self.journal.state();
        let is_for = |seq| state.abort.is_none() && state.halt.as_ref().is_some_and(|halt| halt.seq == seq);
        match command {
            Command::Cancel { why } if state.cancel.is_none() => vec![EventKind::CancelRequested { why }],
            Command::Signal { name, payload } if !state.signal_keys.contains(key) => {
                vec![EventKind::SignalReceived { name, payload, key: key.to_owned() }]
            }
            Command::Retry { why, halt } if is_for(halt) => {
                let mut events = self.decided_by_hand();
                events.push(EventKind::RetryRequested { why });
                events
            }
            Command::Skip { why, halt } if is_for(halt) => match state.current_step() {
                Some(step) => {
                    vec![EventKind::StepSkipped {
                        step: step.spec.name.clone(),
                        why,
                        signals_read: Vec::new(),
                    }]
                }
                None => Vec::new(),
            },
            Command::Abort { why, halt } if is_for(halt) => vec![EventKind::AbortRequested { why }],
            Command::OverridePower { why } => vec![EventKind::PowerOverridden { why }],
            _ => Vec::new(),
        }
    }

    /// Who was asked whether an effect happened, and says "try again", says "it did not happen". A run that halted
    /// since its attempts failed asked no such question: there the step is asked again.
    fn decided_by_hand(&self) -> Vec<EventKind> {
        let was_asked = |step: &&StepState| match step.spec.resume {
            Resume::Rerun => false,
            Resume::Probe => step.phase != Phase::Failed,
            Resume::Halt => true,
        };
        let Some(step) = self.journal.state().current_step().filter(was_asked) else { return Vec::new() };
        let closed = |intent: &crate::id::IntentName| EventKind::IntentClosed {
            step: step.spec.name.clone(),
            side: Side::Run,
            intent: intent.clone(),
            result: IntentResult::DidNotHappen,
            by: ClosedBy::Person,
        };
        step.open_intents(Side::Run).map(|(intent, _)| closed(intent)).collect()
    }
}
