//! Many machines as one workflow: a [`Batch`] starts a child for each machine, wave by wave.
//!
//! It is an ordinary [`Workflow`](crate::workflow::Workflow) of ordinary steps, which use nothing that a step of yours
//! could not: it has no machine, waits by polling, and starts each child with
//! [`start_child`](crate::workflow::WorkflowContext::start_child).
//!
//! ```
//! # use hwautomation_core::batch::{BatchRequest, StopAt, Wave};
//! let request: BatchRequest = serde_json::from_str(
//!     r#"{"workflow": "power-on", "machines": ["srv001", "srv002", "srv003"], "concurrency": 2,
//!         "waves": [{"count": 1, "soak_s": 600}, {"percent": 10}], "stop_at": {"percent": 20, "least": 5}}"#,
//! )?;
//! let same = BatchRequest::new("power-on", ["srv001", "srv002", "srv003"])
//!     .concurrency(2)
//!     .waves([Wave::count(1).soak_s(600), Wave::percent(10)])
//!     .stop_at(StopAt::Percent { percent: 20, least: 5 });
//! assert_eq!(request, same);
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! | step | does | after a crash | undo |
//! |---|---|---|---|
//! | `check_machines` | asks whether each child would be accepted, so that nothing begins if one would not | again | nothing |
//! | `wave-1` to `wave-10` | starts the machines of a wave, waits until they ended, lets them soak | again | cancels the children and waits until they ended |
//! | `report` | counts | again | nothing |
//!
//! # What it guarantees
//!
//! - A machine has at most one child at a time, and a child that completed is never run again: a child's id follows
//!   from the batch, the wave, the machine and the try.
//! - The next wave begins when every child of the one before has ended, and not when the limit of failures was reached.
//! - No more than `concurrency` children are at work. A halted one waits for a person and takes no place.
//! - At the limit nothing more is started, what runs comes to its end (or is cancelled, if the request says so), and
//!   the batch halts for a person. *Retry* runs again what did not complete, and nothing else; *skip* goes on with the
//!   next wave; *cancel* ends the batch and its children; *abort* ends the batch and lets children run.
//! - Below the limit a wave waits for its halted children. A person decides about each, or tries them all again with
//!   [`retry_failed`].
//! - A machine that another workflow holds is waited for, and tried again.
//!
//! # What a look costs
//!
//! The batch looks when a child ends or halts, and every [`BatchOptions::poll`]. A look reads the rows of the children
//! that are open, at most `concurrency` and the halted ones, and one row for each that ended since: over the life of a
//! batch about as many rows as it has children, times those that run at once. The first look of a process, and of a
//! wave, reads the rows of all children. [`batch_status`] and the last step do that too. Nothing is stored per look,
//! and nothing per child but its own history.

mod census;
mod check;
mod decide;
mod definition;
mod items;
mod machines;
mod order;
mod read;
mod report;
mod request;
mod status;
mod tally;
mod turn;
mod wave;

pub use definition::{Batch, BatchOptions};
pub use read::{batch_status, retry_failed};
pub use report::{BatchReport, FailedMachine, WaveReport};
pub use request::{BatchMachine, BatchRequest, StopAt, Wave, WhenStopped};
pub use status::{BatchStatus, MachineCounts};
