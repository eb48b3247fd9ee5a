//! Progress as plain lines, for logs and pipes.

use futures_util::StreamExt;
use hwautomation_core::engine::WorkflowManager;
use hwautomation_core::error::Result;
use hwautomation_core::id::WorkflowId;
use hwautomation_core::record::{Event, EventKind};
use std::io::Write;
use std::pin::pin;

/// Prints what becomes of a run, event by event, until it has ended.
pub async fn follow(manager: &WorkflowManager, id: WorkflowId) -> Result<()> {
    let machine =
        manager.status(id).await?.machine.map_or_else(|| "-".to_owned(), |machine| machine.to_string());
    println!("{machine}: workflow {id}");
    let mut events = pin!(manager.subscribe(id, 0));
    while let Some(event) = events.next().await {
        let event = event?;
        if let Some(line) = line(&event) {
            let mut out = std::io::stdout().lock();
            // Who closed the pipe does not want to know.
            let _closed = writeln!(out, "{} {machine}: {line}", event.at).and_then(|()| out.flush());
        }
        if matches!(event.kind, EventKind::Halted { .. }) {
            return Ok(());
        }
    }
    Ok(())
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
