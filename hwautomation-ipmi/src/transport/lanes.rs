//! How many BMCs are talked to at a time: those that answer, and apart from them those that do not.
//!
//! A call holds a place in the fast lane while an answer can be expected soon. After the first silence it goes on in
//! the slow lane, whose places are few: however many BMCs are dead, the others wait for none of them.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// The places of both lanes.
#[derive(Debug)]
pub(super) struct Lanes {
    fast: Arc<Semaphore>,
    slow: Arc<Semaphore>,
}

/// A place in one of them, until it is dropped.
#[derive(Debug)]
pub(crate) struct Pass {
    lanes: Arc<Lanes>,
    place: Option<OwnedSemaphorePermit>,
    lane: Lane,
}

/// Names a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// For BMCs that answer, as far as is known.
    Fast,
    /// For those that were silent.
    Slow,
}

impl Lanes {
    pub(super) fn new(fast: usize, slow: usize) -> Arc<Self> {
        Arc::new(Self { fast: Arc::new(Semaphore::new(fast)), slow: Arc::new(Semaphore::new(slow)) })
    }

    /// Waits for a place; nothing when there was none until then.
    pub(super) async fn enter(self: &Arc<Self>, lane: Lane, until: Instant) -> Option<Pass> {
        let mut pass = Pass { lanes: Arc::clone(self), place: None, lane };
        pass.wait_for_place(until).await.then_some(pass)
    }
}

impl Pass {
    /// After a silence: leaves the fast lane and waits for a place in the slow one, but no longer than until then.
    pub(super) async fn slow_down(&mut self, until: Instant) -> bool {
        if self.lane == Lane::Slow {
            return true;
        }
        self.lane = Lane::Slow;
        self.place = None;
        self.wait_for_place(until).await
    }

    async fn wait_for_place(&mut self, until: Instant) -> bool {
        let lane = match self.lane {
            Lane::Fast => &self.lanes.fast,
            Lane::Slow => &self.lanes.slow,
        };
        self.place = match Arc::clone(lane).try_acquire_owned() {
            Ok(place) => Some(place),
            Err(_) => timeout_at(until, Arc::clone(lane).acquire_owned()).await.ok().and_then(Result::ok),
        };
        self.place.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(1)
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_silent_makes_room_and_waits_among_the_silent() {
        let lanes = Lanes::new(1, 1);
        let mut first = lanes.enter(Lane::Fast, soon()).await.unwrap();
        assert!(lanes.enter(Lane::Fast, soon()).await.is_none(), "one place");
        assert!(first.slow_down(soon()).await);
        let mut second = lanes.enter(Lane::Fast, soon()).await.expect("the first made room");
        assert!(!second.slow_down(soon()).await, "one place for the silent");
        assert!(lanes.enter(Lane::Fast, soon()).await.is_some(), "the second made room all the same");
        drop(first);
        assert!(lanes.enter(Lane::Slow, soon()).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_slow_stays_so() {
        let lanes = Lanes::new(1, 1);
        let mut pass = lanes.enter(Lane::Slow, soon()).await.unwrap();
        assert!(pass.slow_down(soon()).await);
        assert!(lanes.enter(Lane::Fast, soon()).await.is_some());
    }
}
