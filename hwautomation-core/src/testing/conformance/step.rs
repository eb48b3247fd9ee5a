//! The clauses of [`WorkflowStep`], each tried at every append and every plugin call.

use super::suite::suite;
use crate::actor::Actor;
use crate::engine::WorkflowManager;
use crate::id::{StepName, WorkflowId};
use crate::record::{OnFailure, Resume, RunState};
use crate::store::WorkflowFilter;
use crate::testing::campaign::everywhere::{Ending, hangs, rest, start, stop_where, submit, told};
use crate::testing::campaign::{FakeWorld, MemoryStores, Side, Stop, Stores, World};
use crate::testing::fake::FakeRack;
use crate::workflow::{StepOutcome, Workflow, WorkflowContext, WorkflowStep};
use async_trait::async_trait;
use serde_json::Value;
use std::sync::Arc;

/// Lends the suite worlds in which a workflow has just the step under test.
pub trait StepFixture: Send + Sync {
    /// Returns a new world. With [`Ends::Badly`] another step comes after the one under test, fails, and the
    /// workflow undoes; see [`FailingStep`].
    fn world(&self, ends: Ends) -> Box<dyn World>;

    /// Tells whether, after undoing, the hardware is as it was.
    fn is_undone(&self, before: &Value, after: &Value) -> bool;
}

/// Says how the workflow goes on after the step under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// It is over.
    Well,
    /// The next step fails, and everything is undone.
    Badly,
}

/// Fails for good, so that the steps before it are undone.
#[derive(Debug, Clone, Copy)]
pub struct FailingStep;

#[async_trait]
impl WorkflowStep for FailingStep {
    fn name(&self) -> StepName {
        StepName::from_static("fail")
    }

    fn resume(&self) -> Resume {
        Resume::Rerun
    }

    async fn run(&self, _ctx: &WorkflowContext) -> crate::error::Result<StepOutcome> {
        Err(crate::error::Error::invalid("this step fails so that the others are undone"))
    }
}

/// Tries a step on a rack of fakes.
pub struct FakeStepFixture<S> {
    step: S,
    prepare: fn(&Arc<FakeRack>),
}

impl<S: WorkflowStep + Clone> FakeStepFixture<S> {
    /// Tries this step on a machine that is off and new to the commissioning service.
    #[must_use]
    pub fn new(step: S) -> Self {
        Self { step, prepare: |_| {} }
    }

    /// Prepares each rack before the workflow is submitted.
    #[must_use]
    pub fn prepare(mut self, prepare: fn(&Arc<FakeRack>)) -> Self {
        self.prepare = prepare;
        self
    }
}

impl<S: WorkflowStep + Clone> StepFixture for FakeStepFixture<S> {
    fn world(&self, ends: Ends) -> Box<dyn World> {
        let workflow = Workflow::new("under-test").step(self.step.clone());
        let world = FakeWorld::new(match ends {
            Ends::Well => workflow,
            Ends::Badly => workflow.step(FailingStep).on_failure(OnFailure::Undo),
        });
        (self.prepare)(world.rack());
        Box::new(world)
    }

    /// How often it booted cannot be undone.
    fn is_undone(&self, before: &Value, after: &Value) -> bool {
        let comparable = |truth: &Value| {
            let mut truth = truth.clone();
            truth.as_object_mut().map(|fields| fields.remove("boots"));
            truth
        };
        comparable(before) == comparable(after)
    }
}

suite! { paused $
    /// Makes each clause of the contract of a step a test.
    ///
    /// The argument is an expression of a type that implements
    /// [`StepFixture`](crate::testing::conformance::step::StepFixture), such as `FakeStepFixture::new(MyStep)`.
    /// The tests run under paused time; the calling crate needs tokio with `macros`, `rt` and `test-util`.
    step_conformance, step, StepFixture;
    a_second_run_changes_nothing_more
    a_kill_between_intent_and_result_is_survived
    a_dropped_run_can_be_gone_on_with
    a_cancelled_run_ends_and_is_undone
    undoing_twice_is_as_good_as_once
}

/// Checks that a run whose end was not recorded, and that comes again, leaves the hardware alone.
pub async fn a_second_run_changes_nothing_more(fixture: &dyn StepFixture) -> Result<(), String> {
    let before_an_append = |stop| matches!(stop, Stop::Append(at) if at.side == Side::Before);
    let make = || fixture.world(Ends::Well);
    stop_where(&make, &MemoryStores::new(), completed, before_an_append).await.map(|_| ())
}

