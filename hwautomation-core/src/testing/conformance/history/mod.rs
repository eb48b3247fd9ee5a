//! The clauses of [`HistoryStore`].

mod build;

use super::suite::suite;
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
    }
    lease {
        a_due_workflow_is_claimed_once
        nothing_is_claimed_early
        an_expired_lease_can_be_taken_over
        renewing_keeps_a_lease
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
        a_blob_reads_back_and_is_stored_once
        summaries_are_listed_newest_first_in_pages
    }
    count {
        open_workflows_are_counted_by_standing
    }
}
