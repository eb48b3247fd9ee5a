//! Step 6: the BMC gets the address it shall have, and everybody learns it.

use super::network::BmcNetwork;
use super::options::{ProvisioningOptions, limits};
use super::reach::is_silence;
use super::{BmcConfigured, ProvisioningRequest};
use crate::device::Capability;
use crate::error::{Error, ErrorKind, Result};
use crate::id::StepName;
use crate::machine::MachineChange;
use crate::plugin::{LanAddressSource, LanChange, LanSettings};
use crate::record::{Policy, Resume, UndoOf};
use crate::workflow::{
    Probed, ProbedIntent, StepOutcome, StepPlan, UndoOutcome, WorkflowContext, WorkflowStep,
};
use async_trait::async_trait;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(300);

#[derive(Debug, Clone)]
pub(super) struct ConfigureIpmi {
    pub(super) options: Arc<ProvisioningOptions>,
}

#[async_trait]
impl WorkflowStep for ConfigureIpmi {
    fn name(&self) -> StepName {
        StepName::from_static("configure_ipmi")
    }

    fn title(&self) -> String {
        "Update IPMI Configuration".to_owned()
    }

    fn resume(&self) -> Resume {
        Resume::Probe
    }

    fn policy(&self) -> Policy {
        limits(LIMIT.as_secs(), 3)
    }

    fn needs(&self) -> Vec<Capability> {
        vec![Capability::Bmc, Capability::Commissioner]
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        let Some(wanted) = ctx.params::<ProvisioningRequest>()?.network() else {
            return StepOutcome::skipped("no target_ipmi_ip was asked for");
        };
        if ctx.result_of::<()>("address").await?.is_some() {
            return self.follow(ctx, &wanted).await;
        }
        let at = ctx.machine()?.bmc_address()?;
        ctx.report_sub_task(format!("reading the BMC's network at {at}"));
        let now = ctx.bmc()?.read_lan(at).await?;
        let change = wanted.change(&now)?;
        if change.is_in_force(&now) {
            return settled(ctx, now).await;
        }
        check_free(ctx, &now, wanted.target).await?;
        ctx.once("before", std::future::ready(Ok(now))).await?;
        ctx.report_sub_task(format!("moving the BMC from {at} to {}", wanted.target));
        ctx.once("address", ctx.bmc()?.set_lan(at, change)).await?;
        self.follow(ctx, &wanted).await
    }

    async fn probe(&self, ctx: &WorkflowContext, intent: &ProbedIntent) -> Result<Probed> {
        let before: Option<LanSettings> = ctx.result_of("before").await?;
        let (Some(before), Some(wanted)) = (before, ctx.params::<ProvisioningRequest>()?.network()) else {
            return Ok(Probed::DidNotHappen);
        };
        let (from, to) = match intent.name.as_str() {
            "address" => (before.address, wanted.target),
            "back" => (wanted.target, before.address),
            _ => return Ok(Probed::DidNotHappen),
        };
        let change = if intent.name.as_str() == "back" { back(&before) } else { wanted.change(&before)? };
        match answer(ctx, to).await? {
            Some(now) if change.is_in_force(&now) => return Probed::happened(()),
            Some(_) if from == to => return self.options.not_yet(ctx, intent),
            _ => {}
        }
        if answer(ctx, from).await?.is_some() {
            return self.options.not_yet(ctx, intent);
        }
        Probed::wait(format!("the BMC to answer at {from} or {to}"), self.options.poll, LIMIT)
    }

    async fn undo(&self, ctx: &WorkflowContext, _of: UndoOf) -> Result<UndoOutcome> {
        let before: Option<LanSettings> = ctx.result_of("before").await?;
        let moved = ctx.result_of::<()>("address").await?.is_some();
        let (Some(before), Some(wanted), true) =
            (before, ctx.params::<ProvisioningRequest>()?.network(), moved)
        else {
            return Ok(UndoOutcome::Nothing);
        };
        if let Some(now) = answer(ctx, before.address).await?
            && back(&before).is_in_force(&now)
        {
            known_at(ctx, before.address).await?;
            return Ok(UndoOutcome::Undone);
        }
        if ctx.result_of::<()>("back").await?.is_none() {
            let call = ctx.bmc()?.set_lan(wanted.target.into(), back(&before));
            ctx.once("back", call).await?;
        }
        self.options.wait_back(format!("the BMC to answer at {} again", before.address), LIMIT)
    }

