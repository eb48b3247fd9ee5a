//! The way back: the pulled values again, by the same road.

use super::super::PlannedBios;
use super::super::rescue::{self, Stage};
use super::super::tries::newest;
use super::round::Round;
use super::{Settings, read_back, refuse_mismatch};
use crate::bios::{Change, Changes};
use crate::error::{ErrorKind, Result};
use crate::plugin::{CommissionState, Pending};
use crate::workflow::WorkflowContext;

pub(super) const STAGE: &str = "back-stage";
pub(super) const READ: &str = "back-read";
pub(super) const DISCARD: &str = "back-discard";
const LEAVE: &str = "back-leave";
const OUT: &str = "back-out";

/// Brings the pulled values back into force. Nothing, if none of them was ever changed.
pub(super) async fn undo(ctx: &WorkflowContext) -> Result<Option<Stage>> {
    let planned: Option<PlannedBios> = ctx.output_if_any().await?;
    let staged = ctx.effect("stage-1").await?;
    let Some(planned) = planned.filter(|_| staged.is_some_and(|staged| staged.may_have_acted())) else {
        return Ok(None);
    };
    let back = inverse(&planned.changes);
    if Round::of(ctx).await?.newest_reboot(ctx).await?.is_none() {
        return forget(ctx, &back).await.map(|()| Some(Stage::There));
    }
    if let Some(waiting) = stage(ctx, &back).await? {
        return Ok(Some(waiting));
    }
    if let Some(waiting) = boot(ctx, &back).await? {
        return Ok(Some(waiting));
    }
    rescue::leave(ctx, OUT).await.map(Some)
}

/// Nothing is in force yet, and the host is still up: what was staged is forgotten without a boot.
async fn forget(ctx: &WorkflowContext, back: &Changes) -> Result<()> {
    ctx.report_sub_task("forgetting the BIOS changes that were staged");
    match ctx.once(DISCARD, ctx.bios()?.discard()).await {
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            ctx.once(STAGE, ctx.bios()?.stage(back.clone())).await?;
        }
        discarded => discarded?,
    }
    let reading = ctx.bios()?.read().await?;
    let Pending::Staged(staged) = reading.pending else { return Ok(()) };
    let mut coming = reading.in_force;
    coming.extend(staged);
    refuse_mismatch(&back.not_in_force(&coming))
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
        && newest::<()>(ctx, "leave").await?.is_none();
    match Round::of(ctx).await?.newest_reboot(ctx).await?.filter(|_| forward) {
        Some(reboot) => rescue::enter(ctx, &reboot).await,
        None => rescue::enter(ctx, "back-enter").await,
    }
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
