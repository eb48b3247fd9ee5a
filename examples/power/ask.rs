//! Asks the machines what the command line asks: all of them at once, each answer as it comes.

use crate::power::answer::{Answer, Failure, Said};
use crate::power::args::Command;
use crate::power::fleet::Fleet;
use crate::power::marks::Marks;
use crate::power::task::{Drivers, Task};
use crate::power::{one, read_health, watch};
use futures_util::{Stream, StreamExt, stream};
use hwautomation_core::error::{ErrorRecord, Result};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{EventPosition, PowerAction};
use std::pin::Pin;
use std::time::Duration;
use tokio::time::Instant;

/// The answers of hosts, by their places in the fleet. No host is begun but while it is polled.
pub type Answers<'a> = Pin<Box<dyn Stream<Item = (usize, Answer)> + Send + 'a>>;

/// Which machine of the list answered, and what.
type Results<'a> = Pin<Box<dyn Stream<Item = (usize, Result<Said, Failure>)> + Send + 'a>>;

/// Asks every host. One that has no address has its answer at once.
pub fn ask<'a>(task: Task<'a>, fleet: &'a Fleet, drivers: &'a Drivers, marks: &'a Marks) -> Answers<'a> {
    let since = Instant::now();
    let answer = move |result| Answer { result, took: since.elapsed() };
    let lost = stream::iter(&fleet.lost).map(|(place, error)| (*place, Err(ErrorRecord::from(error).into())));
    let asked = results(task, &fleet.machines, drivers, marks);
    let ours = |index, failure: Failure| Failure {
        error: Box::new(fleet.in_our_words(index, *failure.error)),
        ..failure
    };
    let asked = asked
        .map(move |(index, result)| (fleet.places[index], result.map_err(|failure| ours(index, failure))));
    Box::pin(lost.chain(asked).map(move |(place, result)| (place, answer(result))))
}

fn results<'a>(
    task: Task<'a>,
    machines: &'a [Machine],
    drivers: &'a Drivers,
    marks: &'a Marks,
) -> Results<'a> {
    let command = match task {
        Task::Command(command) => command,
        Task::Clear(shown) => return clear(machines, shown, drivers),
    };
    let health = drivers.health.as_ref();
    match (command, command.action()) {
        (_, Some(action)) => change(machines, drivers, action, command.wait(), marks),
        (Command::Boot(options), None) => {
            each(machines, move |machine| one::boot(drivers.boot.as_ref(), machine, options))
        }
        (Command::Sensors(options), None) => {
            each(machines, move |machine| read_health::sensors(health, machine, options.problems))
        }
        (Command::Sel(options), None) => {
            each(machines, move |machine| read_health::events(health, machine, options.tail))
        }
        (Command::Identify(lamp), None) => {
            each(machines, move |machine| one::light(&drivers.ipmi, machine, lamp))
        }
        (_, None) => status(machines, drivers),
    }
}

fn clear<'a>(machines: &'a [Machine], shown: &'a [EventPosition], drivers: &'a Drivers) -> Results<'a> {
    let health = drivers.health.as_ref();
    let calls = machines.iter().zip(shown).enumerate().map(move |(index, (machine, shown))| async move {
        (index, said(read_health::clear(health, machine, shown).await))
    });
    Box::pin(stream::iter(calls).buffer_unordered(machines.len().max(1)))
}

fn status<'a>(machines: &'a [Machine], drivers: &'a Drivers) -> Results<'a> {
    let answers = drivers.power.read_power_of(machines);
    Box::pin(answers.map(|answer| (answer.index, said(answer.result.map(Said::power)))))
}

fn change<'a>(
    machines: &'a [Machine],
    drivers: &'a Drivers,
    action: PowerAction,
    wait: Option<Duration>,
    marks: &'a Marks,
) -> Results<'a> {
    let power = drivers.power.as_ref();
    let outcomes = power.request_power_of(machines, action).map(move |answer| async move {
        if answer.result.is_ok() {
            marks.accepted(answer.index);
        }
        let outcome = watch::outcome(power, &machines[answer.index], action, answer.result, wait).await;
        (answer.index, outcome)
    });
    Box::pin(outcomes.buffer_unordered(machines.len().max(1)))
}

/// Asks each through a driver that takes one at a time. The driver bounds how many are under way.
fn each<'a, F>(machines: &'a [Machine], ask: impl Fn(&'a Machine) -> F + Send + 'a) -> Results<'a>
where
    F: Future<Output = Result<Said>> + Send + 'a,
{
    let calls = machines.iter().enumerate().map(move |(index, machine)| {
        let answer = ask(machine);
        async move { (index, said(answer.await)) }
    });
    Box::pin(stream::iter(calls).buffer_unordered(machines.len().max(1)))
}

fn said(result: Result<Said>) -> Result<Said, Failure> {
    result.map_err(|error| ErrorRecord::from(&error).into())
}
