//! The contract of steps: a careful step keeps it, and each clause finds the careless one.

#[path = "steps/power_on.rs"]
mod power_on;

use hwautomation_core::error::Result;
use hwautomation_core::id::StepName;
use hwautomation_core::plugin::{PowerAction, PowerState};
use hwautomation_core::record::{Resume, UndoOf};
use hwautomation_core::testing::conformance::step::{CLAUSES, FakeStepFixture, check};
use hwautomation_core::workflow::{
    Probed, ProbedIntent, StepOutcome, UndoOutcome, WorkflowContext, WorkflowStep,
};
use power_on::{LIMIT, POLL, PowerOn, not_yet, power};

hwautomation_core::step_conformance!(FakeStepFixture::new(PowerOn).prepare(|rack| rack.set_power_delay(2)));

/// How a step can be careless.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Carelessness {
    /// Names its effect anew in each process.
    NoIntent,
    /// Takes an early reading for "it did not happen".
    HastyProbe,
    /// Claims that everything happened.
    BlindProbe,
    /// Undoes by toggling.
    Toggles,
    /// Undoes nothing.
    NoUndo,
    /// Does nothing more once it was interrupted.
    GivesUp,
}

#[derive(Debug, Clone)]
struct Careless(Carelessness);

#[async_trait::async_trait]
impl WorkflowStep for Careless {
    fn name(&self) -> StepName {
        StepName::from_static("careless")
    }

    fn resume(&self) -> Resume {
        if self.0 == Carelessness::NoIntent { Resume::Rerun } else { Resume::Probe }
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        let gives_up = self.0 == Carelessness::GivesUp && ctx.attempt() > 1;
        if power(ctx).await? == PowerState::On || gives_up {
            return StepOutcome::finished();
        }
        if self.0 == Carelessness::NoIntent {
            // A name that changes with the process is no intent at all.
            let name: &'static str = Box::leak(format!("on-{}", ctx.epoch()).into_boxed_str());
            ctx.once(name, ctx.power()?.request(PowerAction::On)).await?;
        } else {
            ctx.once("on", ctx.power()?.request(PowerAction::On)).await?;
        }
        StepOutcome::wait("power to come on", POLL, LIMIT)
    }

    async fn probe(&self, ctx: &WorkflowContext, intent: &ProbedIntent) -> Result<Probed> {
        let wanted = if intent.name.as_str() == "off" { PowerState::Off } else { PowerState::On };
        match self.0 {
            Carelessness::BlindProbe => Probed::happened(()),
            _ if power(ctx).await? == wanted => Probed::happened(()),
            Carelessness::HastyProbe => Ok(Probed::DidNotHappen),
            _ => not_yet(ctx, intent),
        }
    }

    async fn undo(&self, ctx: &WorkflowContext, _of: UndoOf) -> Result<UndoOutcome> {
        let on = power(ctx).await? == PowerState::On;
        match self.0 {
            Carelessness::NoUndo => return Ok(UndoOutcome::Nothing),
            Carelessness::Toggles => {
                let action = if on { PowerAction::ForcedOff } else { PowerAction::On };
                ctx.once("toggle", ctx.power()?.request(action)).await?;
                return Ok(UndoOutcome::Undone);
            }
            _ if on => ctx.once("off", ctx.power()?.request(PowerAction::ForcedOff)).await?,
            _ => return Ok(UndoOutcome::Undone),
        }
        UndoOutcome::wait("power to go off", POLL, LIMIT)
    }
}

/// Which carelessness each clause must find.
const FOUND_BY: [(&str, Carelessness); 7] = [
    ("a_second_run_changes_nothing_more", Carelessness::HastyProbe),
    ("a_kill_between_intent_and_result_is_survived", Carelessness::NoIntent),
    ("a_kill_between_intent_and_result_is_survived", Carelessness::BlindProbe),
    ("a_dropped_run_can_be_gone_on_with", Carelessness::GivesUp),
    ("a_cancelled_run_ends_and_is_undone", Carelessness::NoUndo),
    ("undoing_twice_is_as_good_as_once", Carelessness::Toggles),
    ("undoing_twice_is_as_good_as_once", Carelessness::NoUndo),
];

#[tokio::test(start_paused = true)]
async fn each_clause_finds_a_careless_step() {
    for (clause, carelessness) in FOUND_BY {
        let fixture = FakeStepFixture::new(Careless(carelessness)).prepare(|rack| rack.set_power_delay(2));
        let found = check(clause, &fixture).await;
        assert!(found.is_err(), "{clause} lets {carelessness:?} pass");
    }
}

#[test]
fn every_clause_is_shown_to_fail() {
    let shown: std::collections::BTreeSet<&str> = FOUND_BY.iter().map(|(clause, _)| *clause).collect();
    assert_eq!(shown, CLAUSES.iter().copied().collect());
}
