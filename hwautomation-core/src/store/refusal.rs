//! The refusals that every history store words alike. For store authors.

use super::LeaseKey;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{MachineId, WorkflowId};
use crate::record::{BlobHash, RunState, Seq};

/// How many items may wait for one workflow: more is a sender gone wild.
pub const INBOX_MAX: usize = 1000;

/// Says that the workflow exists already.
#[must_use]
pub fn exists(workflow: WorkflowId) -> Error {
    Error::new(ErrorKind::Conflict, format!("workflow {workflow} exists"))
        .with_remedy("begin a workflow under a new id")
}

/// Says that there is no such workflow.
#[must_use]
pub fn unknown(workflow: WorkflowId) -> Error {
    Error::not_found(format!("there is no workflow {workflow}"))
        .with_remedy("use an id as `submit` or `list` showed it")
}

/// Says that another workflow holds the machine.
#[must_use]
pub fn claimed(machine: &MachineId, holder: WorkflowId) -> Error {
    Error::new(ErrorKind::Conflict, format!("machine {machine} is held by workflow {holder}"))
        .with_remedy("wait until that workflow has ended, or cancel it")
}

/// Says that another number is next.
#[must_use]
pub fn wrong_seq(workflow: WorkflowId, expected: Seq, found: Seq) -> Error {
    let what = format!("appending event {expected} to workflow {workflow}, whose next event is {found}");
    Error::new(ErrorKind::Conflict, what).with_remedy("read the history again, then decide")
}

/// Says that another owner took over.
#[must_use]
pub fn lease_lost(key: LeaseKey) -> Error {
    let what = format!("writing to workflow {} with the lease of epoch {}", key.workflow, key.epoch);
    Error::new(ErrorKind::LeaseLost, what).with_remedy("stop: another owner goes on with this workflow")
}

/// Says that the workflow has ended.
#[must_use]
pub fn ended(workflow: WorkflowId, state: RunState) -> Error {
    Error::new(ErrorKind::Conflict, format!("workflow {workflow} is {state}"))
        .with_remedy("an ended workflow changes no more; resubmit it to run it again")
}

/// Says that too many items wait.
#[must_use]
pub fn inbox_full(workflow: WorkflowId) -> Error {
    Error::new(ErrorKind::Busy, format!("the inbox of workflow {workflow} is full"))
        .with_remedy("wait until the workflow has read its signals")
}

/// Says that too many workflows are accepted and not started.
#[must_use]
pub fn queue_full(pending: usize) -> Error {
    Error::new(ErrorKind::Busy, format!("{pending} workflows are accepted and not started yet")).with_remedy(
        "submit again later; nothing was stored. Should they never start, look whether a worker runs",
    )
}

/// Says that the store has no such blob.
#[must_use]
pub fn no_blob(hash: &BlobHash) -> Error {
    Error::not_found(format!("reading the blob {hash}"))
        .with_remedy("the history names a blob that the store does not have; restore it from a copy")
}

/// Checks that the bytes of a blob are those that its hash names.
///
/// # Errors
///
/// `Corrupt` when they are not.
pub fn check_blob(hash: &BlobHash, bytes: &[u8]) -> Result<()> {
    if BlobHash::of(bytes) == *hash {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Corrupt, format!("reading the blob {hash}, whose bytes have another hash"))
        .with_remedy("the store is damaged; restore it from a copy"))
}
