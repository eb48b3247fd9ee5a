//! The smallest workflow that a test can keep in a history.

#![allow(dead_code, clippy::print_stdout, reason = "each test file uses some of it, and a seed is told")]

pub(crate) mod random;

use hwautomation_core::actor::Actor;
use hwautomation_core::id::{BatchId, OwnerId, StepName, WorkflowId, WorkflowName};
use hwautomation_core::record::{
    EventKind, NewEvent, OnFailure, Policy, Resume, RunState, Seq, StepSpec, Submitted, WorkflowSummary,
};
use hwautomation_core::store::{After, Append, Begin, GiveBack, HistoryStore, Kinds, LeaseKey};
use hwautomation_core::time::Timestamp;
use std::time::Duration;

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

pub(crate) fn summary(id: WorkflowId, state: RunState) -> WorkflowSummary {
    WorkflowSummary {
        presses_at: None,
        id,
        name: WorkflowName::from_static("relight"),
        machine: None,
        state,
        sub_state: None,
        step: None,
        steps_finished: 0,
        steps_total: 1,
        submitted_at: Timestamp::MIN,
        ended_at: None,
        error: None,
        error_class: None,
        parent: None,
        events: 0,
        position: 0,
    }
}

fn event(kind: EventKind) -> NewEvent {
    NewEvent { at: Timestamp::MIN, actor: Actor::engine(), kind }
}

pub(crate) fn begin() -> Begin {
    let workflow = WorkflowId::generate();
    let step = StepSpec {
        name: StepName::from_static("cut"),
        title: "cut the power".to_owned(),
        version: 1,
        resume: Resume::Rerun,
        policy: Policy::default(),
    };
    let submitted = Submitted {
        carried: Vec::new(),
        start_limit: None,
        format: 1,
        name: WorkflowName::from_static("relight"),
        fingerprint: "f".to_owned(),
        machine: None,
        request: serde_json::Value::Null,
        on_failure: OnFailure::Keep,
        deadline: None,
        halt_limit: HOUR,
        undo_limit: HOUR,
        steps: vec![step],
        parent: None,
        attempts: None,
        resubmit_of: None,
    };
    Begin {
        workflow,
        batch: BatchId::generate(),
        event: event(EventKind::WorkflowSubmitted(Box::new(submitted))),
        blobs: Vec::new(),
        claim: None,
        summary: summary(workflow, RunState::Pending),
        pending_max: None,
    }
}

/// An append of one event that says how many came before.
pub(crate) fn append(lease: LeaseKey, seq: Seq) -> Append {
    let attempt = u32::try_from(seq).expect("a test is short");
    Append {
        lease,
        batch: BatchId::generate(),
        expected_seq: seq,
        events: vec![event(EventKind::StepStarted { step: StepName::from_static("cut"), attempt })],
        blobs: Vec::new(),
        consumed: Vec::new(),
        gives_back: GiveBack::Nothing,
        after: After::Hold,
        summary: summary(lease.workflow, RunState::Running),
    }
}

/// Begins so many workflows and claims them.
pub(crate) async fn begun(store: &dyn HistoryStore, count: usize) -> Vec<LeaseKey> {
    for _ in 0..count {
        store.begin(begin()).await.expect("it begins");
    }
    let leases = store.claim(OwnerId::generate(), HOUR, count, &Kinds::any()).await.expect("it is claimed");
    leases.into_iter().map(|lease| lease.key).collect()
}
