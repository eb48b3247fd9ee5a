//! Step 1: the machine is commissioned anew, and stays reachable.

use super::options::{ProvisioningOptions, limits};
use super::tries::{intent, newest};
use super::{Commissioned, ProvisioningRequest, bmc, rescue};
use crate::device::{Capability, DeviceProfiles};
use crate::error::{Error, ErrorKind, Result};
use crate::id::StepName;
use crate::machine::MachineChange;
use crate::plugin::{
    CommissionOptions, CommissionReading, CommissionRun, CommissionState, HardwareSummary, KeepReachable,
};
use crate::record::{ClosedBy, Policy, Resume, UndoOf};
use crate::workflow::{
    Probed, ProbedIntent, StepOutcome, StepPlan, UndoOutcome, WorkflowContext, WorkflowStep,
};
use async_trait::async_trait;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// An aborted machine is powered off, which the service does within minutes.
const ABORT_LIMIT: Duration = Duration::from_secs(300);

#[derive(Debug, Clone)]
pub(super) struct CommissionServer {
    pub(super) profiles: Arc<DeviceProfiles>,
    pub(super) options: Arc<ProvisioningOptions>,
}

#[async_trait]
impl WorkflowStep for CommissionServer {
    fn name(&self) -> StepName {
        StepName::from_static("commission_server")
    }

    fn title(&self) -> String {
        "Commission Server via MaaS".to_owned()
    }

    fn resume(&self) -> Resume {
        Resume::Probe
    }

    fn policy(&self) -> Policy {
        limits(1800, 2)
    }

    fn needs(&self) -> Vec<Capability> {
        vec![Capability::Commissioner]
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        ctx.report_sub_task("reading where the machine stands");
        let now = ctx.commissioner()?.state().await?;
        match ours(ctx, &now).await? {
            Some(run) => self.follow(ctx, &run, &now).await,
            None => self.begin(ctx, &now).await,
        }
    }

    async fn probe(&self, ctx: &WorkflowContext, intent: &ProbedIntent) -> Result<Probed> {
        let now = ctx.commissioner()?.state().await?;
        match intent.name.as_str() {
            "abort" if is_going_on(&now.state) => self.options.not_yet(ctx, intent),
            "abort" => Probed::happened(()),
            name if name.starts_with("leftover-") => match now.state {
                CommissionState::Rescue => self.options.not_yet(ctx, intent),
                _ => Probed::happened(()),
            },
            name if name.starts_with("before") => Ok(Probed::DidNotHappen),
            name => {
                let before = name.replace("commission", "before");
                let before: Option<CommissionRun> = ctx.result_of(before).await?.flatten();
                match now.run {
                    Some(run) if Some(&run) != before.as_ref() => Probed::happened(run),
                    _ => self.options.not_yet(ctx, intent),
                }
            }
        }
    }

    async fn undo(&self, ctx: &WorkflowContext, _of: UndoOf) -> Result<UndoOutcome> {
        let Some(run) = newest::<CommissionRun>(ctx, "commission").await? else {
            return Ok(UndoOutcome::Nothing);
        };
        let now = ctx.commissioner()?.state().await?;
        let going_on = now.run.as_ref() == Some(&run) && is_going_on(&now.state);
        if !going_on {
            let aborted = ctx.result_of::<()>("abort").await?.is_some();
            return Ok(if aborted { UndoOutcome::Undone } else { UndoOutcome::Nothing });
        }
        if !is_surely_ours(ctx).await? {
            let message = format!("commissioning {} goes on and may be somebody else's", run.0);
            return Err(Error::new(ErrorKind::Conflict, message)
                .with_remedy("find out who started it; abort it in the service if nobody else did"));
        }
        match ctx.once("abort", ctx.commissioner()?.abort(run)).await {
            // It ended by itself meanwhile: the next look sees that.
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            aborted => aborted?,
        }
        self.options.wait_back("the commissioning to stop", ABORT_LIMIT)
    }

    async fn plan(&self, ctx: &WorkflowContext) -> Result<StepPlan> {
        let now = ctx.commissioner()?.state().await?;
        check_state(ctx, &now)?;
        bmc::check(ctx).await?;
        Ok(StepPlan::Changes {
            changes: vec![format!("commissions the machine, which is now {}, and keeps it on", now.message)],
        })
    }
}

impl CommissionServer {
    async fn begin(&self, ctx: &WorkflowContext, now: &CommissionReading) -> Result<StepOutcome> {
        if is_going_on(&now.state) || now.state == CommissionState::Changing {
            return self.options.wait("what somebody else does with the machine to end");
        }
        if now.state == CommissionState::Rescue && rescue::is_leftover(ctx)? {
            ctx.report_sub_task("taking the machine out of the rescue mode that an earlier run left it in");
            rescue::leave(ctx, "leftover").await?;
            return self.options.wait("the machine to leave rescue mode");
        }
        check_state(ctx, now)?;
        ctx.report_sub_task("checking the BMC's network");
        if let Some(at) = bmc::check(ctx).await? {
            // The service commands power through it.
            bmc::known_at(ctx, at).await?;
        }
        ctx.report_sub_task(format!("commissioning the machine, which is {}", now.message));
        ctx.once(intent("before", ctx.attempt()), std::future::ready(Ok(now.run.clone()))).await?;
        let options = CommissionOptions { keep_reachable: KeepReachable::Yes, skip_tests: false };
        ctx.once(intent("commission", ctx.attempt()), ctx.commissioner()?.commission(options)).await?;
        self.waiting()
    }

