//! How fast a farm answers, beside a bare echo of the same packets on the same kind of socket, in one run.
//!
//! ```text
//! cargo bench -p hwautomation-sim --bench farm                  all of it, in about a minute
//! cargo bench -p hwautomation-sim --bench farm -- --quick       smaller, in seconds
//! cargo bench -p hwautomation-sim --bench farm -- serve 10000   only a farm, until its standard input ends; prints its port
//! ```
//!
//! The server is a process of its own, pinned to one core, and the client is pinned to another. The client's requests are written before the clock
//! starts, and its answers are only counted. *Core* is what the server could do if it had its core for itself: requests for each second of its own
//! processor time. On a machine where others work too, compare that.

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

/// What came of one measurement.
struct Figure {
    done: u64,
    seconds: f64,
    cpu_seconds: f64,
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["serve", "echo"] => echo::serve(),
        ["serve", count] => server::serve(count.parse().map_err(io::Error::other)?),
        ["--quick"] => measure(20_000, 2_000),
        [] => measure(400_000, 40_000),
        _ => Err(io::Error::other("usage: [--quick | serve COUNT | serve echo]")),
    }
}

fn measure(requests: usize, log_ins: usize) -> io::Result<()> {
    server::pin_this_process();
    say(&format!("{:42} {:>12} {:>12} {:>10}", "", "a second", "core", "of echo"))?;
    for bmcs in BMCS {
        for in_flight in IN_FLIGHT.map(|in_flight| in_flight.min(bmcs)) {
            let echo = Server::start(&["serve", "echo"])?;
            let figure = Client::new(&echo, bmcs)?.echo(requests, in_flight)?;
            let limit = row(&format!("echo, {bmcs} addresses, {in_flight} in flight"), &figure, None)?;
            let farm = Server::start(&["serve", &bmcs.to_string()])?;
            for suite in Suite::ALL {
                let figure = Client::new(&farm, bmcs)?.sealed(suite, requests, in_flight)?;
                let name = format!("sealed, suite {suite}, {bmcs} BMCs, {in_flight} in flight");
                row(&name, &figure, Some(limit))?;
            }
            for suite in Suite::ALL {
                let figure = Client::new(&farm, bmcs)?.log_ins(suite, log_ins, in_flight)?;
                row(&format!("log-ins, suite {suite}, {bmcs} BMCs, {in_flight} in flight"), &figure, None)?;
            }
        }
    }
    memory()
}

/// Prints a row and returns what a core can do.
fn row(name: &str, figure: &Figure, limit: Option<f64>) -> io::Result<f64> {
    let core = figure.done as f64 / figure.cpu_seconds;
    let of_echo = limit.map_or(String::new(), |limit| format!("{:.0} %", 100.0 * core / limit));
    say(&format!("{name:42} {:>12.0} {core:>12.0} {of_echo:>10}", figure.done as f64 / figure.seconds))?;
    Ok(core)
}

fn memory() -> io::Result<()> {
    let sizes = [10_000, 50_000].map(|count| -> io::Result<[u64; 2]> {
        let farm = Server::start(&["serve", &count.to_string()])?;
        let idle = farm.resident()?;
        let mut client = Client::new(&farm, count)?;
        client.open_sessions(Suite::Seventeen, 64)?;
        Ok([idle, farm.resident()?])
    });
    let [small, large] = sizes;
    let (small, large) = (small?, large?);
    let each: Vec<u64> = small.iter().zip(large).map(|(small, large)| (large - small) / 40_000).collect();
    let [idle, talking] = each[..] else { return Ok(()) };
    say(&format!(
        "one BMC costs {idle} bytes, one with a session {talking}; 10,000 of them {} KiB",
        small[1] / 1024
    ))
}

fn say(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}
