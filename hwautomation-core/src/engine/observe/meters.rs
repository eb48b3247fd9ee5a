//! The handles behind the metrics. Taken once: a handle without a recorder is a branch.

use super::metric::{
    COMMITS, ENDED, EVENTS, FAILURES, LEASES_LOST, PERMIT_WAITS, RUNNING, STEP_ATTEMPTS, STEP_SECONDS,
    STORE_FAILURES, describe_all,
};
use super::span;
use crate::error::ErrorClass;
use crate::id::{StepName, WorkflowName};
use crate::record::{Side, Verdict};
use crate::workflow::Workflow;
use metrics::{Counter, Gauge, Histogram};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// Holds the handles of one engine.
#[derive(Debug)]
pub(crate) struct Meters {
    pub(super) commits: Counter,
    pub(super) events: Counter,
    leases_lost: Counter,
    running: Gauge,
    permit_labels: Mutex<BTreeSet<String>>,
    workflows: BTreeMap<WorkflowName, Arc<Tally>>,
}

/// Names a call of the store that may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Begin,
    Append,
    Claim,
    Renew,
    NextDue,
    Counts,
}

impl Meters {
    /// Takes the handles from the recorder that is installed now, and describes every metric to it.
    pub(crate) fn new<'a>(workflows: impl Iterator<Item = &'a Arc<Workflow>>) -> Self {
        describe_all();
        Self {
            commits: COMMITS.counter(&[]),
            events: EVENTS.counter(&[]),
            leases_lost: LEASES_LOST.counter(&[]),
            running: RUNNING.gauge(&[]),
            permit_labels: Mutex::default(),
            workflows: workflows.map(|workflow| (workflow.name.clone(), Tally::of(workflow))).collect(),
        }
    }

    /// Returns the handles of one kind of workflow, if this engine knows it.
    pub(crate) fn workflow(&self, name: &WorkflowName) -> Option<Arc<Tally>> {
        self.workflows.get(name).cloned()
    }

    pub(crate) fn committed(&self, events: usize) {
        self.commits.increment(1);
        self.events.increment(events as u64);
    }

    pub(crate) fn lease_lost(&self) {
        self.leases_lost.increment(1);
    }

    /// Counts a call that the store did not do. Rare, so no handle is kept.
    #[expect(clippy::unused_self, reason = "every count goes through the engine's meters")]
    pub(crate) fn store_failed(&self, call: Call) {
        STORE_FAILURES.counter(&[call.word()]).increment(1);
    }

    /// Counts a step that has to wait for this permit.
    pub(crate) fn permit_waited(&self, permit: &str) {
        PERMIT_WAITS.counter(&[&self.permit_label(permit)]).increment(1);
    }

    /// A permit may be named for each machine; what it is a permit of is one of a few words.
    fn permit_label(&self, permit: &str) -> String {
        let word = first_word(permit);
        let mut known = self.permit_labels.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains(word) {
            if known.len() == PERMIT_LABELS_MAX {
                return OTHER.to_owned();
            }
            known.insert(word.to_owned());
        }
        word.to_owned()
    }

    /// Counts a run here until what is returned is dropped.
    pub(crate) fn runs(&self) -> Runs {
        self.running.increment(1.0);
        Runs(self.running.clone())
    }
}

/// How many labels permits have: a recorder keeps each for ever.
const PERMIT_LABELS_MAX: usize = 64;
/// The label of permits that have no word of their own.
const OTHER: &str = "other";
/// From how many characters on what could be a hexadecimal number is taken for one.
const HEX_LEN_MIN: usize = 6;

/// Returns what a name begins with, without a number at its end, unless that looks like an id.
fn first_word(name: &str) -> &str {
    let token = name.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
    let word = token.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_number = token.len() >= HEX_LEN_MIN && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_number || word.is_empty() || word.bytes().any(|byte| byte.is_ascii_digit()) { OTHER } else { word }
}

/// Stands for one run here.
#[derive(Debug)]
pub(crate) struct Runs(Gauge);

impl Drop for Runs {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

impl Call {
    fn word(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Append => "append",
            Self::Claim => "claim",
            Self::Renew => "renew",
            Self::NextDue => "next_due",
            Self::Counts => "counts",
        }
    }
}

/// Says how a step ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome {
    Done,
    Skipped,
    Failed,
}

