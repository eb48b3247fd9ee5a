//! When a failed attempt is tried again. Pure: the jitter comes from a hash of the run's name.

use crate::error::{ErrorClass, ErrorRecord};
use crate::record::{Backoff, Failure, StepState, UndoState, WorkflowState};
use crate::time::Timestamp;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// However long the other side asks to be left alone, we look again after this time.
const ASKED_MAX: Duration = Duration::from_secs(3600);

/// Returns when the step is tried again after this error, or nothing if it is not.
pub(crate) fn retry_at(
    state: &WorkflowState,
    step: &StepState,
    error: &ErrorRecord,
    now: Timestamp,
) -> Option<Timestamp> {
    let in_a_row = step.failures_in_a_row;
    let since_retry = step.failures.len().saturating_sub(in_a_row as usize);
    let at = after_failure(state, step, &step.failures[since_retry..], in_a_row, error, now)?;
    let deadline = state.deadline_at.into_iter().chain(step.deadline_at).min();
    (deadline.is_none_or(|deadline| at < deadline)).then_some(at)
}

/// Returns when undoing the step is tried again after this error, or nothing if it is not.
pub(crate) fn retry_undo_at(
    state: &WorkflowState,
    step: &StepState,
    undo: &UndoState,
    error: &ErrorRecord,
    now: Timestamp,
) -> Option<Timestamp> {
    let failures = undo.steps.get(&step.spec.name).map(|known| known.failures.as_slice()).unwrap_or_default();
    let count = u32::try_from(failures.len()).unwrap_or(u32::MAX);
    after_failure(state, step, failures, count, error, now).filter(|at| *at < undo.deadline_at)
}

fn after_failure(
    state: &WorkflowState,
    step: &StepState,
    earlier: &[Failure],
    count: u32,
    error: &ErrorRecord,
    now: Timestamp,
) -> Option<Timestamp> {
    let policy = &step.spec.policy;
    let asked = match error.class {
        ErrorClass::Permanent => return None,
        ErrorClass::Transient { after } => after.unwrap_or_default(),
        ErrorClass::UnknownOutcome | ErrorClass::Cancelled => Duration::ZERO,
    };
    if count + 1 >= policy.attempts || repeats(earlier, error, policy.equal_failures_max) {
        return None;
    }
    let backoff = match error.class {
        ErrorClass::UnknownOutcome => policy.unknown_backoff.unwrap_or(policy.backoff),
        _ => policy.backoff,
    };
    let pause = pause(backoff, count, draw(state, step, count));
    Some(now + pause.max(asked.min(ASKED_MAX)))
}

/// Tells whether this error makes `max` equal ones in a row.
fn repeats(earlier: &[Failure], error: &ErrorRecord, max: u32) -> bool {
    let alike = earlier.iter().rev().take_while(|failure| failure.error.same_failure(error)).count();
    max > 0 && alike + 1 >= max as usize
}

/// `first`, doubled each time, at most `max`, minus up to a quarter.
fn pause(backoff: Backoff, count: u32, draw: u8) -> Duration {
    let whole = backoff.first.saturating_mul(2_u32.saturating_pow(count)).min(backoff.max);
    whole - whole / 4 * u32::from(draw) / 255
}

fn draw(state: &WorkflowState, step: &StepState, count: u32) -> u8 {
    let name = format!("{}/{}/{count}", state.id, step.spec.name);
    Sha256::digest(name.as_bytes())[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_its_limit_and_jitter_only_shortens() {
        let backoff = Backoff { first: Duration::from_secs(1), max: Duration::from_secs(10) };
        let whole: Vec<u64> = (0..5).map(|count| pause(backoff, count, 0).as_secs()).collect();
        assert_eq!(whole, [1, 2, 4, 8, 10]);
        assert_eq!(pause(backoff, 2, 255), Duration::from_secs(3));
        assert_eq!(pause(backoff, 4_000_000_000, 0), Duration::from_secs(10));
    }
}
