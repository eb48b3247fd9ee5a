//! What an engine tells those who watch it: spans and log lines through `tracing`, numbers through `metrics`.
//!
//! Both are facades. Without a subscriber and a recorder they cost next to nothing; installing them is the
//! program's affair, before it starts a manager, since handles are taken at the start:
//!
//! ```text
//! metrics_exporter_prometheus::PrometheusBuilder::new().install()?;       // serves /metrics on port 9000
//! tracing_subscriber::fmt().json().with_writer(|| ScrubbedWriter::new(std::io::stdout())).init();
//! ```
//!
//! # Spans
//!
//! All are of level `INFO` and of the target `hwautomation`. Whatever a step, a plugin or a driver logs while a step
//! is called lies under all three; what the engine itself logs of a run lies under the first.
//!
//! | span | fields | from when to when |
//! |---|---|---|
//! | `workflow` | `workflow` (id), `name`, `machine` (absent without one), `epoch` (of the owner's lease) | claimed to let go, waiting or ended |
//! | `step` | `step` (name) | one call of a step |
//! | `attempt` | `number` (from 1), `side`: `run`, `undo` or `probe` | the same |
//!
//! # Log lines
//!
//! Of the target `hwautomation`, written when the store has it. Their texts are
//! those of the history, without secrets; wrap the log's writer in a [`ScrubbedWriter`](crate::secret::ScrubbedWriter)
//! against what steps and drivers log themselves.
//!
//! | level | message | fields |
//! |---|---|---|
//! | `INFO` | `workflow ended` | `verdict`, `reason` |
//! | `WARN` | `workflow halted` | `step`, `reason`, `until` |
//! | `WARN` | `attempt failed` | `step`, `side`, `attempt`, `error`, `retry_at` (absent when there is none) |
//! | `INFO` | `step done`, `step skipped`, `step undone` | `step`, and `why` of a skip |
//! | `DEBUG` | `sub-task` | `step`, `text` |
//! | `DEBUG` | `recorded` | `event`: the type of any other event |
//!
//! # Metrics
//!
//! [`METRICS`] lists all with kind, unit, labels and meaning. No label holds an id, a machine or a text of an error:
//! the number of series depends on the definitions, not on the work.
//!
//! Counters and histograms count in this process since its start, over all its managers. Of the gauges,
//! `hwautomation_running` is this process's too. `hwautomation_workflows` is about the whole store: each manager asks
//! [`HistoryStore::counts`](crate::store::HistoryStore::counts) at its start and each time it renews its leases
//! (every third of `EngineOptions::lease`), so it is right after a restart, and whoever works on the same store sets
//! the same number. Over several processes take the maximum, not the sum; managers with different stores in one
//! process need a recorder each. The process's own numbers are read at the same time, and absent where there is no
//! `/proc`.

mod meters;
mod metric;
mod process;
mod refresh;
pub(crate) mod span;
mod tally;

pub(crate) use meters::{Call, Meters, Tally};
pub use metric::{METRICS, Metric, MetricKind, MetricUnit};
pub(crate) use refresh::refresh;
pub(crate) use tally::log;
