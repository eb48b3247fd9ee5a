//! The contract of a history store.

use super::{
    Acquired, Append, Appended, Begin, Counts, Hints, InboxItem, Kinds, Lease, LeaseKey, NewItem, Only,
    PermitRow, PermitWait, Posted, Pruned, Retention, Wanted, WorkflowFilter,
};
use crate::error::Result;
use crate::id::{MachineId, OwnerId, PermitName, WorkflowId};
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
/// - `a_full_queue_is_busy`: while `pending_max` workflows are accepted and not started, says how many, and stores
///   nothing; the same batch again is still answered. Counted without looking at each, also after opening anew.
///
/// *Leases*
/// - `a_due_workflow_is_claimed_once`: by one owner, the longest due first, with an epoch above all earlier ones.
/// - `only_the_kinds_asked_for_are_claimed`: of what is due, and the next due time is theirs; what presses is claimed
///   of every kind.
/// - `what_is_pressing_is_claimed_alone`: what is past the `presses_at` of its summary, or that a cancel or an abort
///   waits for; so that an engine whose places are all taken still ends what must end.
/// - `nothing_is_claimed_early`: not before its wake time, not while leased, not after its end.
/// - `an_expired_lease_can_be_taken_over`: from its last moment on, and the old owner writes no more.
/// - `renewing_keeps_a_lease`: also one that ran out and that nobody took; and names those that are lost.
///
/// *Permits*
/// - `permits_are_taken_all_or_none`: and no more of a name than its limit, the limit of who asks. What the workflow
///   holds already is not taken twice.
/// - `permits_go_in_the_order_of_asking`: whoever asked later passes only where, of each name, a place stays free
///   for each one before it; so one that needs much is not starved by those that need little.
/// - `asking_again_keeps_the_place`: for the same names. For others, it is a new request.
/// - `who_holds_permits_goes_first`: before those that hold none, so that what is held comes free.
/// - `freed_permits_wake_who_can_be_served`: due at once, also one that is about to let go of its lease.
/// - `a_call_permit_ends_with_the_lease`: released, taken over, opened anew or ended. A place in the queue stays.
/// - `a_step_permit_outlives_the_lease`: until it is given back or the workflow ends.
/// - `what_is_not_named_again_goes_back`: a request names all that a workflow wants; what it holds beside goes back, also
///   where the request has to queue.
/// - `permits_are_given_back_with_the_append`: or not at all; the place in the queue, too.
/// - `only_the_lease_owner_takes_permits`.
/// - `queues_and_holders_can_be_read`: in pages, by name.
/// - `a_wake_is_never_lost`: a waiting workflow is due at once; one that is leased is due at once when it is released
///   next, and once only. An unknown or ended one is no error.
///
/// *Inbox*
/// - `an_item_wakes_its_workflow`: a waiting workflow is due at once, a released one too if an item waits; the
///   owner of a leased one keeps it.
/// - `an_item_with_a_waiting_key_is_a_duplicate`: until that item is consumed, and for this workflow only. It tells nobody.
/// - `items_come_in_order_until_consumed`: by their own workflow; their numbers are never used again.
/// - `an_ended_workflow_takes_no_items`: `Conflict`; an unknown one is `NotFound`.
/// - `a_full_inbox_is_busy`: from [`INBOX_MAX`](super::refusal::INBOX_MAX) waiting items on.
///
/// *Reading*
/// - `events_read_back_as_written`: in order, in pages, by workflow and by position.
/// - `a_damaged_event_reads_as_unreadable`: in its place and with its numbers, and all others as they were written:
///   see [`Event::read`]. So damage stops one workflow, and no follower.
/// - `a_blob_reads_back_and_is_stored_once`: what is stored under a hash is not replaced.
/// - `summaries_are_listed_newest_first_in_pages`: by id, and filtered.
/// - `summaries_are_filtered_by_time_and_trouble`: when accepted, when ended, the newest error's class, the sub-state;
///   as the newest append says.
///
/// *Pruning*
/// - `pruning_takes_what_ended_first_and_nothing_open`: whole workflows, up to the limit; neither an open one nor its
///   parent or its children, by which it goes on: a parent counts them. One that was submitted again may go: the new
///   run has its own copy of all it needs.
/// - `pruning_keeps_machine_changes_and_positions`: the events by which the machine directory changes stay, so that it
///   folds to the same; a position is never used again, also after opening anew; followers pass over what is gone.
/// - `pruning_takes_blobs_that_nobody_names`: and leaves those that a remaining workflow stored or names.
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
    /// `Conflict` when the machine is claimed or the workflow exists; `Busy` when too many wait to be started.
    async fn begin(&self, begin: Begin) -> Result<Appended>;

    /// Stores the next events of a workflow.
    ///
    /// # Errors
    ///
    /// `LeaseLost`, `Conflict`, `NotFound` when there is no such workflow.
    async fn append(&self, append: Append) -> Result<Appended>;

    /// Takes up to `limit` workflows that are due and nobody holds, those first that are due longest.
    async fn claim(
        &self,
        owner: OwnerId,
        lease_for: Duration,
        limit: usize,
        kinds: &Kinds,
    ) -> Result<Vec<Lease>>;

    /// Takes up to `limit` workflows that are due, nobody holds and that are [pressing](Self#contract), those first that
    /// are due longest.
    async fn claim_pressing(&self, owner: OwnerId, lease_for: Duration, limit: usize) -> Result<Vec<Lease>>;

    /// Prolongs leases to `lease_for` from now, and returns those that this owner no longer holds. Never shortens.
    async fn renew(&self, leases: &[LeaseKey], lease_for: Duration) -> Result<Vec<LeaseKey>>;

    /// Lets go without an event: due again at `wake_at`, or at once if an inbox item waits.
    ///
    /// # Errors
    ///
    /// `LeaseLost`, `NotFound` when there is no such workflow.
    async fn release(&self, lease: LeaseKey, wake_at: Timestamp) -> Result<()>;

    /// Takes permits, or queues for them. Nothing is taken while it queues; of what it holds, it keeps what it names.
    ///
    /// # Errors
    ///
    /// `LeaseLost`, `NotFound` when there is no such workflow.
    async fn acquire(&self, lease: LeaseKey, wants: &[Wanted]) -> Result<Acquired>;

    /// Returns what a workflow queues for, if it does.
    async fn permit_queue(&self, workflow: WorkflowId) -> Result<Option<PermitWait>>;

    /// Lists what is held or queued for, by name, those after `after`, up to `limit`.
    async fn permits(&self, after: Option<&PermitName>, limit: usize) -> Result<Vec<PermitRow>>;

    /// Makes a workflow look again: due at once or, while somebody holds it, with its next release. Stores no event.
    async fn wake(&self, workflow: WorkflowId) -> Result<()>;

    /// Returns when the next workflow that nobody holds is due, or the next lease ends.
    async fn next_due(&self, kinds: &Kinds) -> Result<Option<Timestamp>>;

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

    /// Deletes ended workflows: their rows, their events but those by which the machine directory changes, and the
    /// blobs that nobody names any more. In batches, so that others are let in between.
    async fn prune(&self, retention: &Retention) -> Result<Pruned>;

    /// Returns the hints that this store gives inside this process.
    fn hints(&self) -> &Hints;
}
