//! A rack of fakes, a store and a manager under paused time.

use hwautomation_core::actor::Actor;
use hwautomation_core::engine::{ManagerBuilder, Submission, WorkflowManager};
use hwautomation_core::id::{MachineId, WorkflowId};
use hwautomation_core::record::{Event, WorkflowStatus};
use hwautomation_core::store::{HistoryStore, MemoryStore};
use hwautomation_core::testing::fake::FakeRack;
use hwautomation_core::time::Clock;
use hwautomation_core::workflow::{Workflow, WorkflowStep};
use std::sync::Arc;

pub(crate) struct Lab {
    pub(crate) rack: Arc<FakeRack>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) clock: Clock,
}

pub(crate) fn ops() -> Actor {
    Actor::person("ops")
}

pub(crate) fn srv() -> MachineId {
    MachineId::from_static("srv001")
}

impl Lab {
    pub(crate) fn new() -> Self {
        let clock = Clock::tokio();
        let store = Arc::new(MemoryStore::with_clock(clock.clone()));
        Self { rack: FakeRack::new(["srv001", "srv002"]), store, clock }
    }

    pub(crate) fn builder(&self) -> ManagerBuilder {
        WorkflowManager::builder()
            .store(Arc::clone(&self.store) as Arc<dyn HistoryStore>)
            .machines(self.rack.directory())
            .clock(self.clock.clone())
            .power("fake", Arc::clone(&self.rack) as _)
            .bios("fake", Arc::clone(&self.rack) as _)
    }

    pub(crate) async fn start(&self, workflow: Workflow) -> WorkflowManager {
        self.builder().workflow(workflow).start().await.unwrap()
    }

    /// Runs one step as a workflow on srv001 until it rests.
    pub(crate) async fn run_step(&self, step: impl WorkflowStep) -> (WorkflowManager, WorkflowStatus) {
        self.run(Workflow::new("test").step(step)).await
    }

    pub(crate) async fn run(&self, workflow: Workflow) -> (WorkflowManager, WorkflowStatus) {
        let name = workflow.name().to_string();
        let manager = self.start(workflow).await;
        let id = manager.submit(Submission::new(name).machine("srv001"), &ops()).await.unwrap();
        let status = manager.wait_or_halt(id).await.unwrap();
        (manager, status)
    }

    /// Every event of the store.
    pub(crate) async fn store_log(&self) -> Vec<Event> {
        self.store.follow(0, 10_000, Default::default()).await.unwrap()
    }

    pub(crate) async fn events(&self, id: WorkflowId) -> Vec<Event> {
        self.store.events(id, 0, 10_000).await.unwrap()
    }

    /// The types of the events, in order.
    pub(crate) async fn types(&self, id: WorkflowId) -> Vec<String> {
        let types = self.events(id).await;
        let type_of =
            |event: &Event| serde_json::to_value(&event.kind).unwrap()["type"].as_str().unwrap().to_owned();
        types.iter().map(type_of).collect()
    }
}

/// Lets paused time go on second by second, and the engine work in between.
pub(crate) async fn pass(seconds: u64) {
    for _ in 0..seconds {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
    }
}
