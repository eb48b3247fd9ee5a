//! Step 7: the machine is ready, and its tags say so.

use super::options::{ProvisioningOptions, limits};
use super::{Provisioned, ProvisioningRequest};
use crate::device::Capability;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{DeviceType, StepName};
use crate::plugin::CommissionState;
use crate::record::{Policy, Resume, UndoOf};
use crate::workflow::{StepOutcome, StepPlan, UndoOutcome, WorkflowContext, WorkflowStep};
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub(super) struct FinalizeServer {
    pub(super) options: Arc<ProvisioningOptions>,
}

#[async_trait]
impl WorkflowStep for FinalizeServer {
    fn name(&self) -> StepName {
        StepName::from_static("finalize_server")
    }

    fn title(&self) -> String {
        "Finalize and Tag Server".to_owned()
    }

    fn resume(&self) -> Resume {
        Resume::Rerun
    }

    fn policy(&self) -> Policy {
        limits(180, 2)
    }

    fn needs(&self) -> Vec<Capability> {
        vec![Capability::Commissioner]
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        let now = ctx.commissioner()?.state().await?;
        if now.state != CommissionState::Ready {
            let message = format!("machine {} is {}, not ready", ctx.machine()?.id, now.message);
            return Err(Error::new(ErrorKind::Mismatch, message)
                .with_remedy("find out who took it; nothing of it was changed since it was ready"));
        }
        let has = ctx.commissioner()?.tags().await?;
        ctx.once("before", std::future::ready(Ok(has.clone()))).await?;
        let wanted = self.wanted(ctx)?;
        for tag in wanted.difference(&has) {
            ctx.report_sub_task(format!("adding the tag {tag}"));
            ctx.commissioner()?.add_tag(tag).await?;
        }
        let tags = ctx.commissioner()?.tags().await?;
        match wanted.difference(&tags).next() {
            None => StepOutcome::done(Provisioned { tags }),
            Some(missing) => {
                Err(Error::new(ErrorKind::Mismatch, format!("the tag {missing} was added and is not there"))
                    .transient()
                    .with_remedy("see whether the service or somebody else removes it"))
            }
        }
    }

    async fn undo(&self, ctx: &WorkflowContext, _of: UndoOf) -> Result<UndoOutcome> {
        let Some(had) = ctx.result_of::<BTreeSet<String>>("before").await? else {
            return Ok(UndoOutcome::Nothing);
        };
        let wanted = self.wanted(ctx)?;
        let has = ctx.commissioner()?.tags().await?;
        for tag in wanted.difference(&had).filter(|tag| has.contains(*tag)) {
            ctx.commissioner()?.remove_tag(tag).await?;
        }
        Ok(UndoOutcome::Undone)
    }

    async fn plan(&self, ctx: &WorkflowContext) -> Result<StepPlan> {
        let has = ctx.commissioner()?.tags().await?;
        let wanted = self.wanted(ctx)?;
        let changes: Vec<_> = wanted.difference(&has).map(|tag| format!("adds the tag {tag}")).collect();
        if changes.is_empty() {
            return Ok(StepPlan::Nothing { why: "it has every tag".to_owned() });
        }
        Ok(StepPlan::Changes { changes })
    }
}

impl FinalizeServer {
    fn wanted(&self, ctx: &WorkflowContext) -> Result<BTreeSet<String>> {
        let request: ProvisioningRequest = ctx.params()?;
        let own = device_type_tag(&request.device_type);
        Ok(self.options.tags.iter().cloned().chain([own]).collect())
    }
}

/// Services take letters, digits, `-` and `_` in a tag, and device types have dots.
fn device_type_tag(device_type: &DeviceType) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    format!("device-type-{}", device_type.as_str().chars().map(fits).collect::<String>())
}
