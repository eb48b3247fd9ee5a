//! One call from its first question to its last answer.

use crate::power::answer::Answer;
use crate::power::ask::ask;
use crate::power::fleet::Fleet;
use crate::power::json;
use crate::power::marks::Marks;
use crate::power::out::Out;
use crate::power::progress::{Progress, REPAINT};
use crate::power::stop::Stop;
use crate::power::task::{Drivers, Task};
use crate::power::verdict::{Left, STOPPED, left, status};
use futures_util::StreamExt;
use hwautomation_ipmi::IpmiController;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// What came of a call.
pub struct Ended {
    /// One for each host, in the order of the fleet.
    pub answers: Vec<Answer>,
    pub took: Duration,
    /// Somebody stopped it.
    pub is_stopped: bool,
}

impl Ended {
    /// Returns the exit status.
    pub fn code(&self) -> u8 {
        if self.is_stopped { STOPPED } else { status(&self.answers) }
    }
}

/// Asks every host, and closes every session, also when somebody stops it.
pub async fn run(
    task: Task<'_>,
    out: &mut Out<'_>,
    fleet: &Fleet,
    ipmi: &Arc<IpmiController>,
    stop: &mut Stop,
) -> Ended {
    let (since, marks) = (Instant::now(), Marks::new(fleet.machines.len()));
    let drivers = Drivers::new(ipmi);
    let mut answers: Vec<Option<Answer>> = vec![None; fleet.hosts.len()];
    let is_stopped = tokio::select! {
        () = collect(task, out, fleet, &drivers, &marks, &mut answers) => false,
        () = stop.asked() => true,
    };
    let took = since.elapsed();
    if is_stopped {
        eprintln!("stopped: closing the sessions; once more leaves them open");
    }
    tokio::select! {
        () = ipmi.close() => {}
        () = stop.asked() => {}
    }
    let open = answers.iter().enumerate().filter_map(|(place, answer)| answer.is_none().then_some(place));
    let unanswered: Vec<usize> = open.collect();
    for place in unanswered {
        let answer = Answer { result: Err(left(what_is_left(task, fleet, &marks, place))), took };
        show(task, out, fleet, place, &answer);
        answers[place] = Some(answer);
    }
    Ended { answers: answers.into_iter().flatten().collect(), took, is_stopped }
}

async fn collect(
    task: Task<'_>,
    out: &mut Out<'_>,
    fleet: &Fleet,
    drivers: &Drivers,
    marks: &Marks,
    answers: &mut [Option<Answer>],
) {
    let mut coming = ask(task, fleet, drivers, marks);
    let mut progress = Progress::new(task.name(), answers.len());
    let mut done = 0;
    while done < answers.len() {
        // Who is waited for is named also while nobody answers.
        if let Ok(next) = timeout(REPAINT, coming.next()).await {
            let Some((place, answer)) = next else { break };
            progress.answered(answer.is_good());
            if out.options.json {
                progress.print(|| show(task, out, fleet, place, &answer));
            }
            done += 1;
            answers[place] = Some(answer);
        }
        let open = fleet.hosts.iter().zip(answers.iter()).filter(|(_, answer)| answer.is_none());
        progress.waits(marks.count(), open.map(|(host, _)| host.as_str()));
    }
}

/// As JSON, an answer is printed when it comes.
fn show(task: Task<'_>, out: &mut Out<'_>, fleet: &Fleet, place: usize, answer: &Answer) {
    if out.options.json {
        out.print(&(json::line(&fleet.hosts[place], task.name(), answer) + "\n"));
    }
}

fn what_is_left(task: Task<'_>, fleet: &Fleet, marks: &Marks, place: usize) -> Left {
    let machine = fleet.places.binary_search(&place);
    match (task.changes(), machine) {
        (_, Err(_)) => Left::Unasked,
        (false, _) => Left::Unread,
        (true, Ok(machine)) if marks.is_accepted(machine) => Left::Accepted,
        (true, Ok(_)) => Left::Untold,
    }
}