/// Checks that a process that dies at any call or after any append changes nothing about the end.
pub async fn a_kill_between_intent_and_result_is_survived(fixture: &dyn StepFixture) -> Result<(), String> {
    let make = || fixture.world(Ends::Well);
    let at_a_call =
        |stop| matches!(stop, Stop::Call(..)) || matches!(stop, Stop::Append(at) if at.side == Side::After);
    stop_where(&make, &MemoryStores::new(), completed, at_a_call).await.map(|_| ())
}

/// Checks that a call that never returns costs an attempt and nothing else.
pub async fn a_dropped_run_can_be_gone_on_with(fixture: &dyn StepFixture) -> Result<(), String> {
    for_each_call(
        fixture,
        |ended, peace, _| {
            if ended == peace { Ok(()) } else { Err(format!("expected {peace:#?}, found {ended:#?}")) }
        },
        Meanwhile::Wait,
    )
    .await
}

/// Checks that a run that is cancelled while any of its calls hangs ends as cancelled, with everything undone.
pub async fn a_cancelled_run_ends_and_is_undone(fixture: &dyn StepFixture) -> Result<(), String> {
    for_each_call(
        fixture,
        |ended, _, before| {
            if ended.state != RunState::Cancelled {
                return Err(format!("expected it to be cancelled, found {ended:#?}"));
            }
            if fixture.is_undone(before, &ended.truth) {
                return Ok(());
            }
            Err(format!("expected the hardware as it was, {before:#}, found {:#}", ended.truth))
        },
        Meanwhile::Cancel,
    )
    .await
}

/// Checks that undoing, interrupted anywhere, leaves the hardware as it was.
pub async fn undoing_twice_is_as_good_as_once(fixture: &dyn StepFixture) -> Result<(), String> {
    let make = || fixture.world(Ends::Badly);
    let before = make().truth();
    let undone = |peace: &Ending| {
        if peace.state == RunState::Failed && fixture.is_undone(&before, &peace.truth) {
            return Ok(());
        }
        Err(format!("expected the hardware as it was, {before:#}, found {peace:#?}"))
    };
    stop_where(&make, &MemoryStores::new(), undone, |_| true).await.map(|_| ())
}

fn completed(peace: &Ending) -> Result<(), String> {
    if peace.state == RunState::Completed {
        return Ok(());
    }
    Err(format!("expected the run in peace to complete, found {peace:#?}"))
}

/// Says what is done while a call hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meanwhile {
    Wait,
    Cancel,
}

/// Lets each call hang once, before and after it takes effect, in a process that lives on.
async fn for_each_call(
    fixture: &dyn StepFixture,
    check: impl Fn(&Ending, &Ending, &Value) -> Result<(), String>,
    meanwhile: Meanwhile,
) -> Result<(), String> {
    let make = || fixture.world(Ends::Well);
    let stores = MemoryStores::new();
    let (peace, report) = stop_where(&make, &stores, completed, |_| false).await?;
    for call in 0..report.calls {
        for side in [Side::Before, Side::After] {
            let world = make();
            let before = world.truth();
            let ended = with_a_hanging_call(&*world, &stores, call, side, meanwhile).await;
            let judged = ended.and_then(|ended| check(&ended, &peace, &before));
            judged.map_err(|why| format!("call {call} hung, {side:?}: {why}"))?;
        }
    }
    Ok(())
}

async fn with_a_hanging_call(
    world: &dyn World,
    stores: &dyn Stores,
    call: u64,
    side: Side,
    meanwhile: Meanwhile,
) -> Result<Ending, String> {
    world.hang(call, side);
    let manager = start(world, stores, stores.fresh().await).await?;
    let id = submit(&manager, world).await?;
    hangs(world).await;
    if meanwhile == Meanwhile::Cancel {
        cancel(&manager, id).await?;
    }
    let ended = rest(&manager, world, id).await?;
    let rows = manager.list(&WorkflowFilter::default(), None, 2).await.map_err(|error| told(&error))?;
    if rows.len() != 1 {
        return Err(format!("expected one workflow, found {rows:?}"));
    }
    manager.shutdown().await;
    Ok(ended)
}

async fn cancel(manager: &WorkflowManager, id: WorkflowId) -> Result<(), String> {
    let actor = Actor::service("conformance");
    manager.cancel(id, "the suite says so", &actor).await.map_err(|error| told(&error))
}
