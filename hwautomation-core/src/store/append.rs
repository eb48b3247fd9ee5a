//! What one append commits together.

use super::{GiveBack, ItemId};
use crate::id::{BatchId, MachineId, OwnerId, WorkflowId};
use crate::record::{Blob, Event, NewEvent, Seq, WorkflowSummary};
use crate::time::Timestamp;

/// Begins a workflow: event 0, its projection, and the claim on its machine.
#[derive(Debug, Clone)]
pub struct Begin {
    /// The new workflow.
    pub workflow: WorkflowId,
    /// Names this append.
    pub batch: BatchId,
    /// Event 0.
    pub event: NewEvent,
    /// The large values that the event names.
    pub blobs: Vec<Blob>,
    /// The machine to claim, until the workflow ends.
    pub claim: Option<MachineId>,
    /// The projection.
    pub summary: WorkflowSummary,
    /// How many workflows may be accepted and not started; as many or more, and this one is refused.
    pub pending_max: Option<usize>,
}

/// Adds events to a workflow whose lease the writer holds.
#[derive(Debug, Clone)]
pub struct Append {
    /// Who writes.
    pub lease: LeaseKey,
    /// Names this append.
    pub batch: BatchId,
    /// The number that the first of the events gets.
    pub expected_seq: Seq,
    /// The events; none is allowed, to consume items or to let go.
    pub events: Vec<NewEvent>,
    /// The large values that the events name.
    pub blobs: Vec<Blob>,
    /// The inbox items of this workflow that became events, or need none. Those that are gone are passed over.
    pub consumed: Vec<ItemId>,
    /// What becomes of the permits.
    pub gives_back: GiveBack,
    /// What becomes of the lease.
    pub after: After,
    /// The projection after these events. Its name, machine and parent are those of the beginning.
    pub summary: WorkflowSummary,
}

/// Says what becomes of a lease after an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// The writer keeps it.
    Hold,
    /// The writer lets go; the workflow is due again at this time, or at once if an inbox item waits.
    Release {
        /// When it is due.
        wake_at: Timestamp,
    },
    /// The workflow has ended: no lease, no claim, no permits, no inbox from here on.
    End,
}

/// Names a writer: an older epoch than the newest may write no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LeaseKey {
    /// Which workflow.
    pub workflow: WorkflowId,
    /// Who holds the lease.
    pub owner: OwnerId,
    /// The fencing number: it grows with each claim of this workflow.
    pub epoch: u64,
}

/// Holds a right to write, for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Names the writer.
    pub key: LeaseKey,
    /// When it ends unless it is renewed, by the store's clock.
    pub until: Timestamp,
    /// The number that the workflow's next event will have.
    pub next_seq: Seq,
    /// Whether inbox items wait.
    pub has_items: bool,
}

/// Holds what an append stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Appended {
    /// The events with their numbers.
    pub events: Vec<Event>,
}
