//! Each clause of the history suite sees a store that breaks it.

mod store;

use async_trait::async_trait;
use hwautomation_core::id::WorkflowId;
use hwautomation_core::record::Seq;
use hwautomation_core::store::{HistoryStore, MemoryStore};
use hwautomation_core::testing::conformance::TestClock;
use hwautomation_core::testing::conformance::history::{CLAUSES, HistoryFixture, check};
use hwautomation_core::testing::damage;
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
    ("a_full_queue_is_busy", Fault::QueuesForEver),
    ("a_full_queue_is_busy", Fault::MakesNoRoom),
    ("a_due_workflow_is_claimed_once", Fault::HandsOutTwice),
    ("only_the_kinds_asked_for_are_claimed", Fault::ClaimsEveryKind),
    ("only_the_kinds_asked_for_are_claimed", Fault::WakesForEveryKind),
    ("what_is_pressing_is_claimed_alone", Fault::NothingPresses),
    ("what_is_pressing_is_claimed_alone", Fault::EverythingPresses),
    ("a_due_workflow_is_claimed_once", Fault::NewestFirst),
    ("nothing_is_claimed_early", Fault::WakesEarly),
    ("an_expired_lease_can_be_taken_over", Fault::LeasesForEver),
    ("renewing_keeps_a_lease", Fault::RenewsNothing),
    ("renewing_keeps_a_lease", Fault::NamesNoLoss),
    ("permits_are_taken_all_or_none", Fault::TakesOneByOne),
    ("permits_are_taken_all_or_none", Fault::IgnoresPermitLimits),
    ("permits_go_in_the_order_of_asking", Fault::KeepsNoQueue),
    ("asking_again_keeps_the_place", Fault::GoesToTheEnd),
    ("who_holds_permits_goes_first", Fault::LetsHoldersWait),
    ("freed_permits_wake_who_can_be_served", Fault::SleepsThroughFreedPermits),
    ("a_call_permit_ends_with_the_lease", Fault::KeepsCallPermits),
    ("a_step_permit_outlives_the_lease", Fault::EndsStepPermits),
    ("what_is_not_named_again_goes_back", Fault::KeepsWhatIsNotNamed),
    ("permits_are_given_back_with_the_append", Fault::GivesNothingBack),
    ("permits_are_given_back_with_the_append", Fault::GivesBackThoughRefused),
    ("only_the_lease_owner_takes_permits", Fault::LetsAnybodyTakePermits),
    ("queues_and_holders_can_be_read", Fault::CountsNobodyAhead),
    ("queues_and_holders_can_be_read", Fault::ListsFromTheBeginning),
    ("a_wake_is_never_lost", Fault::IgnoresWakes),
    ("a_wake_is_never_lost", Fault::ForgetsWakesWhileLeased),
    ("an_item_wakes_its_workflow", Fault::SleepsOn),
    ("an_item_with_a_waiting_key_is_a_duplicate", Fault::AcceptsDuplicates),
    ("an_item_with_a_waiting_key_is_a_duplicate", Fault::TellsOfDuplicates),
    ("items_come_in_order_until_consumed", Fault::NewestItemFirst),
    ("an_ended_workflow_takes_no_items", Fault::AcceptsTooLate),
    ("a_full_inbox_is_busy", Fault::AcceptsTooMany),
    ("events_read_back_as_written", Fault::IgnoresTheLimit),
    ("events_read_back_as_written", Fault::IgnoresOnly),
    ("a_damaged_event_reads_as_unreadable", Fault::FailsOnDamage),
    ("a_damaged_event_reads_as_unreadable", Fault::PassesOverDamage),
    ("a_blob_reads_back_and_is_stored_once", Fault::ReplacesBlobs),
    ("summaries_are_listed_newest_first_in_pages", Fault::RepeatsTheLastRow),
    ("summaries_are_listed_newest_first_in_pages", Fault::IgnoresTheFilter),
    ("summaries_are_filtered_by_time_and_trouble", Fault::IgnoresTimes),
    ("summaries_are_filtered_by_time_and_trouble", Fault::IgnoresTheErrorClass),
    ("summaries_are_filtered_by_time_and_trouble", Fault::IgnoresTheSubState),
    ("pruning_takes_what_ended_first_and_nothing_open", Fault::PrunesTheNewest),
    ("pruning_takes_what_ended_first_and_nothing_open", Fault::PrunesNothing),
    ("pruning_takes_what_ended_first_and_nothing_open", Fault::PrunesWithoutLimit),
    ("pruning_keeps_machine_changes_and_positions", Fault::ForgetsMachineChanges),
    ("pruning_keeps_machine_changes_and_positions", Fault::ReusesPositions),
    ("pruning_takes_blobs_that_nobody_names", Fault::KeepsBlobs),
    ("pruning_takes_blobs_that_nobody_names", Fault::DropsSharedBlobs),
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

    async fn damage(&self, workflow: WorkflowId, seq: Seq) {
        let inner = self.newest.lock().expect("no test panics while it holds the lock").clone();
        damage(&inner.expect("there is a store"), workflow, seq);
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
