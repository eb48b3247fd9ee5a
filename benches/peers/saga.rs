//! The same work as sagas of steno.

use crate::lab::{Outcome, folder, runtime};
use crate::saga_store::SqliteSagas;
use crate::steps::STEPS;
use std::sync::Arc;
use std::time::{Duration, Instant};
use steno::{
    Action, ActionContext, ActionError, ActionRegistry, DagBuilder, InMemorySecStore, Node, SagaDag, SagaId,
    SagaName, SagaType, SecClient, SecStore, new_action_noop_undo, sec,
};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Where the sagas are kept.
#[derive(Debug, Clone, Copy)]
pub enum Kept {
    Memory,
    Sqlite,
}

#[derive(Debug)]
struct Seven;

impl SagaType for Seven {
    type ExecContextType = ();
}

async fn nothing(_: ActionContext<Seven>) -> Result<(), ActionError> {
    Ok(())
}

/// What every saga of a run shares.
struct Sagas {
    client: SecClient,
    registry: Arc<ActionRegistry<Seven>>,
    dag: Arc<SagaDag>,
}

/// Runs so many sagas, so many at once, and returns how long that took, their creation included.
pub fn run(kept: Kept, in_flight: usize, count: usize) -> Outcome<Duration> {
    let folder = folder()?;
    runtime()?.block_on(async {
        let store: Arc<dyn SecStore> = match kept {
            Kept::Memory => Arc::new(InMemorySecStore::new()),
            Kept::Sqlite => Arc::new(SqliteSagas::open(&folder.path().join("sagas.db"))?),
        };
        let sagas = Arc::new(Sagas::new(store)?);
        let slots = Arc::new(Semaphore::new(in_flight));
        let mut running = JoinSet::new();
        let began = Instant::now();
        for _ in 0..count {
            let (sagas, slot) = (Arc::clone(&sagas), Arc::clone(&slots).acquire_owned().await?);
            running.spawn(async move {
                let _slot = slot;
                sagas.one().await
            });
        }
        while let Some(ended) = running.join_next().await {
            assert!(ended??, "every saga completes");
        }
        Ok(began.elapsed())
    })
}

impl Sagas {
    fn new(store: Arc<dyn SecStore>) -> Outcome<Self> {
        let action: Arc<dyn Action<Seven>> = new_action_noop_undo("nothing", nothing);
        let mut registry = ActionRegistry::new();
        registry.register(Arc::clone(&action));
        let mut builder = DagBuilder::new(SagaName::new("seven"));
        for number in 0..STEPS {
            builder.append(Node::action(format!("step{number}"), "nothing", &*action));
        }
        let dag = Arc::new(SagaDag::new(builder.build()?, serde_json::Value::Null));
        let client = sec(slog::Logger::root(slog::Discard, slog::o!()), store);
        Ok(Self { client, registry: Arc::new(registry), dag })
    }

    async fn one(&self) -> Result<bool, anyhow::Error> {
        let id = SagaId::new_v4();
        let (dag, registry) = (Arc::clone(&self.dag), Arc::clone(&self.registry));
        let ended = self.client.saga_create(id, Arc::new(()), dag, registry).await?;
        self.client.saga_start(id).await?;
        Ok(ended.await.kind.is_ok())
    }
}
