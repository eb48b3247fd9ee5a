//! What a batch's own history and the rows of its children say, for those who do not run it.

use super::census::Census;
use super::machines::BatchMachines;
use super::order;
use super::request::BatchRequest;
use super::status::BatchStatus;
use super::tally::PAGE;
use crate::actor::Actor;
use crate::engine::WorkflowManager;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{MachineId, WorkflowId};
use crate::record::{SubState, WorkflowState};
use crate::store::WorkflowFilter;

/// How many errors a status repeats.
const ERRORS_MAX: usize = 5;

/// Says where a batch stands. Reads the rows of all its children.
///
/// # Errors
///
/// `NotFound`; `Invalid` when it is no batch; `Corrupt`, `Storage`.
pub async fn batch_status(manager: &WorkflowManager, id: WorkflowId) -> Result<BatchStatus> {
    let state = manager.state(id).await?;
    let request = request_of(&state)?;
    let census = census(manager, id).await?;
    let status = state.status();
    let step = state.current_step().filter(|_| state.ended.is_none());
    let wave = step.and_then(|step| step.spec.name.as_str().strip_prefix("wave-")?.parse().ok());
    // What the wave said last holds while it goes on.
    let goes_on = matches!(status.sub_state, None | Some(SubState::Waiting));
    let sub_task = step.and_then(|step| step.sub_task.as_ref()).filter(|_| goes_on);
    Ok(BatchStatus {
        id,
        workflow: request.workflow.clone(),
        state: status.state,
        sub_state: status.sub_state,
        headline: status.headline,
        wave,
        waves: order::waves(&request).len(),
        machines: request.machines.len(),
        counts: census.counts(request.machines.len()),
        waiting: status.waiting,
        sub_task: sub_task.map(|sub_task| sub_task.text.clone()),
        errors: census.newest_failures(ERRORS_MAX),
    })
}

/// Runs again what did not complete: a halted batch goes on; in one that is at work the halted machines go on; for one
/// that has ended a new batch is submitted with the machines on which it did not complete. Returns the id of the batch
/// that runs now.
///
/// # Errors
///
/// `NotFound`; `Invalid` when it is no batch; `Conflict` when it runs and nothing of it is halted, or completed on
/// every machine; those of a submission.
pub async fn retry_failed(
    manager: &WorkflowManager,
    id: WorkflowId,
    why: &str,
    actor: &Actor,
) -> Result<WorkflowId> {
    let state = manager.state(id).await?;
    let mut request = request_of(&state)?;
    if state.ended.is_none() {
        let at_work = state.halt.is_none() && state.cancel.is_none() && state.undo.is_none();
        if at_work {
            retry_halted(manager, id, why, actor).await?;
        } else {
            manager.retry(id, why, actor).await?;
        }
        return Ok(id);
    }
    let (census, ids) = (census(manager, id).await?, ids(manager, id, &request).await?);
    let left = request.machines.into_iter().zip(ids).filter(|(_, id)| !census.is_completed(id));
    request.machines = left.map(|(machine, _)| machine).collect();
    if request.machines.is_empty() {
        let what = format!("batch {id} completed on every machine");
        return Err(Error::new(ErrorKind::Conflict, what).with_remedy("there is nothing to run again"));
    }
    // Waves were chosen for the whole list; what failed comes in one.
    request.waves.clear();
    manager.submit(request.submission()?, actor).await
}

async fn retry_halted(manager: &WorkflowManager, id: WorkflowId, why: &str, actor: &Actor) -> Result<()> {
    let mut tried = 0;
    for child in census(manager, id).await?.halted() {
        match manager.retry(child, why, actor).await {
            Ok(()) => tried += 1,
            // Somebody else decided meanwhile.
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            Err(error) => return Err(error),
        }
    }
    if tried > 0 {
        return Ok(());
    }
    let what = format!("batch {id} is at work, and no machine of it is halted");
    Err(Error::new(ErrorKind::Conflict, what)
        .with_remedy("wait until it halts or has ended; what failed can run again then"))
}

async fn ids(manager: &WorkflowManager, id: WorkflowId, request: &BatchRequest) -> Result<Vec<MachineId>> {
    match manager.output::<BatchMachines>(id).await {
        Ok(machines) => return Ok(machines.ids),
        // It ended before its machines were looked up.
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut ids = Vec::with_capacity(request.machines.len());
    for machine in &request.machines {
        ids.push(manager.machine(&machine.name).await?.id);
    }
    Ok(ids)
}

fn request_of(state: &WorkflowState) -> Result<BatchRequest> {
    if state.spec.name.as_str() != super::Batch::WORKFLOW {
        let what = format!("workflow {} is no batch, but {}", state.id, state.spec.name);
        return Err(Error::invalid(what).with_remedy("use the id of a batch"));
    }
    serde_json::from_value(state.spec.request.clone())
        .map_err(|cause| Error::new(ErrorKind::Corrupt, "reading the request of a batch").with_source(cause))
}

async fn census(manager: &WorkflowManager, id: WorkflowId) -> Result<Census> {
    let filter = WorkflowFilter { parent: Some(id), ..WorkflowFilter::default() };
    let (mut census, mut before) = (Census::default(), None);
    loop {
        let page = manager.list(&filter, before, PAGE).await?;
        before = page.last().map(|row| row.id);
        let full = page.len() == PAGE;
        page.into_iter().for_each(|row| census.see(row));
        if !full {
            return Ok(census);
        }
    }
}
