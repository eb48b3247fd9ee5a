//! A page of a list costs the same however long the history is.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "what a test calls is a test too; a ratio is told"
)]

mod common;

use hwautomation_core::error::ErrorClassName;
use hwautomation_core::id::{MachineId, WorkflowName};
use hwautomation_core::record::{RunState, SubState};
use hwautomation_core::store::{HistoryStore, WorkflowFilter};
use hwautomation_core::time::Timestamp;
use hwautomation_store::{SqliteConfig, SqliteStore};
use rusqlite::Connection;
use std::path::Path;
use std::time::{Duration, Instant};

const PAGE: usize = 20;

/// Adds workflows as numbers from..=to, by SQL: the newest hundred are open and half of those halted; one in ten of
/// the others failed. Each was accepted at the second of its number, and ended a second later.
fn fill(path: &Path, from: i64, to: i64) {
    let sql = "
        WITH RECURSIVE number (n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM number WHERE n < ?2),
        known AS (SELECT n, CAST(printf('%016d', n) AS BLOB) AS id, n > ?2 - 100 AS open FROM number),
        named AS (SELECT *, lower(hex(id)) AS h FROM known),
        first AS (SELECT lower(hex(id)) AS h, summary FROM workflow WHERE machine IS NULL LIMIT 1)
        INSERT INTO workflow (id, name, machine, state, ended, summary, position, next_seq, submitted_at,
            ended_at, sub_state, error_class)
        SELECT id, iif(n % 10 = 0, 'flash', 'relight'), 'm' || (n / 30),
            iif(open, 'running', iif(n % 10 = 0, 'failed', 'completed')), NOT open,
            replace(summary,
                substr(first.h, 1, 8) || '-' || substr(first.h, 9, 4) || '-' || substr(first.h, 13, 4) || '-'
                    || substr(first.h, 17, 4) || '-' || substr(first.h, 21),
                substr(named.h, 1, 8) || '-' || substr(named.h, 9, 4) || '-' || substr(named.h, 13, 4) || '-'
                    || substr(named.h, 17, 4) || '-' || substr(named.h, 21)),
            0, 0, n * 1000000, iif(open, NULL, (n + 1) * 1000000), iif(open AND n % 2, 'halted', NULL),
            iif(n % 10 = 0, 'permanent', NULL)
        FROM named, first";
    let conn = Connection::open(path).unwrap();
    conn.execute(
        "UPDATE workflow SET ended = 1, state = 'completed', sub_state = NULL WHERE machine IS NOT NULL",
        [],
    )
    .unwrap();
    conn.execute(sql, [from, to]).unwrap();
}

fn filters(newest: i64) -> Vec<(&'static str, WorkflowFilter)> {
    let any = WorkflowFilter::default;
    let at = |second: i64| Some(Timestamp::from_micros(second * 1_000_000));
    let states = |states: &[RunState]| WorkflowFilter { states: states.to_vec(), ..any() };
    vec![
        ("all", any()),
        ("open", WorkflowFilter::open()),
        ("failed", states(&[RunState::Failed])),
        ("ended or running", states(&[RunState::Running, RunState::Failed, RunState::Completed])),
        ("of a machine", WorkflowFilter { machine: Some(MachineId::from_static("m20")), ..any() }),
        ("of a kind", WorkflowFilter { name: Some(WorkflowName::from_static("flash")), ..any() }),
        ("of a class of error", WorkflowFilter { error_class: Some(ErrorClassName::Permanent), ..any() }),
        ("halted", WorkflowFilter { sub_state: Some(SubState::Halted), ..any() }),
        ("accepted lately", WorkflowFilter { submitted_from: at(newest - 200), ..any() }),
        ("ended long ago", WorkflowFilter { ended_from: at(100), ended_before: at(300), ..any() }),
    ]
}

/// The shortest of several tries, which other work on the machine disturbs least.
async fn cost(store: &SqliteStore, filter: &WorkflowFilter) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..30 {
        let begun = Instant::now();
        let rows = store.list(filter, None, PAGE).await.unwrap();
        best = best.min(begun.elapsed());
        assert_eq!(rows.len(), PAGE, "{filter:?}");
        assert!(rows.iter().all(|row| row.error.is_none()), "{:?}", rows[0]);
    }
    best
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_costs_the_same_with_a_hundred_times_as_many_workflows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let store = SqliteStore::open(SqliteConfig::new(&path)).unwrap();
    common::begun(&store, 1).await;
    let (few, many) = (1_000, 100_000);
    fill(&path, 1, few);
    let mut before = Vec::new();
    for (_, filter) in filters(few) {
        before.push(cost(&store, &filter).await);
    }
    fill(&path, few + 1, many);
    for ((name, filter), before) in filters(many).into_iter().zip(before) {
        let after = cost(&store, &filter).await;
        println!("{name}: {before:?} with {few}, {after:?} with {many}");
        // Looking through all of them would take a hundred times as long.
        assert!(after < before * 6, "{name}: {before:?} with {few}, {after:?} with {many}");
    }
}
