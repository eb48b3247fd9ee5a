//! A step that does what its plan says.

use crate::case::{End, Op, Outcome, Rule, StepPlan, UndoEnd, Undoing};
use crate::world::{Job, Place, Truth, World, nap};
use async_trait::async_trait;
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::id::{IntentName, PermitName, SignalName, StepName, WorkflowId};
use hwautomation_core::machine::Machine;
use hwautomation_core::record::{Backoff, Policy, Resume, UndoOf};
use hwautomation_core::workflow::{
    Permit, Probed, ProbedIntent, StepOutcome, StepOutput, UndoOutcome, WorkflowContext, WorkflowStep,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// What a probe waits at most, and how often it looks.
pub(crate) const PROBE_LIMIT: u64 = 60;
const PROBE_POLL: Duration = Duration::from_secs(2);
/// A step that waits for a signal looks so seldom that only the signal wakes it in time.
const SELDOM: Duration = Duration::from_secs(1000);

#[derive(Debug)]
pub(crate) struct Scripted {
    pub(crate) name: StepName,
    pub(crate) plan: StepPlan,
    pub(crate) world: Arc<World>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Number(u32);

impl StepOutput for Number {
    const NAME: &'static str = "number";
}

pub(crate) fn signal_name(signal: u8) -> SignalName {
    SignalName::new(format!("signal-{signal}")).unwrap()
}

impl Scripted {
    fn place(&self, ctx: &WorkflowContext) -> Place {
        let key = ctx.idempotency_key();
        let (id, _) = key.split_once('/').unwrap();
        (id.parse::<WorkflowId>().unwrap(), self.name.clone())
    }

    async fn effect(&self, ctx: &WorkflowContext, name: &str, outcome: Outcome, takes: u64) -> Result<u64> {
        let (place, intent) = (self.place(ctx), IntentName::new(name).unwrap());
        ctx.once(name, self.world.send(ctx.clone(), place, intent, outcome, takes)).await
    }

    async fn op(&self, ctx: &WorkflowContext, op: Op) -> Result<()> {
        match op {
            Op::Effect { name, outcome, takes } => {
                self.effect(ctx, &format!("effect-{name}"), outcome, takes).await.map(|_| ())
            }
            Op::Record => ctx.record("seen", 1).await,
            Op::SubTask => {
                ctx.report_sub_task("working");
                Ok(())
            }
            Op::Guard { limit } => {
                ctx.uninterruptible(Duration::from_secs(limit)).await?;
                nap(limit / 2).await;
                Ok(())
            }
            Op::Unguard => ctx.interruptible().await,
            Op::Take { seconds } => {
                nap(seconds).await;
                Ok(())
            }
            Op::Checkpoint => ctx.checkpoint(),
        }
    }

    async fn end(&self, ctx: &WorkflowContext, end: End) -> Result<StepOutcome> {
        match end {
            End::Done => StepOutcome::finished(),
            End::DoneWithOutput => StepOutcome::done(Number(ctx.attempt())),
            End::Skip => StepOutcome::skipped("nothing to do"),
            End::Wait { reason, poll, limit } => StepOutcome::wait(
                format!("reason {reason}"),
                Duration::from_secs(poll),
                Duration::from_secs(limit),
            ),
            End::Await { signal, limit } => match ctx.signal::<u8>(&signal_name(signal)).await? {
                Some(_) => StepOutcome::finished(),
                None => {
                    self.world.again(&self.place(ctx));
                    StepOutcome::wait(format!("signal {signal}"), SELDOM, Duration::from_secs(limit))
                }
            },
            End::FailForNow => Err(Error::new(ErrorKind::Unreachable, "nobody answers")),
            End::FailForGood => Err(Error::new(ErrorKind::Refused, "no")),
            End::FailUnknown => Err(Error::new(ErrorKind::Timeout, "who knows").unknown_outcome()),
            End::Panic => panic!("a bug in a step"),
            End::Hang => std::future::pending().await,
        }
    }

    async fn perform(&self, ctx: &WorkflowContext, number: usize) -> Result<StepOutcome> {
        let Some(call) = self.plan.calls.get(number) else { return StepOutcome::finished() };
        for op in &call.ops {
            self.op(ctx, *op).await?;
        }
        self.end(ctx, call.end).await
    }

    async fn perform_undo(&self, ctx: &WorkflowContext, number: usize) -> Result<UndoOutcome> {
        let Some(Undoing { effect, end }) = self.plan.undo.get(number) else {
            return Ok(UndoOutcome::Undone);
        };
        if let Some((outcome, takes)) = effect {
            self.effect(ctx, "undo", *outcome, *takes).await?;
        }
        match *end {
            UndoEnd::Undone => Ok(UndoOutcome::Undone),
            UndoEnd::Nothing => Ok(UndoOutcome::Nothing),
            UndoEnd::Wait { poll, limit } => {
                UndoOutcome::wait("the way back", Duration::from_secs(poll), Duration::from_secs(limit))
            }
            UndoEnd::FailForNow => Err(Error::new(ErrorKind::Unreachable, "nobody answers")),
            UndoEnd::FailForGood => Err(Error::new(ErrorKind::Refused, "no")),
            UndoEnd::Panic => panic!("a bug in a way back"),
            UndoEnd::Hang => std::future::pending().await,
        }
    }

    fn found(&self, ctx: &WorkflowContext, intent: &ProbedIntent) -> Result<Probed> {
        let place = self.place(ctx);
        let Rule::Probe { looks: Some(looks) } = self.plan.rule else {
            return Ok(Probed::unknown("nobody can tell"));
        };
        let early = || Probed::wait("it to show", PROBE_POLL, Duration::from_secs(PROBE_LIMIT));
        if self.world.look(&place, &intent.name) <= looks {
            return early();
        }
        match self.world.truth(&place, intent, ctx.now()) {
            Truth::Happened => Probed::happened(7),
            Truth::OnItsWay => early(),
            Truth::DidNotHappen => Ok(Probed::DidNotHappen),
        }
    }
}

#[async_trait]
impl WorkflowStep for Scripted {
    fn name(&self) -> StepName {
        self.name.clone()
    }

    fn resume(&self) -> Resume {
        match self.plan.rule {
            Rule::Rerun => Resume::Rerun,
            Rule::Halt => Resume::Halt,
            Rule::Probe { .. } => Resume::Probe,
        }
    }

    fn policy(&self) -> Policy {
        let second = Duration::from_secs;
        Policy {
            timeout: second(self.plan.timeout),
            deadline: Some(second(self.plan.deadline)),
            attempts: self.plan.attempts,
            backoff: Backoff { first: second(self.plan.backoff), max: second(4 * self.plan.backoff) },
            ..Policy::default()
        }
    }

    fn permits(&self, _: Option<&Machine>) -> Vec<Permit> {
        let name = PermitName::from_static("service");
        self.plan.permit.map(|hold| Permit { name, hold }).into_iter().collect()
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        let (called, number) = self.world.called(ctx, self.place(ctx), Job::Run);
        let outcome = self.perform(ctx, number).await;
        called.returns();
        outcome
    }

    async fn probe(&self, ctx: &WorkflowContext, intent: &ProbedIntent) -> Result<Probed> {
        let (called, _) = self.world.called(ctx, self.place(ctx), Job::Probe);
        called.returns();
        self.found(ctx, intent)
    }

    async fn undo(&self, ctx: &WorkflowContext, _of: UndoOf) -> Result<UndoOutcome> {
        let (called, number) = self.world.called(ctx, self.place(ctx), Job::Undo);
        let outcome = self.perform_undo(ctx, number).await;
        called.returns();
        outcome
    }
}
