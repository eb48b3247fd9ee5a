//! The step of one wave: starts its children, waits until they ended, and lets them soak.

use super::decide::{self, Counts, Next};
use super::definition::BatchOptions;
use super::items::named;
use super::order::SOAK_MAX_S;
use super::report::{FailedMachine, NAMED_MAX, WaveReport};
use super::request::WhenStopped;
use super::tally::{Known, OPEN, each_child, key};
use super::turn::{Turn, Turns};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{StepName, WorkflowId};
use crate::record::{Policy, Resume, RunState, Seq, SubState, UndoOf};
use crate::time::Timestamp;
use crate::workflow::{StepOutcome, StepPlan, UndoOutcome, WorkflowContext, WorkflowStep};
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// No wave waits longer for its children. They have limits of their own, and the batch may have one.
const WAVE_MAX: Duration = Duration::from_secs(90 * 24 * 3600);
/// How long a wave may soak after that.
const SOAK_MAX: Duration = Duration::from_secs(SOAK_MAX_S);
/// How long one look may take: it may start a thousand children.
const LOOK_MAX: Duration = Duration::from_secs(600);

#[derive(Debug)]
pub(super) struct RunWave {
    pub(super) number: usize,
    pub(super) options: Arc<BatchOptions>,
    pub(super) turns: Arc<Turns>,
}

#[async_trait]
impl WorkflowStep for RunWave {
    fn name(&self) -> StepName {
        StepName::new(format!("wave-{}", self.number)).expect("letters and digits are a name")
    }

    fn title(&self) -> String {
        format!("wave {}", self.number)
    }

    fn resume(&self) -> Resume {
        Resume::Rerun
    }

    fn policy(&self) -> Policy {
        Policy { timeout: LOOK_MAX, deadline: Some(WAVE_MAX + SOAK_MAX), attempts: 5, ..Policy::default() }
    }

    async fn run(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        let Some(mut turn) = self.turn(ctx).await? else {
            return StepOutcome::skipped("the batch has no such wave");
        };
        let outcome = if turn.begin_round(ctx).await? {
            turn.go_on(ctx, &self.options).await
        } else {
            Err(turn.stopped(ctx))
        };
        if let Ok(StepOutcome::Wait(_)) = outcome {
            self.turns.keep(ctx.workflow(), ctx.epoch(), turn);
        }
        outcome
    }

    async fn undo(&self, ctx: &WorkflowContext, _of: UndoOf) -> Result<UndoOutcome> {
        let mut open = Vec::new();
        each_child(ctx, &OPEN, |row| open.push(row)).await?;
        if open.is_empty() {
            return Ok(UndoOutcome::Undone);
        }
        let asked = |row: &crate::record::WorkflowSummary| {
            matches!(row.sub_state, Some(SubState::Cancelling | SubState::Undoing))
        };
        for row in open.iter().filter(|row| !asked(row)) {
            ctx.cancel_child(row.id, "its batch goes back").await?;
        }
        UndoOutcome::wait("the children to be cancelled", self.options.poll, WAVE_MAX)
    }

    async fn plan(&self, ctx: &WorkflowContext) -> Result<StepPlan> {
        let request: super::BatchRequest = ctx.params()?;
        let Some(wave) = super::order::waves(&request).into_iter().nth(self.number - 1) else {
            return Ok(StepPlan::Nothing { why: "the batch has no such wave".to_owned() });
        };
        let names = named(wave.places.iter().map(|place| &request.machines[*place].name), ", ");
        Ok(StepPlan::Changes { changes: vec![format!("{} on {names}", request.workflow)] })
    }
}

impl RunWave {
    /// Goes on from what was known, or reads everything.
    async fn turn(&self, ctx: &WorkflowContext) -> Result<Option<Turn>> {
        let known = self.turns.take(ctx.workflow(), ctx.epoch());
        let Some(mut turn) = known.filter(|turn| turn.number == self.number) else {
            return Turn::read(ctx, self.number).await;
        };
        turn.tally.read_again(ctx).await?;
        Ok(Some(turn))
    }
}

