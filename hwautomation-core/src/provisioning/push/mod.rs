//! Step 5: the changes come into force, and each is read back.

mod back;
mod round;

use super::options::{ProvisioningOptions, limits};
use super::rescue::{self, Stage};
use super::{PlannedBios, PulledBios, PushedBios};
use crate::bios::{Changes, Mismatch, Settings};
use crate::device::Capability;
use crate::error::{Error, ErrorKind, Result};
use crate::id::StepName;
use crate::plugin::{CommissionState, Pending};
use crate::record::{Policy, Resume, UndoOf};
use crate::workflow::{
    Probed, ProbedIntent, StepOutcome, StepPlan, UndoOutcome, WorkflowContext, WorkflowStep,
};
use async_trait::async_trait;
use round::Round;
use std::sync::Arc;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(600);

/// How the names of the effects begin that touch nothing, or that do no harm twice.
const AGAIN: [&str; 4] = ["read", "mismatch-", back::READ, back::DISCARD];

/// How the names of the effects begin that leave rescue mode.
const LEAVES: [&str; 4] = ["leave-", "out-", "back-leave-", "back-out-"];

#[derive(Debug, Clone)]
pub(super) struct PushBiosConfig {
    pub(super) options: Arc<ProvisioningOptions>,
}

#[async_trait]
impl WorkflowStep for PushBiosConfig {
    fn name(&self) -> StepName {
        StepName::from_static("push_bios_config")
    }

    fn title(&self) -> String {
        "Push Updated BIOS Config".to_owned()
    }

    fn resume(&self) -> Resume {
        Resume::Probe
    }

    fn policy(&self) -> Policy {
        limits(LIMIT.as_secs(), 2)
    }

    fn needs(&self) -> Vec<Capability> {
        vec![Capability::Bios, Capability::Commissioner, Capability::Shell]
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        let PlannedBios { changes, .. } = ctx.output().await?;
        if changes.is_empty() {
            return StepOutcome::skipped("every BIOS setting is as the device profile wants it");
        }
        if ctx.result_of::<Settings>("read").await?.is_none() {
            let round = Round::of(ctx).await?;
            if let Stage::Waiting(reason) = round.stage(ctx, &changes).await? {
                return self.options.wait(reason);
            }
            if let Stage::Waiting(reason) = round.boot(ctx).await? {
                return self.options.wait(reason);
            }
            let in_force = round.read_back(ctx, &changes).await?;
            ctx.once("read", std::future::ready(Ok(in_force))).await?;
        }
        match rescue::leave(ctx, "leave").await? {
            Stage::Waiting(reason) => self.options.wait(reason),
            Stage::There => {
                let in_force: Settings = ctx.result_of("read").await?.unwrap_or_default();
                let PulledBios { reading } = ctx.output().await?;
                let also_changed = Changes::diff(&changes.apply_to(&reading.in_force), &in_force);
                also_changed.iter().for_each(|change| ctx.report_sub_task(format!("also changed: {change}")));
                StepOutcome::done(PushedBios { changes, also_changed, in_force })
            }
        }
    }

    async fn probe(&self, ctx: &WorkflowContext, intent: &ProbedIntent) -> Result<Probed> {
        let name = intent.name.as_str();
        if AGAIN.iter().any(|again| name.starts_with(again)) {
            return Ok(Probed::DidNotHappen);
        }
        if name.starts_with("stage-") || name == back::STAGE {
            let PlannedBios { changes, .. } = ctx.output().await?;
            let changes = if name == back::STAGE { back::inverse(&changes) } else { changes };
            return match is_staged(ctx, &changes).await? {
                true => Probed::happened(()),
                false => self.options.not_yet(ctx, intent),
            };
        }
        let leaves = LEAVES.iter().any(|leave| name.starts_with(leave));
        let state = ctx.commissioner()?.state().await?.state;
        match state {
            CommissionState::Ready if !leaves => self.options.not_yet(ctx, intent),
            CommissionState::Rescue if leaves => self.options.not_yet(ctx, intent),
            _ => Probed::happened(()),
        }
    }

    async fn undo(&self, ctx: &WorkflowContext, _of: UndoOf) -> Result<UndoOutcome> {
        match back::undo(ctx).await? {
            None => Ok(UndoOutcome::Nothing),
            Some(Stage::There) => Ok(UndoOutcome::Undone),
            Some(Stage::Waiting(reason)) => self.options.wait_back(reason, LIMIT),
        }
    }

    async fn plan(&self, _ctx: &WorkflowContext) -> Result<StepPlan> {
        Ok(StepPlan::After { step: StepName::from_static("modify_bios_config") })
    }
}

/// Tells whether the changes wait or are in force. A tool that cannot tell what waits is told again: staging twice
/// is as good as once.
async fn is_staged(ctx: &WorkflowContext, changes: &Changes) -> Result<bool> {
    let reading = ctx.bios()?.read().await?;
    let mut coming = reading.in_force;
    if let Pending::Staged(staged) = reading.pending {
        coming.extend(staged);
    }
    Ok(changes.not_in_force(&coming).is_empty())
}

/// Reads every setting, and names each that is not what it was set to.
async fn read_back(ctx: &WorkflowContext, changes: &Changes) -> Result<Settings> {
    ctx.report_sub_task(format!("reading back {} BIOS settings", changes.len()));
    let in_force = ctx.bios()?.read().await?.in_force;
    refuse_mismatch(&changes.not_in_force(&in_force))?;
    Ok(in_force)
}

/// Names each setting that is not what it was set to.
fn refuse_mismatch(wrong: &[Mismatch]) -> Result<()> {
    if wrong.is_empty() {
        return Ok(());
    }
    let lines: Vec<_> = wrong.iter().map(ToString::to_string).collect();
    let message = format!("BIOS settings did not take:\n{}", lines.join("\n"));
    Err(Error::new(ErrorKind::Mismatch, message)
        .with_remedy("see in the BIOS manual what each depends on, and correct the device profile"))
}
