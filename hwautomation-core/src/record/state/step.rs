//! The state of one step.

use super::super::{OutputRecord, Side, StepSpec, Stored};
use crate::error::ErrorRecord;
use crate::id::IntentName;
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// Says everything about a step that the events say.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct StepState {
    /// What was accepted.
    pub spec: StepSpec,
    /// Where it stands.
    pub phase: Phase,
    /// How often it was attempted.
    pub attempt: u32,
    /// When the first attempt began.
    pub started_at: Option<Timestamp>,
    /// When the newest attempt began.
    pub attempt_at: Option<Timestamp>,
    /// When the step must be done, over all attempts.
    pub deadline_at: Option<Timestamp>,
    /// When it was done, skipped or failed for good.
    pub ended_at: Option<Timestamp>,
    /// What it handed on.
    pub output: Option<OutputRecord>,
    /// Its effects.
    pub intents: BTreeMap<(Side, IntentName), Intent>,
    /// That it must not be interrupted.
    pub guard: Option<Guard>,
    /// What it does now, or did last.
    pub sub_task: Option<SubTask>,
    /// How many sub-tasks were recorded.
    pub sub_tasks: u32,
    /// Every failed attempt, oldest first.
    pub failures: Vec<Failure>,
    /// How many attempts failed since it began or since a person said: try again.
    pub failures_in_a_row: u32,
}

/// Says where a step stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    /// It has not begun.
    Pending,
    /// It was begun, and nobody recorded how that ended.
    Running,
    /// It waits.
    Waiting(WaitState),
    /// An attempt failed and another one comes.
    Retrying {
        /// When it comes.
        at: Timestamp,
    },
    /// Its last attempt failed.
    Failed,
    /// It succeeded.
    Done,
    /// It was left out.
    Skipped {
        /// Why.
        why: String,
    },
}

/// Says what a step waits for.
#[derive(Debug, Clone, PartialEq)]
pub struct WaitState {
    /// What for.
    pub reason: String,
    /// How often it looks.
    pub poll: Duration,
    /// Since when.
    pub since: Timestamp,
    /// When it gives up.
    pub deadline_at: Timestamp,
}

/// Says what is known about an effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Intent {
    /// How often it was begun.
    pub number: u32,
    /// When the newest try was begun.
    pub opened_at: Timestamp,
    /// Whether nobody recorded what became of the newest try.
    pub open: bool,
    /// What it returned, if it happened.
    pub value: Option<Stored>,
}

/// Says that a step must not be interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// Since when.
    pub since: Timestamp,
    /// When the guard ends by itself.
    pub until: Timestamp,
}

/// Says what a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubTask {
    /// In its own words.
    pub text: String,
    /// Since when.
    pub since: Timestamp,
}

/// Holds one failed attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// Which attempt.
    pub attempt: u32,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub error: ErrorRecord,
}

impl StepState {
    pub(super) fn new(spec: StepSpec) -> Self {
        Self {
            spec,
            phase: Phase::Pending,
            attempt: 0,
            started_at: None,
            attempt_at: None,
            deadline_at: None,
            ended_at: None,
            output: None,
            intents: BTreeMap::new(),
            guard: None,
            sub_task: None,
            sub_tasks: 0,
            failures: Vec::new(),
            failures_in_a_row: 0,
        }
    }

    /// Its time counts from here, unless it counts already.
    pub(super) fn count_from(&mut self, at: Timestamp) {
        self.deadline_at = self.deadline_at.or(self.spec.policy.deadline.map(|deadline| at + deadline));
    }

    /// Tells whether the step is done or skipped.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        matches!(self.phase, Phase::Done | Phase::Skipped { .. })
    }

    /// Tells whether the step was begun, and neither finished nor failed for good.
    #[must_use]
    pub fn is_active(&self) -> bool {
        matches!(self.phase, Phase::Running | Phase::Waiting(_))
    }

    /// Lists the effects of which nobody recorded what became of them.
    pub fn open_intents(&self, side: Side) -> impl Iterator<Item = (&IntentName, &Intent)> {
        let open = move |(key, intent): &(&(Side, IntentName), &Intent)| key.0 == side && intent.open;
        self.intents.iter().filter(open).map(|(key, intent)| (&key.1, intent))
    }

    /// Returns when the newest attempt must be over: its own limit or the step's deadline, what comes first.
    #[must_use]
    pub fn attempt_deadline_at(&self) -> Option<Timestamp> {
        let own = self.attempt_at.zip(self.spec.policy.attempt_limit).map(|(at, limit)| at + limit);
        own.into_iter().chain(self.deadline_at).min()
    }
}
