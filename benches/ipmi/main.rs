//! How fast and how large the IPMI driver is, beside ipmipower, ipmitool and a bare UDP loop, in one run.
//! Run it: cargo bench -p hwautomation-benches --bench ipmi, or with `-- --quick` in seconds.
//!
//! The simulated BMCs are a process of their own on one core; the client under test is on another.

mod child;
mod cold;
mod faults;
mod fleet;
mod peer;
mod poll;
mod raw;
mod warm;
mod weight;

use std::error::Error;
use std::time::Duration;

pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const USAGE: &str = "usage: cargo bench -p hwautomation-benches --bench ipmi -- \
                     [--quick | warm|cold|faults|poll|weight | --only warm|cold SUITE BMCS SECONDS]";

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// How many BMCs there are, in one table after the other.
    pub bmcs: &'static [usize],
    /// How long a rate is measured.
    pub measured: Duration,
    /// The middle one of so many runs counts.
    pub runs: usize,
    /// How often BMCs are polled, and how many times.
    pub poll: (Duration, u32),
    /// Whether slow peers run, too.
    pub peers: bool,
}

const FULL: Size = Size {
    bmcs: &[1_000, 10_000],
    measured: Duration::from_secs(4),
    runs: 3,
    poll: (Duration::from_secs(10), 12),
    peers: true,
};
const QUICK: Size = Size {
    bmcs: &[200],
    measured: Duration::from_millis(500),
    runs: 1,
    poll: (Duration::from_secs(1), 4),
    peers: false,
};

type Table = (&'static str, fn(Size) -> Outcome);
const TABLES: [Table; 5] = [
    ("warm", warm::table),
    ("cold", cold::table),
    ("faults", faults::table),
    ("poll", poll::table),
    ("weight", weight::table),
];

fn main() -> Outcome {
    // Cargo adds --bench.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [child::FARM, plan @ ..] => child::farm(plan),
        [child::ECHO] => raw::echo(),
        [weight::CHILD, bmcs, port] => weight::weigh_here(bmcs.parse()?, port.parse()?),
        [] => tables(&TABLES, FULL),
        ["--quick"] => tables(&TABLES, QUICK),
        // For a profiler: one case, once.
        ["--only", "warm", suite, bmcs, seconds] => {
            warm::once(suite.parse()?, bmcs.parse()?, Duration::from_secs(seconds.parse()?))
        }
        ["--only", "cold", suite, bmcs, seconds] => {
            cold::once(suite.parse()?, bmcs.parse()?, Duration::from_secs(seconds.parse()?))
        }
        [name] => match TABLES.iter().find(|(known, _)| known == name) {
            Some(table) => tables(std::slice::from_ref(table), FULL),
            None => Err(USAGE.into()),
        },
        _ => Err(USAGE.into()),
    }
}

fn tables(tables: &[Table], size: Size) -> Outcome {
    child::pin_this_process()?;
    tables.iter().try_for_each(|(_, table)| table(size))
}

/// Returns the middle one of some runs, each figure for itself.
pub fn middle<const N: usize>(runs: usize, mut run: impl FnMut() -> Outcome<[f64; N]>) -> Outcome<[f64; N]> {
    let all: Vec<[f64; N]> = (0..runs).map(|_| run()).collect::<Outcome<_>>()?;
    let middle_of = |figure: usize| {
        let mut figures: Vec<f64> = all.iter().map(|run| run[figure]).collect();
        figures.sort_by(f64::total_cmp);
        figures[runs / 2]
    };
    Ok(std::array::from_fn(middle_of))
}
