//! Everything that went wrong in a run, and what people decided about it: for a ticket, not for a glance.

use super::lines::{indented, one_line};
use super::{Decided, Decision, IntentOutcome, NotUndone, RunState, Side, WorkflowState, WorkflowStatus};
use crate::actor::Actor;
use crate::error::ErrorRecord;
use crate::id::{IntentName, StepName};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Collects every failed attempt of a run, not only the last, with what nobody knows and what was not undone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkflowReport {
    /// Where the run stands.
    pub status: WorkflowStatus,
    /// Who asked for it.
    pub submitted_by: Actor,
    /// Every failed attempt at running or undoing a step, oldest first.
    pub failures: Vec<FailedAttempt>,
    /// The effects of which nobody knows whether they happened.
    pub unknown: Vec<UnknownEffect>,
    /// What people decided, oldest first.
    pub decisions: Vec<ReportedDecision>,
}

/// Holds one failed attempt. Its machine is the run's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailedAttempt {
    /// At which step.
    pub step: StepName,
    /// Whether the step ran or was undone.
    pub side: Side,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// How many attempts the step has.
    pub attempts_max: u32,
    /// When it failed.
    pub at: Timestamp,
    /// Why, while doing what, and what to do about it.
    pub error: ErrorRecord,
}

/// Names an effect that may have happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnknownEffect {
    /// Of which step.
    pub step: StepName,
    /// Whether it was to run the step or to undo it.
    pub side: Side,
    /// Which effect.
    pub effect: IntentName,
    /// When it was begun.
    pub begun_at: Timestamp,
}

/// Says what a person decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportedDecision {
    /// `cancel`, `retry`, `skip`, `abort` or `override power`.
    pub what: String,
    /// About which step, if about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepName>,
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub why: String,
}

impl WorkflowState {
    /// Collects what went wrong.
    #[must_use]
    pub fn report(&self) -> WorkflowReport {
        WorkflowReport {
            status: self.status(),
            submitted_by: self.submitted_by.clone(),
            failures: failures(self),
            unknown: unknown(self),
            decisions: self.decided.iter().map(reported).collect(),
        }
    }
}

fn failures(state: &WorkflowState) -> Vec<FailedAttempt> {
    let mut all: Vec<_> = state
        .steps
        .iter()
        .flat_map(|step| {
            let undo = state.undo.as_ref().and_then(|undo| undo.steps.get(&step.spec.name));
            let undo = undo.map(|undo| undo.failures.as_slice()).unwrap_or_default();
            let sides = step.failures.iter().map(|failure| (Side::Run, failure));
            sides.chain(undo.iter().map(|failure| (Side::Undo, failure))).map(|(side, failure)| {
                FailedAttempt {
                    step: step.spec.name.clone(),
                    side,
                    attempt: failure.attempt,
                    attempts_max: step.spec.policy.attempts,
                    at: failure.at,
                    error: failure.error.clone(),
                }
            })
        })
        .collect();
    all.sort_by_key(|failure| failure.at);
    all
}

fn unknown(state: &WorkflowState) -> Vec<UnknownEffect> {
    let of_step = |step: &super::StepState| {
        let name = step.spec.name.clone();
        let doubtful = step
            .intents
            .iter()
            .filter(|(_, known)| known.end.is_none_or(|end| end.outcome == IntentOutcome::Unresolved));
        let effects = doubtful.map(move |((side, effect), known)| UnknownEffect {
            step: name.clone(),
            side: *side,
            effect: effect.clone(),
            begun_at: known.opened_at,
        });
        effects.collect::<Vec<_>>()
    };
    state.steps.iter().flat_map(of_step).collect()
}

fn reported(decided: &Decided) -> ReportedDecision {
    let Decision { by, at, why } = decided.decision.clone();
    ReportedDecision { what: decided.what.to_owned(), step: decided.step.clone(), by, at, why }
}

impl fmt::Display for WorkflowReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let WorkflowStatus { id, name, machine, state, headline, waiting, not_undone, .. } = &self.status;
        write!(f, "{name} {id}")?;
        if let Some(machine) = machine {
            write!(f, " on {machine}")?;
        }
        writeln!(f, ", asked for by {}, is {state}: {headline}", self.submitted_by)?;
        if let Some(waiting) = waiting {
            writeln!(f, "  {waiting}")?;
        }
        self.failures.iter().try_for_each(|failure| write!(f, "{failure}"))?;
        self.unknown.iter().try_for_each(|effect| writeln!(f, "{effect}"))?;
        self.decisions.iter().try_for_each(|made| writeln!(f, "{made}"))?;
        not_undone
            .iter()
            .try_for_each(|NotUndone { step, why }| writeln!(f, "  not undone: {step}: {}", one_line(why)))?;
        if self.failures.is_empty() && *state == RunState::Completed {
            writeln!(f, "  nothing failed")?;
        }
        Ok(())
    }
}

impl fmt::Display for FailedAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let doing = if self.side == Side::Run { "" } else { "undoing " };
        write!(f, "  {} {doing}{}, attempt {} of {}", self.at, self.step, self.attempt, self.attempts_max)?;
        if let Some(sub_task) = &self.error.sub_task {
            write!(f, ", while {}", one_line(sub_task))?;
        }
        let ErrorRecord { message, kind, class, chain, remedy, .. } = &self.error;
        writeln!(f, ":\n      {} ({kind}, {class})", indented(message, 6))?;
        chain.iter().try_for_each(|cause| writeln!(f, "      since: {}", indented(cause, 6)))?;
        remedy.iter().try_for_each(|remedy| writeln!(f, "      advice: {}", indented(remedy, 6)))
    }
}

impl fmt::Display for UnknownEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, effect, begun_at, .. } = self;
        write!(f, "  nobody knows whether {effect} of step {step}, begun at {begun_at}, happened")
    }
}

impl fmt::Display for ReportedDecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {}", self.what)?;
        if let Some(step) = &self.step {
            write!(f, " of {step}")?;
        }
        write!(f, " by {} at {}", self.by, self.at)?;
        if self.why.is_empty() { Ok(()) } else { write!(f, ": {}", indented(&self.why, 6)) }
    }
}
