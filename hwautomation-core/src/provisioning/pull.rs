//! Step 3: the BIOS settings as they are.

use super::PulledBios;
use super::options::limits;
use crate::device::Capability;
use crate::error::Result;
use crate::id::StepName;
use crate::record::{Policy, Resume};
use crate::workflow::{StepOutcome, StepPlan, WorkflowContext, WorkflowStep};
use async_trait::async_trait;

#[derive(Debug, Clone)]
pub(super) struct PullBiosConfig;

#[async_trait]
impl WorkflowStep for PullBiosConfig {
    fn name(&self) -> StepName {
        StepName::from_static("pull_bios_config")
    }

    fn title(&self) -> String {
        "Pull BIOS Config via SSH".to_owned()
    }

    fn resume(&self) -> Resume {
        Resume::Rerun
    }

    fn policy(&self) -> Policy {
        limits(600, 3)
    }

    fn needs(&self) -> Vec<Capability> {
        vec![Capability::Bios]
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        ctx.report_sub_task("reading the BIOS settings");
        let reading = ctx.bios()?.read().await?;
        ctx.report_sub_task(format!("read {} BIOS settings", reading.in_force.len()));
        StepOutcome::done(PulledBios { reading })
    }

    async fn plan(&self, _ctx: &WorkflowContext) -> Result<StepPlan> {
        Ok(StepPlan::After { step: StepName::from_static("get_server_ip") })
    }
}
