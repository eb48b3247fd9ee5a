//! Where the BMC is, who else has an address, and who is told.

use super::super::reach::is_silence;
use super::super::{BmcConfigured, ProvisioningRequest};
use crate::error::{Error, ErrorKind, Result};
use crate::machine::MachineChange;
use crate::plugin::LanSettings;
use crate::workflow::{StepOutcome, WorkflowContext};
use std::net::{IpAddr, Ipv4Addr};

/// Checks what is asked for against the BMC, if its address is known, before anything is touched. Returns where it is.
pub(in super::super) async fn check(ctx: &WorkflowContext) -> Result<Option<IpAddr>> {
    let Some(wanted) = ctx.params::<ProvisioningRequest>()?.network() else { return Ok(None) };
    let Some(at) = known_address(ctx).await? else { return Ok(None) };
    let (at, now) = find(ctx, at).await?;
    wanted.change(&now)?;
    check_free(ctx, &now, wanted.target).await?;
    Ok(Some(at))
}

/// Says where the BMC is about to be, or that it no longer is: should nobody learn whether it went, it is looked for
/// there, and nobody else gets the address meanwhile.
pub(super) async fn moving(ctx: &WorkflowContext, to: Option<IpAddr>) -> Result<()> {
    if ctx.machine()?.addresses.bmc_moving_to == to {
        return Ok(());
    }
    ctx.machine_changed(MachineChange::BmcMoving { to }).await
}

/// Speaks for the address, and gives it up again if somebody else did so too.
pub(super) async fn reserve(ctx: &WorkflowContext, target: Ipv4Addr) -> Result<()> {
    moving(ctx, Some(target.into())).await?;
    if let Err(taken) = check_spoken_for(ctx, target).await {
        moving(ctx, None).await?;
        return Err(taken);
    }
    Ok(())
}

/// Reads the BMC at its known address, or else where an earlier run was about to move it.
pub(super) async fn find(ctx: &WorkflowContext, at: IpAddr) -> Result<(IpAddr, LanSettings)> {
    let silent = match ctx.bmc()?.read_lan(at).await {
        Err(error) if is_silence(error.kind()) => error,
        read => return read.map(|now| (at, now)),
    };
    let moving = ctx.machine()?.addresses.bmc_moving_to;
    let Some(to @ IpAddr::V4(address)) = moving else { return Err(silent) };
    answer(ctx, address).await?.map(|now| (to, now)).ok_or(silent)
}

pub(super) async fn known_address(ctx: &WorkflowContext) -> Result<Option<IpAddr>> {
    match ctx.machine()?.addresses.bmc {
        Some(address) => Ok(Some(address)),
        None => ctx.commissioner()?.bmc_address().await,
    }
}

/// Two BMCs at one address would both be lost.
pub(super) async fn check_free(ctx: &WorkflowContext, now: &LanSettings, target: Ipv4Addr) -> Result<()> {
    if now.address == target {
        return Ok(());
    }
    check_spoken_for(ctx, target).await?;
    ctx.report_sub_task(format!("checking that nothing answers at {target}"));
    match ctx.bmc()?.read_lan(target.into()).await {
        Err(error) if is_silence(error.kind()) => Ok(()),
        // Whoever refuses us is there too.
        Ok(_) => Err(taken(target)),
        Err(error) if is_answer(error.kind()) => Err(taken(target)),
        Err(error) => Err(error),
    }
}

/// A BMC that is silent now still has its address, and one that is on its way has it soon.
async fn check_spoken_for(ctx: &WorkflowContext, target: Ipv4Addr) -> Result<()> {
    match ctx.machine_at(target.into()).await? {
        Some(other) if other != ctx.machine()?.id => {
            let message = format!("the directory has {target} as an address of machine {other}");
            Err(Error::new(ErrorKind::Conflict, message)
                .with_remedy("choose a free address for target_ipmi_ip, or correct the directory"))
        }
        _ => Ok(()),
    }
}

fn is_answer(kind: ErrorKind) -> bool {
    use ErrorKind::{Forbidden, Protocol, Refused, Unauthorized};
    matches!(kind, Forbidden | Protocol | Refused | Unauthorized)
}

pub(super) fn taken(address: Ipv4Addr) -> Error {
    Error::new(ErrorKind::Conflict, format!("another BMC answers at {address} already"))
        .with_remedy("choose a free address for the BMC, or free this one")
}

/// Reads the network of the BMC there; nothing when nobody answers.
pub(super) async fn answer(ctx: &WorkflowContext, at: Ipv4Addr) -> Result<Option<LanSettings>> {
    match ctx.bmc()?.read_lan(at.into()).await {
        Ok(lan) => Ok(Some(lan)),
        Err(error) if is_silence(error.kind()) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) async fn settled(ctx: &WorkflowContext, lan: LanSettings) -> Result<StepOutcome> {
    known_at(ctx, lan.address.into()).await?;
    moving(ctx, None).await?;
    StepOutcome::done(BmcConfigured { lan })
}

/// Tells the directory and the commissioning service: one that commands power at an old address may hit another
/// machine some day.
pub(in super::super) async fn known_at(ctx: &WorkflowContext, address: IpAddr) -> Result<()> {
    if ctx.machine()?.addresses.bmc != Some(address) {
        ctx.machine_changed(MachineChange::BmcAddress { address }).await?;
    }
    if ctx.commissioner()?.bmc_address().await? == Some(address) {
        return Ok(());
    }
    ctx.report_sub_task(format!("telling the commissioning service that the BMC is at {address}"));
    match ctx.commissioner()?.set_bmc_address(address).await {
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(()),
        told => told,
    }
}
