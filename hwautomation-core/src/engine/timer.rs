//! The one place where this crate sleeps.

use crate::time::{Clock, Timestamp};
use std::time::Duration;

/// Sleeps until a point in time, or for ever.
pub(crate) async fn until(clock: &Clock, at: Option<Timestamp>) {
    match at {
        Some(at) => pause(at.since(clock.now())).await,
        None => std::future::pending().await,
    }
}

/// Sleeps for a while.
#[expect(clippy::disallowed_methods, reason = "the engine is who waits; everybody else asks it to")]
pub(crate) async fn pause(span: Duration) {
    tokio::time::sleep(span).await;
}
