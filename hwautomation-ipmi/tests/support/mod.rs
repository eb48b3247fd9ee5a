//! What the tests stand on: OpenIPMI's ipmi_sim, a proxy that breaks the way to it, a machine behind both that is
//! only said to be, and one that QEMU plays.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

pub(crate) mod fixture;
pub(crate) mod lab;
pub(crate) mod machine;
pub(crate) mod peer;
pub(crate) mod presence;
pub(crate) mod proxy;

use std::time::Duration;

/// Bounds every wait of a test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until it is so, looking again after each pause: files of another process tell nobody that they changed.
#[expect(clippy::disallowed_methods, reason = "another process tells nobody when it is done")]
pub(crate) async fn until(limit: Duration, is_so: impl Fn() -> bool) {
    let deadline = std::time::Instant::now() + limit;
    while !is_so() {
        assert!(std::time::Instant::now() < deadline, "it did not come true within {limit:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
