//! Stop after every event: the same end, each time.

use hwautomation_core::bios::Changes;
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::id::StepName;
use hwautomation_core::plugin::{CommissionOptions, CommissionState, KeepReachable, PowerAction};
use hwautomation_core::record::{OnFailure, Resume};
use hwautomation_core::testing::campaign::{FakeWorld, MemoryStores, hinder_everywhere, stop_everywhere};
use hwautomation_core::workflow::{
    Probed, ProbedIntent, StepOutcome, StepOutput, Workflow, WorkflowContext, WorkflowStep,
};
use serde::{Deserialize, Serialize};

#[path = "steps/power_on.rs"]
mod power_on;

use power_on::{LIMIT, POLL, PowerOn, not_yet, power};

#[derive(Serialize, Deserialize)]
struct Commissioned {
    run: String,
}

impl StepOutput for Commissioned {
    const NAME: &'static str = "commissioned";
}

/// Commissions and waits for its own run; a newer run than the one before is ours.
#[derive(Debug, Clone)]
struct Commission;

#[async_trait::async_trait]
impl WorkflowStep for Commission {
    fn name(&self) -> StepName {
        StepName::from_static("commission")
    }

    fn resume(&self) -> Resume {
        Resume::Probe
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        let now = ctx.commissioner()?.state().await?;
        let before: Option<String> = ctx.once("before", async { Ok(now.run.map(|run| run.0)) }).await?;
        let options = CommissionOptions { keep_reachable: KeepReachable::Yes, skip_tests: true };
        let ours = ctx.once("commission", ctx.commissioner()?.commission(options)).await?;
        let now = ctx.commissioner()?.state().await?;
        match now.state {
            CommissionState::Ready if now.run.as_ref() == Some(&ours) && before != Some(ours.0.clone()) => {
                StepOutcome::done(Commissioned { run: ours.0 })
            }
            CommissionState::Failed => Err(Error::new(ErrorKind::Refused, now.message)),
            _ => StepOutcome::wait("commissioning", POLL, LIMIT),
        }
    }

    async fn probe(&self, ctx: &WorkflowContext, intent: &ProbedIntent) -> Result<Probed> {
        let now = ctx.commissioner()?.state().await?.run;
        if intent.name.as_str() == "before" {
            return Ok(Probed::DidNotHappen);
        }
        let before = ctx.result_of::<Option<String>>("before").await?.flatten();
        match now {
            Some(run) if Some(&run.0) != before.as_ref() => Probed::happened(run),
            _ => Ok(Probed::DidNotHappen),
        }
    }
}

/// Stages a BIOS setting, resets, reads back.
#[derive(Debug, Clone)]
struct Bios {
    fails: bool,
}

#[async_trait::async_trait]
impl WorkflowStep for Bios {
    fn name(&self) -> StepName {
        StepName::from_static("bios")
    }

    fn resume(&self) -> Resume {
        Resume::Probe
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        let wanted = wanted();
        ctx.once("stage", ctx.bios()?.stage(wanted.clone())).await?;
        power(ctx).await?;
        ctx.once("cycle", ctx.power()?.request(PowerAction::Cycle)).await?;
        let left = wanted.not_in_force(&ctx.bios()?.read().await?.in_force);
        if !left.is_empty() {
            power(ctx).await?;
            return StepOutcome::wait("the settings to be in force", POLL, LIMIT);
        }
        if self.fails { Err(Error::invalid("told to fail")) } else { StepOutcome::finished() }
    }

    async fn probe(&self, ctx: &WorkflowContext, intent: &ProbedIntent) -> Result<Probed> {
        let reading = ctx.bios()?.read().await?;
        let in_force = wanted().not_in_force(&reading.in_force).is_empty();
        let pending = match reading.pending {
            hwautomation_core::plugin::Pending::Staged(staged) => wanted().not_in_force(&staged).is_empty(),
            _ => false,
        };
        match intent.name.as_str() {
            "stage" if in_force || pending => Probed::happened(()),
            "cycle" if in_force => Probed::happened(()),
            "cycle" => {
                power(ctx).await?;
                not_yet(ctx, intent)
            }
            _ => Ok(Probed::DidNotHappen),
        }
    }
}

