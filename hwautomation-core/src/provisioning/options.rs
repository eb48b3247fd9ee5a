//! What a site decides about provisioning, once for all machines.

use crate::error::Result;
use crate::record::Policy;
use crate::workflow::{Probed, ProbedIntent, StepOutcome, UndoOutcome, WorkflowContext};
use std::time::Duration;

/// Holds what a site decides about provisioning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvisioningOptions {
    /// How often a step looks whether what it waits for came. Default 10 s.
    pub poll: Duration,
    /// How long a command may go on after nobody waits for its answer any more. Only then does a look at the machine
    /// say that it did not happen. Default 150 s: MAAS holds a command for up to 60 s, and a vendor's tool that
    /// lost its shell may write for two minutes.
    pub settle: Duration,
    /// The tags that a ready machine gets, beside `device-type-…`. Default `provisioned`.
    pub tags: Vec<String>,
}

/// No attempt is longer: the step's deadline ends it.
const WAIT_MAX: Duration = Duration::from_secs(24 * 3600);

impl Default for ProvisioningOptions {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(10),
            settle: Duration::from_secs(150),
            tags: vec!["provisioned".to_owned()],
        }
    }
}

impl ProvisioningOptions {
    /// Lets go of a run until the next look. The attempt's limit bounds it, which a device profile may lengthen.
    pub(super) fn wait(&self, reason: impl Into<String>) -> Result<StepOutcome> {
        StepOutcome::wait(reason, self.poll, WAIT_MAX)
    }

    /// Lets go of an undo until the next look.
    pub(super) fn wait_back(&self, reason: impl Into<String>, limit: Duration) -> Result<UndoOutcome> {
        UndoOutcome::wait(reason, self.poll, limit)
    }

    /// Says what to make of an effect that does not show: it may be on its way, until it no longer can be.
    pub(super) fn not_yet(&self, ctx: &WorkflowContext, intent: &ProbedIntent) -> Result<Probed> {
        if ctx.now().since(intent.given_up_at) >= self.settle {
            return Ok(Probed::DidNotHappen);
        }
        let limit = intent.given_up_at.since(intent.opened_at) + self.settle * 2;
        Probed::wait(format!("{} to show, if it was sent", intent.name), self.poll, limit)
    }
}

/// Limits a step: `seconds` for one attempt, its waits included, and for one call, since a vendor's tool may take
/// most of it.
pub(super) fn limits(seconds: u64, attempts: u32) -> Policy {
    let limit = Duration::from_secs(seconds);
    Policy { timeout: limit, attempt_limit: Some(limit), attempts, ..Policy::default() }
}
