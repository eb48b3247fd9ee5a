//! The spans under which everything lies that happens in a run.

use crate::id::StepName;
use crate::record::{Side, Submitted};
use crate::store::LeaseKey;
use tracing::field::Empty;
use tracing::{Span, info_span};

/// The target of what the engine tells on purpose.
pub(crate) const TARGET: &str = "hwautomation";

/// Begins the span of a run, of which only the lease is known yet.
pub(crate) fn workflow(lease: LeaseKey) -> Span {
    let LeaseKey { workflow, epoch, .. } = lease;
    info_span!(target: TARGET, "workflow", %workflow, epoch, name = Empty, machine = Empty)
}

/// Adds what the history says to the span of the run, which is the current one.
pub(crate) fn identify(spec: &Submitted) {
    let span = Span::current();
    if span.is_disabled() {
        return;
    }
    span.record("name", spec.name.as_str());
    if let Some(machine) = &spec.machine {
        span.record("machine", machine.as_str());
    }
}

/// Begins the spans of one call of a step, and returns the inner one.
pub(crate) fn attempt(step: &StepName, side: &'static str, number: u32) -> Span {
    let step = info_span!(target: TARGET, "step", step = step.as_str());
    info_span!(target: TARGET, parent: &step, "attempt", number, side)
}

/// Says the side in one word.
pub(crate) fn side(side: Side) -> &'static str {
    match side {
        Side::Run => "run",
        Side::Undo => "undo",
    }
}