    async fn plan(&self, ctx: &WorkflowContext) -> Result<StepPlan> {
        let Some(wanted) = ctx.params::<ProvisioningRequest>()?.network() else {
            return Ok(StepPlan::Nothing { why: "no target_ipmi_ip was asked for".to_owned() });
        };
        let Some(at) = known_address(ctx).await? else {
            return Ok(StepPlan::After { step: StepName::from_static("get_server_ip") });
        };
        let now = ctx.bmc()?.read_lan(at).await?;
        if wanted.change(&now)?.is_in_force(&now) {
            return Ok(StepPlan::Nothing { why: format!("the BMC is at {at} as asked for") });
        }
        Ok(StepPlan::Changes { changes: vec![format!("moves the BMC from {at} to {}", wanted.target)] })
    }
}

impl ConfigureIpmi {
    /// Reads back what was set, at the new address.
    async fn follow(&self, ctx: &WorkflowContext, wanted: &BmcNetwork) -> Result<StepOutcome> {
        let Some(now) = answer(ctx, wanted.target).await? else {
            return self.options.wait(format!("the BMC to answer at {}", wanted.target));
        };
        let change = wanted.change(&now)?;
        if !change.is_in_force(&now) {
            let message = format!("the BMC was set to {change:?} and reads back {now:?}");
            return Err(Error::new(ErrorKind::Mismatch, message)
                .with_remedy("set it by hand and see what it refuses; firmware of the BMC may be at fault"));
        }
        settled(ctx, now).await
    }
}

/// Checks what is asked for against the BMC, if its address is known, before anything is touched.
pub(super) async fn check(ctx: &WorkflowContext) -> Result<()> {
    let Some(wanted) = ctx.params::<ProvisioningRequest>()?.network() else { return Ok(()) };
    let Some(at) = known_address(ctx).await? else { return Ok(()) };
    let now = ctx.bmc()?.read_lan(at).await?;
    wanted.change(&now)?;
    if now.address == wanted.target { Ok(()) } else { check_free(ctx, &now, wanted.target).await }
}

async fn known_address(ctx: &WorkflowContext) -> Result<Option<IpAddr>> {
    match ctx.machine()?.addresses.bmc {
        Some(address) => Ok(Some(address)),
        None => ctx.commissioner()?.bmc_address().await,
    }
}

/// Two BMCs at one address would both be lost.
async fn check_free(ctx: &WorkflowContext, now: &LanSettings, target: Ipv4Addr) -> Result<()> {
    if now.address == target {
        return Ok(());
    }
    ctx.report_sub_task(format!("checking that nothing answers at {target}"));
    match ctx.bmc()?.read_lan(target.into()).await {
        Err(error) if is_silence(error.kind()) => Ok(()),
        _ => Err(Error::new(ErrorKind::Conflict, format!("another BMC answers at {target} already"))
            .with_remedy("choose a free address for target_ipmi_ip, or free this one")),
    }
}

/// Reads the network of the BMC there; nothing when nobody answers.
async fn answer(ctx: &WorkflowContext, at: Ipv4Addr) -> Result<Option<LanSettings>> {
    match ctx.bmc()?.read_lan(at.into()).await {
        Ok(lan) => Ok(Some(lan)),
        Err(error) if is_silence(error.kind()) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn settled(ctx: &WorkflowContext, lan: LanSettings) -> Result<StepOutcome> {
    known_at(ctx, lan.address).await?;
    StepOutcome::done(BmcConfigured { lan })
}

/// Tells the directory and the commissioning service: one that commands power at an old address may hit another
/// machine some day.
async fn known_at(ctx: &WorkflowContext, address: Ipv4Addr) -> Result<()> {
    let address = IpAddr::from(address);
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

/// Returns the change that leads back; under DHCP the address is not ours to set.
fn back(before: &LanSettings) -> LanChange {
    if before.source == LanAddressSource::Dhcp {
        return LanChange { source: Some(before.source), ..LanChange::default() };
    }
    LanChange {
        source: Some(before.source),
        address: Some(before.address),
        subnet_mask: Some(before.subnet_mask),
        gateway: before.gateway,
    }
}
