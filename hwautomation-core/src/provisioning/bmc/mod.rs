//! Step 6: the BMC gets the address it shall have, and everybody learns it.

mod whereabouts;

use super::ProvisioningRequest;
use super::network::BmcNetwork;
use super::options::{ProvisioningOptions, limits};
use super::tries::{intent, newest};
use crate::device::Capability;
use crate::error::{Error, ErrorKind, Result};
use crate::id::StepName;
use crate::plugin::{LanAddressSource, LanChange, LanSettings};
use crate::record::{Policy, Resume, UndoOf};
use crate::workflow::{
    Probed, ProbedIntent, StepOutcome, StepPlan, UndoOutcome, WorkflowContext, WorkflowStep,
};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use whereabouts::{answer, check_free, find, known_address, moving, reserve, settled, taken};
pub(super) use whereabouts::{check, known_at};

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
        if let Some(followed) = self.follow(ctx, &wanted).await? {
            return Ok(followed);
        }
        let at = ctx.machine()?.bmc_address()?;
        ctx.report_sub_task(format!("reading the BMC's network at {at}"));
        let (at, now) = find(ctx, at).await?;
        let change = wanted.change(&now)?;
        if change.is_in_force(&now) {
            return settled(ctx, now).await;
        }
        check_free(ctx, &now, wanted.target).await?;
        ctx.once("before", std::future::ready(Ok(now))).await?;
        ctx.report_sub_task(format!("moving the BMC from {at} to {}", wanted.target));
        reserve(ctx, wanted.target).await?;
        ctx.once(intent("address", ctx.attempt()), ctx.bmc()?.set_lan(at, change)).await?;
        self.waiting(&wanted)
    }

    async fn probe(&self, ctx: &WorkflowContext, intent: &ProbedIntent) -> Result<Probed> {
        let before: Option<LanSettings> = ctx.result_of("before").await?;
        let (Some(before), Some(wanted)) = (before, ctx.params::<ProvisioningRequest>()?.network()) else {
            return Ok(Probed::DidNotHappen);
        };
        let (from, to, change) = match intent.name.as_str() {
            name if name.starts_with("address-") => (before.address, wanted.target, wanted.change(&before)?),
            name if name.starts_with("back-") => (wanted.target, before.address, back(&before)),
            _ => return Ok(Probed::DidNotHappen),
        };
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

    /// What counts is where the BMC is and what it has now, not what was accepted: a change may be half done.
    async fn undo(&self, ctx: &WorkflowContext, _of: UndoOf) -> Result<UndoOutcome> {
        let before: Option<LanSettings> = ctx.result_of("before").await?;
        let (Some(before), Some(wanted)) = (before, ctx.params::<ProvisioningRequest>()?.network()) else {
            return Ok(UndoOutcome::Nothing);
        };
        let at_old = answer(ctx, before.address).await?;
        if at_old.is_some_and(|now| back(&before).is_in_force(&now))
            && !self.is_moved(ctx, &before, &wanted).await?
        {
            known_at(ctx, before.address.into()).await?;
            moving(ctx, None).await?;
            return Ok(UndoOutcome::Undone);
        }
        let own = intent("back", ctx.attempt());
        if ctx.result_of::<()>(own.clone()).await?.is_none() {
            let at = match at_old {
                Some(_) if self.is_moved(ctx, &before, &wanted).await? => return Err(taken(before.address)),
                Some(_) => before.address,
                None => wanted.target,
            };
            ctx.report_sub_task(format!("setting the BMC at {at} back to {}", before.address));
            ctx.once(own, ctx.bmc()?.set_lan(at.into(), back(&before))).await?;
            known_at(ctx, before.address.into()).await?;
        }
        self.options.wait_back(format!("the BMC to answer at {} as it did", before.address), LIMIT)
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
    /// Reads back what was set, at the new address. Nothing when nothing was sent, or when what was sent in an earlier
    /// attempt did nothing: then it is to be sent (again).
    async fn follow(&self, ctx: &WorkflowContext, wanted: &BmcNetwork) -> Result<Option<StepOutcome>> {
        if newest::<()>(ctx, "address").await?.is_none() {
            return Ok(None);
        }
        let sent_now = ctx.result_of::<()>(intent("address", ctx.attempt())).await?.is_some();
        let Some(now) = answer(ctx, wanted.target).await? else {
            return if sent_now { self.waiting(wanted).map(Some) } else { Ok(None) };
        };
        let change = wanted.change(&now)?;
        if change.is_in_force(&now) {
            return settled(ctx, now).await.map(Some);
        }
        if !sent_now {
            return Ok(None);
        }
        let message = format!("the BMC was set to {change:?} and reads back {now:?}");
        Err(Error::new(ErrorKind::Mismatch, message)
            .transient()
            .with_remedy("set it by hand and see what it refuses; firmware of the BMC may be at fault"))
    }

    fn waiting(&self, wanted: &BmcNetwork) -> Result<StepOutcome> {
        self.options.wait(format!("the BMC to answer at {}", wanted.target))
    }

    /// Tells whether the BMC is at its new address, and not at its old one.
    async fn is_moved(
        &self,
        ctx: &WorkflowContext,
        before: &LanSettings,
        wanted: &BmcNetwork,
    ) -> Result<bool> {
        let sent = newest::<()>(ctx, "address").await?.is_some();
        Ok(sent && before.address != wanted.target && answer(ctx, wanted.target).await?.is_some())
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
        vlan: None,
    }
}
