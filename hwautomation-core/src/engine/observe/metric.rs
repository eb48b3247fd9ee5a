//! Every metric: its name, kind, unit, labels and meaning, in one list.

use metrics::{Key, KeyName, Label, Level, Metadata, Recorder, SharedString, Unit};

/// Describes one metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// Its name, as Prometheus writes them.
    pub name: &'static str,
    /// How it moves.
    pub kind: MetricKind,
    /// What its number counts.
    pub unit: MetricUnit,
    /// The keys of its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub meaning: &'static str,
}

/// Says how a metric moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetricKind {
    /// It only grows, from 0 at the process's start.
    Counter,
    /// It goes up and down.
    Gauge,
    /// It is a distribution.
    Histogram,
}

/// Says what a metric's number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetricUnit {
    /// Things.
    Count,
    /// Seconds, with a fraction.
    Seconds,
    /// Bytes.
    Bytes,
}

const fn metric(
    name: &'static str,
    (kind, unit): (MetricKind, MetricUnit),
    labels: &'static [&'static str],
    meaning: &'static str,
) -> Metric {
    Metric { name, kind, unit, labels, meaning }
}

const COUNTER: (MetricKind, MetricUnit) = (MetricKind::Counter, MetricUnit::Count);
const GAUGE: (MetricKind, MetricUnit) = (MetricKind::Gauge, MetricUnit::Count);

pub(super) const STEP_SECONDS: Metric = metric(
    "hwautomation_step_seconds",
    (MetricKind::Histogram, MetricUnit::Seconds),
    &["workflow", "step", "outcome"],
    "How long a step took from its first start to its end, retries, waits and halts included. Outcome: done, skipped, failed",
);
pub(super) const STEP_ATTEMPTS: Metric = metric(
    "hwautomation_step_attempts_total",
    COUNTER,
    &["workflow", "step", "side"],
    "Attempts that began. Side: run, undo",
);
pub(super) const FAILURES: Metric = metric(
    "hwautomation_failures_total",
    COUNTER,
    &["workflow", "step", "side", "class"],
    "Attempts that failed. Class: transient, permanent, unknown_outcome, cancelled",
);
pub(super) const ENDED: Metric = metric(
    "hwautomation_workflows_ended_total",
    COUNTER,
    &["workflow", "verdict"],
    "Workflows that ended. Verdict: completed, failed, cancelled",
);
pub(super) const WORKFLOWS: Metric = metric(
    "hwautomation_workflows",
    GAUGE,
    &["standing"],
    "Workflows of the store that have not ended. Standing: pending (the queue), running, waiting, halted, cancelling, undoing",
);
pub(super) const RUNNING: Metric = metric(
    "hwautomation_running",
    GAUGE,
    &[],
    "Workflows that run in this process now: what EngineOptions::running_max bounds for each manager",
);
pub(super) const PERMIT_WAITS: Metric = metric(
    "hwautomation_permit_waits_total",
    COUNTER,
    &["permit"],
    "How often a step had to wait for a permit. Permit: the first word of the name of the first that was not free, such as rack of rack-7; other where that looks like an id, and from the 65th word on",
);
pub(super) const COMMITS: Metric = metric(
    "hwautomation_commits_total",
    COUNTER,
    &[],
    "Appends that the store took. A store may commit many of them to disk at once",
);
pub(super) const EVENTS: Metric =
    metric("hwautomation_events_total", COUNTER, &[], "Events in those appends");
pub(super) const STORE_FAILURES: Metric = metric(
    "hwautomation_store_failures_total",
    COUNTER,
    &["call"],
    "Calls that the store did not do though it should have. Call: begin, append, claim, renew, next_due, counts",
);
pub(super) const LEASES_LOST: Metric = metric(
    "hwautomation_leases_lost_total",
    COUNTER,
    &[],
    "Runs that stopped here since another owner took over",
);
pub(super) const CPU_SECONDS: Metric = metric(
    "process_cpu_seconds_total",
    (MetricKind::Gauge, MetricUnit::Seconds),
    &[],
    "Processor time that this process used, in user and system mode",
);
pub(super) const RESIDENT_BYTES: Metric = metric(
    "process_resident_memory_bytes",
    (MetricKind::Gauge, MetricUnit::Bytes),
    &[],
    "Memory of this process that is resident",
);
pub(super) const OPEN_FILES: Metric =
    metric("process_open_fds", GAUGE, &[], "File descriptors that this process has open");
