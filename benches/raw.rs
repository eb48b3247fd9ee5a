//! What SQLite alone can do: two records a step, all that waits in one commit, nothing else.

use crate::lab::{Outcome, folder, runtime};
use crate::steps::STEPS;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, mpsc, oneshot};

pub const IN_FLIGHT: usize = 256;
const GROUP_MAX: usize = 512;
/// About as long as an event of ours.
const RECORD: &str = r#"{"v":1,"workflow":"01890a5d-ac96-774b-bcce-b302099a8057","seq":4,"position":4711,"at":"2026-01-02T03:04:05.000006Z","actor":{"kind":"engine","name":"engine"},"kind":{"type":"step_started","step":"three","attempt":1}}"#;
const RECORDS_A_STEP: usize = 2;

type Done = oneshot::Sender<()>;

/// Writes the records of so many workflows and returns how long that took.
pub fn run(workflows: usize) -> Outcome<Duration> {
    let folder = folder()?;
    let (jobs, waiting) = mpsc::channel(GROUP_MAX);
    let connection = open(&folder.path().join("raw.db"))?;
    let writer = std::thread::spawn(move || write(connection, waiting));
    let took = runtime()?.block_on(async {
        let began = Instant::now();
        let in_flight = Arc::new(Semaphore::new(IN_FLIGHT));
        let mut runs = tokio::task::JoinSet::new();
        for _ in 0..workflows {
            let permit = Arc::clone(&in_flight).acquire_owned().await?;
            let jobs = jobs.clone();
            runs.spawn(async move {
                let _permit = permit;
                for _ in 0..STEPS {
                    let (done, stored) = oneshot::channel();
                    jobs.send(done).await.expect("the writer lives");
                    stored.await.expect("the writer stores");
                }
            });
        }
        while let Some(ended) = runs.join_next().await {
            ended?;
        }
        drop(jobs);
        Outcome::Ok(began.elapsed())
    })?;
    let stored = writer.join().expect("the writer does not panic")?;
    assert_eq!(stored, workflows * STEPS * RECORDS_A_STEP, "every record is stored");
    Ok(took)
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.execute_batch("CREATE TABLE record (position INTEGER PRIMARY KEY, json TEXT NOT NULL)")?;
    Ok(connection)
}

fn write(mut connection: Connection, mut waiting: mpsc::Receiver<Done>) -> rusqlite::Result<usize> {
    let mut steps = Vec::new();
    while waiting.blocking_recv_many(&mut steps, GROUP_MAX / RECORDS_A_STEP) > 0 {
        let group = connection.transaction()?;
        let mut insert = group.prepare_cached("INSERT INTO record (json) VALUES (?1)")?;
        for _ in 0..steps.len() * RECORDS_A_STEP {
            insert.execute([RECORD])?;
        }
        drop(insert);
        group.commit()?;
        steps.drain(..).for_each(|done| done.send(()).expect("who sent it waits"));
    }
    connection.query_row("SELECT count(*) FROM record", [], |row| row.get::<_, u32>(0)).map(|count| count as usize)
}
