//! How many steps the engine runs in a second, and what a waiting workflow weighs.
//! Run it: cargo bench -p hwautomation-benches, or with `-- --quick` in seconds.

mod facts;
mod lab;
mod raw;
mod steps;
mod weight;

use lab::{Kind, Outcome};
use std::time::Duration;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Size {
    workflows: usize,
    waiting: usize,
    /// The middle one of so many runs counts.
    runs: usize,
}

const FULL: Size = Size { workflows: 1000, waiting: 10_000, runs: 3 };
const QUICK: Size = Size { workflows: 100, waiting: 500, runs: 1 };
const IN_FLIGHT: [usize; 3] = [1, 64, 256];
const USAGE: &str =
    "usage: cargo bench -p hwautomation-benches -- [--quick | --only memory|sqlite IN_FLIGHT WORKFLOWS]";

fn main() -> Outcome {
    // Cargo adds --bench.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => table(FULL),
        ["--quick"] => table(QUICK),
        // For a profiler: one case, once.
        ["--only", kind, in_flight, workflows] => {
            let took = steps::run(kind.parse()?, in_flight.parse()?, workflows.parse()?)?;
            println!("{:.0} steps/s", rate(workflows.parse()?, took));
            Ok(())
        }
        [weight::CHILD, kind, count] => weight::weigh_here(kind.parse()?, count.parse()?),
        _ => Err(USAGE.into()),
    }
}

fn table(size: Size) -> Outcome {
    let Size { workflows, waiting, runs } = size;
    facts::print()?;
    let raw = middle(runs, || raw::run(workflows))?;
    println!("\n{workflows} workflows of {} steps that do nothing\n", steps::STEPS);
    println!("| store | in flight | steps/s | of the raw probe |\n|---|---:|---:|---:|");
    println!("| raw SQLite, two records a step | {} | {:.0} | 1.00 |", raw::IN_FLIGHT, rate(workflows, raw));
    for kind in [Kind::Sqlite, Kind::Memory] {
        for in_flight in IN_FLIGHT {
            let took = middle(runs, || steps::run(kind, in_flight, workflows))?;
            let ratio = raw.as_secs_f64() / took.as_secs_f64();
            println!("| {kind} | {in_flight} | {:.0} | {ratio:.2} |", rate(workflows, took));
        }
    }
    println!("\n{waiting} workflows that wait\n\n| store | resident bytes each |\n|---|---:|");
    for kind in [Kind::Sqlite, Kind::Memory] {
        println!("| {kind} | {} |", middle(runs, || weight::weigh_in_child(kind, waiting))?);
    }
    Ok(())
}

/// Returns the middle one of what several runs found.
fn middle<T: Ord + Copy>(runs: usize, run: impl Fn() -> Outcome<T>) -> Outcome<T> {
    let mut found = (0..runs).map(|_| run()).collect::<Outcome<Vec<_>>>()?;
    found.sort();
    Ok(found[found.len() / 2])
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand steps")]
fn rate(workflows: usize, took: Duration) -> f64 {
    (workflows * steps::STEPS) as f64 / took.as_secs_f64()
}
