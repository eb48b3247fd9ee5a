//! What the tests stand on: BMCs of OpenIPMI's ipmi_sim and of pyghmi, a proxy that breaks the way to them, and the
//! machines behind, of which QEMU plays one.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

pub(crate) mod fixture;
pub(crate) mod lab;
pub(crate) mod machine;
pub(crate) mod peer;
pub(crate) mod presence;
pub(crate) mod proxy;
pub(crate) mod pyghmi;

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
