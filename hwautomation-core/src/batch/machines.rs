//! What the first step hands on.

use crate::id::MachineId;
use crate::workflow::StepOutput;
use serde::{Deserialize, Serialize};

/// Holds the machines of a batch, by id, in the order of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BatchMachines {
    pub(super) ids: Vec<MachineId>,
}

impl StepOutput for BatchMachines {
    const NAME: &'static str = "batch_machines";
}
