//! A pause in which a BMC works on what it was told, such as the erasing of its log: it tells nobody when it is done.

use std::time::Duration;

/// How long the BMC is let alone before it is asked again.
const REST: Duration = Duration::from_millis(100);

/// Waits for a moment. Whoever has a turn gives it back before, so that others may talk to the BMC.
#[expect(clippy::disallowed_methods, reason = "a BMC that erases its log tells nobody when it is done")]
pub(crate) async fn rest() {
    tokio::time::sleep(REST).await;
}
