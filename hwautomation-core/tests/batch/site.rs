//! Machines, a workflow for each that notes who is at work, and a manager under paused time.

use hwautomation_core::actor::Actor;
use hwautomation_core::batch::{Batch, BatchRequest};
use hwautomation_core::engine::{ManagerBuilder, WorkflowManager};
use hwautomation_core::error::{Error, Result};
use hwautomation_core::id::{MachineId, WorkflowId};
use hwautomation_core::machine::Machine;
use hwautomation_core::record::{Policy, Resume, WorkflowStatus, WorkflowSummary};
use hwautomation_core::store::{HistoryStore, MemoryDirectory, MemoryStore, WorkflowFilter};
use hwautomation_core::time::Clock;
use hwautomation_core::workflow::{StepOutcome, UndoOutcome, Workflow, WorkflowContext, step_fn};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long the work at one machine takes.
pub(crate) const WORK: Duration = Duration::from_secs(10);
const LIMIT: Duration = Duration::from_secs(3600);

pub(crate) fn ops() -> Actor {
    Actor::person("ops")
}

/// What happened at the machines.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) begun: Vec<String>,
    pub(crate) at_work: BTreeSet<String>,
    pub(crate) most: usize,
    /// How often the work at a machine still fails.
    pub(crate) fails: BTreeMap<String, u32>,
    /// Where the work takes ten times as long.
    pub(crate) slow: BTreeSet<String>,
    seen: HashSet<WorkflowId>,
}

pub(crate) struct Site {
    pub(crate) work: Arc<Mutex<Work>>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) clock: Clock,
    pub(crate) names: Vec<String>,
}

impl Site {
    pub(crate) fn new(machines: usize) -> Self {
        let clock = Clock::tokio();
        let store = Arc::new(MemoryStore::with_clock(clock.clone()));
        let names = (0..machines).map(|number| format!("srv{number:03}")).collect();
        Self { work: Arc::default(), store, clock, names }
    }

    pub(crate) fn builder(&self) -> ManagerBuilder {
        let machines = self.names.iter().map(|name| Machine::new(MachineId::new(name).unwrap()));
        WorkflowManager::builder()
            .store(Arc::clone(&self.store) as Arc<dyn HistoryStore>)
            .machines(Arc::new(MemoryDirectory::new(machines)))
            .clock(self.clock.clone())
            .workflow(Batch::default().workflow())
            .workflow(work(&self.work))
    }

    pub(crate) async fn start(&self) -> WorkflowManager {
        self.builder().start().await.unwrap()
    }

    pub(crate) fn request(&self) -> BatchRequest {
        BatchRequest::new("work", self.names.clone())
    }

    pub(crate) fn fail(&self, machine: &str, times: u32) {
        self.work.lock().unwrap().fails.insert(machine.to_owned(), times);
    }

    pub(crate) fn begun(&self) -> Vec<String> {
        self.work.lock().unwrap().begun.clone()
    }

    pub(crate) fn most(&self) -> usize {
        self.work.lock().unwrap().most
    }

    pub(crate) async fn children(&self, id: WorkflowId) -> Vec<WorkflowSummary> {
        let filter = WorkflowFilter { parent: Some(id), ..WorkflowFilter::default() };
        self.store.list(&filter, None, 100_000).await.unwrap()
    }
}

/// Submits a batch and waits until it rests.
pub(crate) async fn run(manager: &WorkflowManager, request: &BatchRequest) -> WorkflowStatus {
    let id = submit(manager, request).await;
    manager.wait_or_halt(id).await.unwrap()
}

pub(crate) async fn submit(manager: &WorkflowManager, request: &BatchRequest) -> WorkflowId {
    manager.submit(request.submission().unwrap(), &ops()).await.unwrap()
}

fn work(work: &Arc<Mutex<Work>>) -> Workflow {
    let (doing, undoing) = (Arc::clone(work), Arc::clone(work));
    let policy = Policy { attempts: 1, ..Policy::default() };
    let step = step_fn("work", Resume::Rerun, move |ctx| {
        let outcome = doing.lock().unwrap().look(&ctx);
        async { outcome }
    });
    Workflow::new("work").step(step.policy(policy).undo(move |ctx, _| {
        undoing.lock().unwrap().at_work.remove(ctx.machine().unwrap().id.as_str());
        async { Ok(UndoOutcome::Undone) }
    }))
}

impl Work {
    /// Begins with the first look and ends with the second.
    fn look(&mut self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        let name = ctx.machine()?.id.to_string();
        if self.seen.insert(ctx.workflow()) || !self.at_work.contains(&name) {
            assert!(self.at_work.insert(name.clone()), "{name} has two children at once");
            self.most = self.most.max(self.at_work.len());
            let span = if self.slow.contains(&name) { WORK * 10 } else { WORK };
            self.begun.push(name);
            return StepOutcome::wait("work", span, LIMIT);
        }
        self.at_work.remove(&name);
        match self.fails.get_mut(&name) {
            Some(left) if *left > 0 => {
                *left -= 1;
                Err(Error::invalid("told to fail"))
            }
            _ => StepOutcome::finished(),
        }
    }
}
