//! The memory store keeps the contract of a history store.

use async_trait::async_trait;
use hwautomation_core::id::WorkflowId;
use hwautomation_core::record::Seq;
use hwautomation_core::store::{HistoryStore, MemoryStore};
use hwautomation_core::testing::conformance::TestClock;
use hwautomation_core::testing::conformance::history::{CLAUSES, HistoryFixture};
use hwautomation_core::testing::damage;
use hwautomation_core::time::Timestamp;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Default)]
struct Memory {
    clock: TestClock,
    newest: Mutex<Option<Arc<MemoryStore>>>,
}

#[async_trait]
impl HistoryFixture for Memory {
    async fn store(&self) -> Arc<dyn HistoryStore> {
        let store = Arc::new(MemoryStore::with_clock(self.clock.clock()));
        *self.newest.lock().expect("no test panics while it holds the lock") = Some(Arc::clone(&store));
        store
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn pass(&self, span: Duration) {
        self.clock.pass(span);
    }

    /// Nothing outlives the process, but `end_leases` is what opening anew does to leases.
    async fn reopen(&self, _store: Arc<dyn HistoryStore>) -> Option<Arc<dyn HistoryStore>> {
        let store = self.newest.lock().expect("no test panics while it holds the lock").take()?;
        store.end_leases();
        Some(store)
    }

    async fn damage(&self, workflow: WorkflowId, seq: Seq) {
        let store = self.newest.lock().expect("no test panics while it holds the lock").clone();
        damage(&store.expect("there is a store"), workflow, seq);
    }
}

hwautomation_core::history_conformance!(Memory::default());

#[test]
fn every_bullet_of_the_contract_is_a_clause() {
    let contract = include_str!("../src/store/history.rs");
    let bullets = contract.lines().filter_map(|line| line.strip_prefix("/// - `"));
    let bullets: Vec<&str> = bullets.filter_map(|bullet| bullet.split('`').next()).collect();
    assert_eq!(bullets, CLAUSES);
}
