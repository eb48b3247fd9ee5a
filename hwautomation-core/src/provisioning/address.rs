//! Step 2: where the host and its BMC are reached.

use super::options::{ProvisioningOptions, limits};
use super::reach::{self, Reached};
use super::{ProvisioningRequest, ServerAddresses, in_band};
use crate::device::Capability;
use crate::error::{Error, Result};
use crate::id::StepName;
use crate::machine::MachineChange;
use crate::record::{Policy, Resume};
use crate::workflow::{StepOutcome, StepPlan, WorkflowContext, WorkflowStep};
use async_trait::async_trait;
use std::net::IpAddr;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub(super) struct GetServerIp {
    pub(super) options: Arc<ProvisioningOptions>,
}

#[async_trait]
impl WorkflowStep for GetServerIp {
    fn name(&self) -> StepName {
        StepName::from_static("get_server_ip")
    }

    fn title(&self) -> String {
        "Retrieve Server IP Address".to_owned()
    }

    fn resume(&self) -> Resume {
        Resume::Rerun
    }

    fn policy(&self) -> Policy {
        limits(300, 5)
    }

    fn needs(&self) -> Vec<Capability> {
        vec![Capability::Commissioner, Capability::Shell]
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        ctx.report_sub_task("asking for the host's address");
        match reach::host(ctx).await? {
            Reached::NotYet(reason) => self.options.wait(reason),
            Reached::At(host) => {
                let (bmc, known_by) = find_bmc(ctx).await?;
                if bmc.is_none() && ctx.params::<ProvisioningRequest>()?.target_ipmi_ip.is_some() {
                    return Err(unknown_bmc(ctx)?);
                }
                StepOutcome::done(ServerAddresses { host, bmc, bmc_known_by: known_by.to_owned() })
            }
        }
    }

    async fn plan(&self, _ctx: &WorkflowContext) -> Result<StepPlan> {
        Ok(StepPlan::After { step: StepName::from_static("commission_server") })
    }
}

/// Asks the directory, then the commissioning service, then the host; the directory learns it.
async fn find_bmc(ctx: &WorkflowContext) -> Result<(Option<IpAddr>, &'static str)> {
    if let Some(address) = ctx.machine()?.addresses.bmc {
        return Ok((Some(address), "directory"));
    }
    ctx.report_sub_task("looking for the BMC's address");
    let (address, known_by) = match ctx.commissioner()?.bmc_address().await? {
        Some(address) => (Some(address), "commissioner"),
        None => (in_band::bmc_address(ctx).await?, "host"),
    };
    let Some(address) = address else { return Ok((None, "nobody")) };
    ctx.machine_changed(MachineChange::BmcAddress { address }).await?;
    Ok((Some(address), known_by))
}

/// Better now than after the BIOS was changed.
fn unknown_bmc(ctx: &WorkflowContext) -> Result<Error> {
    let message = format!("nobody knows the BMC's address of machine {}", ctx.machine()?.id);
    Ok(Error::not_found(message)
        .with_remedy("enter it in the machine directory, or install ipmitool on the image that runs"))
}
