//! A step that turns a machine on, as a careful author writes it.

use hwautomation_core::error::Result;
use hwautomation_core::id::StepName;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{PowerAction, PowerState};
use hwautomation_core::record::{Hold, Resume, UndoOf};
use hwautomation_core::workflow::{
    Permit, Probed, ProbedIntent, StepOutcome, UndoOutcome, WorkflowContext, WorkflowStep,
};
use std::time::Duration;

pub(crate) const POLL: Duration = Duration::from_secs(5);
pub(crate) const LIMIT: Duration = Duration::from_secs(600);

/// Turns on and waits until it is so; turns off again when undone.
#[derive(Debug, Clone)]
pub(crate) struct PowerOn;

pub(crate) async fn power(ctx: &WorkflowContext) -> Result<PowerState> {
    ctx.power()?.state().await
}

#[async_trait::async_trait]
impl WorkflowStep for PowerOn {
    fn name(&self) -> StepName {
        StepName::from_static("power-on")
    }

    fn resume(&self) -> Resume {
        Resume::Probe
    }

    fn permits(&self, machine: Option<&Machine>) -> Vec<Permit> {
        let rack = Permit::step("rack-7").expect("it is a name");
        machine.map(|machine| vec![Permit::bmc(machine, Hold::Call), rack]).unwrap_or_default()
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        if power(ctx).await? == PowerState::On {
            return StepOutcome::finished();
        }
        ctx.report_sub_task("turning on");
        ctx.once("on", ctx.power()?.request(PowerAction::On)).await?;
        StepOutcome::wait("power to come on", POLL, LIMIT)
    }

    async fn probe(&self, ctx: &WorkflowContext, intent: &ProbedIntent) -> Result<Probed> {
        let wanted = if intent.name.as_str() == "on" { PowerState::On } else { PowerState::Off };
        if power(ctx).await? == wanted { Probed::happened(()) } else { not_yet(ctx, intent) }
    }

    async fn undo(&self, ctx: &WorkflowContext, _of: UndoOf) -> Result<UndoOutcome> {
        if power(ctx).await? == PowerState::Off {
            return Ok(UndoOutcome::Undone);
        }
        ctx.once("off", ctx.power()?.request(PowerAction::ForcedOff)).await?;
        UndoOutcome::wait("power to go off", POLL, LIMIT)
    }
}

/// What was accepted may show late: only after a while it counts as not happened.
pub(crate) fn not_yet(ctx: &WorkflowContext, intent: &ProbedIntent) -> Result<Probed> {
    if ctx.now().since(intent.opened_at) < LIMIT / 10 {
        return Probed::wait("power to change", POLL, LIMIT);
    }
    Ok(Probed::DidNotHappen)
}
