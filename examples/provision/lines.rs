//! Progress as plain lines, for logs and pipes.

use futures_util::StreamExt;
use hwautomation_core::engine::WorkflowManager;
use hwautomation_core::error::Result;
use hwautomation_core::id::WorkflowId;
use hwautomation_core::record::{Event, EventKind};
use std::io::Write;
use std::pin::pin;

/// How many events of a run are read at once.
const PAGE: usize = 1000;

/// Prints what becomes of a run from now on, until it has ended or a person must decide.
pub async fn follow(manager: &WorkflowManager, id: WorkflowId) -> Result<()> {
    let machine =
        manager.status(id).await?.machine.map_or_else(|| "-".to_owned(), |machine| machine.to_string());
    let mut next = manager.events(id, 0, PAGE).await?.len() as u64;
    say(&format!("{machine}: workflow {id}"));
    if next > 1 {
        say(&format!("{machine}: goes on after {next} events"));
    }
    let mut events = pin!(manager.subscribe(id, next));
    let mut rests = pin!(manager.wait_or_halt(id));
    loop {
        tokio::select! {
            biased;
            Some(event) = events.next() => next = print(&machine, &event?),
            rests = &mut rests => {
                rests?;
                break;
            }
        }
    }
    manager.events(id, next, PAGE).await?.iter().for_each(|event| {
        print(&machine, event);
    });
    Ok(())
}

/// Prints an event, if it matters to a reader, and returns the number of the next one.
fn print(machine: &str, event: &Event) -> u64 {
    if let Some(line) = line(event) {
        say(&format!("{} {machine}: {line}", event.at));
    }
    event.seq + 1
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Who closed the pipe does not want to know.
    let _closed = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Says in one line what happened, if it matters to a reader.
fn line(event: &Event) -> Option<String> {
    Some(match &event.kind {
        EventKind::StepStarted { step, attempt: 1 } => format!("{step}: started"),
        EventKind::StepStarted { step, attempt } => format!("{step}: started, attempt {attempt}"),
        EventKind::StepResumed { step } => format!("{step}: resumed"),
        EventKind::SubTaskStarted { step, text } => format!("{step}: {text}"),
        EventKind::StepWaiting { step, reason, .. } => format!("{step}: waits for {reason}"),
        EventKind::StepDone { step, .. } => format!("{step}: done"),
        EventKind::StepSkipped { step, why, .. } => format!("{step}: skipped: {why}"),
        EventKind::StepFailed { step, error, .. } => format!("{step}: failed: {error}"),
        EventKind::Halted { reason, .. } => format!("halted: {reason}"),
        EventKind::StepUndoStarted { step, .. } => format!("{step}: undoing"),
        EventKind::WorkflowEnded { reason, .. } => format!("ended: {reason}"),
        _ => return None,
    })
}
