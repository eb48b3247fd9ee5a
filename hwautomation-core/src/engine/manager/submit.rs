//! Accepting work: everything that can be refused is refused here, before anything is recorded.

use super::bounds::{check_text, check_value};
use super::{StartAt, WorkflowManager};
use crate::actor::Actor;
use crate::device::Capability;
use crate::engine::journal;
use crate::engine::remembered::Known;
use crate::engine::shared::Shared;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{BatchId, WorkflowId, WorkflowName};
use crate::machine::Machine;
use crate::plugin::{
    BiosBackend, BmcConfigurator, BootController, Commissioner, HealthReader, PowerController, RemoteShell,
};
use crate::record::{
    BLOB_BYTES_MAX, Blob, EventKind, NewEvent, StepSpec, Submitted, WorkflowState, WorkflowSummary,
};
use crate::secret::contains_secret;
use crate::store::Begin;
use crate::workflow::{Submission, Workflow, WorkflowStep};
use std::sync::Arc;

/// The version of the stored form of event 0.
const FORMAT: u32 = 1;

impl WorkflowManager {
    /// Accepts a run. Once this returns, the run survives a crash and ends in one recorded verdict.
    ///
    /// # Errors
    ///
    /// `NotFound` (workflow, machine, plugin), `Invalid` (request, one of more than 8 MiB, secret in it, machine
    /// without a capability), `Conflict` (another workflow holds the machine), `Busy` (too many wait to be started),
    /// `Storage`. Nothing was recorded then.
    pub async fn submit(&self, submission: Submission, actor: &Actor) -> Result<WorkflowId> {
        let id = WorkflowId::generate();
        self.shared.begin(id, submission, actor).await?;
        Ok(id)
    }

    /// Runs an ended workflow again: same kind, machine, request and limits, under a new id that names the old one.
    /// Begun later than at the beginning, it has what the steps before handed on, and does not undo those.
    ///
    /// # Errors
    ///
    /// Those of [`submit`](Self::submit); `Conflict` when it has not ended, when steps cannot be carried over, or
    /// when it is to begin at what is unfinished and nothing is; `NotFound` when there is no such step; `Corrupt` when
    /// its first event cannot be read.
    pub async fn resubmit(&self, id: WorkflowId, start_at: &StartAt, actor: &Actor) -> Result<WorkflowId> {
        let state = self.shared.load(id).await?;
        if state.ended.is_none() {
            return Err(Error::new(ErrorKind::Conflict, format!("workflow {id} has not ended"))
                .with_remedy("cancel it, or wait until it has ended"));
        }
        if state.is_request_lost() {
            return Err(Error::new(ErrorKind::Corrupt, format!("what workflow {id} was asked for is lost"))
                .with_remedy("submit it anew, with its request"));
        }
        let carried = self.carried(&state, start_at)?;
        let spec = state.spec;
        let submission = Submission {
            workflow: spec.name.to_string(),
            machine: spec.machine.map(|machine| machine.to_string()),
            request: spec.request,
            on_failure: Some(spec.on_failure),
            deadline: spec.deadline,
            attempts: spec.attempts,
            parent: spec.parent,
            resubmit_of: Some(id),
            carried,
        };
        self.submit(submission, actor).await
    }
}

impl Shared {
    /// Accepts a run under this id.
    pub(crate) async fn begin(&self, id: WorkflowId, submission: Submission, actor: &Actor) -> Result<()> {
        check_text("the name of who asks", &actor.name)?;
        let (workflow, machine) = self.accept(&submission).await?;
        let spec = self.spec(&workflow, machine.as_ref(), submission);
        let claim = spec.machine.clone();
        let kind = EventKind::WorkflowSubmitted(Box::new(spec));
        let blobs = self.blobs_of(&kind).await?;
        let event = NewEvent { at: self.clock.now(), actor: actor.clone(), kind };
        let state = WorkflowState::begin(&event.clone().numbered(id, 0, 0))?;
        let summary = WorkflowSummary::of(&state);
        let pending_max = Some(self.options.pending_max);
        let begin =
            Begin { workflow: id, batch: BatchId::generate(), event, blobs, claim, summary, pending_max };
        journal::begin(&*self.store, &self.meters, begin).await?;
        self.remembered.keep(Known { state, request: None });
        Ok(())
    }

    /// Reads what is carried over, to store it once more: the old run may be pruned meanwhile.
    async fn blobs_of(&self, kind: &EventKind) -> Result<Vec<Blob>> {
        let mut blobs = Vec::new();
        for hash in kind.blobs() {
            blobs.push(Blob { hash: hash.clone(), bytes: self.store.blob(hash).await? });
        }
        Ok(blobs)
    }

