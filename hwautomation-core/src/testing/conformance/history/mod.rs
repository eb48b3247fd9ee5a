//! The clauses of [`HistoryStore`].

mod build;

use super::suite::suite;
use crate::id::WorkflowId;
use crate::record::Seq;
use crate::store::HistoryStore;
use crate::time::Timestamp;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// Gives stores to the clauses, and moves their clock.
#[async_trait]
pub trait HistoryFixture: Send + Sync {
    /// Returns a new, empty store.
    async fn store(&self) -> Arc<dyn HistoryStore>;

    /// Returns the time of the stores' clock.
    fn now(&self) -> Timestamp;

    /// Moves the stores' clock forward.
    async fn pass(&self, span: Duration);

    /// Closes a store and opens what it stored, as a new process would. `None` when it stores nothing that
    /// outlives it. The clause holds no other handle.
    async fn reopen(&self, store: Arc<dyn HistoryStore>) -> Option<Arc<dyn HistoryStore>>;

    /// Damages one stored event of the newest store, so that it cannot be read as one.
    async fn damage(&self, workflow: WorkflowId, seq: Seq);
}

suite! {
    $
    /// Makes each clause of [`HistoryStore`](crate::store::HistoryStore) a test of its name.
    ///
    /// The argument is an expression of a type that implements
    /// [`HistoryFixture`](crate::testing::conformance::history::HistoryFixture); it is evaluated once per test.
    /// The calling crate needs tokio with `macros` and `rt-multi-thread`.
    history_conformance, history, HistoryFixture;
    append {
        an_append_is_all_or_nothing
        seq_and_position_have_no_gaps
        a_wrong_seq_is_a_conflict
        a_lost_answer_is_repeated
    }
    writer {
        only_the_lease_owner_appends
        an_accepted_append_is_durable
    }
    begin {
        one_claim_per_machine
        the_end_frees_the_machine
        a_begun_workflow_is_due_at_once
        a_full_queue_is_busy
    }
    lease {
        a_due_workflow_is_claimed_once
        only_the_kinds_asked_for_are_claimed
        what_is_pressing_is_claimed_alone
        nothing_is_claimed_early
        an_expired_lease_can_be_taken_over
        renewing_keeps_a_lease
    }
    permit {
        permits_are_taken_all_or_none
        permits_go_in_the_order_of_asking
        asking_again_keeps_the_place
        who_holds_permits_goes_first
        freed_permits_wake_who_can_be_served
    }
    hold {
        a_call_permit_ends_with_the_lease
        a_step_permit_outlives_the_lease
        what_is_not_named_again_goes_back
        permits_are_given_back_with_the_append
        only_the_lease_owner_takes_permits
        queues_and_holders_can_be_read
    }

    wake {
        a_wake_is_never_lost
    }
    inbox {
        an_item_wakes_its_workflow
        an_item_with_a_waiting_key_is_a_duplicate
        items_come_in_order_until_consumed
        an_ended_workflow_takes_no_items
        a_full_inbox_is_busy
    }
    read {
        events_read_back_as_written
        a_damaged_event_reads_as_unreadable
        a_blob_reads_back_and_is_stored_once
        summaries_are_listed_newest_first_in_pages
    }
    filter {
        summaries_are_filtered_by_time_and_trouble
    }
    prune {
        pruning_takes_what_ended_first_and_nothing_open
        pruning_keeps_machine_changes_and_positions
        pruning_takes_blobs_that_nobody_names
    }

    count {
        open_workflows_are_counted_by_standing
    }
}