impl Turn {
    /// Finds out which round it is: each stop ends one, and a person's retry of the batch begins the next. Returns
    /// whether this one may go on: a stop that was recorded in this very attempt only has to be told.
    async fn begin_round(&mut self, ctx: &WorkflowContext) -> Result<bool> {
        self.round.number = 1;
        while let Some(attempt) = ctx.result_of::<u32>(self.recorded("stopped")).await? {
            if attempt >= ctx.runs() {
                return Ok(false);
            }
            self.round.number += 1;
        }
        if self.round.number > 1 {
            let halted: HashMap<WorkflowId, Seq> = self.tally.halted();
            self.round.halted = ctx.once(self.recorded("halted"), async { Ok(halted) }).await?;
        }
        Ok(true)
    }

    fn recorded(&self, what: &str) -> String {
        format!("{what}-{}", self.round.number)
    }

    async fn go_on(&mut self, ctx: &WorkflowContext, options: &BatchOptions) -> Result<StepOutcome> {
        if ctx.now() >= self.held_again_at {
            self.tally.forget_held();
            self.held_again_at = ctx.now() + options.poll;
        }
        loop {
            let counts = self.tally.counts(ctx, &self.round);
            let stopping = self.is_stopping(ctx, &counts).await?;
            let at_work = counts.active + self.tally.active_elsewhere;
            let places = (self.request.concurrency as usize).saturating_sub(at_work);
            match decide::next(&counts, places, stopping) {
                Next::Start(places) => {
                    if !self.start(ctx, places).await? {
                        return self.wait(ctx, options, &counts, stopping);
                    }
                }
                Next::Wait => return self.wait(ctx, options, &counts, stopping),
                Next::Stop => return self.stop(ctx).await,
                Next::Done => return self.soak(ctx).await,
            }
        }
    }

    /// Tells whether nothing more is started. Once it is so, it stays so until a person decides.
    async fn is_stopping(&self, ctx: &WorkflowContext, counts: &Counts) -> Result<bool> {
        let known = ctx.result_of::<()>(self.recorded("stopping")).await?.is_some();
        if !known && !counts.is_too_bad(self.request.stop_at) && !self.is_held_too_long(ctx, counts).await? {
            return Ok(false);
        }
        ctx.once(self.recorded("stopping"), async { Ok(()) }).await?;
        if self.request.when_stopped == WhenStopped::Cancel {
            for known in &self.tally.known {
                if let Known::Active(id) = known {
                    ctx.cancel_child(*id, "its batch stopped at too many failures").await?;
                }
            }
        }
        Ok(true)
    }

    /// The time counts from when nothing but held machines was left to start or to wait for.
    async fn is_held_too_long(&self, ctx: &WorkflowContext, counts: &Counts) -> Result<bool> {
        if counts.held == 0 || !counts.is_idle() {
            return Ok(false);
        }
        let now = ctx.now();
        let since: Timestamp = ctx.once(self.recorded("held"), async { Ok(now) }).await?;
        Ok(now >= since + Duration::from_secs(self.request.held_limit_s))
    }

    /// Starts children, or lets halted ones try again. Returns whether the store takes more.
    async fn start(&mut self, ctx: &WorkflowContext, mut places: usize) -> Result<bool> {
        for place in 0..self.tally.machines.len() {
            if places == 0 {
                break;
            }
            if !self.tally.is_to_start(ctx, &self.round, place) {
                continue;
            }
            ctx.checkpoint()?;
            self.tally.known[place] = match self.start_one(ctx, place).await {
                Ok(id) => {
                    places -= 1;
                    Known::Active(id)
                }
                Err(error) if error.kind() == ErrorKind::Conflict => Known::Held(error.to_string()),
                Err(error) if error.kind() == ErrorKind::Busy => return Ok(false),
                Err(error) => return Err(error),
            };
        }
        Ok(true)
    }

