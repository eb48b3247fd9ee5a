//! Rounds every span of an event to what is stored of it: an event in memory is the one that is read back.

use super::{Backoff, EventKind, IntentResult, Policy, Submitted};
use crate::error::{ErrorClass, ErrorRecord};
use crate::time::millis;
use std::time::Duration;

impl EventKind {
    /// Rounds every span up to whole milliseconds.
    pub(super) fn round_spans(&mut self) {
        match self {
            Self::WorkflowSubmitted(submitted) => round_submitted(submitted),
            Self::StepWaiting { poll, .. } | Self::EffectAwaited { poll, .. } => round(poll),
            Self::IntentClosed { result: IntentResult::Failed { error }, .. }
            | Self::StepFailed { error, .. }
            | Self::StepUndoFailed { error, .. } => round_error(error),
            _ => {}
        }
    }
}

fn round_submitted(submitted: &mut Submitted) {
    let Submitted { deadline, start_limit, halt_limit, undo_limit, steps, .. } = submitted;
    let limits = deadline.iter_mut().chain(start_limit).chain([halt_limit, undo_limit]);
    limits.for_each(round);
    steps.iter_mut().for_each(|step| round_policy(&mut step.policy));
}

fn round_policy(policy: &mut Policy) {
    let Policy { timeout, attempt_limit, deadline, backoff, unknown_backoff, .. } = policy;
    attempt_limit.iter_mut().chain(deadline).chain([timeout]).for_each(round);
    for Backoff { first, max } in unknown_backoff.iter_mut().chain([backoff]) {
        [first, max].into_iter().for_each(round);
    }
}

fn round_error(error: &mut ErrorRecord) {
    if let ErrorClass::Transient { after: Some(after) } = &mut error.class {
        round(after);
    }
}

fn round(span: &mut Duration) {
    *span = Duration::from_millis(millis::of(*span));
}
