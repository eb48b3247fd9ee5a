//! One try at bringing the changes into force. After one that did not take, a person's retry begins the next: staged
//! again, booted again, read again.

use super::super::PulledBios;
use super::super::modify::check_foreign;
use super::super::rescue::{self, Stage};
use super::super::tries::{intent, newest};
use super::read_back;
use crate::bios::{Changes, Settings};
use crate::error::{Error, ErrorKind, Result};
use crate::plugin::{CommissionState, Pending};
use crate::workflow::WorkflowContext;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Round(u32);

impl Round {
    /// Returns the round that is under way.
    pub(super) async fn of(ctx: &WorkflowContext) -> Result<Self> {
        let mut round = 1;
        while ctx.result_of::<()>(intent("mismatch", round)).await?.is_some() {
            round += 1;
        }
        Ok(Self(round))
    }

    fn reboot(self) -> String {
        intent("reboot", self.0)
    }

    /// Returns the name of the newest reboot that was asked for, in this round or before.
    pub(super) async fn newest_reboot(self, ctx: &WorkflowContext) -> Result<Option<String>> {
        for round in (1..=self.0).rev().map(Self) {
            if newest::<()>(ctx, &round.reboot()).await?.is_some() {
                return Ok(Some(round.reboot()));
            }
        }
        Ok(None)
    }

    /// Stages the changes, where the machine can be reached: in the first round as it was commissioned, later in
    /// the rescue mode of the round before.
    pub(super) async fn stage(self, ctx: &WorkflowContext, changes: &Changes) -> Result<Stage> {
        let name = intent("stage", self.0);
        if ctx.result_of::<()>(name.clone()).await?.is_some() {
            return Ok(Stage::There);
        }
        if self.0 == 1 {
            check_ready(ctx).await?;
        } else if let waiting @ Stage::Waiting(_) = rescue::enter(ctx, &Self(self.0 - 1).reboot()).await? {
            return Ok(waiting);
        }
        check_still_ours(ctx, changes).await?;
        ctx.report_sub_task(format!("staging {} BIOS changes", changes.len()));
        ctx.once(name, ctx.bios()?.stage(changes.clone())).await?;
        Ok(Stage::There)
    }

    /// Boots into what was staged.
    pub(super) async fn boot(self, ctx: &WorkflowContext) -> Result<Stage> {
        let never_left = self.0 > 1 && newest::<()>(ctx, &self.reboot()).await?.is_none();
        if never_left && let waiting @ Stage::Waiting(_) = rescue::leave(ctx, &intent("out", self.0)).await? {
            return Ok(waiting);
        }
        rescue::enter(ctx, &self.reboot()).await
    }

    /// Reads back, and remembers when something did not take.
    pub(super) async fn read_back(self, ctx: &WorkflowContext, changes: &Changes) -> Result<Settings> {
        let read = read_back(ctx, changes).await;
        if read.as_ref().is_err_and(|error| error.kind() == ErrorKind::Mismatch) {
            ctx.once(intent("mismatch", self.0), std::future::ready(Ok(()))).await?;
        }
        read
    }
}

/// What was read in step 3 may be a day old when a person retries. A tool that could not say what waits cannot now,
/// and a reading takes it a minute.
async fn check_still_ours(ctx: &WorkflowContext, changes: &Changes) -> Result<()> {
    let PulledBios { reading } = ctx.output().await?;
    if reading.pending == Pending::Unknown {
        return Ok(());
    }
    let reading = ctx.bios()?.read().await?;
    let Pending::Staged(staged) = &reading.pending else { return Ok(()) };
    check_foreign(&reading.in_force, staged, changes)
}

/// Rescue mode is the reboot: a machine that is in it already would not boot.
async fn check_ready(ctx: &WorkflowContext) -> Result<()> {
    let now = ctx.commissioner()?.state().await?;
    if now.state == CommissionState::Ready {
        return Ok(());
    }
    let message = format!("no BIOS change is staged on {}: it is {}", ctx.machine()?.id, now.message);
    Err(Error::new(ErrorKind::Conflict, message)
        .with_remedy("find out who took the machine, and submit it again when it is ready"))
}
