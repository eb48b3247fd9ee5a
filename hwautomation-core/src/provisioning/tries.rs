//! Commands that each attempt sends anew: the name of the effect carries the attempt's number.

use crate::error::Result;
use crate::workflow::WorkflowContext;
use serde::de::DeserializeOwned;

/// Names the effect of one attempt.
pub(super) fn intent(what: &str, attempt: u32) -> String {
    format!("{what}-{attempt}")
}

/// Tells whether an effect of this name may have acted, in any attempt.
pub(super) async fn may_have_acted(ctx: &WorkflowContext, what: &str) -> Result<bool> {
    for attempt in 1..=ctx.runs().max(ctx.attempt()) {
        if ctx.effect(intent(what, attempt)).await?.is_some_and(|known| known.may_have_acted()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns what the newest effect of this name returned, if one happened.
pub(super) async fn newest<T: DeserializeOwned>(ctx: &WorkflowContext, what: &str) -> Result<Option<T>> {
    for attempt in (1..=ctx.runs().max(ctx.attempt())).rev() {
        if let Some(value) = ctx.result_of(intent(what, attempt)).await? {
            return Ok(Some(value));
        }
    }
    Ok(None)
}