    /// Checks all that can be checked without touching anything.
    pub(crate) async fn accept(&self, submission: &Submission) -> Result<(Arc<Workflow>, Option<Machine>)> {
        let workflow = self.definition(&submission.workflow)?;
        check_value("the request", &submission.request, BLOB_BYTES_MAX)?;
        if contains_secret(&submission.request) {
            return Err(Error::invalid("the request contains a secret, and requests are recorded")
                .with_remedy("put a reference such as env:NAME into the machine directory instead"));
        }
        let machine = match &submission.machine {
            Some(name) => Some(self.machine(name).await?),
            None => None,
        };
        for step in &workflow.steps {
            self.check_needs(&**step, machine.as_ref())?;
        }
        workflow.check_request(&submission.request, machine.as_ref())?;
        if attempts(&workflow, submission) == Some(0) {
            return Err(
                Error::invalid("0 attempts were asked for").with_remedy("ask for 1 or more, or leave it out")
            );
        }
        Ok((workflow, machine))
    }

    fn definition(&self, name: &str) -> Result<Arc<Workflow>> {
        let known = &self.workflows;
        let found = WorkflowName::new(name).ok().and_then(|name| known.get(&name).cloned());
        found.ok_or_else(|| {
            let names: Vec<&str> = known.keys().map(WorkflowName::as_str).collect();
            Error::not_found(format!("there is no workflow {name}"))
                .with_remedy(format!("ask for one of: {}", names.join(", ")))
        })
    }

    fn check_needs(&self, step: &dyn WorkflowStep, machine: Option<&Machine>) -> Result<()> {
        let needs = step.needs();
        if needs.is_empty() {
            return Ok(());
        }
        let machine = machine.ok_or_else(|| {
            Error::invalid(format!("step {} needs a machine, and none was named", step.name()))
                .with_remedy("name the machine in the submission")
        })?;
        needs.into_iter().try_for_each(|capability| {
            let name = machine.plugin_for(capability)?;
            let plugins = &self.plugins;
            match capability {
                Capability::Power => plugins.get::<dyn PowerController>(name).map(|_| ()),
                Capability::Boot => plugins.get::<dyn BootController>(name).map(|_| ()),
                Capability::Bios => plugins.get::<dyn BiosBackend>(name).map(|_| ()),
                Capability::Bmc => plugins.get::<dyn BmcConfigurator>(name).map(|_| ()),
                Capability::Commissioner => plugins.get::<dyn Commissioner>(name).map(|_| ()),
                Capability::Shell => plugins.get::<dyn RemoteShell>(name).map(|_| ()),
                Capability::Health => plugins.get::<dyn HealthReader>(name).map(|_| ()),
                other => Err(Error::new(ErrorKind::Unsupported, format!("no contract serves {other} yet"))
                    .with_remedy("remove it from what the step needs")),
            }
        })
    }

    fn spec(&self, workflow: &Workflow, machine: Option<&Machine>, submission: Submission) -> Submitted {
        let options = &self.options;
        let attempts = attempts(workflow, &submission);
        let limits = workflow.limits_of(&submission.request);
        Submitted {
            format: FORMAT,
            name: workflow.name.clone(),
            fingerprint: workflow.fingerprint().to_owned(),
            machine: machine.map(|machine| machine.id.clone()),
            request: submission.request,
            on_failure: submission.on_failure.unwrap_or(workflow.on_failure),
            deadline: submission.deadline.or(limits.deadline).or(workflow.deadline),
            start_limit: Some(options.start_limit),
            halt_limit: options.halt_limit,
            undo_limit: options.undo_limit,
            attempts: submission.attempts,
            steps: workflow.steps.iter().map(|step| self.step_spec(&**step, machine, attempts)).collect(),
            parent: submission.parent,
            resubmit_of: submission.resubmit_of,
            carried: submission.carried,
        }
    }

    /// The step's own limits, then the profile's time, then the submission's attempts.
    fn step_spec(
        &self,
        step: &dyn WorkflowStep,
        machine: Option<&Machine>,
        attempts: Option<u32>,
    ) -> StepSpec {
        let name = step.name();
        let mut policy = step.policy();
        let device_type = machine.and_then(|machine| machine.device_type.as_ref());
        let profile = self.profiles.as_ref().zip(device_type);
        let profile = profile.and_then(|(profiles, device_type)| profiles.get(device_type).ok());
        if let Some(limit) = profile.and_then(|profile| profile.timeouts.get(&name)) {
            // A call that may take the whole attempt still may.
            if policy.attempt_limit == Some(policy.timeout) {
                policy.timeout = *limit;
            }
            policy.attempt_limit = Some(*limit);
        }
        policy.attempts = attempts.unwrap_or(policy.attempts);
        StepSpec { name, title: step.title(), version: step.version(), resume: step.resume(), policy }
    }
}

/// Returns how many attempts were asked for, by the submission or else by its request.
fn attempts(workflow: &Workflow, submission: &Submission) -> Option<u32> {
    submission.attempts.or(workflow.limits_of(&submission.request).attempts)
}
