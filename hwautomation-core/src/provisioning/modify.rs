//! Step 4: what the device profile changes in the BIOS. Nothing is touched.

use super::options::limits;
use super::{PlannedBios, ProvisioningRequest, PulledBios};
use crate::bios::{Changes, Settings, Template};
use crate::device::DeviceProfiles;
use crate::error::{Error, ErrorKind, Result};
use crate::id::StepName;
use crate::plugin::Pending;
use crate::record::{Policy, Resume};
use crate::workflow::{StepOutcome, StepPlan, WorkflowContext, WorkflowStep};
use async_trait::async_trait;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub(super) struct ModifyBiosConfig {
    pub(super) profiles: Arc<DeviceProfiles>,
}

#[async_trait]
impl WorkflowStep for ModifyBiosConfig {
    fn name(&self) -> StepName {
        StepName::from_static("modify_bios_config")
    }

    fn title(&self) -> String {
        "Modify BIOS Configuration".to_owned()
    }

    fn resume(&self) -> Resume {
        Resume::Rerun
    }

    fn policy(&self) -> Policy {
        limits(180, 1)
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        let request: ProvisioningRequest = ctx.params()?;
        let PulledBios { reading } = ctx.output().await?;
        let template = Template::from_profile(self.profiles.get(&request.device_type)?)?;
        let applied = template.apply(&reading.in_force)?;
        if let Pending::Staged(staged) = &reading.pending {
            check_foreign(&reading.in_force, staged, &applied.changes)?;
        }
        applied.idle.iter().for_each(|idle| ctx.report_sub_task(idle));
        applied.changes.iter().for_each(|change| ctx.report_sub_task(format!("planned: {change}")));
        applied.skipped.iter().for_each(|change| ctx.report_sub_task(format!("preserved: {change}")));
        StepOutcome::done(PlannedBios { changes: applied.changes, skipped: applied.skipped })
    }

    /// What differs is known after the pull; what the profile wants is known now.
    async fn plan(&self, ctx: &WorkflowContext) -> Result<StepPlan> {
        let request: ProvisioningRequest = ctx.params()?;
        let template = Template::from_profile(self.profiles.get(&request.device_type)?)?;
        let wanted = template.settings.iter().filter(|(name, _)| !template.preserve.matches(name));
        let changes: Vec<_> = wanted.map(|(name, value)| format!("wants {name} to be {value}")).collect();
        if changes.is_empty() {
            return Ok(StepPlan::Nothing {
                why: "the device profile wants no BIOS setting changed".to_owned(),
            });
        }
        Ok(StepPlan::Changes { changes })
    }
}

/// What somebody else staged would come into force with our reboot.
pub(super) fn check_foreign(in_force: &Settings, staged: &Settings, ours: &Changes) -> Result<()> {
    let foreign = Changes::diff(&ours.apply_to(in_force), staged);
    if foreign.is_empty() {
        return Ok(());
    }
    let message = format!("BIOS changes that nobody asked for here wait for the next reset:\n{foreign}");
    Err(Error::new(ErrorKind::Conflict, message)
        .with_remedy("discard them, or let them come into force, and submit it again"))
}
