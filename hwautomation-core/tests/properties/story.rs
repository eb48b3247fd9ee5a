//! What a case left behind: histories, the world's log, what people asked and what they were told. The promise is judged by nothing else.

use crate::case::{Case, RunPlan, StepPlan};
use crate::world::{Entry, Job, What};
use hwautomation_core::engine::EngineOptions;
use hwautomation_core::error::ErrorKind;
use hwautomation_core::id::{StepName, WorkflowId};
use hwautomation_core::record::{Event, EventKind, Seq, WaitingFor, WorkflowState, WorkflowSummary};
use hwautomation_core::store::Posted;
use hwautomation_core::time::Timestamp;
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) case: Case,
    pub(crate) options: EngineOptions,
    pub(crate) runs: Vec<Told>,
    /// Every event of the store, by position.
    pub(crate) followed: Vec<Event>,
    pub(crate) log: Vec<Entry>,
    pub(crate) posts: Vec<Post>,
    /// What managers said of runs, in time's order.
    pub(crate) seen: Vec<Seen>,
    /// When crashes, cuts, pauses and sick stores had somebody in their hands.
    pub(crate) trouble: Vec<(Timestamp, Timestamp)>,
    /// Until when everything had to be over.
    pub(crate) bound: Timestamp,
}

/// One run's history.
#[derive(Debug)]
pub(crate) struct Told {
    /// Which plan of the case.
    pub(crate) plan: usize,
    pub(crate) id: WorkflowId,
    pub(crate) events: Vec<Event>,
    pub(crate) summary: Option<WorkflowSummary>,
}

/// What a manager said of a run that had not ended.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) id: WorkflowId,
    pub(crate) manager: usize,
    pub(crate) at: Timestamp,
    /// How many events the run's history had.
    pub(crate) seq: Seq,
    /// Whether a step of it was being called, by whomever.
    pub(crate) acts: bool,
    pub(crate) waiting: Option<WaitingFor>,
}

/// Something that somebody asked of a run.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    pub(crate) id: WorkflowId,
    pub(crate) at: Timestamp,
    pub(crate) what: Asked,
    pub(crate) answer: Result<Option<Posted>, ErrorKind>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    Cancel,
    Signal { key: String },
    Decide,
}

impl Story {
    pub(crate) fn plan(&self, run: &Told) -> &RunPlan {
        &self.case.runs[run.plan]
    }

    /// Tells whether nothing outside disturbed anybody between these times.
    pub(crate) fn is_calm(&self, from: Timestamp, to: Timestamp) -> bool {
        !self.trouble.iter().any(|(begin, end)| *begin <= to && from <= *end)
    }

    /// Tells whether nobody ever waits for a free place or a permit.
    pub(crate) fn has_room(&self) -> bool {
        let needs = |run: &&RunPlan| run.steps.iter().any(|step| step.permit.is_some());
        self.has_places() && self.case.runs.iter().filter(needs).count() < 2
    }

    /// Tells whether each run has a place in each manager.
    pub(crate) fn has_places(&self) -> bool {
        self.case.places >= self.case.runs.len()
    }

    pub(crate) fn log_of<'a>(&'a self, run: &'a Told) -> impl Iterator<Item = &'a Entry> {
        self.log.iter().filter(|entry| entry.place.0 == run.id)
    }

    pub(crate) fn calls<'a>(&'a self, run: &'a Told, of: Job) -> impl Iterator<Item = &'a Entry> {
        self.log_of(run).filter(move |entry| matches!(entry.what, What::Called { job, .. } if job == of))
    }
}

impl Told {
    /// What the first events add up to.
    pub(crate) fn after(&self, count: Seq) -> WorkflowState {
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(self.events.len());
        WorkflowState::fold(&self.events[..count]).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn find(&self, wanted: impl Fn(&EventKind) -> bool) -> Option<&Event> {
        self.events.iter().find(|event| wanted(&event.kind))
    }

    pub(crate) fn ended(&self) -> Option<&Event> {
        self.find(|kind| matches!(kind, EventKind::WorkflowEnded { .. }))
    }

    pub(crate) fn index(&self, step: &StepName) -> usize {
        step.as_str().trim_start_matches("step-").parse().unwrap_or_else(|_| panic!("{step}"))
    }

    pub(crate) fn step_plan<'a>(&self, story: &'a Story, step: &StepName) -> &'a StepPlan {
        &story.plan(self).steps[self.index(step)]
    }
}

pub(crate) fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}
