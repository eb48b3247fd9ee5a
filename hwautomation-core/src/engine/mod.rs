//! How workflows run: `plan` decides, `runner` acts, `journal` records.
//!
//! The entry is [`WorkflowManager`]. A manager starts a worker, which claims workflows that are due, runs each in
//! a task of its own, and lets go of those that wait.

mod backoff;
mod children;
mod journal;
mod manager;
pub mod observe;
mod options;
mod permits;
pub(crate) mod plan;
mod remembered;
mod runner;
mod running;
mod shared;
mod timer;
mod trouble;
mod waiters;
mod worker;

pub use crate::workflow::Submission;
pub use manager::{ManagerBuilder, StartAt, WorkflowManager};
pub use options::EngineOptions;
