//! Each clause of the history suite sees a store that breaks it.

mod store;

use async_trait::async_trait;
use hwautomation_core::store::{HistoryStore, MemoryStore};
use hwautomation_core::testing::conformance::TestClock;
use hwautomation_core::testing::conformance::history::{CLAUSES, HistoryFixture, check};
use hwautomation_core::time::Timestamp;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::{BrokenStore, Fault};

/// Which clause must see which fault.
const FAULTS: &[(&str, Fault)] = &[
    ("an_append_is_all_or_nothing", Fault::ConsumesNothing),
    ("an_append_is_all_or_nothing", Fault::ForgetsBlobs),
    ("an_append_is_all_or_nothing", Fault::KeepsTheLease),
    ("an_append_is_all_or_nothing", Fault::KeepsTheOldRow),
    ("an_append_is_all_or_nothing", Fault::ConsumesThoughRefused),
    ("seq_and_position_have_no_gaps", Fault::RepeatsPositions),
    ("seq_and_position_have_no_gaps", Fault::SkipsPositions),
    ("a_wrong_seq_is_a_conflict", Fault::IgnoresTheSeq),
    ("a_lost_answer_is_repeated", Fault::ForgetsBatches),
    ("only_the_lease_owner_appends", Fault::IgnoresTheEpoch),
    ("only_the_lease_owner_appends", Fault::FencesWithConflict),
    ("an_accepted_append_is_durable", Fault::ForgetsAll),
    ("an_accepted_append_is_durable", Fault::KeepsLeasesOverReopening),
    ("one_claim_per_machine", Fault::LetsTwoClaimsIn),
    ("the_end_frees_the_machine", Fault::KeepsClaims),
    ("a_begun_workflow_is_due_at_once", Fault::BeginsLate),
    ("a_due_workflow_is_claimed_once", Fault::HandsOutTwice),
    ("a_due_workflow_is_claimed_once", Fault::NewestFirst),
    ("nothing_is_claimed_early", Fault::WakesEarly),
    ("an_expired_lease_can_be_taken_over", Fault::LeasesForEver),
    ("renewing_keeps_a_lease", Fault::RenewsNothing),
    ("renewing_keeps_a_lease", Fault::NamesNoLoss),
    ("an_item_wakes_its_workflow", Fault::SleepsOn),
    ("an_item_with_a_waiting_key_is_a_duplicate", Fault::AcceptsDuplicates),
    ("items_come_in_order_until_consumed", Fault::NewestItemFirst),
    ("an_ended_workflow_takes_no_items", Fault::AcceptsTooLate),
    ("a_full_inbox_is_busy", Fault::AcceptsTooMany),
    ("events_read_back_as_written", Fault::IgnoresTheLimit),
    ("events_read_back_as_written", Fault::IgnoresOnly),
    ("a_blob_reads_back_and_is_stored_once", Fault::ReplacesBlobs),
    ("summaries_are_listed_newest_first_in_pages", Fault::RepeatsTheLastRow),
    ("summaries_are_listed_newest_first_in_pages", Fault::IgnoresTheFilter),
    ("open_workflows_are_counted_by_standing", Fault::CountsTheEnded),
    ("open_workflows_are_counted_by_standing", Fault::CountsOnlyTheBegun),
    ("open_workflows_are_counted_by_standing", Fault::KeepsTheOldRow),
];

struct Broken {
    fault: Fault,
    clock: TestClock,
    newest: Mutex<Option<Arc<MemoryStore>>>,
}

impl Broken {
    fn new(fault: Fault) -> Self {
        Self { fault, clock: TestClock::default(), newest: Mutex::default() }
    }
}

#[async_trait]
impl HistoryFixture for Broken {
    async fn store(&self) -> Arc<dyn HistoryStore> {
        let inner = Arc::new(MemoryStore::with_clock(self.clock.clock()));
        *self.newest.lock().expect("no test panics while it holds the lock") = Some(Arc::clone(&inner));
        Arc::new(BrokenStore::new(inner, self.fault, self.clock.clone()))
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn pass(&self, span: Duration) {
        self.clock.pass(span);
    }

    async fn reopen(&self, store: Arc<dyn HistoryStore>) -> Option<Arc<dyn HistoryStore>> {
        match self.fault {
            Fault::ForgetsAll => return Some(self.store().await),
            Fault::KeepsLeasesOverReopening => return Some(store),
            _ => {}
        }
        let inner = self.newest.lock().expect("no test panics while it holds the lock").clone()?;
        inner.end_leases();
        Some(Arc::new(BrokenStore::new(inner, self.fault, self.clock.clone())))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_clause_sees_a_store_that_breaks_it() {
    for (clause, fault) in FAULTS {
        assert!(check(clause, &Broken::new(*fault)).await.is_err(), "{clause} does not see {fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrapper_itself_breaks_nothing() {
    for clause in CLAUSES {
        assert_eq!(check(clause, &Broken::new(Fault::None)).await, Ok(()), "{clause}");
    }
}

#[test]
fn every_clause_has_a_fault() {
    let seen: BTreeSet<&str> = FAULTS.iter().map(|(clause, _)| *clause).collect();
    assert_eq!(seen, CLAUSES.iter().copied().collect());
}

#[tokio::test]
async fn an_unknown_clause_is_an_error() {
    assert!(check("no_such_clause", &Broken::new(Fault::None)).await.is_err());
}
