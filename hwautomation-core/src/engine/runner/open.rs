//! Taking up a run: its history, its definition and its machine.

use super::Runner;
use crate::engine::journal::Journal;
use crate::engine::observe::span;
use crate::engine::running::{At, RunHandle};
use crate::engine::shared::Shared;
use crate::error::{Error, ErrorClass, Result};
use crate::record::WorkflowState;
use crate::store::Lease;
use crate::workflow::{HandedOn, Workflow};
use std::sync::Arc;

/// Says whether a run's steps can be called here.
pub(super) enum Footing {
    Firm(Arc<Workflow>),
    /// Only a person, or a deadline, ends it.
    Never(String),
    /// It may be possible later. Its limits count all the same, and it has one.
    NotNow(String),
    /// This program does not know the workflow; another one on the same store may. Its limits count all
    /// the same, and it has one.
    Elsewhere,
}

impl Runner {
    pub(super) async fn open(shared: &Arc<Shared>, handle: Arc<RunHandle>, lease: Lease) -> Result<Self> {
        let known = shared.remembered.take(lease.key.workflow, lease.next_seq);
        let (remembered, request) = known.map(|known| (known.state, known.request)).unzip();
        let journal = Journal::open(
            Arc::clone(&shared.store),
            shared.clock.clone(),
            lease,
            remembered,
            shared.mode.subscribe(),
            Arc::clone(&shared.meters),
        )
        .await?;
        let spec = &journal.state().spec;
        span::identify(spec);
        let state = journal.state();
        let mut footing = match shared.troubles.gives_up(state.id).or_else(|| state.unreadable()) {
            Some(why) => Footing::Never(why),
            None => defined(shared, state),
        };
        let mut machine = None;
        if matches!(footing, Footing::Firm(_)) {
            match shared.machine_of(spec).await {
                Ok(found) => machine = found,
                Err(error) => footing = without_machine(&error),
            }
        }
        handle.is_at(At::Store(shared.clock.now()));
        let request = request.flatten().unwrap_or_else(|| Arc::new(spec.request.clone()));
        let handed_on = journal.state().steps.iter().filter_map(|step| {
            let output = step.output.clone()?;
            Some((output.name.clone(), HandedOn { by: step.spec.name.clone(), output }))
        });
        let outputs = Arc::new(handed_on.collect());
        Ok(Self {
            shared: Arc::clone(shared),
            handle,
            journal,
            footing,
            machine,
            request,
            outputs,
            has_permits: false,
        })
    }
}

/// What may pass is no reason to end a run.
fn without_machine(error: &Error) -> Footing {
    let why = format!("its machine cannot be read: {error}");
    match error.class() {
        ErrorClass::Transient { .. } => Footing::NotNow(why),
        _ => Footing::Never(why),
    }
}

/// Finds the definition by which a run was accepted.
fn defined(shared: &Shared, state: &WorkflowState) -> Footing {
    let name = &state.spec.name;
    let Some(workflow) = shared.workflows.get(name) else {
        return Footing::Elsewhere;
    };
    if workflow.fingerprint() == state.spec.fingerprint {
        return Footing::Firm(Arc::clone(workflow));
    }
    let then: Vec<String> =
        state.spec.steps.iter().map(|step| format!("{} v{}", step.name, step.version)).collect();
    let now: Vec<String> =
        workflow.steps.iter().map(|step| format!("{} v{}", step.name(), step.version())).collect();
    Footing::Never(format!(
        "the definition of {name} changed: it was accepted as {}, and is {} now",
        then.join(", "),
        now.join(", ")
    ))
}
