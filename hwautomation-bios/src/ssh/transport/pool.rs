//! All connections of one shell: one for each machine, bounded, closed when idle.

use super::super::config::SshConfig;
use super::super::error::SshError;
use super::super::pins::HostKeyPins;
use super::Road;
use super::connection::{Connection, Use};
use super::dial::{dial, wire};
use super::slot::Slot;
use hwautomation_core::id::MachineId;
use hwautomation_core::plugin::CredentialSource;
use russh::Channel;
use russh::client::{self, Msg};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

type Slots = Mutex<HashMap<MachineId, Arc<Slot>>>;

/// Holds the connections of one shell.
pub(in crate::ssh) struct Pool {
    config: SshConfig,
    wire: Arc<client::Config>,
    credentials: Arc<dyn CredentialSource>,
    pins: Arc<dyn HostKeyPins>,
    slots: Arc<Slots>,
    /// A permit for each connection that may be open.
    places: Arc<Semaphore>,
    sweeper: Mutex<Option<JoinHandle<()>>>,
}

impl Pool {
    pub(in crate::ssh) fn new(
        config: SshConfig,
        credentials: Arc<dyn CredentialSource>,
        pins: Arc<dyn HostKeyPins>,
    ) -> Self {
        Self {
            wire: wire(&config),
            places: Arc::new(Semaphore::new(config.connections_max)),
            config,
            credentials,
            pins,
            slots: Arc::default(),
            sweeper: Mutex::default(),
        }
    }

    /// Opens a channel on a kept connection, or on a new one when there is none or it turns out to be dead. Nothing
    /// is run yet.
    pub(in crate::ssh) async fn open(&self, road: &Road) -> Result<(Use, Channel<Msg>), SshError> {
        let slot = self.slot(&road.machine);
        if let Some(kept) = slot.fit(road) {
            match kept.open(self.config.connect_timeout).await {
                Err(error) if error.is_dead() => {
                    tracing::debug!(machine = %road.machine, error = %error, "replacing a dead connection");
                }
                answer => return answer,
            }
        }
        let fresh = self.connect(&slot, road).await?;
        fresh.open(self.config.connect_timeout).await
    }

    async fn connect(&self, slot: &Slot, road: &Road) -> Result<Arc<Connection>, SshError> {
        let patience = self.config.connect_timeout;
        let _gate =
            timeout(patience, slot.gate.lock()).await.map_err(|_| SshError::ConnectTimeout(patience))?;
        if let Some(made) = slot.fit(road) {
            return Ok(made);
        }
        let secret = self.credentials.resolve(&road.credential).await.map_err(SshError::Credential)?;
        let place = self.place().await?;
        let dialled = timeout(patience, dial(self.wire.clone(), road, &secret, &*self.pins)).await;
        let handle = dialled.map_err(|_| SshError::ConnectTimeout(patience))??;
        let connection = Connection::new(road.clone(), handle, self.config.commands_max, place);
        slot.keep(connection.clone());
        self.keep_sweeping();
        Ok(connection)
    }

    fn slot(&self, machine: &MachineId) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.entry(machine.clone()).or_default().clone()
    }

    /// Takes a place for a connection, that of the longest idle one if all are taken.
    async fn place(&self) -> Result<OwnedSemaphorePermit, SshError> {
        if let Ok(place) = self.places.clone().try_acquire_owned() {
            return Ok(place);
        }
        self.let_longest_idle_go();
        let place = timeout(self.config.connect_timeout, self.places.clone().acquire_owned()).await;
        let busy = || SshError::Busy("as many connections as allowed are in use");
        place.map_err(|_| busy())?.map_err(|_| busy())
    }

    fn let_longest_idle_go(&self) {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let longest = slots.values().filter_map(|slot| slot.idle_since().map(|at| (at, slot)));
        if let Some((at, slot)) = longest.min_by_key(|(at, _)| *at) {
            slot.sweep(at);
        }
    }

    /// Has somebody look for idle connections; again, should the runtime of the last one be gone.
    fn keep_sweeping(&self) {
        let mut sweeper = self.sweeper.lock().unwrap_or_else(PoisonError::into_inner);
        if sweeper.as_ref().is_none_or(JoinHandle::is_finished) {
            *sweeper = Some(tokio::spawn(sweep(Arc::downgrade(&self.slots), self.config.idle)));
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Some(sweeper) = self.sweeper.lock().unwrap_or_else(PoisonError::into_inner).take() {
            sweeper.abort();
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Lets connections go that nobody used for `idle`, and machines that have none, until the pool is gone.
#[expect(
    clippy::disallowed_methods,
    reason = "an idle connection is closed by the clock; no call waits for it"
)]
async fn sweep(slots: Weak<Slots>, idle: Duration) {
    // A quarter late at most.
    let pause = (idle / 4).max(Duration::from_millis(1));
    loop {
        tokio::time::sleep(pause).await;
        let Some(slots) = slots.upgrade() else { return };
        let Some(then) = Instant::now().checked_sub(idle) else { continue };
        let mut slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|_, slot| {
            slot.sweep(then);
            // Somebody who holds the slot is about to use it.
            !slot.is_empty() || Arc::strong_count(slot) > 1
        });
    }
}
