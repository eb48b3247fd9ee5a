//! The step `check_machines`: nothing begins if one child would not be accepted.

use super::items::named;
use super::machines::BatchMachines;
use super::order;
use super::request::BatchRequest;
use crate::error::{Error, ErrorClass, Result};
use crate::id::{MachineId, StepName};
use crate::machine::Machine;
use crate::record::{Policy, Resume};
use crate::workflow::{StepOutcome, StepPlan, WorkflowContext, WorkflowStep};
use async_trait::async_trait;
use serde_json::Value;
use std::collections::HashMap;
use std::time::Duration;

/// Refuses a request that cannot be meant, with everything that is wrong about it.
pub(super) fn check_request(request: &Value, machine: Option<&Machine>) -> Result<()> {
    let request: BatchRequest = serde_json::from_value(request.clone()).map_err(|cause| {
        Error::invalid(format!("reading the batch: {cause}"))
            .with_remedy("correct the named field; workflow and machines are required")
    })?;
    let mut faults = order::faults(&request);
    if let Some(machine) = machine {
        faults.push(format!("the batch itself is submitted for machine {}, and would hold it", machine.id));
    }
    refuse(faults)
}

fn refuse(faults: Vec<String>) -> Result<()> {
    if faults.is_empty() {
        return Ok(());
    }
    let what = format!("the batch is not as it must be: {}", named(&faults, "; "));
    Err(Error::invalid(what).with_remedy("correct each of these and submit it again"))
}

/// Asks for each machine whether its child would be accepted.
#[derive(Debug)]
pub(super) struct CheckMachines;

impl CheckMachines {
    async fn ids(&self, ctx: &WorkflowContext, request: &BatchRequest) -> Result<Vec<MachineId>> {
        let mut faults = Vec::new();
        let mut names: HashMap<MachineId, &str> = HashMap::new();
        let mut ids = Vec::with_capacity(request.machines.len());
        for machine in &request.machines {
            let name = machine.name.as_str();
            match ctx.check_child(&request.child(machine, None)).await {
                Ok(Some(id)) => {
                    if let Some(other) = names.insert(id.clone(), name) {
                        faults.push(format!("{other} and {name} are the same machine, {id}"));
                    }
                    ids.push(id);
                }
                Ok(None) => faults.push(format!("{name}: it was accepted without a machine")),
                Err(error) if error.class() == ErrorClass::Permanent => {
                    faults.push(format!("{name}: {error}"));
                }
                Err(error) => return Err(error),
            }
        }
        refuse(faults).map(|()| ids)
    }
}

#[async_trait]
impl WorkflowStep for CheckMachines {
    fn name(&self) -> StepName {
        StepName::from_static("check_machines")
    }

    fn title(&self) -> String {
        "check every machine before the first begins".to_owned()
    }

    fn resume(&self) -> Resume {
        Resume::Rerun
    }

    fn policy(&self) -> Policy {
        Policy { timeout: Duration::from_secs(600), ..Policy::default() }
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        let request: BatchRequest = ctx.params()?;
        StepOutcome::done(BatchMachines { ids: self.ids(ctx, &request).await? })
    }

    async fn plan(&self, ctx: &WorkflowContext) -> Result<StepPlan> {
        let request: BatchRequest = ctx.params()?;
        let ids = self.ids(ctx, &request).await?;
        Ok(StepPlan::Nothing { why: format!("each of {} machines would be accepted", ids.len()) })
    }
}
