//! How much may be said: it is refused, not cut, since whoever says it can still say it shorter.

use crate::error::{Error, Result, TEXT_BYTES_MAX};
use serde_json::Value;

/// Refuses a text that history would cut.
pub(super) fn check_text(what: &str, text: &str) -> Result<()> {
    check(what, text.len(), TEXT_BYTES_MAX)
}

/// Refuses a value whose JSON is larger than this, in bytes.
pub(super) fn check_value(what: &str, value: &Value, max: usize) -> Result<()> {
    check(what, value.to_string().len(), max)
}

fn check(what: &str, bytes: usize, max: usize) -> Result<()> {
    if bytes <= max {
        return Ok(());
    }
    Err(Error::invalid(format!("{what} is {bytes} bytes long, and at most {max} are recorded"))
        .with_remedy("say it shorter, and name where the rest is"))
}
