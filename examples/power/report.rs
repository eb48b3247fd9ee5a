//! What is printed when all is over: the table on standard output, the rest on standard error.

use crate::power::answer::Answer;
use crate::power::args::Output;
use crate::power::duration;
use crate::power::fleet::Fleet;
use crate::power::hostlist;
use crate::power::row::Row;
use crate::power::run::Ended;
use crate::power::show;
use console::Term;
use std::io::Write;
use std::time::Duration;

/// Who took longer is named, if it also took so many times as long as half of all.
const SLOW: Duration = Duration::from_secs(2);
const SLOW_TIMES: u32 = 3;

/// Prints everything that is to be said.
pub fn report(fleet: &Fleet, ended: &Ended, output: &Output) {
    let rows: Vec<Row> =
        fleet.hosts.iter().zip(&ended.answers).map(|(host, answer)| Row::of(host, answer)).collect();
    if !output.json {
        let width = width_of(&Term::stdout());
        print(&if output.fold { show::folded(&rows, width) } else { show::each(&rows, width) });
    }
    eprint!("{}", show::advice(remedies(fleet, ended), width_of(&Term::stderr())));
    if let Some(slow) = slow(fleet, &ended.answers) {
        eprintln!("slow: {slow}");
    }
    eprintln!("{}", summary(ended, &show::counts(&rows)));
}

/// Prints on standard output. Who closed the pipe does not want to know.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _closed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Returns how wide a terminal is; nothing for what is none.
fn width_of(terminal: &Term) -> Option<usize> {
    terminal.is_term().then(|| usize::from(terminal.size().1))
}

fn remedies<'a>(fleet: &'a Fleet, ended: &'a Ended) -> impl Iterator<Item = (&'a str, &'a str)> {
    fleet.hosts.iter().zip(&ended.answers).filter_map(|(host, answer)| {
        let failure = answer.result.as_ref().err()?;
        Some((host.as_str(), failure.error.remedy.as_deref()?))
    })
}

/// Names those that answered, and took much longer than half of all: who waits in a long queue is not slow.
fn slow(fleet: &Fleet, answers: &[Answer]) -> Option<String> {
    let mut times: Vec<Duration> = answers.iter().map(|answer| answer.took).collect();
    times.sort_unstable();
    let usual = times.get(times.len() / 2)?;
    let limit = SLOW.max(*usual * SLOW_TIMES);
    let slow = |answer: &&Answer| answer.result.is_ok() && answer.took >= limit;
    let longest = answers.iter().filter(slow).map(|answer| answer.took).max()?;
    let hosts =
        fleet.hosts.iter().zip(answers).filter(|(_, answer)| slow(answer)).map(|(host, _)| host.as_str());
    Some(format!("{}, up to {}", hostlist::fold(hosts), duration::text(longest)))
}

fn summary(ended: &Ended, counts: &str) -> String {
    let hosts = ended.answers.len();
    let word = if hosts == 1 { "host" } else { "hosts" };
    let stopped = if ended.is_stopped { "stopped: " } else { "" };
    format!("{stopped}{hosts} {word} in {}: {counts}", duration::text(ended.took))
}
