//! Which blob an event names.

use super::{BlobHash, EventKind, IntentResult};

impl EventKind {
    /// Returns the hash of the large value that stands beside the event, if one does.
    #[must_use]
    pub fn blob(&self) -> Option<&BlobHash> {
        match self {
            Self::IntentClosed { result: IntentResult::Happened { value }, .. } => value.blob(),
            Self::Recorded { payload, .. } => payload.blob(),
            Self::StepDone { output: Some(output), .. } => output.value.blob(),
            _ => None,
        }
    }
}
