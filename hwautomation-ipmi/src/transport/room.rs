//! How many sessions are open, over all BMCs, and whether somebody waits to open one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering, fence};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The room for sessions.
#[derive(Debug)]
pub(super) struct Room {
    free: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// Counts its holder among those who wait.
#[derive(Debug)]
pub(super) struct Waiting<'a>(&'a Room);

impl Room {
    pub(super) fn new(sessions: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(sessions)), waiting: AtomicUsize::new(0) }
    }

    /// Takes room that is free now and that nobody waits for.
    pub(super) fn try_take(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.free).try_acquire_owned().ok()
    }

    /// Says that somebody waits, before it is looked whose session is idle.
    pub(super) fn wait(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        // Pairs with that of `is_wanted`: either the session that is let go now is found idle, or who lets it go finds
        // that it is wanted.
        fence(Ordering::SeqCst);
        Waiting(self)
    }

    /// Tells whether a session that is not used is to end, after its seat was let go.
    pub(super) fn is_wanted(&self) -> bool {
        fence(Ordering::SeqCst);
        // Where room is free, those who wait have it already and do not know it yet.
        self.waiting.load(Ordering::SeqCst) > 0 && self.free.available_permits() == 0
    }
}

impl Waiting<'_> {
    pub(super) async fn take(self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.free).acquire_owned().await.ok()
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
