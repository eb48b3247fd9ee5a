//! How many BMCs are talked to at a time: those that answer, and apart from them those that do not.
//!
//! A call holds a place in the fast lane while an answer can be expected soon. After the first silence it goes on in
//! the slow lane, whose places are few: however many BMCs are dead, the others wait for none of them. Nothing is sent
//! without a place, but for the word that a session is over.

use crate::error::IpmiError;
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
    /// Since when its call has been waiting for an answer.
    pub(super) unheard: Option<Instant>,
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

    /// Takes a place that is free now and that nobody waits for.
    pub(super) fn try_enter(self: &Arc<Self>, lane: Lane) -> Option<Pass> {
        let place = self.of(lane).try_acquire_owned().ok()?;
        Some(Pass { lanes: Arc::clone(self), place: Some(place), lane, unheard: None })
    }

    /// Waits for a place, without a limit.
    async fn enter(self: &Arc<Self>, lane: Lane) -> Pass {
        let place = self.of(lane).acquire_owned().await.ok();
        Pass { lanes: Arc::clone(self), place, lane, unheard: None }
    }

    /// Waits for a place; nothing when there was none until then. Those who have one may be calls that nobody polls.
    pub(super) async fn enter_until(self: &Arc<Self>, lane: Lane, until: Instant) -> Option<Pass> {
        match self.try_enter(lane) {
            Some(pass) => Some(pass),
            None => Box::pin(timeout_at(until, self.enter(lane))).await.ok(),
        }
    }

    fn of(&self, lane: Lane) -> Arc<Semaphore> {
        Arc::clone(match lane {
            Lane::Fast => &self.fast,
            Lane::Slow => &self.slow,
        })
    }
}

impl Pass {
    /// Tells in which lane it is.
    pub(super) fn lane(&self) -> Lane {
        self.lane
    }

    /// Gives the place back, to wait for something else than the BMC.
    pub(super) fn leave(&mut self) {
        self.place = None;
    }

    /// Waits for a place in the same lane again, but no longer than until then. Tells whether there was one.
    pub(super) async fn come_back(&mut self, until: Instant) -> bool {
        if self.place.is_none() {
            let place = timeout_at(until, self.lanes.of(self.lane).acquire_owned()).await;
            self.place = place.ok().and_then(Result::ok);
        }
        self.place.is_some()
    }

    /// Makes sure of a place before something is sent. There is none after an answer that came while its call waited
    /// for one among the silent.
    pub(super) async fn have_place(&mut self, until: Instant) -> Result<(), IpmiError> {
        if self.place.is_some() {
            return Ok(());
        }
        let asked = Instant::now();
        // This is rare: boxed, the calls in flight stay small.
        let is_back = Box::pin(self.come_back(until)).await;
        is_back.then_some(()).ok_or_else(|| IpmiError::Lanes(asked.elapsed()))
    }

    /// Notes that the BMC answered after a silence. Without a place, the next is among those that answer.
    pub(super) fn answered_late(&mut self) {
        if self.place.is_none() {
            self.lane = Lane::Fast;
        }
    }

    /// After a silence: leaves the fast lane and waits for a place in the slow one, but no longer than until then.
    pub(super) async fn slow_down(&mut self, until: Instant) {
        if self.lane == Lane::Fast {
            self.lane = Lane::Slow;
            self.leave();
        }
        self.come_back(until).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Tells whether there is a place now.
    fn has_place(lanes: &Lanes, lane: Lane) -> bool {
        lanes.of(lane).try_acquire().is_ok()
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(1)
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_silent_makes_room_and_waits_among_the_silent() {
        let lanes = Lanes::new(1, 1);
        let mut first = lanes.enter(Lane::Fast).await;
        assert!(!has_place(&lanes, Lane::Fast), "one place");
        first.slow_down(soon()).await;
        let mut second = lanes.enter(Lane::Fast).await;
        second.slow_down(soon()).await;
        assert!(second.place.is_none(), "one place for the silent");
        assert!(has_place(&lanes, Lane::Fast), "the second made room all the same");
        drop(first);
        second.slow_down(soon()).await;
        assert!(second.place.is_some() && !has_place(&lanes, Lane::Slow));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_something_else_makes_room_and_comes_back() {
        let lanes = Lanes::new(1, 1);
        let mut first = lanes.enter(Lane::Fast).await;
        first.leave();
        let second = lanes.try_enter(Lane::Fast).expect("the first made room");
        assert!(!first.come_back(soon()).await, "the second is there");
        drop(second);
        assert!(first.come_back(soon()).await && !has_place(&lanes, Lane::Fast));
    }
}
