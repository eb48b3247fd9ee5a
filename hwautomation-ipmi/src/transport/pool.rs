//! The seats of all BMCs: one caller at a time for each, and bounds over all.

use super::breaker::Limits;
use super::identity::Target;
use super::keeper::Keeper;
use super::lanes::{Lane, Lanes, Pass};
use super::net::Net;
use super::seat::Seat;
use super::standing::Keep;
use super::timing::Timing;
use super::turn::Turn;
use crate::config::IpmiConfig;
use crate::error::IpmiError;
use futures_util::{StreamExt, stream};
use hwautomation_core::plugin::CredentialSource;
use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex as SyncMutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

/// How many BMCs are remembered with their cipher suite; beyond it, those without a session are forgotten.
const SEATS_MAX: usize = 65_536;

type Seats = HashMap<SocketAddr, Arc<Mutex<Seat>>>;

/// Holds every seat.
pub(crate) struct Pool {
    timing: Timing,
    turn_limit: Duration,
    keep: Keep,
    limits: Limits,
    sessions_max: u32,
    in_flight_max: usize,
    source: Arc<dyn CredentialSource>,
    net: Net,
    lanes: Arc<Lanes>,
    open: Arc<Semaphore>,
    seats: SyncMutex<Seats>,
    keeper: Keeper,
}

impl Pool {
    pub(crate) fn new(config: &IpmiConfig, source: Arc<dyn CredentialSource>) -> Arc<Self> {
        let sessions = usize::try_from(config.sessions_max).unwrap_or(Semaphore::MAX_PERMITS);
        let in_flight_max = usize::from(config.in_flight_max);
        Arc::new(Self {
            timing: Timing::of(config),
            turn_limit: config.turn_limit,
            keep: Keep { idle: config.session_idle, alive: config.keep_alive },
            limits: Limits::of(config),
            sessions_max: config.sessions_max,
            in_flight_max,
            source,
            net: Net::new(config.sockets),
            lanes: Lanes::new(in_flight_max, usize::from(config.slow_max)),
            open: Arc::new(Semaphore::new(sessions)),
            seats: SyncMutex::default(),
            keeper: Keeper::default(),
        })
    }

    /// Waits for a place among the BMCs that are talked to, before it is known to which.
    pub(crate) async fn admit(&self) -> Pass {
        self.lanes.enter(Lane::Fast).await
    }

    /// Waits for the turn to talk to a BMC. Who was admitted need not wait for a place, but gives it back where the
    /// BMC is busy or was silent.
    pub(crate) async fn turn<'a>(
        self: &'a Arc<Self>,
        target: &'a Target<'a>,
        mut admitted: Option<Pass>,
    ) -> Result<Turn<'a>, IpmiError> {
        let asked = Instant::now();
        let seat = self.seat(target.peer);
        // A BMC that is asked two things at a time crashes or mixes them up.
        let seat = match Arc::clone(&seat).try_lock_owned() {
            Ok(seat) => seat,
            Err(_) => {
                admitted = None;
                let seat = Box::pin(timeout(self.turn_limit, seat.lock_owned())).await;
                seat.map_err(|_| IpmiError::Turn(self.turn_limit))?
            }
        };
        if let Some(refusal) = &seat.refusal
            && let Some(error) = refusal.answer(&target.identity, asked)
        {
            return Err(error);
        }
        let lane = seat.breaker.lane(&self.limits, asked, Instant::now()).map_err(IpmiError::Resting)?;
        let pass = match admitted.filter(|pass| pass.lane() == lane) {
            Some(pass) => pass,
            None => {
                let pass = self.lanes.enter_until(lane, asked + self.turn_limit).await;
                pass.ok_or(IpmiError::Lanes(self.turn_limit))?
            }
        };
        Ok(Turn::new(self, target, seat, pass))
    }

    /// Ends every session, and waits for the BMCs to say so.
    pub(crate) async fn close(&self) {
        let seats: Vec<_> = self.seats().values().cloned().collect();
        let close = |seat: Arc<Mutex<Seat>>| async {
            let mut seat = seat.lock_owned().await;
            let limit = self.timing.command_limit;
            // Without a place the BMC is told, and not waited for.
            if let Some(standing) = seat.standing.take()
                && let Some(mut pass) = self.lanes.enter_until(Lane::Fast, Instant::now() + limit).await
            {
                standing.session.close(limit, &mut pass).await;
            }
        };
        stream::iter(seats).for_each_concurrent(self.in_flight_max, close).await;
    }

    pub(super) fn timing(&self) -> Timing {
        self.timing
    }

    pub(super) fn net(&self) -> &Net {
        &self.net
    }

    pub(super) fn lanes(&self) -> &Arc<Lanes> {
        &self.lanes
    }

    pub(super) fn keep_for(&self) -> &Keep {
        &self.keep
    }

    pub(super) fn source(&self) -> &Arc<dyn CredentialSource> {
        &self.source
    }

    /// Has the session of a seat looked after from now on. False when nobody can.
    pub(super) fn keep(self: &Arc<Self>, peer: SocketAddr, seat: &mut Seat) -> bool {
        !self.keep.idle.is_zero() && self.keeper.keep(self, peer, seat)
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

    /// Returns a seat that nobody has at the moment.
    pub(super) fn free_seat(&self, peer: SocketAddr) -> Option<OwnedMutexGuard<Seat>> {
        Arc::clone(self.seats().get(&peer)?).try_lock_owned().ok()
    }

    /// Waits for a seat, but no longer than this.
    pub(super) async fn seat_within(
        &self,
        peer: SocketAddr,
        limit: Duration,
    ) -> Option<OwnedMutexGuard<Seat>> {
        timeout(limit, self.seat(peer).lock_owned()).await.ok()
    }

    fn seat(&self, peer: SocketAddr) -> Arc<Mutex<Seat>> {
        let mut seats = self.seats();
        if seats.len() >= SEATS_MAX && !seats.contains_key(&peer) {
            seats.retain(|_, seat| Arc::strong_count(seat) > 1 || holds_session(seat));
        }
        Arc::clone(seats.entry(peer).or_default())
    }

    fn close_longest_idle(&self) {
        let free: Vec<_> =
            self.seats().values().filter_map(|seat| Arc::clone(seat).try_lock_owned().ok()).collect();
        let free = free.into_iter().filter(|seat| seat.standing.is_some());
        if let Some(mut seat) = free.min_by_key(|seat| seat.standing.as_ref().map(|standing| standing.used)) {
            seat.standing = None;
        }
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
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
