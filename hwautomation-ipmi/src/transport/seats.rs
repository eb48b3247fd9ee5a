//! The seats of all BMCs, and which of them are forgotten when there are too many.

use super::seat::Seat;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex as SyncMutex, MutexGuard, PoisonError};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// The part of the seats that is forgotten at a time, so that it is rare.
const FORGOTTEN_DIVISOR: usize = 16;

type Map = HashMap<SocketAddr, Arc<Mutex<Seat>>, RandomState>;

/// Holds every seat.
#[derive(Debug)]
pub(super) struct Seats {
    max: usize,
    seats: SyncMutex<Map>,
}

/// What looking for a seat finds.
#[derive(Debug)]
pub(super) enum Found {
    Free(OwnedMutexGuard<Seat>),
    /// Somebody has it.
    Taken,
    /// There is none.
    Nothing,
}

impl Seats {
    /// Remembers so many BMCs, and more only while they are in use.
    pub(super) fn new(max: usize) -> Self {
        Self { max, seats: SyncMutex::default() }
    }

    /// Returns the seat of a BMC, whoever has it.
    pub(super) fn of(&self, peer: SocketAddr) -> Arc<Mutex<Seat>> {
        let mut seats = self.lock();
        if seats.len() >= self.max && !seats.contains_key(&peer) {
            forget(&mut seats, self.max);
        }
        Arc::clone(seats.entry(peer).or_default())
    }

    /// Looks for a seat without waiting.
    pub(super) fn find(&self, peer: SocketAddr) -> Found {
        // Taken while the lock is held, since who looks at all seats has each for a moment.
        match self.lock().get(&peer).map(free) {
            Some(Some(seat)) => Found::Free(seat),
            Some(None) => Found::Taken,
            None => Found::Nothing,
        }
    }

    pub(super) fn all(&self) -> Vec<Arc<Mutex<Seat>>> {
        self.lock().values().cloned().collect()
    }

    /// Looks at each seat that nobody has, and returns what was taken out of them: what is done about it is done when
    /// others can have their seats again.
    pub(super) fn each_free<T>(&self, mut look: impl FnMut(SocketAddr, &mut Seat) -> Option<T>) -> Vec<T> {
        let seats = self.lock();
        seats.iter().filter_map(|(peer, seat)| look(*peer, &mut *free(seat)?)).collect()
    }

    /// Finds the session that has been idle for longest.
    pub(super) fn longest_idle(&self) -> Option<OwnedMutexGuard<Seat>> {
        let seats = self.lock();
        let idle = seats.values().filter_map(free).filter(|seat| seat.standing.is_some());
        idle.min_by_key(|seat| seat.standing.as_ref().map(|standing| standing.used))
    }

    fn lock(&self) -> MutexGuard<'_, Map> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn free(seat: &Arc<Mutex<Seat>>) -> Option<OwnedMutexGuard<Seat>> {
    Arc::clone(seat).try_lock_owned().ok()
}

/// Forgets the seats in which is nothing to remember. Where that is not enough, the longest unused go, and with them
/// which cipher suite their BMCs took: a weaker one would be tried again.
fn forget(seats: &mut Map, max: usize) {
    seats.retain(|_, seat| !may_go(seat, Seat::is_blank));
    if seats.len() < max {
        return;
    }
    let unused = seats.iter().filter(|(_, seat)| may_go(seat, |_| true));
    let mut unused: Vec<_> =
        unused.map(|(peer, seat)| (free(seat).and_then(|seat| seat.used), *peer)).collect();
    unused.sort_unstable_by_key(|(used, _)| *used);
    unused.truncate((max / FORGOTTEN_DIVISOR).max(1));
    tracing::warn!(
        count = unused.len(),
        max,
        "BMCs that were not used for long are forgotten, with their cipher suites"
    );
    for (_, peer) in unused {
        seats.remove(&peer);
    }
}

/// Tells whether nobody has it or waits for it, there is no session, and it is such a one.
fn may_go(seat: &Arc<Mutex<Seat>>, is_such: impl Fn(&Seat) -> bool) -> bool {
    Arc::strong_count(seat) == 1
        && seat
            .try_lock()
            .is_ok_and(|seat| seat.standing.is_none() && seat.kept_by.is_none() && is_such(&seat))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quirks::Proof;
    use crate::transport::login::Entrance;
    use crate::wire::Suite;
    use std::net::Ipv4Addr;
    use std::time::Duration;
    use tokio::time::Instant;

    fn peer(number: u16) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, number).into()
    }

    fn change(seats: &Seats, number: u16, change: impl FnOnce(&mut Seat)) {
        change(&mut free(&seats.of(peer(number))).unwrap());
    }

    fn is_known(seats: &Seats, number: u16) -> bool {
        matches!(seats.find(peer(number)), Found::Free(seat) if seat.entrance.is_some())
    }

    /// Has let somebody in, so many seconds after the first.
    fn let_in(at: u16) -> impl FnOnce(&mut Seat) {
        let begin = Instant::now();
        move |seat| {
            seat.entrance =
                Some(Entrance { suite: Suite::Seventeen, proof: Proof::AsSaid, best: Suite::Seventeen });
            seat.used = Some(begin + Duration::from_secs(at.into()));
        }
    }

    #[test]
    fn what_has_nothing_to_remember_goes_first_and_then_the_longest_unused() {
        let seats = Seats::new(4);
        (1..=3).for_each(|number| change(&seats, number, let_in(10 - number)));
        seats.of(peer(4));
        change(&seats, 5, let_in(10));
        assert!(matches!(seats.find(peer(4)), Found::Nothing), "it was blank");
        assert!([1, 2, 3, 5].iter().all(|number| is_known(&seats, *number)), "the others were not");
        seats.of(peer(6));
        assert!(!is_known(&seats, 3), "it was used before all others");
        assert!([1, 2, 5].iter().all(|number| is_known(&seats, *number)));
    }

    #[test]
    fn who_is_in_use_stays() {
        let seats = Seats::new(1);
        let held = seats.of(peer(1));
        change(&seats, 2, |seat| seat.kept_by = Some(1));
        seats.of(peer(3));
        assert!(Arc::ptr_eq(&held, &seats.of(peer(1))), "somebody is about to take it");
        assert!(matches!(seats.find(peer(2)), Found::Free(seat) if seat.kept_by == Some(1)));
        let taken = free(&held).unwrap();
        assert!(matches!(seats.find(peer(1)), Found::Taken));
        drop(taken);
    }
}
