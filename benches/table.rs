//! The tables, one function each.

use crate::lab::{Kind, Outcome};
use crate::steps::{self, Begin};
use crate::{backward, history, long, raw, wake, weight};
use std::time::Duration;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub workflows: usize,
    pub waiting: usize,
    /// How many workflows the history holds, at first and then.
    pub history: [usize; 2],
    /// How long a workflow is, at first and then, and how many steps run in all.
    pub long: ([usize; 2], usize),
    /// The middle one of so many runs counts.
    pub runs: usize,
}

pub const FULL: Size =
    Size { workflows: 1000, waiting: 10_000, history: [1000, 100_000], long: ([100, 1000], 20_000), runs: 3 };
pub const QUICK: Size =
    Size { workflows: 100, waiting: 500, history: [100, 500], long: ([10, 100], 1000), runs: 1 };
const KINDS: [Kind; 2] = [Kind::Sqlite, Kind::Memory];
const IN_FLIGHT: [usize; 3] = [1, 64, 256];
/// Slow steps: how long each takes, and how many workflows are in flight.
const BODY: (Duration, usize) = (Duration::from_millis(20), 500);
/// How many workflows a second fall due where not all do at once.
const DUE_A_SECOND: usize = 1000;

pub fn nothing(Size { workflows, runs, .. }: Size) -> Outcome {
    let raw = middle(runs, || raw::run(workflows))?;
    println!("\n{workflows} workflows of {} steps that do nothing\n", steps::STEPS);
    println!("| store | in flight | workflows/s | steps/s | of the raw probe |\n|---|---:|---:|---:|---:|");
    let row = |name: &str, in_flight, took| {
        let (rate, ratio) = (rate(workflows, took), raw.as_secs_f64() / took.as_secs_f64());
        println!("| {name} | {in_flight} | {rate:.0} | {:.0} | {ratio:.2} |", rate * steps::STEPS as f64);
    };
    row("raw SQLite, two records a step", raw::IN_FLIGHT, raw);
    for kind in KINDS {
        for in_flight in IN_FLIGHT {
            let took = middle(runs, || steps::run(kind, in_flight, workflows, Begin::Running))?;
            row(&kind.to_string(), in_flight, took);
        }
    }
    Ok(())
}

pub fn bodies(Size { workflows, runs, .. }: Size) -> Outcome {
    let (body, in_flight) = BODY;
    println!("\n{workflows} workflows of {} steps of {body:?}, {in_flight} in flight\n", steps::STEPS);
    println!("| store | workflows/s | of what the steps alone allow |\n|---|---:|---:|");
    let rounds = u32::try_from(workflows.div_ceil(in_flight) * steps::STEPS)?;
    for kind in KINDS {
        let took = middle(runs, || steps::run_bodies(kind, in_flight, workflows, Begin::Running, body))?;
        let ratio = (body * rounds).as_secs_f64() / took.as_secs_f64();
        println!("| {kind} | {:.0} | {ratio:.2} |", rate(workflows, took));
    }
    Ok(())
}

pub fn waiting(Size { waiting, runs, .. }: Size) -> Outcome {
    println!("\n{waiting} workflows that wait, and are woken all at once or {DUE_A_SECOND} a second\n");
    let most = waiting * weight::LAST_AT;
    println!(
        "| store | the process | with {most} | each one more | at once: p50 | p99 | one by one: p50 | p99 |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    for kind in KINDS {
        let weight = middle(runs, || weight::weigh_in_child(kind, waiting))?;
        let at_once = middle(runs, || wake::run(kind, waiting, Duration::ZERO))?;
        let over = Duration::from_secs_f64(waiting as f64 / DUE_A_SECOND as f64);
        let spread = middle(runs, || wake::run(kind, waiting, over))?;
        let [a, b, c, d] = [at_once.p50, at_once.p99, spread.p50, spread.p99].map(millis);
        let [first, last] = weight.process.map(|bytes| bytes as f64 / 1e6);
        println!("| {kind} | {first:.0} MB | {last:.0} MB | {} B | {a} | {b} | {c} | {d} |", weight.each);
    }
    Ok(())
}

pub fn growth(Size { workflows, history, long: (lengths, steps), runs, .. }: Size) -> Outcome {
    println!("\nWhat grows\n\n| store | what | small | large | large / small |\n|---|---|---:|---:|---:|");
    let [few, many] = history::run(history, workflows, runs.max(3))?;
    let what = format!("an event with {} or {} workflows in the history", few.history, many.history);
    println!("| sqlite | {what} | {} |", compare(few.event, many.event));
    for kind in KINDS {
        let [short, long] = [0, 1].map(|at| middle(runs, || long::run(kind, lengths[at], steps)));
        let what = format!("a step of a workflow of {} or {} steps", lengths[0], lengths[1]);
        println!("| {kind} | {what} | {} |", compare(short?, long?));
    }
    Ok(())
}

pub fn backward(Size { workflows, runs, .. }: Size) -> Outcome {
    println!("\n{workflows} workflows go back, 256 in flight\n");
    println!("| store | what | workflows/s | until the last ended |\n|---|---|---:|---:|");
    for kind in KINDS {
        let cancel = middle(runs, || backward::cancel(kind, workflows))?;
        let undo = middle(runs, || backward::undo(kind, workflows))?;
        for (what, took) in
            [("all are cancelled at once while they wait", cancel), ("step 6 fails, 6 are undone", undo)]
        {
            println!("| {kind} | {what} | {:.0} | {} |", rate(workflows, took), millis(took));
        }
    }
    Ok(())
}

/// Returns the middle one of what several runs found.
pub fn middle<T: Ord + Copy>(runs: usize, run: impl Fn() -> Outcome<T>) -> Outcome<T> {
    let mut found = (0..runs).map(|_| run()).collect::<Outcome<Vec<_>>>()?;
    found.sort();
    Ok(found[found.len() / 2])
}

pub fn rate(workflows: usize, took: Duration) -> f64 {
    workflows as f64 / took.as_secs_f64()
}

fn millis(span: Duration) -> String {
    format!("{:.1} ms", span.as_secs_f64() * 1e3)
}

fn compare(small: Duration, large: Duration) -> String {
    let micros = |span: Duration| span.as_secs_f64() * 1e6;
    let ratio = large.as_secs_f64() / small.as_secs_f64();
    format!("{:.1} µs | {:.1} µs | {ratio:.2}", micros(small), micros(large))
}
