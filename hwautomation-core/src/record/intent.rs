//! What became of an effect, and how that is known.

use super::Stored;
use crate::error::ErrorRecord;
use serde::{Deserialize, Serialize};

/// Says what became of an effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum IntentResult {
    /// It happened, and every later call gets this value.
    Happened {
        /// What it returned.
        value: Stored,
    },
    /// It failed for certain; a later call is a new try.
    Failed {
        /// Why.
        error: ErrorRecord,
    },
    /// It did not happen; a later call is a new try.
    DidNotHappen,
    /// Nobody knows, and the step needs it no more: it found what it wanted.
    Unresolved,
}

/// Says how the outcome of an effect is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosedBy {
    /// The call returned.
    Call,
    /// The step's probe found out.
    Probe,
    /// A person said: try again.
    Person,
    /// The step returned successfully, and doing it twice is harmless.
    Step,
}
