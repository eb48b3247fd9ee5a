//! How many sessions are open, over all BMCs, and whether somebody waits to open one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering, fence};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The room for sessions.
#[derive(Debug)]
pub(super) struct Room {
    sessions: usize,
    free: Arc<Semaphore>,
    /// How many have a place or wait for one: one number, so that it is never read between the two.
    claims: Arc<AtomicUsize>,
}

/// The place of one session, until it is dropped. Its claim ends first, and then its room goes to the next: the other
/// way round, two would claim the same room for a moment.
#[derive(Debug)]
pub(super) struct Place {
    _claim: Claim,
    _permit: OwnedSemaphorePermit,
}

/// Says that its holder waits for a place.
#[derive(Debug)]
pub(super) struct Waiting {
    free: Arc<Semaphore>,
    claim: Claim,
}

/// Counts its holder among those who have a place or wait for one.
#[derive(Debug)]
struct Claim(Arc<AtomicUsize>);

impl Room {
    pub(super) fn new(sessions: usize) -> Self {
        Self { sessions, free: Arc::new(Semaphore::new(sessions)), claims: Arc::default() }
    }

    /// Takes room that is free now and that nobody waits for.
    pub(super) fn try_take(&self) -> Option<Place> {
        let Waiting { free, claim } = self.wait();
        let permit = free.try_acquire_owned().ok()?;
        Some(Place { _claim: claim, _permit: permit })
    }

    /// Says that somebody waits, before it is looked whose session is idle.
    pub(super) fn wait(&self) -> Waiting {
        self.claims.fetch_add(1, Ordering::SeqCst);
        // Pairs with that of `is_wanted`: either the session that is let go now is found idle, or who lets it go finds
        // that it is wanted.
        fence(Ordering::SeqCst);
        Waiting { free: Arc::clone(&self.free), claim: Claim(Arc::clone(&self.claims)) }
    }

    /// Tells whether a session that is not used is to end, after its seat was let go: more claim a place than there
    /// are. Who was given one and does not know it yet claims no other.
    pub(super) fn is_wanted(&self) -> bool {
        fence(Ordering::SeqCst);
        self.claims.load(Ordering::SeqCst) > self.sessions
    }
}

impl Waiting {
    pub(super) async fn take(self) -> Option<Place> {
        let permit = self.free.acquire_owned().await.ok()?;
        Some(Place { _claim: self.claim, _permit: permit })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn a_session_is_wanted_while_somebody_waits_for_whom_there_is_no_room() {
        let room = Room::new(1);
        let open = room.try_take().unwrap();
        assert!(!room.is_wanted() && room.try_take().is_none());
        let waiting = room.wait();
        assert!(room.is_wanted());
        drop(open);
        assert!(!room.is_wanted(), "there is room");
        let open = waiting.take().await.unwrap();
        assert!(!room.is_wanted(), "nobody waits");
        drop(room.wait());
        assert!(!room.is_wanted(), "who waited has gone");
        drop(open);
    }

    #[tokio::test]
    async fn one_place_that_is_free_is_enough_for_one_of_two_who_wait() {
        let room = Room::new(2);
        let (first, second) = (room.try_take().unwrap(), room.try_take().unwrap());
        let waiting = [room.wait(), room.wait()];
        drop(first);
        assert!(room.is_wanted(), "the other one has none");
        drop(second);
        assert!(!room.is_wanted());
        drop(waiting);
    }

    #[tokio::test]
    async fn who_was_given_a_place_and_does_not_know_it_yet_wants_none() {
        let room = Room::new(2);
        let (first, second) = (room.try_take().unwrap(), room.try_take().unwrap());
        let mut waiting = Box::pin(room.wait().take());
        assert!((&mut waiting).now_or_never().is_none() && room.is_wanted());
        drop(first);
        assert!(!room.is_wanted(), "it is on its way");
        let first = waiting.await.unwrap();
        assert!(!room.is_wanted() && room.try_take().is_none());
        drop((first, second));
        assert!(room.claims.load(Ordering::SeqCst) == 0);
    }
}
