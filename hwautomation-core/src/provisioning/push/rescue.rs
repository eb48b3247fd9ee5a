//! Rescue mode as a reboot after which the BIOS can be read.

use super::super::reach::{self, Reached};
use super::super::tries::{intent, newest};
use crate::error::{Error, ErrorKind, Result};
use crate::plugin::CommissionState;
use crate::workflow::WorkflowContext;

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
        CommissionState::Changing => {
            return Ok(Stage::Waiting("the machine to boot into rescue mode".to_owned()));
        }
        CommissionState::Ready | CommissionState::Failed => {}
        _ => return Err(taken(ctx, &now.message)?),
    }
    if ctx.result_of::<()>(own.clone()).await?.is_some() {
        let message =
            format!("machine {} did not enter rescue mode: it is {}", ctx.machine()?.id, now.message);
        return Err(Error::new(ErrorKind::Refused, message)
            .transient()
            .with_remedy("look at the machine's console and the service's log"));
    }
    ctx.report_sub_task("rebooting into rescue mode");
    ctx.once(own, ctx.commissioner()?.enter_rescue()).await?;
    Ok(Stage::Waiting("the machine to boot into rescue mode".to_owned()))
}

async fn log_in(ctx: &WorkflowContext) -> Result<Stage> {
    match reach::host(ctx).await? {
        Reached::At(_) => Ok(Stage::There),
        Reached::NotYet(reason) => Ok(Stage::Waiting(reason.to_owned())),
    }
}

/// Leaves rescue mode; the service powers the machine off.
pub(super) async fn leave(ctx: &WorkflowContext, name: &str) -> Result<Stage> {
    let waiting = || Ok(Stage::Waiting("the machine to leave rescue mode".to_owned()));
    if ctx.result_of::<()>(name).await?.is_none() {
        ctx.report_sub_task("leaving rescue mode");
        ctx.once(name, ctx.commissioner()?.leave_rescue()).await?;
        return waiting();
    }
    let now = ctx.commissioner()?.state().await?;
    match now.state {
        CommissionState::Ready => {
            reach::moved_to(ctx, None).await?;
            Ok(Stage::There)
        }
        CommissionState::Rescue | CommissionState::Changing => waiting(),
        _ => Err(taken(ctx, &now.message)?),
    }
}

fn foreign(ctx: &WorkflowContext) -> Result<Error> {
    let message = format!("somebody else put machine {} into rescue mode", ctx.machine()?.id);
    Ok(Error::new(ErrorKind::Conflict, message).with_remedy("let it leave rescue mode, then try again"))
}

fn taken(ctx: &WorkflowContext, now: &str) -> Result<Error> {
    let message = format!("machine {} is {now} in the middle of a BIOS change", ctx.machine()?.id);
    Ok(Error::new(ErrorKind::Conflict, message).with_remedy("find out who took it, then try again"))
}
