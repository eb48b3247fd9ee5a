//! The seats of all BMCs: one caller at a time for each, a bounded number of sessions over all.

use super::identity::Target;
use super::seat::{Seat, Turn};
use super::timing::Timing;
use crate::config::IpmiConfig;
use crate::error::IpmiError;
use hwautomation_core::plugin::CredentialSource;
use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex as SyncMutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How many BMCs are remembered with their cipher suite; beyond it, those without a session are forgotten.
const SEATS_MAX: usize = 8_192;
/// How many times within the idle limit the sessions are looked at.
const LOOKS: u32 = 4;
/// How often they are looked at, at most: a session may be closed that much late.
const LOOK_MIN: Duration = Duration::from_millis(20);

/// Holds every seat.
pub(crate) struct Pool {
    timing: Timing,
    turn_limit: Duration,
    idle: Duration,
    sessions_max: u16,
    source: Arc<dyn CredentialSource>,
    open: Arc<Semaphore>,
    seats: SyncMutex<HashMap<SocketAddr, Arc<Mutex<Seat>>>>,
    /// Closes idle sessions. Begins with the first call, which has a runtime, and anew when that runtime is gone.
    sweeper: SyncMutex<Option<JoinHandle<()>>>,
}

impl Pool {
    pub(crate) fn new(config: &IpmiConfig, source: Arc<dyn CredentialSource>) -> Arc<Self> {
        Arc::new(Self {
            timing: Timing::of(config),
            turn_limit: config.turn_limit,
            idle: config.session_idle,
            sessions_max: config.sessions_max,
            source,
            open: Arc::new(Semaphore::new(usize::from(config.sessions_max))),
            seats: SyncMutex::default(),
            sweeper: SyncMutex::default(),
        })
    }

    /// Waits for the turn to talk to a BMC.
    pub(crate) async fn turn(self: &Arc<Self>, target: Target) -> Result<Turn, IpmiError> {
        let seat = self.seat(target.peer);
        // A BMC that is asked two things at a time crashes or mixes them up.
        let seat = timeout(self.turn_limit, seat.lock_owned()).await;
        let seat = seat.map_err(|_| IpmiError::Turn(self.turn_limit))?;
        self.keep_sweeping();
        Ok(Turn::new(Arc::clone(self), target, seat))
    }

    pub(super) fn timing(&self) -> Timing {
        self.timing
    }

    pub(super) fn keeps_sessions(&self) -> bool {
        !self.idle.is_zero()
    }

    pub(super) fn source(&self) -> &Arc<dyn CredentialSource> {
        &self.source
    }

    /// Waits for room for one more session. An idle one is closed for it.
    pub(super) async fn permit(&self) -> Result<OwnedSemaphorePermit, IpmiError> {
        if let Ok(permit) = Arc::clone(&self.open).try_acquire_owned() {
            return Ok(permit);
        }
        self.close_longest_idle();
        let permit = timeout(self.turn_limit, Arc::clone(&self.open).acquire_owned()).await;
        permit.ok().and_then(Result::ok).ok_or(IpmiError::Sessions(self.sessions_max))
    }

    fn seat(&self, peer: SocketAddr) -> Arc<Mutex<Seat>> {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        if seats.len() >= SEATS_MAX && !seats.contains_key(&peer) {
            seats.retain(|_, seat| Arc::strong_count(seat) > 1 || holds_session(seat));
        }
        Arc::clone(seats.entry(peer).or_default())
    }

    /// The seats that nobody has at the moment and that hold a session.
    fn idle_seats(&self) -> Vec<OwnedMutexGuard<Seat>> {
        let seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        let free = seats.values().filter_map(|seat| Arc::clone(seat).try_lock_owned().ok());
        free.filter(|seat| seat.standing.is_some()).collect()
    }

    fn close_longest_idle(&self) {
        let used = |seat: &OwnedMutexGuard<Seat>| seat.standing.as_ref().map(|standing| standing.used);
        if let Some(mut seat) = self.idle_seats().into_iter().min_by_key(used) {
            seat.standing = None;
        }
    }

    /// Closes what has been idle for too long.
    fn sweep(&self) {
        for mut seat in self.idle_seats() {
            drop(seat.standing.take_if(|standing| standing.used.elapsed() >= self.idle));
        }
    }

    fn keep_sweeping(self: &Arc<Self>) {
        let mut sweeper = self.sweeper.lock().unwrap_or_else(PoisonError::into_inner);
        if sweeper.as_ref().is_none_or(JoinHandle::is_finished) {
            let every = (self.idle / LOOKS).max(LOOK_MIN);
            *sweeper = Some(tokio::spawn(sweep(Arc::downgrade(self), every)));
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let sweeper = self.sweeper.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(sweeper) = sweeper.take() {
            sweeper.abort();
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("timing", &self.timing).finish_non_exhaustive()
    }
}

fn holds_session(seat: &Arc<Mutex<Seat>>) -> bool {
    seat.try_lock().is_ok_and(|seat| seat.standing.is_some())
}

/// Looks at the sessions until nobody needs the pool.
#[expect(
    clippy::disallowed_methods,
    reason = "sessions end when they are idle, which nobody else can notice"
)]
async fn sweep(pool: Weak<Pool>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let Some(pool) = pool.upgrade() else { return };
        pool.sweep();
    }
}
