//! How fast a farm answers, beside a bare echo of the same packets on the same kind of socket, in one run.
//!
//! ```text
//! cargo bench -p hwautomation-sim --bench farm                  all of it, in about a minute
//! cargo bench -p hwautomation-sim --bench farm -- --quick       smaller, in seconds
//! cargo bench -p hwautomation-sim --bench farm -- 1000          only a farm of so many
//! cargo bench -p hwautomation-sim --bench farm -- serve 10000   only a farm, until its standard input ends; prints its port
//! ```
//!
//! The server is a process of its own, pinned to one core, and the client is pinned to another. The client's requests are written before the clock
//! starts, and its answers are only counted. *Core* is what the server could do if it had its core for itself: requests for each second of its own
//! processor time. Each figure is the middle one of its rounds, and *of echo* compares within a round. On a machine where others work too, look at
//! *core*, or put it in front of them: `chrt -f 1 cargo bench ...`, as root and not for long.

mod client;
mod console;
mod echo;
mod server;
mod suite;

use client::Client;
use server::Server;
use std::io::{self, Write};
use suite::Suite;

/// How many answers a client waits for at a time.
const IN_FLIGHT: [usize; 2] = [64, 512];
const BMCS: [usize; 2] = [100, 10_000];
const FULL: Size = Size { rounds: 5, requests: 100_000, log_ins: 10_000 };

/// What came of one measurement.
struct Figure {
    done: u64,
    seconds: f64,
    cpu_seconds: f64,
}

/// How much is measured.
#[derive(Clone, Copy)]
struct Size {
    rounds: usize,
    requests: usize,
    log_ins: usize,
}

/// One line of the table: what was measured, and what came of it in each round.
struct Row {
    name: String,
    figures: Vec<Figure>,
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["serve", "echo"] => echo::serve(),
        ["serve", count] => server::serve(count.parse().map_err(io::Error::other)?),
        ["--quick"] => measure(Size { rounds: 1, requests: 20_000, log_ins: 2_000 }, &BMCS),
        [] => measure(FULL, &BMCS),
        [count] => measure(FULL, &[count.parse().map_err(io::Error::other)?]),
        _ => Err(io::Error::other("usage: [--quick | COUNT | serve COUNT | serve echo]")),
    }
}

fn measure(size: Size, bmcs: &[usize]) -> io::Result<()> {
    server::pin_this_process();
    say(&format!("{:48} {:>10} {:>10} {:>8}", "", "a second", "core", "of echo"))?;
    for &bmcs in bmcs {
        for in_flight in IN_FLIGHT.map(|in_flight| in_flight.min(bmcs)) {
            table(size, bmcs, in_flight)?;
        }
    }
    memory()
}

/// Measures and prints what one number of BMCs does with one number of requests in flight.
fn table(size: Size, bmcs: usize, in_flight: usize) -> io::Result<()> {
    let name = |what: &str| format!("{what}, {bmcs} BMCs, {in_flight} in flight");
    let (echo, farm) = (Server::start(&["serve", "echo"])?, Server::start(&["serve", &bmcs.to_string()])?);
    let mut limit = Row { name: name("echo"), figures: Vec::new() };
    let mut rows = Vec::new();
    for suite in Suite::ALL {
        rows.push(Row { name: name(&format!("sealed, suite {suite}")), figures: Vec::new() });
        rows.push(Row { name: name(&format!("log-ins, suite {suite}")), figures: Vec::new() });
    }
    for _ in 0..size.rounds {
        limit.figures.push(Client::new(&echo, bmcs)?.echo(size.requests, in_flight)?);
        for (suite, rows) in Suite::ALL.into_iter().zip(rows.chunks_mut(2)) {
            let [sealed, log_ins] = rows else { continue };
            sealed.figures.push(Client::new(&farm, bmcs)?.sealed(suite, size.requests, in_flight)?);
            log_ins.figures.push(Client::new(&farm, bmcs)?.log_ins(suite, size.log_ins, in_flight)?);
        }
    }
    limit.print(None)?;
    rows.iter().try_for_each(|row| row.print(row.name.starts_with("sealed").then_some(&limit)))
}

impl Figure {
    fn core(&self) -> f64 {
        self.done as f64 / self.cpu_seconds
    }
}

impl Row {
    fn print(&self, limit: Option<&Self>) -> io::Result<()> {
        let a_second = middle(self.figures.iter().map(|figure| figure.done as f64 / figure.seconds));
        let core = middle(self.figures.iter().map(Figure::core));
        let of_echo = limit.map_or(String::new(), |limit| {
            let rounds = self.figures.iter().zip(&limit.figures);
            format!("{:.0} %", 100.0 * middle(rounds.map(|(figure, limit)| figure.core() / limit.core())))
        });
        say(&format!("{:48} {a_second:>10.0} {core:>10.0} {of_echo:>8}", self.name))
    }
}

fn middle(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Prints what one BMC more costs, and the whole process of ten thousand with a session each.
fn memory() -> io::Result<()> {
    let held = |count: usize| -> io::Result<[u64; 2]> {
        let farm = Server::start(&["serve", &count.to_string()])?;
        let idle = farm.resident()?;
        Client::new(&farm, count)?.open_sessions(Suite::Seventeen, 64)?;
        Ok([idle, farm.resident()?])
    };
    let (small, large) = (held(10_000)?, held(50_000)?);
    let [idle, talking] = std::array::from_fn(|state| (large[state] - small[state]) / 40_000);
    say(&format!(
        "one BMC costs {idle} bytes, with a session {talking}; ten thousand with one each {} KiB",
        small[1] / 1024
    ))
}

fn say(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}