    async fn start_one(&self, ctx: &WorkflowContext, place: usize) -> Result<WorkflowId> {
        let machine = &self.tally.machines[place];
        if let Known::Halted(id, ..) = self.tally.known[place] {
            return match ctx.retry_child(id, "its batch is tried again").await {
                // Somebody else decided about it meanwhile.
                Err(error) if error.kind() == ErrorKind::Conflict => Ok(id),
                retried => retried.map(|()| id),
            };
        }
        let listed = &self.request.machines[self.places[place]];
        let submission = self.request.child(listed, Some(machine));
        ctx.start_child(key(machine, self.round.number), submission).await
    }

    /// The reason stays the same, since a step may wait for few different things; what changes is a sub-task.
    fn wait(
        &self,
        ctx: &WorkflowContext,
        options: &BatchOptions,
        counts: &Counts,
        stopping: bool,
    ) -> Result<StepOutcome> {
        let number = self.number;
        if counts.is_idle() && counts.held > 0 {
            ctx.report_sub_task(format!("other workflows hold {}", named(self.tally.held(), ", ")));
        } else if counts.halted > 0 {
            ctx.report_sub_task("some machines are halted and wait for a person");
        } else {
            ctx.report_sub_task("machines are at work");
        }
        let reason = if stopping {
            format!("what still runs of wave {number}, which stops")
        } else {
            format!("the machines of wave {number}")
        };
        StepOutcome::wait(reason, options.poll, WAVE_MAX)
    }

    /// Halts the batch, by failing for good.
    async fn stop(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        ctx.record("wave_stopped", self.report(ctx)).await?;
        let attempt = ctx.runs();
        ctx.once(self.recorded("stopped"), async { Ok(attempt) }).await?;
        Err(self.stopped(ctx))
    }

    fn stopped(&self, ctx: &WorkflowContext) -> Error {
        let WaveReport { wave, machines, completed, failed, halted, failed_machines, .. } = self.report(ctx);
        let which = named(&failed_machines, "; ");
        let what = format!(
            "wave {wave} stopped: of {machines} machines {completed} completed, {failed} failed and {halted} are \
             halted: {which}"
        );
        Error::new(ErrorKind::Mismatch, what).permanent().with_remedy(
            "retry to run again what did not complete, skip to go on with the next wave, cancel to end the batch \
             and its children",
        )
    }

    async fn soak(&self, ctx: &WorkflowContext) -> Result<StepOutcome> {
        ctx.report_sub_task("every machine has ended");
        let now = ctx.now();
        if self.soak_s > 0 {
            let since: Timestamp = ctx.once(self.recorded("soak"), async { Ok(now) }).await?;
            let until = since + Duration::from_secs(self.soak_s);
            if now < until {
                let left = until.since(now);
                return StepOutcome::wait(format!("wave {} to soak", self.number), left, left * 2);
            }
        }
        StepOutcome::done(self.report(ctx))
    }

    fn report(&self, ctx: &WorkflowContext) -> WaveReport {
        let counts = self.tally.counts(ctx, &self.round);
        let known = self.tally.machines.iter().zip(&self.tally.known);
        let failed = known.filter_map(|(machine, known)| match known {
            Known::Ended(id, RunState::Failed, error) | Known::Halted(id, _, error) => {
                Some(FailedMachine::new(machine, Some(*id), error.as_deref()))
            }
            Known::Held(why) => Some(FailedMachine::new(machine, None, Some(why))),
            _ => None,
        });
        WaveReport {
            wave: self.number,
            machines: self.tally.machines.len(),
            completed: counts.completed,
            failed: counts.failed,
            cancelled: counts.cancelled,
            halted: counts.halted,
            not_started: counts.to_start + counts.held,
            failed_machines: failed.take(NAMED_MAX).collect(),
        }
    }
}
