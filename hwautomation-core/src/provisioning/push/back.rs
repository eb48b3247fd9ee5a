//! The way back: the pulled values again, by the same road.

use super::super::PlannedBios;
use super::super::tries::newest;
use super::rescue::{self, Stage};
use super::round::Round;
use super::{Settings, read_back};
use crate::bios::{Change, Changes};
use crate::error::Result;
use crate::plugin::CommissionState;
use crate::workflow::WorkflowContext;

pub(super) const STAGE: &str = "back-stage";
pub(super) const READ: &str = "back-read";
const LEAVE: &str = "back-leave";
const OUT: &str = "back-out";
pub(super) const LEAVES: [&str; 2] = [LEAVE, OUT];

/// Brings the pulled values back into force. Nothing, if none of them was ever changed.
pub(super) async fn undo(ctx: &WorkflowContext) -> Result<Option<Stage>> {
    let planned: Option<PlannedBios> = ctx.output_if_any().await?;
    let (Some(planned), true) = (planned, ctx.result_of::<()>("stage-1").await?.is_some()) else {
        return Ok(None);
    };
    let back = inverse(&planned.changes);
    if let Some(waiting) = stage(ctx, &back).await? {
        return Ok(Some(waiting));
    }
    if let Some(waiting) = boot(ctx, &back).await? {
        return Ok(Some(waiting));
    }
    rescue::leave(ctx, OUT).await.map(Some)
}

/// Boots into what was staged forward, unless it is there, and stages the pulled values.
async fn stage(ctx: &WorkflowContext, back: &Changes) -> Result<Option<Stage>> {
    if ctx.result_of::<()>(STAGE).await?.is_some() {
        return Ok(None);
    }
    if let waiting @ Stage::Waiting(_) = enter(ctx).await? {
        return Ok(Some(waiting));
    }
    ctx.report_sub_task(format!("staging {} BIOS settings as they were", back.len()));
    ctx.once(STAGE, ctx.bios()?.stage(back.clone())).await?;
    Ok(None)
}

/// The forward way may have left it in rescue mode.
async fn enter(ctx: &WorkflowContext) -> Result<Stage> {
    let forward = ctx.commissioner()?.state().await?.state == CommissionState::Rescue
        && ctx.result_of::<()>("leave").await?.is_none();
    if forward {
        let name = Round::of(ctx).await?.newest_reboot(ctx).await?;
        return rescue::enter(ctx, &name).await;
    }
    rescue::enter(ctx, "back-enter").await
}

/// Boots into the pulled values, and reads them back.
async fn boot(ctx: &WorkflowContext, back: &Changes) -> Result<Option<Stage>> {
    if ctx.result_of::<Settings>(READ).await?.is_some() {
        return Ok(None);
    }
    let never_left = newest::<()>(ctx, "back-boot").await?.is_none();
    if never_left && let waiting @ Stage::Waiting(_) = rescue::leave(ctx, LEAVE).await? {
        return Ok(Some(waiting));
    }
    if let waiting @ Stage::Waiting(_) = rescue::enter(ctx, "back-boot").await? {
        return Ok(Some(waiting));
    }
    let in_force = read_back(ctx, back).await?;
    ctx.once(READ, std::future::ready(Ok(in_force))).await?;
    Ok(None)
}

/// Returns the changes that lead back to what was pulled.
pub(super) fn inverse(changes: &Changes) -> Changes {
    let turned = changes.iter().filter_map(|change| {
        let to = change.from.clone()?;
        Some(Change { name: change.name.clone(), from: Some(change.to.clone()), to })
    });
    turned.collect()
}
