//! Rescue mode as a reboot after which the BIOS can be read.

use super::reach::{self, Reached};
use super::tries::{intent, newest};
use crate::error::{Error, ErrorKind, Result};
use crate::machine::MachineChange;
use crate::plugin::CommissionState;
use crate::workflow::WorkflowContext;
use serde_json::{Value, json};

/// The fact that says which run put the machine into rescue mode, so that the next one knows a leftover of ours.
const FACT: &str = "rescue_mode_by";

/// Says how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stage {
    There,
    /// What is missing, so that "waits for …" reads well.
    Waiting(String),
}

/// Boots the machine into rescue mode and logs in. Each attempt may try once, under its own name, unless an
/// earlier one brought it there.
pub(super) async fn enter(ctx: &WorkflowContext, name: &str) -> Result<Stage> {
    let now = ctx.commissioner()?.state().await?;
    let own = intent(name, ctx.attempt());
    let asked = newest::<()>(ctx, name).await?.is_some();
    match now.state {
        CommissionState::Rescue if asked => return log_in(ctx).await,
        CommissionState::Rescue => return Err(foreign(ctx)?),
        CommissionState::Changing => return Ok(booting()),
        CommissionState::Ready | CommissionState::RescueFailed => {}
        _ => return Err(taken(ctx, &now.message)?),
    }
    if ctx.result_of::<()>(own.clone()).await?.is_some() {
        return Err(failed(ctx, "enter", &now.message)?);
    }
    ctx.report_sub_task("rebooting into rescue mode");
    remember(ctx, json!(ctx.idempotency_key())).await?;
    ctx.once(own, ctx.commissioner()?.enter_rescue()).await?;
    Ok(booting())
}

fn booting() -> Stage {
    Stage::Waiting("the machine to boot into rescue mode".to_owned())
}

async fn log_in(ctx: &WorkflowContext) -> Result<Stage> {
    match reach::host(ctx).await? {
        Reached::At(_) => Ok(Stage::There),
        Reached::NotYet(reason) => Ok(Stage::Waiting(reason.to_owned())),
    }
}

/// Leaves rescue mode; the service powers the machine off. Each attempt may try once, too.
pub(super) async fn leave(ctx: &WorkflowContext, name: &str) -> Result<Stage> {
    let now = ctx.commissioner()?.state().await?;
    let own = intent(name, ctx.attempt());
    let asked = ctx.result_of::<()>(own.clone()).await?.is_some();
    match now.state {
        CommissionState::Ready => {
            reach::moved_to(ctx, None).await?;
            remember(ctx, Value::Null).await?;
            return Ok(Stage::There);
        }
        CommissionState::Rescue | CommissionState::RescueFailed if !asked => {
            ctx.report_sub_task("leaving rescue mode");
            ctx.once(own, ctx.commissioner()?.leave_rescue()).await?;
        }
        CommissionState::Rescue | CommissionState::Changing => {}
        CommissionState::RescueFailed => return Err(failed(ctx, "leave", &now.message)?),
        _ => return Err(taken(ctx, &now.message)?),
    }
    Ok(Stage::Waiting("the machine to leave rescue mode".to_owned()))
}

/// Tells whether a provisioning put the machine into rescue mode and never let it out. We hold the machine, so that
/// one is over.
pub(super) fn is_leftover(ctx: &WorkflowContext) -> Result<bool> {
    Ok(ctx.machine()?.facts.get(FACT).is_some_and(|fact| !fact.value.is_null()))
}

async fn remember(ctx: &WorkflowContext, value: Value) -> Result<()> {
    let known = ctx.machine()?.facts.get(FACT).map(|fact| fact.value.clone()).unwrap_or_default();
    if known == value {
        return Ok(());
    }
    let (name, source) = (FACT.to_owned(), "server_provisioning".to_owned());
    ctx.machine_changed(MachineChange::Fact { name, value, source }).await
}

fn failed(ctx: &WorkflowContext, what: &str, now: &str) -> Result<Error> {
    let message = format!("machine {} did not {what} rescue mode: it is {now}", ctx.machine()?.id);
    Ok(Error::new(ErrorKind::Refused, message)
        .transient()
        .with_remedy("look at the machine's console and the service's log"))
}

fn foreign(ctx: &WorkflowContext) -> Result<Error> {
    let message = format!("somebody else put machine {} into rescue mode", ctx.machine()?.id);
    Ok(Error::new(ErrorKind::Conflict, message).with_remedy("let it leave rescue mode, then try again"))
}

fn taken(ctx: &WorkflowContext, now: &str) -> Result<Error> {
    let message = format!("machine {} is {now} in the middle of a BIOS change", ctx.machine()?.id);
    Ok(Error::new(ErrorKind::Conflict, message).with_remedy("find out who took it, then try again"))
}
