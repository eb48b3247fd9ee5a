//! Our engine and steno, the same work in the same run: 1,000 workflows of 7 steps that do nothing, 256 in flight, from
//! the first submission to the last stored end. Run it: cargo bench --manifest-path benches/peers/Cargo.toml, or with
//! `-- --quick` in seconds.

#[path = "../facts.rs"]
mod facts;
#[path = "../lab.rs"]
mod lab;
#[path = "../raw.rs"]
mod raw;
mod saga;
mod saga_store;
#[path = "../steps.rs"]
mod steps;

use lab::{Kind, Outcome};
use std::time::Duration;
use steps::Begin;

const IN_FLIGHT: usize = 256;
const USAGE: &str = "usage: cargo bench --manifest-path benches/peers/Cargo.toml -- [--quick]";

/// One row of the table.
struct Row {
    name: &'static str,
    durable: bool,
    run: fn(usize) -> Outcome<Duration>,
    took: Vec<Duration>,
}

fn main() -> Outcome {
    // Cargo adds --bench.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (workflows, rounds) = match words.as_slice() {
        [] => (1000, 5),
        ["--quick"] => (100, 1),
        _ => return Err(USAGE.into()),
    };
    facts::print()?;
    println!("steno's store: {}", saga_store::pragmas()?);
    let mut rows = rows();
    // Round by round, so that other work on the machine meets all rows alike.
    for _ in 0..rounds {
        for row in &mut rows {
            row.took.push((row.run)(workflows)?);
        }
    }
    print(workflows, rounds, &mut rows);
    Ok(())
}

fn rows() -> [Row; 5] {
    let row = |name, durable, run| Row { name, durable, run, took: Vec::new() };
    [
        row("raw SQLite, two records a step", true, raw::run),
        row("this engine, SQLite", true, |count| {
            steps::run(Kind::Sqlite, IN_FLIGHT, count, Begin::Submitting)
        }),
        row("steno 0.5, SQLite with group commit", true, |count| {
            saga::run(saga::Kept::Sqlite, IN_FLIGHT, count)
        }),
        row("this engine, memory", false, |count| {
            steps::run(Kind::Memory, IN_FLIGHT, count, Begin::Submitting)
        }),
        row("steno 0.5, memory", false, |count| saga::run(saga::Kept::Memory, IN_FLIGHT, count)),
    ]
}

/// Prints the middle one of each row's rounds. Ratios are within what is equally durable.
#[expect(clippy::cast_precision_loss, reason = "a few thousand workflows")]
fn print(workflows: usize, rounds: usize, rows: &mut [Row]) {
    rows.iter_mut().for_each(|row| row.took.sort());
    let middle = |row: &Row| row.took[row.took.len() / 2].as_secs_f64();
    println!(
        "\n{workflows} workflows of {} steps, {IN_FLIGHT} in flight, the middle of {rounds}\n",
        steps::STEPS
    );
    println!(
        "| engine | a commit is synced | workflows/s | steps/s | of the raw probe | of steno, as durable |"
    );
    println!("|---|---|---:|---:|---:|---:|");
    for row in rows.iter() {
        let took = middle(row);
        let steno = rows.iter().find(|other| other.name.starts_with("steno") && other.durable == row.durable);
        let rate = workflows as f64 / took;
        println!(
            "| {} | {} | {rate:.0} | {:.0} | {} | {:.2} |",
            row.name,
            if row.durable { "yes" } else { "no" },
            rate * steps::STEPS as f64,
            if row.durable { format!("{:.2}", middle(&rows[0]) / took) } else { "-".to_owned() },
            steno.map_or(f64::NAN, |steno| middle(steno) / took),
        );
    }
}