/// Holds the handles of one kind of workflow, each taken when it is first needed.
pub(crate) struct Tally {
    name: WorkflowName,
    ended: [Counter; 3],
    /// In the order of the definition.
    steps: Vec<StepTally>,
}

struct StepTally {
    name: StepName,
    seconds: [OnceLock<Histogram>; 3],
    attempts: [OnceLock<Counter>; 2],
    failures: [[OnceLock<Counter>; 4]; 2],
}

impl Tally {
    fn of(workflow: &Arc<Workflow>) -> Arc<Self> {
        let name = workflow.name.clone();
        let ended =
            ["completed", "failed", "cancelled"].map(|verdict| ENDED.counter(&[name.as_str(), verdict]));
        let steps = workflow.steps.iter().map(|step| StepTally::new(step.name())).collect();
        Arc::new(Self { name, ended, steps })
    }

    pub(super) fn ended(&self, verdict: Verdict) {
        let index = match verdict {
            Verdict::Completed => 0,
            Verdict::Failed => 1,
            Verdict::Cancelled => 2,
        };
        self.ended[index].increment(1);
    }

    /// Returns where the definition has a step; it no longer has those of an older one. A run goes from step to step,
    /// so the next one is most likely where the last one was, or one further.
    pub(super) fn find(&self, step: &StepName, last: usize) -> Option<usize> {
        let is_it = |at: &usize| self.steps.get(*at).is_some_and(|known| known.name == *step);
        [last, last + 1].into_iter().find(is_it).or_else(|| (0..self.steps.len()).find(is_it))
    }

    pub(super) fn attempted(&self, at: usize, side: Side) {
        let step = &self.steps[at];
        let counter = step.attempts[side as usize].get_or_init(|| {
            STEP_ATTEMPTS.counter(&[self.name.as_str(), step.name.as_str(), span::side(side)])
        });
        counter.increment(1);
    }

    pub(super) fn failed(&self, at: usize, side: Side, class: ErrorClass) {
        let step = &self.steps[at];
        let (index, class) = match class {
            ErrorClass::Transient { .. } => (0, "transient"),
            ErrorClass::Permanent => (1, "permanent"),
            ErrorClass::UnknownOutcome => (2, "unknown_outcome"),
            ErrorClass::Cancelled => (3, "cancelled"),
        };
        let counter = step.failures[side as usize][index].get_or_init(|| {
            FAILURES.counter(&[self.name.as_str(), step.name.as_str(), span::side(side), class])
        });
        counter.increment(1);
    }

    pub(super) fn took(&self, at: usize, outcome: Outcome, span: Duration) {
        let step = &self.steps[at];
        let word = match outcome {
            Outcome::Done => "done",
            Outcome::Skipped => "skipped",
            Outcome::Failed => "failed",
        };
        let histogram = step.seconds[outcome as usize]
            .get_or_init(|| STEP_SECONDS.histogram(&[self.name.as_str(), step.name.as_str(), word]));
        histogram.record(span.as_secs_f64());
    }
}

impl StepTally {
    fn new(name: StepName) -> Self {
        let (seconds, attempts, failures) = Default::default();
        Self { name, seconds, attempts, failures }
    }
}

impl fmt::Debug for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tally").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permits_of_one_kind_share_a_label() {
        let words = ["rack-7", "rack-12", "bmc/srv001", "commissioning", "fan_tray.3"].map(first_word);
        assert_eq!(words, ["rack", "rack", "bmc", "commissioning", "fan_tray"]);
    }

    #[test]
    fn a_permit_whose_name_begins_like_an_id_has_no_label_of_its_own() {
        let ids = ["7f3a-rack", "deadbeef-0001", "a3f09c", "CAFE0042/bmc", "7b:02", "", "-x", "é"];
        assert_eq!(ids.map(first_word), ["other"; 8]);
        assert_eq!(["face", "rack7", "b12", "decade-3"].map(first_word), ["face", "rack", "b", "other"]);
    }

    #[test]
    fn permits_have_few_labels_however_they_are_named() {
        let meters = Meters::new(std::iter::empty());
        let names = (0..1000).map(|number| format!("x{}", "y".repeat(number)));
        let labels: BTreeSet<String> = names.map(|name| meters.permit_label(&name)).collect();
        assert_eq!(labels.len(), PERMIT_LABELS_MAX + 1);
        assert_eq!(
            (meters.permit_label("x"), meters.permit_label("rack-7")),
            ("x".to_owned(), "other".to_owned())
        );
    }
}
