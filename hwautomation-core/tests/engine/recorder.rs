//! A recorder that keeps every number, by name and labels.

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// Keeps counters and gauges as a sum, histograms as all values.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    known: Mutex<BTreeMap<String, Arc<Number>>>,
    described: Mutex<BTreeSet<String>>,
}

#[derive(Debug, Default)]
struct Number(Mutex<Vec<f64>>);

impl Numbers {
    /// Returns a counter or gauge, named as Prometheus does: `name{key=value,..}`. None when it was never made.
    pub(crate) fn of(&self, name: &str) -> Option<f64> {
        self.known.lock().unwrap().get(name).map(|number| number.0.lock().unwrap().iter().sum())
    }

    /// Returns what a histogram got.
    pub(crate) fn values(&self, name: &str) -> Vec<f64> {
        self.known
            .lock()
            .unwrap()
            .get(name)
            .map(|number| number.0.lock().unwrap().clone())
            .unwrap_or_default()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.known.lock().unwrap().keys().cloned().collect()
    }

    pub(crate) fn described(&self) -> BTreeSet<String> {
        self.described.lock().unwrap().clone()
    }

    fn number(&self, key: &Key) -> Arc<Number> {
        let labels: Vec<String> =
            key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let mut known = self.known.lock().unwrap();
        Arc::clone(known.entry(format!("{}{labels}", key.name())).or_default())
    }

    fn describe(&self, name: &KeyName) {
        self.described.lock().unwrap().insert(name.as_str().to_owned());
    }
}

impl Recorder for Numbers {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(&name);
    }
    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(&name);
    }
    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(&name);
    }
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.number(key))
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.number(key))
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.number(key))
    }
}

impl CounterFn for Number {
    fn increment(&self, value: u64) {
        self.0.lock().unwrap().push(value as f64);
    }
    fn absolute(&self, value: u64) {
        *self.0.lock().unwrap() = vec![value as f64];
    }
}

impl GaugeFn for Number {
    fn increment(&self, value: f64) {
        self.0.lock().unwrap().push(value);
    }
    fn decrement(&self, value: f64) {
        self.0.lock().unwrap().push(-value);
    }
    fn set(&self, value: f64) {
        *self.0.lock().unwrap() = vec![value];
    }
}

impl HistogramFn for Number {
    fn record(&self, value: f64) {
        self.0.lock().unwrap().push(value);
    }
}
