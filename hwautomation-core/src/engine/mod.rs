//! How workflows run: `plan` decides, `runner` acts, `journal` records.
//!
//! The entry is [`WorkflowManager`]. A manager starts a worker, which claims workflows that are due, runs each in
//! a task of its own, and lets go of those that wait.

mod backoff;
mod journal;
mod manager;
mod options;
pub(crate) mod plan;
mod runner;
mod running;
mod shared;
mod timer;
mod trouble;
mod waiters;
mod worker;

pub use manager::{ManagerBuilder, StartAt, Submission, WorkflowManager};
pub use options::EngineOptions;
