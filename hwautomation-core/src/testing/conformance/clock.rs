//! A clock that tests move.

use crate::time::{Clock, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// Stands still until a test moves it. Clones are the same clock.
#[derive(Debug, Clone)]
pub struct TestClock(Arc<AtomicI64>);

/// 2026-01-01T00:00:00Z: a date that is easy to read in a failed test.
const START_MICROS: i64 = 1_767_225_600_000_000;

impl Default for TestClock {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(START_MICROS)))
    }
}

impl TestClock {
    /// Returns the clock to give to what is tested.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let clock = self.clone();
        Clock::from_fn(move || clock.now())
    }

    /// Returns the time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    /// Moves the clock forward.
    pub fn pass(&self, span: Duration) {
        let later = self.now() + span;
        self.0.store(later.as_micros(), Ordering::SeqCst);
    }
}
