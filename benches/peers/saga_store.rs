//! A store for steno's sagas as durable as ours: SQLite, every commit synced, all that waits in one commit.

use crate::lab::{Outcome, folder};
use async_trait::async_trait;
use rusqlite::Connection;
use std::fmt;
use std::path::Path;
use steno::{SagaCachedState, SagaCreateParams, SagaId, SagaNodeEvent, SecStore};
use tokio::sync::{mpsc, oneshot};

const GROUP_MAX: usize = 512;
const QUEUE_MAX: usize = 4096;
const SCHEMA: &str = "
    CREATE TABLE saga (id TEXT PRIMARY KEY, name TEXT, dag TEXT, state TEXT) WITHOUT ROWID;
    CREATE TABLE event (number INTEGER PRIMARY KEY, saga TEXT, node INTEGER, json TEXT);
    CREATE INDEX event_of_saga ON event (saga, number);";

/// What steno asks to be kept.
enum Write {
    Create { id: String, name: String, dag: String, state: String },
    Event { saga: String, node: u32, json: String },
    Update { id: String, state: String },
}

struct Job {
    write: Write,
    stored: oneshot::Sender<()>,
}

/// Hands what is to be kept to the thread that writes; the thread ends with the last handle.
pub struct SqliteSagas(mpsc::Sender<Job>);

impl SqliteSagas {
    pub fn open(path: &Path) -> Outcome<Self> {
        let connection = connect(path)?;
        let (jobs, waiting) = mpsc::channel(QUEUE_MAX);
        std::thread::spawn(move || write_all(&connection, waiting).expect("SQLite writes"));
        Ok(Self(jobs))
    }

    async fn store(&self, write: Write) {
        let (stored, is_stored) = oneshot::channel();
        self.0.send(Job { write, stored }).await.ok().expect("the writer lives");
        is_stored.await.expect("the writer stores");
    }
}

/// Says how durable a commit is, as SQLite itself reports it.
pub fn pragmas() -> Outcome<String> {
    let folder = folder()?;
    let connection = connect(&folder.path().join("sagas.db"))?;
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
    assert!(mode == "wal" && synchronous == 2, "commits are durable");
    Ok(format!("journal_mode={mode} synchronous={synchronous} (2 is full)"))
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.execute_batch(SCHEMA)?;
    Ok(connection)
}

fn write_all(connection: &Connection, mut waiting: mpsc::Receiver<Job>) -> rusqlite::Result<()> {
    let mut group = Vec::with_capacity(GROUP_MAX);
    while waiting.blocking_recv_many(&mut group, GROUP_MAX) > 0 {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        group.iter().try_for_each(|job| job.write.run(connection))?;
        connection.execute_batch("COMMIT")?;
        // Whoever asked may be gone with its runtime.
        group.drain(..).for_each(|job| {
            let _gone = job.stored.send(());
        });
    }
    Ok(())
}

impl Write {
    fn run(&self, connection: &Connection) -> rusqlite::Result<()> {
        const CREATE: &str = "INSERT INTO saga VALUES (?1, ?2, ?3, ?4)";
        const EVENT: &str = "INSERT INTO event (saga, node, json) VALUES (?1, ?2, ?3)";
        const UPDATE: &str = "UPDATE saga SET state = ?2 WHERE id = ?1";
        match self {
            Self::Create { id, name, dag, state } => {
                connection.prepare_cached(CREATE)?.execute((id, name, dag, state))
            }
            Self::Event { saga, node, json } => connection.prepare_cached(EVENT)?.execute((saga, node, json)),
            Self::Update { id, state } => connection.prepare_cached(UPDATE)?.execute((id, state)),
        }
        .map(|_| ())
    }
}

#[async_trait]
impl SecStore for SqliteSagas {
    async fn saga_create(&self, saga: SagaCreateParams) -> Result<(), anyhow::Error> {
        let (id, name) = (saga.id.to_string(), saga.name.to_string());
        self.store(Write::Create { id, name, dag: saga.dag.to_string(), state: saga.state.to_string() })
            .await;
        Ok(())
    }

    async fn record_event(&self, event: SagaNodeEvent) {
        let (saga, node) = (event.saga_id.to_string(), u32::from(event.node_id));
        let json = serde_json::to_string(&event.event_type).expect("an event is JSON");
        self.store(Write::Event { saga, node, json }).await;
    }

    async fn saga_update(&self, id: SagaId, state: SagaCachedState) {
        self.store(Write::Update { id: id.to_string(), state: state.to_string() }).await;
    }
}

impl fmt::Debug for SqliteSagas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteSagas")
    }
}