pub(super) const THREADS: Metric = metric("process_threads", GAUGE, &[], "Threads of this process");

/// Lists every metric of this crate.
pub const METRICS: &[Metric] = &[
    STEP_SECONDS,
    STEP_ATTEMPTS,
    FAILURES,
    ENDED,
    WORKFLOWS,
    RUNNING,
    PERMIT_WAITS,
    COMMITS,
    EVENTS,
    STORE_FAILURES,
    LEASES_LOST,
    CPU_SECONDS,
    RESIDENT_BYTES,
    OPEN_FILES,
    THREADS,
];

const METADATA: Metadata<'static> = Metadata::new("hwautomation", Level::INFO, None);

impl Metric {
    pub(super) fn counter(&self, values: &[&str]) -> metrics::Counter {
        metrics::with_recorder(|recorder| recorder.register_counter(&self.key(values), &METADATA))
    }

    pub(super) fn gauge(&self, values: &[&str]) -> metrics::Gauge {
        metrics::with_recorder(|recorder| recorder.register_gauge(&self.key(values), &METADATA))
    }

    pub(super) fn histogram(&self, values: &[&str]) -> metrics::Histogram {
        metrics::with_recorder(|recorder| recorder.register_histogram(&self.key(values), &METADATA))
    }

    fn key(&self, values: &[&str]) -> Key {
        debug_assert_eq!(self.labels.len(), values.len(), "{} has a value for each label", self.name);
        let labels = self.labels.iter().zip(values);
        let labels: Vec<Label> = labels.map(|(key, value)| Label::new(*key, (*value).to_owned())).collect();
        Key::from_parts(self.name, labels)
    }

    fn describe(&self, recorder: &dyn Recorder) {
        let name = KeyName::from_const_str(self.name);
        let unit = Some(match self.unit {
            MetricUnit::Count => Unit::Count,
            MetricUnit::Seconds => Unit::Seconds,
            MetricUnit::Bytes => Unit::Bytes,
        });
        let meaning = SharedString::const_str(self.meaning);
        match self.kind {
            MetricKind::Counter => recorder.describe_counter(name, unit, meaning),
            MetricKind::Gauge => recorder.describe_gauge(name, unit, meaning),
            MetricKind::Histogram => recorder.describe_histogram(name, unit, meaning),
        }
    }
}

/// Tells the recorder what each metric means.
pub(super) fn describe_all() {
    metrics::with_recorder(|recorder| METRICS.iter().for_each(|metric| metric.describe(recorder)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Their values come from definitions and from enums.
    const LABELS: [&str; 9] =
        ["workflow", "step", "outcome", "side", "class", "verdict", "standing", "permit", "call"];

    #[test]
    fn names_are_unique_and_say_kind_and_unit_as_prometheus_wants_it() {
        let names: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), METRICS.len());
        for metric in METRICS {
            assert!(metric.name.starts_with("hwautomation_") || metric.name.starts_with("process_"));
            // Prometheus names the processor time so, and the facade's counters hold no fraction.
            let total = metric.name.ends_with("_total");
            assert_eq!(
                total,
                metric.kind == MetricKind::Counter || *metric == CPU_SECONDS,
                "{}",
                metric.name
            );
            assert_eq!(
                metric.name.contains("_seconds"),
                metric.unit == MetricUnit::Seconds,
                "{}",
                metric.name
            );
            assert_eq!(metric.name.ends_with("_bytes"), metric.unit == MetricUnit::Bytes, "{}", metric.name);
            assert!(!metric.meaning.is_empty(), "{}", metric.name);
            let bounded = metric.labels.iter().all(|label| LABELS.contains(label));
            assert!(bounded, "{}: is the number of values of each label bounded?", metric.name);
        }
    }
}
