//! The smallest workflows, events and items that a store can be asked to keep.

use crate::actor::Actor;
use crate::id::{BatchId, MachineId, OwnerId, SignalName, StepName, WorkflowId, WorkflowName};
use crate::machine::MachineChange;
use crate::record::{
    Blob, BlobHash, EventKind, NewEvent, OnFailure, Policy, Resume, RunState, Seq, StepSpec, Submitted,
    Verdict, WorkflowSummary,
};
use crate::store::{After, Append, Begin, Command, GiveBack, HistoryStore, Kinds, Lease, NewItem};
use crate::testing::conformance::check::{Checked, done, same};
use crate::time::Timestamp;
use serde_json::json;
use std::time::Duration;

/// How long the leases of the clauses last.
pub(super) const LEASE: Duration = Duration::from_secs(30);
/// Longer than any lease here.
pub(super) const HOUR: Duration = Duration::from_secs(3600);
/// When the events of the clauses happened; a store does not look at it.
const AT: Timestamp = Timestamp::MIN;

pub(super) fn machine(name: &'static str) -> MachineId {
    MachineId::from_static(name)
}

pub(super) fn event(kind: EventKind) -> NewEvent {
    NewEvent { at: AT, actor: Actor::person("ops"), kind }
}

/// An event that says which of many it is.
pub(super) fn started(attempt: u32) -> NewEvent {
    event(EventKind::StepStarted { step: StepName::from_static("cut"), attempt })
}

pub(super) fn ended() -> NewEvent {
    let reason = "all steps are done".to_owned();
    event(EventKind::WorkflowEnded { verdict: Verdict::Completed, reason, not_undone: Vec::new() })
}

pub(super) fn moved(machine: &MachineId) -> NewEvent {
    let change = MachineChange::BmcAddress { address: [10, 0, 0, 7].into() };
    event(EventKind::MachineChanged { machine: machine.clone(), change })
}

pub(super) fn blob(text: &str) -> Blob {
    Blob { hash: BlobHash::of(text.as_bytes()), bytes: text.as_bytes().to_vec() }
}

/// A workflow of two steps without a machine.
pub(super) fn begin() -> Begin {
    let workflow = WorkflowId::generate();
    let submitted = EventKind::WorkflowSubmitted(Box::new(submitted()));
    let (batch, event) = (BatchId::generate(), event(submitted));
    Begin {
        workflow,
        batch,
        event,
        blobs: Vec::new(),
        claim: None,
        summary: summary(workflow, RunState::Pending),
        pending_max: None,
    }
}

/// A workflow that claims a machine.
pub(super) fn begin_on(machine: &MachineId) -> Begin {
    let mut begin = begin();
    begin.claim = Some(machine.clone());
    begin.summary.machine = Some(machine.clone());
    begin
}

fn submitted() -> Submitted {
    let step = |name| StepSpec {
        name: StepName::from_static(name),
        title: format!("the step {name}"),
        version: 1,
        resume: Resume::Rerun,
        policy: Policy::default(),
    };
    Submitted {
        format: 1,
        name: WorkflowName::from_static("relight"),
        fingerprint: "f".to_owned(),
        machine: None,
        request: json!({"why": "a test"}),
        on_failure: OnFailure::Keep,
        deadline: None,
        halt_limit: HOUR,
        undo_limit: HOUR,
        steps: vec![step("cut"), step("restore")],
        parent: None,
        attempts: None,
        resubmit_of: None,
        carried: Vec::new(),
        start_limit: None,
    }
}

pub(super) fn summary(id: WorkflowId, state: RunState) -> WorkflowSummary {
    WorkflowSummary {
        presses_at: None,
        id,
        name: WorkflowName::from_static("relight"),
        machine: None,
        state,
        sub_state: None,
        step: None,
        steps_finished: 0,
        steps_total: 2,
        submitted_at: AT,
        ended_at: None,
        error: None,
        error_class: None,
        parent: None,
        events: 0,
        position: 0,
    }
}

/// An append that keeps the lease.
pub(super) fn append(lease: Lease, expected_seq: Seq, events: Vec<NewEvent>) -> Append {
    Append {
        lease: lease.key,
        batch: BatchId::generate(),
        expected_seq,
        events,
        blobs: Vec::new(),
        consumed: Vec::new(),
        gives_back: GiveBack::Nothing,
        after: After::Hold,
        summary: summary(lease.key.workflow, RunState::Running),
    }
}

/// An append after which the workflow has ended.
pub(super) fn end(lease: Lease, expected_seq: Seq) -> Append {
    let summary = summary(lease.key.workflow, RunState::Completed);
    Append { after: After::End, summary, ..append(lease, expected_seq, vec![ended()]) }
}

pub(super) fn item(workflow: WorkflowId, key: &str) -> NewItem {
    let name = SignalName::from_static("approved");
    let command = Command::Signal { name, payload: json!({"by": key}) };
    NewItem { workflow, key: key.to_owned(), at: AT, actor: Actor::service("portal"), command }
}

/// Claims everything that is due, for a new owner.
pub(super) async fn claim_due(store: &dyn HistoryStore) -> Checked<Vec<Lease>> {
    done("claiming what is due", store.claim(OwnerId::generate(), LEASE, 1000, &Kinds::any()).await)
}

/// Claims the only workflow that is due.
pub(super) async fn claim_only(store: &dyn HistoryStore, workflow: WorkflowId) -> Checked<Lease> {
    let leases = claim_due(store).await?;
    let due: Vec<WorkflowId> = leases.iter().map(|lease| lease.key.workflow).collect();
    same("what is due", due, vec![workflow])?;
    leases.first().copied().ok_or_else(|| "nothing was claimed".to_owned())
}

/// Begins a workflow and claims it; nothing else may be due.
pub(super) async fn begun(store: &dyn HistoryStore, begin: Begin) -> Checked<Lease> {
    let workflow = begin.workflow;
    done("beginning", store.begin(begin).await)?;
    claim_only(store, workflow).await
}

/// Counts the stored events of a workflow.
pub(super) async fn count(store: &dyn HistoryStore, workflow: WorkflowId) -> Checked<usize> {
    Ok(done("reading events", store.events(workflow, 0, 10_000).await)?.len())
}

/// Returns the keys of the waiting items.
pub(super) async fn keys(store: &dyn HistoryStore, workflow: WorkflowId) -> Checked<Vec<String>> {
    let items = done("reading the inbox", store.inbox(workflow).await)?;
    Ok(items.into_iter().map(|item| item.item.key).collect())
}
