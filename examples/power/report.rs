//! What is printed when all is over: the table on standard output, the rest on standard error.

use crate::power::answer::{Answer, Said};
use crate::power::args::Command;
use crate::power::duration;
use crate::power::fleet::Fleet;
use crate::power::health;
use crate::power::hostlist;
use crate::power::options::Sensors;
use crate::power::out::Out;
use crate::power::row::Row;
use crate::power::run::Ended;
use crate::power::show;
use crate::power::table::render;
use crate::power::task::Task;
use console::Term;
use std::time::Duration;

/// Who took longer is named, if it also took so many times as long as half of all.
const SLOW: Duration = Duration::from_secs(2);
const SLOW_TIMES: u32 = 3;

/// Prints everything that is to be said.
pub fn report(task: Task<'_>, out: &mut Out<'_>, fleet: &Fleet, ended: &Ended) {
    let rows: Vec<Row> =
        fleet.hosts.iter().zip(&ended.answers).map(|(host, answer)| Row::of(host, answer)).collect();
    if !out.options.json {
        let width = width_of(&Term::stdout());
        let table = match task {
            _ if out.options.fold => show::folded(&rows, width),
            Task::Command(Command::Sensors(_)) => lines(&health::SENSORS, fleet, ended, width),
            Task::Command(Command::Sel(_)) => lines(&health::EVENTS, fleet, ended, width),
            _ => show::each(&rows, width),
        };
        out.print(&table);
    }
    eprint!("{}", show::advice(remedies(fleet, ended), width_of(&Term::stderr())));
    if let Task::Command(Command::Sensors(Sensors { problems: true, .. })) = task
        && let Some(unknown) = unknown(fleet, &ended.answers)
    {
        eprintln!("{unknown}");
    }
    if let Some(slow) = slow(fleet, &ended.answers) {
        eprintln!("slow: {slow}");
    }
    eprintln!("{}", summary(ended, &show::counts(&rows)));
}

/// Writes what each host has several lines of; nothing when none has one.
fn lines(head: &[&str], fleet: &Fleet, ended: &Ended, width: Option<usize>) -> String {
    let answers = fleet.hosts.iter().zip(&ended.answers);
    let lines: Vec<_> = answers.flat_map(|(host, answer)| health::lines(host, answer)).collect();
    if lines.is_empty() { String::new() } else { render(head, &lines, width) }
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

/// Tells of sensors that are not shown since nobody knows whether they are fine.
fn unknown(fleet: &Fleet, answers: &[Answer]) -> Option<String> {
    let unknown = |answer: &Answer| match &answer.result {
        Ok(Said::Sensors { unknown, .. }) => *unknown,
        _ => 0,
    };
    let count: usize = answers.iter().map(unknown).sum();
    let hosts = fleet
        .hosts
        .iter()
        .zip(answers)
        .filter(|(_, answer)| unknown(answer) > 0)
        .map(|(host, _)| host.as_str());
    let list = hostlist::fold(hosts);
    (count > 0).then(|| format!("{count} sensors without a reading are not shown: {list}"))
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
