//! The place of a BMC among all, which a console has while its question is on its way.

use super::super::pool::Pool;
use super::super::seat::Seat;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;

/// Keeps others from talking to a BMC. Dropped, it lets go of the seat, and has its session make room for who began to
/// wait for that meanwhile.
#[derive(Debug)]
pub(super) struct Place {
    pool: Weak<Pool>,
    peer: SocketAddr,
    seat: Option<OwnedMutexGuard<Seat>>,
}

impl Place {
    /// Takes it if nobody has it.
    pub(super) fn free(pool: &Arc<Pool>, peer: SocketAddr) -> Option<Self> {
        Some(Self::of(pool, peer, pool.free_seat(peer)?))
    }

    /// Waits for it, but no longer than this.
    pub(super) async fn within(pool: &Arc<Pool>, peer: SocketAddr, limit: Duration) -> Option<Self> {
        Some(Self::of(pool, peer, pool.seat_within(peer, limit).await?))
    }

    fn of(pool: &Arc<Pool>, peer: SocketAddr, seat: OwnedMutexGuard<Seat>) -> Self {
        Self { pool: Arc::downgrade(pool), peer, seat: Some(seat) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // First: who looks for room finds no seat that is taken.
        self.seat = None;
        if let Some(pool) = self.pool.upgrade() {
            pool.make_room(self.peer);
        }
    }
}
