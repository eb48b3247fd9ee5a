//! The state of one step.

use super::super::{CarriedStep, ClosedBy, IntentResult, OutputRecord, Side, StepSpec, Stored};
use crate::error::ErrorRecord;
use crate::id::{IntentName, WorkflowId};
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
    /// When the newest attempt began; later by the time it was halted since, where it has a limit.
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
    /// How often this attempt was gone on with after the process had ended.
    pub resumes: u32,
    /// How many waits this attempt recorded.
    pub waits: u32,
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

impl WaitState {
    pub(super) fn new(reason: &str, poll: Duration, since: Timestamp, deadline_at: Timestamp) -> Self {
        Self { reason: reason.to_owned(), poll, since, deadline_at }
    }
}

/// Says what is known about an effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Intent {
    /// How often it was begun.
    pub number: u32,
    /// When the newest try was begun.
    pub opened_at: Timestamp,
    /// What the probe of the newest try waits for, while it is too early to tell.
    pub awaited: Option<WaitState>,
    /// How the newest try ended; none while nobody recorded that.
    pub end: Option<IntentEnd>,
    /// Whether some try may have happened: any that did not fail for certain. A probe that said "it did not happen"
    /// looked at what shows, which may not be all.
    pub may_have_happened: bool,
    /// What it returned, if it happened.
    pub value: Option<Stored>,
}

/// Says how a try of an effect ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntentEnd {
    /// What became of it.
    pub outcome: IntentOutcome,
    /// How that is known.
    pub by: ClosedBy,
}

/// Says what became of a try of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntentOutcome {
    /// It happened.
    Happened,
    /// It failed for certain.
    Failed,
    /// It did not happen.
    DidNotHappen,
    /// Nobody knows, and the step needs it no more.
    Unresolved,
}

impl Intent {
    /// Begins a try; what earlier ones may have done stays.
    pub(super) fn begin(number: u32, opened_at: Timestamp, earlier: Option<&Self>) -> Self {
        let may_have_happened = earlier.is_some_and(|earlier| earlier.may_have_happened);
        Self { number, opened_at, awaited: None, end: None, may_have_happened, value: None }
    }

    /// Tells whether nobody recorded what became of the newest try.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.end.is_none()
    }

    /// Tells whether it may have had an effect: it is open, or some try did not fail for certain.
    #[must_use]
    pub fn may_have_acted(&self) -> bool {
        self.is_open() || self.may_have_happened
    }

    pub(super) fn end(&mut self, result: &IntentResult, by: ClosedBy) {
        let outcome = match result {
            IntentResult::Happened { value } => {
                self.value = Some(value.clone());
                IntentOutcome::Happened
            }
            IntentResult::Failed { .. } => IntentOutcome::Failed,
            IntentResult::DidNotHappen => IntentOutcome::DidNotHappen,
            IntentResult::Unresolved => IntentOutcome::Unresolved,
        };
        self.may_have_happened |= outcome != IntentOutcome::Failed;
        self.awaited = None;
        self.end = Some(IntentEnd { outcome, by });
    }
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
    pub(crate) fn new(spec: StepSpec) -> Self {
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
            resumes: 0,
            waits: 0,
            sub_tasks: 0,
            failures: Vec::new(),
            failures_in_a_row: 0,
        }
    }

    /// Takes over what an earlier run did. Nothing of it is this run's to undo.
    pub(super) fn carry(&mut self, carried: &CarriedStep, from: Option<WorkflowId>, at: Timestamp) {
        let by = from.map_or_else(|| "an earlier run".to_owned(), |id| format!("workflow {id}"));
        self.phase = Phase::Skipped { why: format!("done by {by}") };
        self.output.clone_from(&carried.output);
        self.ended_at = Some(at);
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
        let open = move |(key, intent): &(&(Side, IntentName), &Intent)| key.0 == side && intent.is_open();
        self.intents.iter().filter(open).map(|(key, intent)| (&key.1, intent))
    }

    /// Returns when the newest attempt must be over: its own limit or the step's deadline, what comes first.
    #[must_use]
    pub fn attempt_deadline_at(&self) -> Option<Timestamp> {
        let own = self.attempt_at.zip(self.spec.policy.attempt_limit).map(|(at, limit)| at + limit);
        own.into_iter().chain(self.deadline_at).min()
    }
}
