//! Clauses about positions, and about clearing the event log.

use super::page::{last_position, truth_of, whole_log};
use super::{HealthFixture, MANY, log_some};
use crate::error::ErrorKind;
use crate::testing::conformance::check::{done, refused, require, same};

/// Checks that nothing goes by a position whose entry was erased, in an empty log and in one that filled anew.
pub async fn a_position_that_is_gone_is_a_conflict(fixture: &dyn HealthFixture) -> Result<(), String> {
    let (plugin, machine) = (fixture.plugin(), fixture.machine());
    fixture.erase_events().await;
    log_some(fixture, 3).await;
    let gone = last_position(fixture).await?;
    fixture.erase_events().await;
    for refilled in [0, 3, 1] {
        log_some(fixture, refilled).await;
        let read = plugin.events(&machine, Some(&gone), MANY).await;
        refused("events after a position that is gone", ErrorKind::Conflict, read)?;
        let before = fixture.true_events().await;
        let cleared = plugin.clear_events(&machine, &gone).await;
        refused("clear_events up to a position that is gone", ErrorKind::Conflict, cleared)?;
        same("the log", &fixture.true_events().await, &before)?;
    }
    Ok(())
}

/// Checks that nothing is left of what was seen, in truth and for the reader, and that the log goes on.
pub async fn clearing_erases_what_was_seen(fixture: &dyn HealthFixture) -> Result<(), String> {
    log_some(fixture, 3).await;
    let (seen, old) = (last_position(fixture).await?, fixture.true_events().await);
    done("clear_events", fixture.plugin().clear_events(&fixture.machine(), &seen).await)?;
    fixture.settle().await;
    let left = fixture.true_events().await;
    require(!left.iter().any(|event| old.contains(event)), || {
        format!("the log after a clearing: expected none of {old:?}, found {left:?}")
    })?;
    fixture.log_event().await;
    let read = whole_log(fixture).await?.iter().map(truth_of).collect();
    same("events after a clearing", read, fixture.true_events().await)
}

/// Checks that an entry which came after the one that was seen keeps the whole log.
pub async fn clearing_spares_what_was_not_seen(fixture: &dyn HealthFixture) -> Result<(), String> {
    log_some(fixture, 2).await;
    let seen = last_position(fixture).await?;
    fixture.log_event().await;
    let before = fixture.true_events().await;
    let cleared = fixture.plugin().clear_events(&fixture.machine(), &seen).await;
    refused("clear_events of more than was seen", ErrorKind::Conflict, cleared)?;
    fixture.settle().await;
    same("the log", &fixture.true_events().await, &before)
}

/// Checks that a device which says Ok and erases nothing is found out.
pub async fn a_log_that_stays_is_a_mismatch(fixture: &dyn HealthFixture) -> Result<(), String> {
    log_some(fixture, 2).await;
    let seen = last_position(fixture).await?;
    fixture.forget_clearings().await;
    let cleared = fixture.plugin().clear_events(&fixture.machine(), &seen).await;
    refused("clear_events on a device that forgets", ErrorKind::Mismatch, cleared).map(drop)
}
