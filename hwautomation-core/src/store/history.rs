//! The contract of a history store.

use super::{
    Append, Appended, Begin, Counts, Hints, InboxItem, Lease, LeaseKey, NewItem, Only, Posted, WorkflowFilter,
};
use crate::error::Result;
use crate::id::{MachineId, OwnerId, WorkflowId};
use crate::record::{BlobHash, Event, Position, Seq, WorkflowSummary};
use crate::time::Timestamp;
use async_trait::async_trait;
use std::fmt;
use std::time::Duration;

/// Keeps the events of workflows and whatever an append commits together with them.
///
/// # Contract
///
/// *Appending*
/// - `an_append_is_all_or_nothing`: events, blobs, consumed items, the lease's end and the projection.
/// - `seq_and_position_have_no_gaps`: also with several writers at once; positions follow the order of commits,
///   so whoever has read up to a position never finds a lower one later.
/// - `a_wrong_seq_is_a_conflict`: and nothing is stored; an append without events has its place too.
/// - `a_lost_answer_is_repeated`: the same batch again, while it is written or at any time after, returns the
///   same events and stores nothing, whoever holds the lease now. An append without events is not remembered.
/// - `only_the_lease_owner_appends`: another owner, another epoch or a released lease is `LeaseLost`, also
///   where the seq is wrong, so that a fenced writer stops and does not look again. A lease that merely ran out
///   and that nobody took still writes.
/// - `an_accepted_append_is_durable`: what was Ok is there after a crash of the process (stores on disk). Opening
///   anew ends all leases: what was held is due at once, and its epoch goes on growing.
///
/// *Beginning*
/// - `one_claim_per_machine`: beginning on a claimed machine is `Conflict`, names the holder, stores nothing.
/// - `the_end_frees_the_machine`: the one that was claimed, and not before the end.
/// - `a_begun_workflow_is_due_at_once`.
///
/// *Leases*
/// - `a_due_workflow_is_claimed_once`: by one owner, the longest due first, with an epoch above all earlier ones.
/// - `nothing_is_claimed_early`: not before its wake time, not while leased, not after its end.
/// - `an_expired_lease_can_be_taken_over`: from its last moment on, and the old owner writes no more.
/// - `renewing_keeps_a_lease`: also one that ran out and that nobody took; and names those that are lost.
///
/// *Inbox*
/// - `an_item_wakes_its_workflow`: a waiting workflow is due at once, a released one too if an item waits; the
///   owner of a leased one keeps it.
/// - `an_item_with_a_waiting_key_is_a_duplicate`: until that item is consumed, and for this workflow only.
/// - `items_come_in_order_until_consumed`: by their own workflow; their numbers are never used again.
/// - `an_ended_workflow_takes_no_items`: `Conflict`; an unknown one is `NotFound`.
/// - `a_full_inbox_is_busy`: from [`INBOX_MAX`](super::refusal::INBOX_MAX) waiting items on.
///
/// *Reading*
/// - `events_read_back_as_written`: in order, in pages, by workflow and by position.
/// - `a_blob_reads_back_and_is_stored_once`: what is stored under a hash is not replaced.
/// - `summaries_are_listed_newest_first_in_pages`: by id, and filtered.
/// - `open_workflows_are_counted_by_standing`: each that has not ended once, as its projection says, also after
///   opening anew; the time to count them does not grow with their number.
///
/// Every method may fail with `Storage`; after that the caller does nothing else until it knows what happened.
#[async_trait]
pub trait HistoryStore: fmt::Debug + Send + Sync + 'static {
    /// Stores event 0 of a new workflow and claims its machine.
    ///
    /// # Errors
    ///
    /// `Conflict` when the machine is claimed or the workflow exists.
    async fn begin(&self, begin: Begin) -> Result<Appended>;

    /// Stores the next events of a workflow.
    ///
    /// # Errors
    ///
    /// `LeaseLost`, `Conflict`, `NotFound` when there is no such workflow.
    async fn append(&self, append: Append) -> Result<Appended>;

    /// Takes up to `limit` workflows that are due and nobody holds, those first that are due longest.
    async fn claim(&self, owner: OwnerId, lease_for: Duration, limit: usize) -> Result<Vec<Lease>>;

    /// Prolongs leases to `lease_for` from now, and returns those that this owner no longer holds. Never shortens.
    async fn renew(&self, leases: &[LeaseKey], lease_for: Duration) -> Result<Vec<LeaseKey>>;

    /// Lets go without an event: due again at `wake_at`, or at once if an inbox item waits.
    ///
    /// # Errors
    ///
    /// `LeaseLost`, `NotFound` when there is no such workflow.
    async fn release(&self, lease: LeaseKey, wake_at: Timestamp) -> Result<()>;

    /// Returns when the next workflow that nobody holds is due, or the next lease ends.
    async fn next_due(&self) -> Result<Option<Timestamp>>;

    /// Puts an item into a workflow's inbox.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Conflict` when the workflow has ended, `Busy` when its inbox is full.
    async fn post(&self, item: NewItem) -> Result<Posted>;

    /// Lists the waiting items of a workflow, oldest first.
    async fn inbox(&self, workflow: WorkflowId) -> Result<Vec<InboxItem>>;

    /// Reads up to `limit` events of a workflow, from this number on. Empty when there are none.
    async fn events(&self, workflow: WorkflowId, from: Seq, limit: usize) -> Result<Vec<Event>>;

    /// Reads up to `limit` events of the whole store, after this position.
    async fn follow(&self, after: Position, limit: usize, only: Only) -> Result<Vec<Event>>;

    /// Reads a blob.
    ///
    /// # Errors
    ///
    /// `NotFound`; `Corrupt` when the bytes do not have this hash.
    async fn blob(&self, hash: &BlobHash) -> Result<Vec<u8>>;

    /// Reads the row of one workflow.
    async fn summary(&self, workflow: WorkflowId) -> Result<Option<WorkflowSummary>>;

    /// Lists rows, newest first, those before `before`, up to `limit`.
    async fn list(
        &self,
        filter: &WorkflowFilter,
        before: Option<WorkflowId>,
        limit: usize,
    ) -> Result<Vec<WorkflowSummary>>;

    /// Counts the workflows that have not ended, by where they stand.
    async fn counts(&self) -> Result<Counts>;

    /// Returns the workflow that holds the claim on a machine.
    async fn claim_on(&self, machine: &MachineId) -> Result<Option<WorkflowId>>;

    /// Returns the hints that this store gives inside this process.
    fn hints(&self) -> &Hints;
}
