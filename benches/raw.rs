//! What SQLite alone can do for a log of events: two records a step, each awaited and each with the row of its
//! workflow, all that waits in one commit. The limit for an engine that stores both the start and the end of a step
//! by themselves.

use crate::lab::{Outcome, folder, runtime};
use crate::steps::STEPS;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;

pub const IN_FLIGHT: usize = 256;
const GROUP_MAX: usize = 512;
const RECORDS: usize = 2 * STEPS;
/// About as long as an event of ours.
const RECORD: &str = r#"{"v":1,"workflow":"01890a5d-ac96-774b-bcce-b302099a8057","seq":4,"position":4711,"at":"2026-01-02T03:04:05.000006Z","actor":{"kind":"engine","name":"engine"},"kind":{"type":"step_started","step":"three","attempt":1}}"#;
const SCHEMA: &str = "
    CREATE TABLE record (workflow INTEGER, number INTEGER, json TEXT, PRIMARY KEY (workflow, number)) WITHOUT ROWID;
    CREATE TABLE workflow (id INTEGER PRIMARY KEY, number INTEGER);";

/// One record that waits for its commit.
struct Job {
    workflow: usize,
    number: usize,
    stored: oneshot::Sender<()>,
}

/// Writes the records of so many workflows and returns how long that took.
pub fn run(workflows: usize) -> Outcome<Duration> {
    let folder = folder()?;
    let (jobs, waiting) = mpsc::channel(GROUP_MAX);
    let connection = open(&folder.path().join("raw.db"))?;
    let writer = std::thread::spawn(move || write(connection, waiting));
    let began = Instant::now();
    runtime()?.block_on(send_all(workflows, jobs))?;
    let took = began.elapsed();
    let stored = writer.join().expect("the writer does not panic")?;
    assert_eq!(stored, workflows * RECORDS, "every record is stored");
    Ok(took)
}

async fn send_all(workflows: usize, jobs: mpsc::Sender<Job>) -> Outcome {
    let in_flight = Arc::new(Semaphore::new(IN_FLIGHT));
    let mut runs = JoinSet::new();
    for workflow in 0..workflows {
        let permit = Arc::clone(&in_flight).acquire_owned().await?;
        let jobs = jobs.clone();
        runs.spawn(async move {
            let _permit = permit;
            for number in 0..RECORDS {
                let (stored, is_stored) = oneshot::channel();
                jobs.send(Job { workflow, number, stored }).await.expect("the writer lives");
                is_stored.await.expect("the writer stores");
            }
        });
    }
    while let Some(ended) = runs.join_next().await {
        ended?;
    }
    Ok(())
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.execute_batch(SCHEMA)?;
    Ok(connection)
}

fn write(mut connection: Connection, mut waiting: mpsc::Receiver<Job>) -> rusqlite::Result<usize> {
    let mut group = Vec::with_capacity(GROUP_MAX);
    while waiting.blocking_recv_many(&mut group, GROUP_MAX) > 0 {
        let transaction = connection.transaction()?;
        for job in &group {
            let key = (job.workflow as i64, job.number as i64);
            transaction
                .prepare_cached("INSERT INTO record VALUES (?1, ?2, ?3)")?
                .execute((key.0, key.1, RECORD))?;
            transaction
                .prepare_cached("INSERT INTO workflow VALUES (?1, ?2) ON CONFLICT DO UPDATE SET number = ?2")?
                .execute(key)?;
        }
        transaction.commit()?;
        group.drain(..).for_each(|job| job.stored.send(()).expect("who sent it waits"));
    }
    let count: u32 = connection.query_row("SELECT count(*) FROM record", [], |row| row.get(0))?;
    Ok(count as usize)
}
