//! The seats of all BMCs: one caller at a time for each, and bounds over all.

use super::breaker::Limits;
use super::identity::{Identity, Target};
use super::keeper::Keeper;
use super::lanes::{Lane, Lanes, Pass};
use super::net::Net;
use super::room::{Place, Room};
use super::seat::Seat;
use super::seats::{Found, Seats};
use super::standing::Keep;
use super::timing::Timing;
use super::turn::Turn;
use crate::config::IpmiConfig;
use crate::error::IpmiError;
use crate::wire::Credentials;
use futures_util::{FutureExt, StreamExt, stream};
use hwautomation_core::plugin::CredentialSource;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

/// How many BMCs are remembered with their cipher suite, if there are no more sessions: some 30 MB, and more than one
/// site has. Beyond it, those that were not used for longest are forgotten.
const SEATS_MAX: usize = 65_536;

/// How many log-ins ask the source of credentials at a time: where it hangs for so many, the others wait for them.
const ASKING_MAX: usize = 1_024;

/// Holds every seat.
pub(crate) struct Pool {
    timing: Timing,
    turn_limit: Duration,
    keep: Keep,
    limits: Limits,
    sessions_max: u32,
    in_flight_max: usize,
    source: Arc<dyn CredentialSource>,
    asking: Semaphore,
    net: Net,
    lanes: Arc<Lanes>,
    room: Room,
    seats: Seats,
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
            asking: Semaphore::new(ASKING_MAX),
            net: Net::new(config.sockets),
            lanes: Lanes::new(in_flight_max, usize::from(config.slow_max)),
            room: Room::new(sessions),
            seats: Seats::new(SEATS_MAX.max(sessions)),
            keeper: Keeper::default(),
        })
    }

    /// Takes a place among the BMCs that are talked to, if one is free.
    pub(crate) fn try_admit(&self) -> Option<Pass> {
        self.lanes.try_enter(Lane::Fast)
    }

    /// Waits for a place among the BMCs that are talked to, but no longer than for a turn.
    pub(crate) async fn admit(&self) -> Result<Pass, IpmiError> {
        let pass = self.lanes.enter_until(Lane::Fast, Instant::now() + self.turn_limit).await;
        pass.ok_or(IpmiError::Lanes(self.turn_limit))
    }

    /// Waits for the turn to talk to a BMC; what a log-in needs of others is waited for until the same deadline. Who was
    /// admitted need not wait for a place, but gives it back where the BMC is busy or was silent.
    pub(crate) async fn turn<'a>(
        self: &'a Arc<Self>,
        target: &'a Target<'a>,
        mut admitted: Option<Pass>,
    ) -> Result<Turn<'a>, IpmiError> {
        let asked = Instant::now();
        let until = asked + self.turn_limit;
        // Goes after the seat, on every path.
        let after = After { pool: self, peer: target.peer };
        let seat = self.seats.of(target.peer);
        // A BMC that is asked two things at a time crashes or mixes them up.
        let mut seat = match Arc::clone(&seat).try_lock_owned() {
            Ok(seat) => seat,
            Err(_) => {
                admitted = None;
                let seat = Box::pin(timeout_at(until, seat.lock_owned())).await;
                seat.map_err(|_| IpmiError::Turn(self.turn_limit))?
            }
        };
        seat.used = Some(asked);
        if let Some(refusal) = &seat.refusal
            && let Some(error) = refusal.answer(&target.identity, asked)
        {
            return Err(error);
        }
        let lane = seat.breaker.lane(&self.limits, asked, Instant::now()).map_err(IpmiError::Resting)?;
        let pass = match admitted.filter(|pass| pass.lane() == lane) {
            Some(pass) => pass,
            None => {
                let pass = self.lanes.enter_until(lane, until).await;
                pass.ok_or(IpmiError::Lanes(self.turn_limit))?
            }
        };
        Ok(Turn::new(self, target, seat, Admission { pass, until }, after))
    }

    /// Ends every session, and waits for the BMCs to say so. One whose call goes on for longer than a command may take
    /// is left to that call, which may be one that nobody polls: it ends with it, or once it was idle for long.
    pub(crate) async fn close(&self) {
        let limit = self.timing.command_limit;
        let close = |seat: Arc<Mutex<Seat>>| async {
            let Ok(mut seat) = timeout(limit, seat.lock_owned()).await else { return };
            // Without a place, or where no answer can arrive, the BMC is told and not waited for.
            if let Some(standing) = seat.standing.take()
                && standing.session.is_alive()
                && let Some(mut pass) = self.lanes.enter_until(Lane::Fast, Instant::now() + limit).await
            {
                standing.session.close(limit, &mut pass).await;
            }
        };
        stream::iter(self.seats.all()).for_each_concurrent(self.in_flight_max, close).await;
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

    pub(super) fn seats(&self) -> &Seats {
        &self.seats
    }

    /// Returns a seat that nobody has at the moment.
    pub(super) fn free_seat(&self, peer: SocketAddr) -> Option<OwnedMutexGuard<Seat>> {
        self.seats.of(peer).try_lock_owned().ok()
    }

    /// Waits for a seat, but no longer than this.
    pub(super) async fn seat_within(
        &self,
        peer: SocketAddr,
        limit: Duration,
    ) -> Option<OwnedMutexGuard<Seat>> {
        timeout(limit, self.seats.of(peer).lock_owned()).await.ok()
    }

    /// Takes room for one more session, if there is some that nobody waits for.
    pub(super) fn try_room(&self) -> Option<Place> {
        self.room.try_take()
    }

    /// Has the session of a seat looked after from now on. False when nobody can, or somebody waits for its room.
    pub(super) fn keep(self: &Arc<Self>, peer: SocketAddr, seat: &mut Seat) -> bool {
        !self.keep.idle.is_zero() && !self.room.is_wanted() && self.keeper.keep(self, peer, seat)
    }

    /// Waits for room for one more session. The longest idle one is closed for it, or the next that becomes idle.
    pub(super) async fn room(&self, admission: &mut Admission) -> Result<Place, IpmiError> {
        if let Some(place) = self.room.try_take() {
            return Ok(place);
        }
        let waiting = self.room.wait();
        if let Some(mut seat) = self.seats.longest_idle() {
            seat.standing = None;
        }
        let place = timeout_at(admission.until, waiting.take());
        let place = place.map(|place| place.ok().flatten().ok_or(IpmiError::Sessions(self.sessions_max)));
        Box::pin(self.apart(admission, place)).await
    }

    /// Resolves the secrets for a log-in. A source that takes its time holds up this BMC only.
    pub(super) async fn credentials(
        &self,
        identity: &Identity<'_>,
        admission: &mut Admission,
    ) -> Result<Credentials, IpmiError> {
        let mut resolved = Box::pin(self.resolve(identity, admission.until));
        match resolved.as_mut().now_or_never() {
            Some(found) => found,
            None => self.apart(admission, resolved).await,
        }
    }

    /// Asks the source, for no longer than a log-in may take from when it is asked.
    async fn resolve(&self, identity: &Identity<'_>, until: Instant) -> Result<Credentials, IpmiError> {
        let asking = timeout_at(until, self.asking.acquire()).await;
        let _asking = asking.map_err(|_| IpmiError::Asking(self.turn_limit))?;
        let limit = self.timing.handshake_limit;
        let found = timeout(limit, identity.credentials(&self.source)).await;
        Ok(found.map_err(|_| IpmiError::Source(limit))??)
    }

    /// Waits for something else than the BMC, without a place: those who are waited for may need one.
    async fn apart<T>(
        &self,
        admission: &mut Admission,
        waited: impl Future<Output = Result<T, IpmiError>>,
    ) -> Result<T, IpmiError> {
        admission.pass.leave();
        let found = waited.await?;
        let is_back = admission.pass.come_back(admission.until).await;
        is_back.then_some(found).ok_or(IpmiError::Lanes(self.turn_limit))
    }

    /// Ends the session of a seat that was just let go, if somebody began to wait for its room meanwhile.
    pub(super) fn make_room(&self, peer: SocketAddr) {
        if self.room.is_wanted()
            && let Found::Free(mut seat) = self.seats.find(peer)
        {
            seat.standing = None;
        }
    }
}

/// A place among the BMCs that are talked to, and until when its call may wait for others.
#[derive(Debug)]
pub(super) struct Admission {
    pub(super) pass: Pass,
    /// It began to wait the limit of a turn before that, and is not given it anew for each thing that it needs.
    pub(super) until: Instant,
}

/// Looks, when a turn is over and its seat is free, whether its session is to make room.
#[derive(Debug)]
pub(super) struct After<'a> {
    pool: &'a Pool,
    peer: SocketAddr,
}

impl Drop for After<'_> {
    fn drop(&mut self) {
        self.pool.make_room(self.peer);
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("timing", &self.timing).finish_non_exhaustive()
    }
}
