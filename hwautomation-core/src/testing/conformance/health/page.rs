//! Reading the event log page by page.

use super::{EventTruth, HealthFixture, MANY};
use crate::plugin::{EventPage, EventPosition, LogEvent};
use crate::testing::conformance::check::{Checked, done};

pub(super) async fn page(
    fixture: &dyn HealthFixture,
    after: Option<&EventPosition>,
    limit: usize,
) -> Checked<EventPage> {
    done("events", fixture.plugin().events(&fixture.machine(), after, limit).await)
}

pub(super) async fn whole_log(fixture: &dyn HealthFixture) -> Checked<Vec<LogEvent>> {
    in_pages_of(MANY, fixture).await
}

/// Reads page after page, as many as there are entries at most.
pub(super) async fn in_pages_of(limit: usize, fixture: &dyn HealthFixture) -> Checked<Vec<LogEvent>> {
    let pages_max = fixture.true_events().await.len().max(1);
    let mut entries: Vec<LogEvent> = Vec::new();
    let mut after = None;
    for _ in 0..pages_max {
        let page = page(fixture, after.as_ref(), limit).await?;
        entries.extend(page.entries);
        let Some(next) = page.next else { return Ok(entries) };
        after = Some(next);
    }
    Err(format!("the log in pages of {limit}: expected {pages_max} pages at most, found more"))
}

pub(super) async fn last_position(fixture: &dyn HealthFixture) -> Checked<EventPosition> {
    let last = whole_log(fixture).await?.pop().map(|event| event.position);
    last.ok_or_else(|| "expected the entries that were logged, found an empty log".to_owned())
}

pub(super) fn truth_of(event: &LogEvent) -> EventTruth {
    EventTruth { at: event.at, change: event.change, raw: event.raw.clone() }
}
