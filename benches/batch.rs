//! Batches of children that do nothing: few machines, and ten times as many.

use crate::lab::{Kind, Outcome, folder, runtime};
use crate::table::{Size, middle, rate};
use hwautomation_core::actor::Actor;
use hwautomation_core::batch::{Batch, BatchReport, BatchRequest};
use hwautomation_core::engine::{EngineOptions, WorkflowManager};
use hwautomation_core::id::MachineId;
use hwautomation_core::machine::Machine;
use hwautomation_core::record::Resume;
use hwautomation_core::store::{HistoryStore, MemoryDirectory, MemoryStore};
use hwautomation_core::workflow::{StepOutcome, Workflow, step_fn};
use hwautomation_store::{SqliteConfig, SqliteStore};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many children are at work at once.
const CONCURRENCY: u32 = 100;

pub fn table(Size { workflows, runs, .. }: Size) -> Outcome {
    let [few, many] = [workflows, 10 * workflows];
    println!("\nA batch of children of one step that does nothing, {CONCURRENCY} at work\n");
    println!(
        "| store | children/s of {few} | of {many} | a child's cost, large / small |\n|---|---:|---:|---:|"
    );
    for kind in [Kind::Sqlite, Kind::Memory] {
        let [small, large] =
            [few, many].map(|count| middle(runs, || run(kind, count)).map(|took| rate(count, took)));
        let (small, large) = (small?, large?);
        println!("| {kind} | {small:.0} | {large:.0} | {:.2} |", small / large);
    }
    Ok(())
}

/// Runs a batch and returns how long it took from its submission to its end.
fn run(kind: Kind, count: usize) -> Outcome<Duration> {
    let folder = folder()?;
    let store: Arc<dyn HistoryStore> = match kind {
        Kind::Memory => Arc::new(MemoryStore::new()),
        Kind::Sqlite => Arc::new(SqliteStore::open(SqliteConfig::new(folder.path().join("history.db")))?),
    };
    let names: Vec<String> = (0..count).map(|number| format!("srv{number}")).collect();
    let ids = names.iter().map(MachineId::new).collect::<Result<Vec<_>, _>>()?;
    let step = step_fn("nothing", Resume::Rerun, |_| async { StepOutcome::finished() });
    let builder = WorkflowManager::builder()
        .store(store)
        .machines(Arc::new(MemoryDirectory::new(ids.into_iter().map(Machine::new))))
        // A place for each child, and one for the batch.
        .options(EngineOptions { running_max: CONCURRENCY as usize + 1, ..EngineOptions::default() })
        .workflow(Batch::default().workflow())
        .workflow(Workflow::new("nothing").step(step));
    runtime()?.block_on(async {
        let manager = builder.start().await?;
        let request = BatchRequest::new("nothing", names).concurrency(CONCURRENCY);
        let began = Instant::now();
        let id = manager.submit(request.submission()?, &Actor::service("bench")).await?;
        manager.wait_or_halt(id).await?;
        let took = began.elapsed();
        let report: BatchReport = manager.output(id).await?;
        assert_eq!(report.completed, count, "every child completes");
        Ok(took)
    })
}
