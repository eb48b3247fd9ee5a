//! The place of one machine's connection.

use super::Road;
use super::connection::Connection;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;

/// Keeps at most one connection to one machine.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// Held by whoever makes the connection; others wait and then use it.
    pub(super) gate: tokio::sync::Mutex<()>,
    kept: Mutex<Option<Arc<Connection>>>,
}

impl Slot {
    /// Returns the kept connection if it is good and leads there; lets go of any other.
    pub(super) fn fit(&self, road: &Road) -> Option<Arc<Connection>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if !kept.as_ref().is_some_and(|kept| kept.is_good() && kept.road == *road) {
            *kept = None;
        }
        kept.clone()
    }

    /// Keeps a connection in place of any other.
    pub(super) fn keep(&self, connection: Arc<Connection>) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
    }

    /// Returns since when the kept connection is idle.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().and_then(|kept| kept.idle_since())
    }

    /// Lets go of a connection that is dead or idle since before `then`.
    pub(super) fn sweep(&self, then: Instant) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let stays = |kept: &Arc<Connection>| kept.is_good() && kept.idle_since().is_none_or(|at| at > then);
        if !kept.as_ref().is_some_and(stays) {
            *kept = None;
        }
    }

    /// Tells whether nothing is kept here.
    pub(super) fn is_empty(&self) -> bool {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}