    async fn follow(
        &self,
        ctx: &WorkflowContext,
        run: &CommissionRun,
        now: &CommissionReading,
    ) -> Result<StepOutcome> {
        let machine = &ctx.machine()?.id;
        if let Some(other) = now.run.as_ref().filter(|other| *other != run) {
            let message = format!("commissioning {} of machine {machine} was replaced by {}", run.0, other.0);
            return Err(Error::new(ErrorKind::Conflict, message)
                .with_remedy("find out who commissions the machine too; then submit it again"));
        }
        if now.state == CommissionState::Ready && now.run.is_some() {
            return self.commissioned(ctx, run).await;
        }
        if is_going_on(&now.state) || now.state == CommissionState::Changing {
            ctx.progress(now.progress.unwrap_or_default());
            return self.waiting();
        }
        let message = format!("commissioning {} of machine {machine} ended: {}", run.0, now.message);
        Err(Error::new(ErrorKind::Refused, message)
            .transient()
            .with_remedy("read the commissioning's log in the service, and the machine's console"))
    }

    fn waiting(&self) -> Result<StepOutcome> {
        self.options.wait("the commissioning to end")
    }

    async fn commissioned(&self, ctx: &WorkflowContext, run: &CommissionRun) -> Result<StepOutcome> {
        ctx.report_sub_task("reading what the service found in the machine");
        let hardware = ctx.commissioner()?.hardware().await?;
        let request: ProvisioningRequest = ctx.params()?;
        let profile = self.profiles.get(&request.device_type)?;
        check_vendor(&profile.vendor, &hardware)?;
        if ctx.machine()?.device_type.is_none() {
            let device_type = request.device_type;
            ctx.machine_changed(MachineChange::DeviceType { device_type }).await?;
        }
        learn(ctx, &hardware).await?;
        StepOutcome::done(Commissioned { run: run.clone(), hardware })
    }
}

/// Returns the commissioning to follow: this attempt's, or an earlier one's that has not failed.
async fn ours(ctx: &WorkflowContext, now: &CommissionReading) -> Result<Option<CommissionRun>> {
    if let Some(run) = ctx.result_of(intent("commission", ctx.attempt())).await? {
        return Ok(Some(run));
    }
    let hopeful = is_going_on(&now.state) || now.state == CommissionState::Ready;
    Ok(newest::<CommissionRun>(ctx, "commission")
        .await?
        .filter(|run| hopeful && now.run.as_ref() == Some(run)))
}

/// Tells whether the service itself said that it began the newest commissioning for us. One that only appeared may be
/// somebody else's.
async fn is_surely_ours(ctx: &WorkflowContext) -> Result<bool> {
    for attempt in (1..=ctx.runs().max(ctx.attempt())).rev() {
        let known = ctx.effect(intent("commission", attempt)).await?;
        if let Some(end) = known.filter(|known| known.value.is_some()).and_then(|known| known.end) {
            return Ok(end.by == ClosedBy::Call);
        }
    }
    Ok(false)
}

fn is_going_on(state: &CommissionState) -> bool {
    matches!(state, CommissionState::Commissioning | CommissionState::Testing)
}

/// Refuses a machine that is somebody's.
fn check_state(ctx: &WorkflowContext, now: &CommissionReading) -> Result<()> {
    let remedy = match &now.state {
        CommissionState::Deployed | CommissionState::Allocated => {
            "release it first, if nobody needs what runs on it"
        }
        CommissionState::Broken => "mark it fixed first: a person marked it broken",
        CommissionState::Rescue | CommissionState::RescueFailed => {
            "let it leave rescue mode first: somebody may work on it"
        }
        CommissionState::Other(_) => "bring it to a state from which it can be commissioned",
        _ => return Ok(()),
    };
    let message = format!("machine {} is not commissioned: it is {}", ctx.machine()?.id, now.message);
    Err(Error::new(ErrorKind::Conflict, message).with_remedy(remedy))
}

/// A template for another vendor's BIOS must not come near the machine.
fn check_vendor(expected: &str, hardware: &HardwareSummary) -> Result<()> {
    let Some(found) = hardware.vendor.as_ref().filter(|found| !found.trim().is_empty()) else {
        return Ok(());
    };
    let (expected_lower, found_lower) = (expected.to_lowercase(), found.to_lowercase());
    if found_lower.contains(&expected_lower) || expected_lower.contains(&found_lower) {
        return Ok(());
    }
    let message = format!("the device profile is for {expected}, and the machine is made by {found}");
    Err(Error::new(ErrorKind::Mismatch, message).with_remedy("submit it with the machine's own device type"))
}

/// Tells the directory what the service found, where that is news.
async fn learn(ctx: &WorkflowContext, hardware: &HardwareSummary) -> Result<()> {
    let found = serde_json::to_value(hardware)
        .map_err(|cause| Error::internal("writing the hardware as JSON").with_source(cause))?;
    let Value::Object(found) = found else { return Ok(()) };
    for (name, value) in found {
        if ctx.machine()?.facts.get(&name).is_none_or(|fact| fact.value != value) {
            let source = "commissioner".to_owned();
            ctx.machine_changed(MachineChange::Fact { name, value, source }).await?;
        }
    }
    Ok(())
}
