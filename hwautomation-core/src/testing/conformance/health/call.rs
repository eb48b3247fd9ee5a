//! Clauses about every call: what it leaves alone, and how it fails.

use super::compare::alike;
use super::page::{last_position, page, truth_of, whole_log};
use super::{HealthFixture, MANY, log_some, sensors};
use crate::error::Result as CoreResult;
use crate::testing::conformance::check::{Answers, Checked, advises_and_keeps_secrets, failed, same};
use crate::testing::conformance::device;

/// Checks that host, sensors and log are as before.
pub async fn reading_changes_nothing(fixture: &dyn HealthFixture) -> Result<(), String> {
    log_some(fixture, 2).await;
    let before = (fixture.host().await, fixture.true_sensors().await, fixture.true_events().await);
    sensors(fixture).await?;
    page(fixture, None, 1).await?;
    fixture.settle().await;
    let after = (fixture.host().await, fixture.true_sensors().await, fixture.true_events().await);
    same("host, sensors and log after reading", &after, &before)
}

/// Checks that a silent BMC is an error.
pub async fn silence_is_an_error(fixture: &dyn HealthFixture) -> Result<(), String> {
    log_some(fixture, 1).await;
    let seen = last_position(fixture).await?;
    device::silence(fixture, async || {
        let mut answers = reads(fixture).await;
        answers.push(("clear_events", fixture.plugin().clear_events(&fixture.machine(), &seen).await));
        answers
    })
    .await
}

/// Checks that a clearing without an answer may have happened.
pub async fn a_lost_answer_is_an_unknown_outcome(fixture: &dyn HealthFixture) -> Result<(), String> {
    log_some(fixture, 1).await;
    let seen = last_position(fixture).await?;
    fixture.lose_answers().await;
    let answer = fixture.plugin().clear_events(&fixture.machine(), &seen).await;
    device::unknown_outcome("clear_events", answer)
}

/// Checks that refused credentials are a permanent `Unauthorized` after one try.
pub async fn a_wrong_password_is_unauthorized(fixture: &dyn HealthFixture) -> Result<(), String> {
    device::unauthorized(fixture, async || reads(fixture).await).await
}

/// Checks that calls which were dropped while the device kept silent do not spoil later calls.
pub async fn a_dropped_call_leaves_the_plugin_usable(fixture: &dyn HealthFixture) -> Result<(), String> {
    let (plugin, machine) = (fixture.plugin(), fixture.machine());
    fixture.erase_events().await;
    log_some(fixture, 2).await;
    let seen = last_position(fixture).await?;
    stall_and_drop(fixture, async { plugin.sensors(&machine).await.map(drop) }).await?;
    stall_and_drop(fixture, async { plugin.events(&machine, None, MANY).await.map(drop) }).await?;
    alike(&sensors(fixture).await?, &fixture.true_sensors().await)?;
    same("events after a dropped call", whole_log(fixture).await?.len(), 2)?;
    stall_and_drop(fixture, plugin.clear_events(&machine, &seen)).await?;
    fixture.log_event().await;
    let read = whole_log(fixture).await?.iter().map(truth_of).collect();
    same("events after a dropped clearing", read, fixture.true_events().await)
}

/// Checks the errors of silence, of refused credentials and of a clearing that is refused.
pub async fn errors_have_a_remedy_and_show_no_secret(fixture: &dyn HealthFixture) -> Result<(), String> {
    device::errors(fixture, async || reads(fixture).await).await?;
    fixture.heal().await;
    log_some(fixture, 1).await;
    let seen = last_position(fixture).await?;
    fixture.log_event().await;
    let cleared = fixture.plugin().clear_events(&fixture.machine(), &seen).await;
    let error = failed("clear_events of more than was seen", cleared)?;
    advises_and_keeps_secrets("clear_events", &error, &fixture.secrets())
}

async fn reads(fixture: &dyn HealthFixture) -> Answers {
    let (plugin, machine) = (fixture.plugin(), fixture.machine());
    vec![
        ("sensors", plugin.sensors(&machine).await.map(drop)),
        ("events", plugin.events(&machine, None, MANY).await.map(drop)),
    ]
}

/// Drops a call while it waits for its answer. One that gave up by itself is as good.
async fn stall_and_drop(
    fixture: &dyn HealthFixture,
    call: impl Future<Output = CoreResult<()>>,
) -> Checked {
    fixture.stall_call().await;
    tokio::select! {
        answer = call => drop(failed("a stalled call", answer)?),
        () = fixture.call_stalled() => {}
    }
    fixture.heal().await;
    Ok(())
}
