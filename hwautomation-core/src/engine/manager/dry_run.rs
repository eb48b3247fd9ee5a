//! What a run would do, without doing it.

use super::WorkflowManager;
use crate::engine::shared::Shared;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{IntentName, MachineId, SignalName, WorkflowId};
use crate::machine::{Machine, MachineChange};
use crate::plugin::Plugins;
use crate::record::{Intent, IntentResult, RunState, Side, Stored, WorkflowSummary};
use crate::secret::scrub;
use crate::time::{Clock, Timestamp};
use crate::workflow::port::{ChildCommand, Opened, Opening, Place, Port};
use crate::workflow::{
    HandedOn, PlannedStep, StepPlan, Submission, WorkflowContext, WorkflowPlan, WorkflowStep,
};
use async_trait::async_trait;
use serde_json::Value;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

impl WorkflowManager {
    /// Says what each step would do. Steps may read the hardware; nothing is written anywhere.
    ///
    /// # Errors
    ///
    /// Those of [`submit`](Self::submit), except that a held machine is no obstacle.
    pub async fn plan(&self, submission: &Submission) -> Result<WorkflowPlan> {
        let (workflow, machine) = self.shared.accept(submission).await?;
        let machine = machine.map(Arc::new);
        let mut steps = Vec::with_capacity(workflow.steps.len());
        for step in &workflow.steps {
            steps.push(self.plan_step(&**step, machine.clone(), &submission.request).await);
        }
        Ok(WorkflowPlan { steps })
    }

    async fn plan_step(
        &self,
        step: &dyn WorkflowStep,
        machine: Option<Arc<Machine>>,
        request: &Value,
    ) -> PlannedStep {
        let place = Place {
            workflow: WorkflowId::generate(),
            step: step.name(),
            side: Side::Run,
            attempt: 1,
            runs: 1,
            epoch: 0,
        };
        let (request, plugins) = (request.clone(), Arc::clone(&self.shared.plugins));
        let port = ReadOnlyPort {
            place,
            request,
            machine,
            plugins,
            clock: self.shared.clock.clone(),
            machines: Arc::clone(&self.shared),
        };
        let ctx = WorkflowContext::new(Arc::new(port));
        let limit = step.policy().timeout;
        let planned = tokio::time::timeout(limit, step.plan(&ctx)).await;
        let planned = planned.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Timeout, format!("the step did not say within {limit:?}")))
        });
        let (plan, error) = match planned {
            Ok(plan) => (plan, None),
            Err(error) => (StepPlan::Unknown, Some(scrub(error.message()).into_owned())),
        };
        PlannedStep { name: step.name(), title: step.title(), plan, error }
    }
}

/// Answers what a plan may ask, and refuses everything that would write.
#[derive(Debug)]
struct ReadOnlyPort {
    place: Place,
    request: Value,
    machine: Option<Arc<Machine>>,
    plugins: Arc<Plugins>,
    clock: Clock,
    machines: Arc<Shared>,
}

fn refused(what: &str) -> Error {
    Error::new(ErrorKind::Refused, format!("{what} is not allowed while planning"))
        .with_remedy("`plan` may read and never writes; do this in `run`")
}

#[async_trait]
impl Port for ReadOnlyPort {
    fn place(&self) -> &Place {
        &self.place
    }

    fn request(&self) -> &Value {
        &self.request
    }

    fn machine(&self) -> Result<Arc<Machine>> {
        self.machine.clone().ok_or_else(|| Error::invalid("this plan has no machine"))
    }

    fn plugins(&self) -> &Plugins {
        &self.plugins
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn cancelled(&self) -> bool {
        false
    }

    fn power_overridden(&self) -> bool {
        false
    }

    fn output(&self, _name: &str) -> Option<HandedOn> {
        None
    }

    fn sub_task(&self, _text: String) {}

    fn progress(&self, _fraction: f32) {}

    async fn machine_at(&self, address: IpAddr) -> Result<Option<MachineId>> {
        self.machines.machine_at(address).await
    }

    async fn load(&self, _stored: &Stored) -> Result<Value> {
        Err(refused("reading recorded values"))
    }

    async fn effect(&self, _side: Side, _intent: &IntentName) -> Result<Option<Intent>> {
        Ok(None)
    }

    async fn open(&self, opening: Opening) -> Result<Opened> {
        Err(refused(opening.intent.as_str()))
    }

    async fn close(&self, intent: &IntentName, _result: IntentResult) -> Result<()> {
        Err(refused(intent.as_str()))
    }

    async fn store(&self, _value: Value) -> Result<Stored> {
        Err(refused("recording"))
    }

    async fn record(&self, _name: String, _payload: Stored) -> Result<()> {
        Err(refused("recording"))
    }

    async fn machine_changed(&self, _change: MachineChange) -> Result<()> {
        Err(refused("changing the machine directory"))
    }

    async fn signal(&self, _name: &SignalName) -> Result<Option<Value>> {
        Ok(None)
    }

    async fn guard(&self, _limit: Duration) -> Result<()> {
        Err(refused("a guard"))
    }

    async fn unguard(&self) -> Result<()> {
        Ok(())
    }

    async fn start_child(&self, key: String, _submission: Submission) -> Result<WorkflowId> {
        Err(refused(&format!("starting the child {key}")))
    }

    async fn check_child(&self, submission: &Submission) -> Result<Option<MachineId>> {
        self.machines.check_child(submission).await
    }

    async fn child(&self, _id: WorkflowId) -> Result<Option<WorkflowSummary>> {
        Ok(None)
    }

    async fn children(
        &self,
        _states: &[RunState],
        _before: Option<WorkflowId>,
        _limit: usize,
    ) -> Result<Vec<WorkflowSummary>> {
        Ok(Vec::new())
    }

    async fn command_child(&self, id: WorkflowId, _command: ChildCommand, _why: String) -> Result<()> {
        Err(refused(&format!("a command to the child {id}")))
    }
}
