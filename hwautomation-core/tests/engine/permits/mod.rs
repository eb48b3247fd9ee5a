//! Permits: never more at once than there are, a queue that people can see, and nothing that is kept for ever.

mod back;
mod fleet;
mod queue;

use crate::lab::{ops, pass};
use hwautomation_core::engine::{Submission, WorkflowManager};
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::id::{SignalName, StepName, WorkflowId};
use hwautomation_core::machine::Machine;
use hwautomation_core::record::{Hold, Policy, Resume, UndoOf};
use hwautomation_core::store::HistoryStore;
use hwautomation_core::workflow::{
    Permit, StepOutcome, UndoOutcome, Workflow, WorkflowContext, WorkflowStep,
};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// Who was let in, in order: the numbers in the requests.
type Log = Arc<Mutex<Vec<u32>>>;

/// Waits for the signal `go` while it holds its permits. Undoing writes down the number, plus 100.
#[derive(Debug)]
struct Gate {
    permits: Vec<Permit>,
    policy: Policy,
    log: Log,
}

impl Gate {
    fn new(hold: Hold, names: &[&str], log: &Log) -> Self {
        let permit = |name: &&str| match hold {
            Hold::Call => Permit::call(*name).unwrap(),
            Hold::Step => Permit::step(*name).unwrap(),
        };
        let permits = names.iter().map(permit).collect();
        Self { permits, policy: Policy::default(), log: Arc::clone(log) }
    }

    fn write(&self, ctx: &WorkflowContext, plus: u32) -> Result<()> {
        let number = ctx.params::<u32>()? + plus;
        self.log.lock().unwrap().push(number);
        Ok(())
    }
}

#[async_trait::async_trait]
impl WorkflowStep for Gate {
    fn name(&self) -> StepName {
        StepName::from_static("gate")
    }

    fn resume(&self) -> Resume {
        Resume::Rerun
    }

    fn policy(&self) -> Policy {
        self.policy.clone()
    }

    fn permits(&self, machine: Option<&Machine>) -> Vec<Permit> {
        let _ = machine;
        self.permits.clone()
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        self.write(ctx, 0)?;
        match ctx.signal::<String>(&SignalName::from_static("go")).await? {
            Some(word) if word == "fail" => Err(Error::new(ErrorKind::Refused, "told to fail")),
            Some(_) => StepOutcome::finished(),
            None => StepOutcome::wait("a signal", HOUR, HOUR * 10),
        }
    }

    async fn undo(&self, ctx: &WorkflowContext, _: UndoOf) -> Result<UndoOutcome> {
        self.write(ctx, 100)?;
        Ok(UndoOutcome::Undone)
    }
}

fn workflow(name: &'static str, gate: Gate) -> Workflow {
    Workflow::new(name).step(gate)
}

async fn submit(manager: &WorkflowManager, name: &str, number: u32) -> WorkflowId {
    let submission = Submission::new(name).request(number).unwrap();
    let id = manager.submit(submission, &ops()).await.unwrap();
    pass(1).await;
    id
}

async fn go(manager: &WorkflowManager, id: WorkflowId, word: &str) {
    manager.signal(id, SignalName::from_static("go"), word, "go", &ops()).await.unwrap();
    pass(2).await;
}

fn seen(log: &Log) -> Vec<u32> {
    log.lock().unwrap().clone()
}

/// What is held and what queues, by name.
async fn table(store: &dyn HistoryStore) -> Vec<(String, u64, u64)> {
    let rows = store.permits(None, 100).await.unwrap();
    rows.into_iter().map(|row| (row.name.to_string(), row.held, row.waiting)).collect()
}

async fn waits_for(manager: &WorkflowManager, id: WorkflowId) -> String {
    manager.status(id).await.unwrap().waiting.map(|waiting| waiting.what).unwrap_or_default()
}
