//! Clauses about reading the event log.

use super::page::{in_pages_of, page, truth_of, whole_log};
use super::{HealthFixture, MANY, log_some};
use crate::error::ErrorKind;
use crate::testing::conformance::check::{refused, require, same};
use std::collections::BTreeSet;

/// Checks that the log is read in its order, byte for byte, and that what is said of it as a whole is true.
pub async fn events_read_as_they_are(fixture: &dyn HealthFixture) -> Result<(), String> {
    log_some(fixture, 3).await;
    let (entries, truth) = (whole_log(fixture).await?, fixture.true_events().await);
    same("events", entries.iter().map(truth_of).collect::<Vec<_>>(), truth.clone())?;
    let speechless = entries.iter().find(|event| event.text.is_empty() || event.source.is_empty());
    require(speechless.is_none(), || format!("expected a text and a source, found {speechless:?}"))?;
    let (said, held) = (page(fixture, None, 1).await?.log.entries, truth.len() as u64);
    require(said.is_none_or(|said| said == held), || {
        format!("the log's number of entries: expected {held} or nothing, found {said:?}")
    })
}

/// Checks that an entry from before the clock was set has no time.
pub async fn an_unset_clock_is_no_time(fixture: &dyn HealthFixture) -> Result<(), String> {
    fixture.log_event_without_time().await;
    let entries = whole_log(fixture).await?;
    let last = entries.last().ok_or("expected the entry that was logged, found an empty log")?;
    same("the time of an entry without one", last.at, None)
}

/// Checks that pages of any size give every entry once, and that a later call goes on where the log ended.
pub async fn pages_join_to_the_whole_log(fixture: &dyn HealthFixture) -> Result<(), String> {
    log_some(fixture, 5).await;
    let truth = fixture.true_events().await;
    let mut last = None;
    for limit in [1, 2, 3, MANY] {
        let entries = in_pages_of(limit, fixture).await?;
        let read: Vec<_> = entries.iter().map(truth_of).collect();
        same(&format!("the log in pages of {limit}"), &read, &truth)?;
        let positions: BTreeSet<_> = entries.iter().map(|event| &event.position.0).collect();
        same("different positions", positions.len(), entries.len())?;
        last = entries.into_iter().last().map(|event| event.position);
    }
    let rest = page(fixture, last.as_ref(), MANY).await?;
    same("entries after the last", rest.entries.len(), 0)?;
    fixture.log_event().await;
    let rest = page(fixture, last.as_ref(), MANY).await?;
    let newest = fixture.true_events().await.split_off(truth.len());
    same("entries that came since", rest.entries.iter().map(truth_of).collect(), newest)
}

/// Checks that a page holds what was asked for at most, and that nothing cannot be asked for.
pub async fn a_page_is_bounded(fixture: &dyn HealthFixture) -> Result<(), String> {
    log_some(fixture, 3).await;
    for limit in [1, 2] {
        let page = page(fixture, None, limit).await?;
        let (found, goes_on) = (page.entries.len(), page.next.is_some());
        require((1..=limit).contains(&found) && goes_on, || {
            format!("expected 1 to {limit} entries and more to come, found {found}, more: {goes_on}")
        })?;
    }
    let none = fixture.plugin().events(&fixture.machine(), None, 0).await;
    refused("events with a limit of 0", ErrorKind::Invalid, none).map(drop)
}

/// Checks that an empty log has neither entries nor a next page.
pub async fn an_empty_log_is_an_empty_page(fixture: &dyn HealthFixture) -> Result<(), String> {
    fixture.erase_events().await;
    let page = page(fixture, None, MANY).await?;
    same("entries and next page of an empty log", (page.entries.len(), page.next), (0, None))
}