fn wanted() -> Changes {
    let current = [("BootMode", "Legacy")];
    let settings = |pairs: &[(&'static str, &'static str)]| {
        pairs
            .iter()
            .map(|(name, value)| (hwautomation_core::id::SettingName::from_static(name), (*value).into()))
            .collect()
    };
    Changes::diff(&settings(&current), &settings(&[("BootMode", "UEFI")]))
}

fn good() -> FakeWorld {
    slow(Workflow::new("good").step(Commission).step(PowerOn).step(Bios { fails: false }))
}

fn undone() -> FakeWorld {
    let workflow = Workflow::new("undone").step(PowerOn).step(Bios { fails: true });
    slow(workflow.on_failure(OnFailure::Undo))
}

/// What was accepted shows two readings later.
fn slow(workflow: Workflow) -> FakeWorld {
    let world = FakeWorld::new(workflow);
    world.rack().set_power_delay(2);
    world
}

#[tokio::test(start_paused = true)]
async fn stopped_anywhere_a_workflow_comes_to_the_same_end() {
    let report = stop_everywhere(good, &MemoryStores::new()).await.unwrap_or_else(|why| panic!("{why}"));
    assert!(report.stops >= 48, "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn stopped_anywhere_on_the_way_back_too() {
    let report = stop_everywhere(undone, &MemoryStores::new()).await.unwrap_or_else(|why| panic!("{why}"));
    assert!(report.stops >= 40, "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn each_step_or_undo_failing_once_and_each_wait_woken_early_changes_no_end() {
    let (stores, told) = (MemoryStores::new(), |why: String| -> _ { panic!("{why}") });
    let there = hinder_everywhere(good, &stores).await.unwrap_or_else(told);
    assert!(there.runs == 6 && there.wakes >= 3, "{there:?}");
    let back = hinder_everywhere(undone, &stores).await.unwrap_or_else(told);
    assert!(back.undos == 4, "{back:?}");
}

/// Says that its command is harmless when sent twice, which is not so.
#[derive(Debug, Clone)]
struct Careless;

#[async_trait::async_trait]
impl WorkflowStep for Careless {
    fn name(&self) -> StepName {
        StepName::from_static("careless")
    }

    fn resume(&self) -> Resume {
        Resume::Rerun
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        power(ctx).await?;
        ctx.once("on", ctx.power()?.request(PowerAction::On)).await?;
        StepOutcome::finished()
    }
}

#[tokio::test(start_paused = true)]
async fn the_campaign_finds_a_command_that_is_sent_twice() {
    let careless = || FakeWorld::new(Workflow::new("careless").step(Careless));
    let why = stop_everywhere(careless, &MemoryStores::new()).await.unwrap_err();
    assert!(why.contains("power on") && why.contains("stopped at"), "{why}");
}

/// Forgets with each attempt what it did in the one before.
#[derive(Debug, Clone)]
struct Forgetful;

#[async_trait::async_trait]
impl WorkflowStep for Forgetful {
    fn name(&self) -> StepName {
        StepName::from_static("forgetful")
    }

    fn resume(&self) -> Resume {
        Resume::Rerun
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        power(ctx).await?;
        ctx.once(format!("on-{}", ctx.attempt()), ctx.power()?.request(PowerAction::On)).await?;
        StepOutcome::finished()
    }
}

#[tokio::test(start_paused = true)]
async fn the_campaign_finds_a_step_that_acts_anew_with_each_attempt() {
    let forgetful = || FakeWorld::new(Workflow::new("forgetful").step(Forgetful));
    let why = hinder_everywhere(forgetful, &MemoryStores::new()).await.unwrap_err();
    assert!(why.contains("After") && why.contains("power on"), "{why}");
}
