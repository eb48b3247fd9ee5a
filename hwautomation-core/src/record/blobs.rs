//! Which blobs an event names.

use super::{BlobHash, EventKind, IntentResult};

impl EventKind {
    /// Lists the hashes of the large values that stand beside the event.
    pub fn blobs(&self) -> impl Iterator<Item = &BlobHash> {
        let own = match self {
            Self::IntentClosed { result: IntentResult::Happened { value }, .. } => value.blob(),
            Self::Recorded { payload, .. } => payload.blob(),
            Self::StepDone { output: Some(output), .. } => output.value.blob(),
            _ => None,
        };
        let carried = match self {
            Self::WorkflowSubmitted(spec) => spec.carried.as_slice(),
            _ => &[],
        };
        let outputs = carried.iter().filter_map(|step| step.output.as_ref());
        own.into_iter().chain(outputs.filter_map(|output| output.value.blob()))
    }
}
