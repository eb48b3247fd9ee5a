//! Takes secrets out of every free text and value of an event before it is stored, and bounds the texts.

use super::{EventKind, IntentResult, Stored};
use crate::error::{ErrorRecord, TEXT_BYTES_MAX};
use crate::machine::MachineChange;
use crate::secret::{scrub, scrub_json};
use std::borrow::Cow;

impl EventKind {
    /// Replaces every secret issued in this process by `***`, and cuts texts that are too long. Names, which the fold reads, are left alone: they are
    /// the program's own and hold no secrets; a request was refused if it held one.
    pub(crate) fn scrub(&mut self) {
        match self {
            Self::SubTaskStarted { text, .. } => clean(text),
            Self::IntentClosed { result: IntentResult::Happened { value }, .. } => clean_stored(value),
            Self::IntentClosed { result: IntentResult::Failed { error }, .. }
            | Self::StepFailed { error, .. }
            | Self::StepUndoFailed { error, .. } => clean_error(error),
            Self::Recorded { name, payload, .. } => {
                clean(name);
                clean_stored(payload);
            }
            Self::StepDone { output: Some(output), .. } => clean_stored(&mut output.value),
            Self::SignalReceived { payload, .. } => scrub_json(payload),
            Self::StepWaiting { reason: text, .. }
            | Self::EffectAwaited { reason: text, .. }
            | Self::StepSkipped { why: text, .. }
            | Self::CancelRequested { why: text }
            | Self::Halted { reason: text, .. }
            | Self::RetryRequested { why: text }
            | Self::AbortRequested { why: text }
            | Self::PowerOverridden { why: text } => clean(text),
            Self::MachineChanged { change: MachineChange::Fact { value, source, .. }, .. } => {
                scrub_json(value);
                clean(source);
            }
            Self::MachineChanged { change: MachineChange::Booted { by }, .. } => clean(by),
            Self::WorkflowEnded { reason, not_undone, .. } => {
                clean(reason);
                not_undone.iter_mut().for_each(|left| clean(&mut left.why));
            }
            _ => {}
        }
    }
}

fn clean(text: &mut String) {
    if let Cow::Owned(clean) = scrub(text) {
        *text = clean;
    }
    text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
}

/// What stands in a blob was cleaned before its hash was taken.
fn clean_stored(stored: &mut Stored) {
    if let Stored::Value(value) = stored {
        scrub_json(value);
    }
}

fn clean_error(error: &mut ErrorRecord) {
    clean(&mut error.message);
    error.chain.iter_mut().for_each(clean);
    error.remedy.iter_mut().for_each(clean);
    error.sub_task.iter_mut().for_each(clean);
}
