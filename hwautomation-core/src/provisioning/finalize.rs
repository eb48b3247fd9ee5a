//! Step 7: the machine is ready, and its tags say so.

use super::options::{ProvisioningOptions, limits};
use super::tries::{intent, may_have_acted, newest};
use super::{Commissioned, Provisioned, ProvisioningRequest};
use crate::device::Capability;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{DeviceType, StepName};
use crate::plugin::{CommissionReading, CommissionState};
use crate::record::{Policy, Resume, UndoOf};
use crate::workflow::{
    CommissionerHandle, StepOutcome, StepPlan, UndoOutcome, WorkflowContext, WorkflowStep,
};
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
        check_ours(ctx, &now).await?;
        let has = ctx.commissioner()?.tags().await?;
        let wanted = self.wanted(ctx)?;
        for (number, tag) in wanted.iter().enumerate() {
            put_on(ctx, number, tag, has.contains(tag)).await?;
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
        let has = ctx.commissioner()?.tags().await?;
        for number in 0..self.wanted(ctx)?.len() {
            let added: Option<String> = newest(ctx, &effect(number)).await?;
            if let Some(tag) = added.filter(|tag| has.contains(tag)) {
                ctx.commissioner()?.remove_tag(&tag).await?;
            }
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

/// Names the effect that adds a tag.
fn effect(number: usize) -> String {
    format!("tag-{number}")
}

/// Adds a tag unless it is there. One that is there counts as ours only if we were about to add it and nobody
/// recorded how that ended.
async fn put_on(ctx: &WorkflowContext, number: usize, tag: &str, is_on: bool) -> Result<()> {
    let (own, tag) = (intent(&effect(number), ctx.attempt()), tag.to_owned());
    let tried = may_have_acted(ctx, &effect(number)).await?;
    let added = newest::<String>(ctx, &effect(number)).await?.is_some();
    match (is_on, tried) {
        (true, true) if !added => drop(ctx.once(own, std::future::ready(Ok(tag))).await?),
        (true, _) => {}
        (false, _) => {
            ctx.report_sub_task(format!("adding the tag {tag}"));
            ctx.once(own, add(ctx.commissioner()?, tag)).await?;
        }
    }
    Ok(())
}

async fn add(service: CommissionerHandle, tag: String) -> Result<String> {
    service.add_tag(&tag).await?;
    Ok(tag)
}

/// A machine that was commissioned anew since is no longer the one that we made ready.
async fn check_ours(ctx: &WorkflowContext, now: &CommissionReading) -> Result<()> {
    let ours: Option<Commissioned> = ctx.output_if_any().await?;
    let other = now.run.as_ref().filter(|run| ours.is_some_and(|ours| ours.run != **run));
    let Some(other) = other else { return Ok(()) };
    let message = format!("machine {} was commissioned anew meanwhile, as {}", ctx.machine()?.id, other.0);
    Err(Error::new(ErrorKind::Conflict, message)
        .with_remedy("find out who commissioned it, then submit it again"))
}

/// Services take letters, digits, `-` and `_` in a tag, and device types have dots.
fn device_type_tag(device_type: &DeviceType) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    format!("device-type-{}", device_type.as_str().chars().map(fits).collect::<String>())
}
