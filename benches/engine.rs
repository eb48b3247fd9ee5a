//! How fast the engine runs steps, wakes, cancels and undoes, what a waiting workflow weighs, and what grows.
//! Run it: cargo bench -p hwautomation-benches, or with `-- --quick` in seconds.

mod backward;
mod batch;
mod facts;
mod history;
mod lab;
mod long;
mod raw;
mod steps;
mod table;
mod wake;
mod weight;

use lab::Outcome;
use steps::Begin;
use table::{FULL, QUICK, Size};

const USAGE: &str = "usage: cargo bench -p hwautomation-benches -- [--quick | nothing|bodies|waiting|growth|backward|batch | --only memory|sqlite IN_FLIGHT WORKFLOWS | --long memory|sqlite LENGTH STEPS]";

type Table = (&'static str, fn(Size) -> Outcome);

const TABLES: [Table; 6] = [
    ("nothing", table::nothing),
    ("bodies", table::bodies),
    ("waiting", table::waiting),
    ("growth", table::growth),
    ("backward", table::backward),
    ("batch", batch::table),
];

fn main() -> Outcome {
    // Cargo adds --bench.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => tables(&TABLES, FULL),
        ["--quick"] => tables(&TABLES, QUICK),
        // For a profiler: one case, once.
        ["--only", kind, in_flight, workflows] => {
            let workflows = workflows.parse()?;
            let took = steps::run(kind.parse()?, in_flight.parse()?, workflows, Begin::Running)?;
            println!("{:.0} steps/s", table::rate(workflows * steps::STEPS, took));
            Ok(())
        }
        ["--long", kind, length, steps] => {
            let step = long::run(kind.parse()?, length.parse()?, steps.parse()?)?;
            println!("{step:?} a step");
            Ok(())
        }
        [weight::CHILD, kind, count] => weight::weigh_here(kind.parse()?, count.parse()?),
        [name] => match TABLES.iter().find(|(known, _)| known == name) {
            Some(table) => tables(std::slice::from_ref(table), FULL),
            None => Err(USAGE.into()),
        },
        _ => Err(USAGE.into()),
    }
}

fn tables(tables: &[Table], size: Size) -> Outcome {
    facts::print()?;
    tables.iter().try_for_each(|(_, table)| table(size))
}
