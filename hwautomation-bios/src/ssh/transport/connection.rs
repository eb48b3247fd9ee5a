//! A connection that is open, and who uses it.

use super::super::error::SshError;
use super::Road;
use super::doorman::Doorman;
use russh::Channel;
use russh::client::{Handle, Msg};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

/// Holds an open connection. Dropping the last one closes it: russh's task ends when nobody holds its handle.
pub(super) struct Connection {
    pub(super) road: Road,
    handle: Handle<Doorman>,
    /// A permit for each command that may run at a time.
    commands: Arc<Semaphore>,
    commands_max: usize,
    last_used: Mutex<Instant>,
    spoilt: AtomicBool,
    /// Counts among the connections of the pool.
    _place: OwnedSemaphorePermit,
}

impl Connection {
    pub(super) fn new(
        road: Road,
        handle: Handle<Doorman>,
        commands_max: usize,
        place: OwnedSemaphorePermit,
    ) -> Arc<Self> {
        Arc::new(Self {
            road,
            handle,
            commands: Arc::new(Semaphore::new(commands_max)),
            commands_max,
            last_used: Mutex::new(Instant::now()),
            spoilt: AtomicBool::new(false),
            _place: place,
        })
    }

    /// Tells whether a command may be given to it.
    pub(super) fn is_good(&self) -> bool {
        !self.spoilt.load(Ordering::Acquire) && !self.handle.is_closed()
    }

    /// Returns since when nobody used it, or nothing while somebody does.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let idle = self.commands.available_permits() == self.commands_max;
        idle.then(|| *self.last_used.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Opens a channel. Nothing is run yet.
    pub(super) async fn open(self: &Arc<Self>, patience: Duration) -> Result<(Use, Channel<Msg>), SshError> {
        let permit = timeout(patience, self.commands.clone().acquire_owned()).await;
        let permit = permit.map_err(|_| SshError::Busy("as many commands as allowed run on this machine"))?;
        let permit = permit.map_err(|_| SshError::Closed(russh::Error::Disconnect))?;
        let usage = Use { connection: self.clone(), finished: false, _permit: permit };
        let opened = timeout(patience, self.handle.channel_open_session()).await;
        match opened.map_err(|_| SshError::ConnectTimeout(patience))? {
            Ok(channel) => Ok((usage, channel)),
            Err(cause @ russh::Error::ChannelOpenFailure(_)) => {
                usage.finish();
                Err(cause.into())
            }
            Err(cause) => Err(cause.into()),
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("road", &self.road).finish_non_exhaustive()
    }
}

/// Is one use of a connection. Dropped unfinished, it spoils the connection: a command may still be running on its
/// channel, and the next one gets a fresh connection.
#[derive(Debug)]
pub(in crate::ssh) struct Use {
    connection: Arc<Connection>,
    finished: bool,
    _permit: OwnedSemaphorePermit,
}

impl Use {
    /// Says that its channel ended as it should.
    pub(in crate::ssh) fn finish(mut self) {
        self.finished = true;
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        *self.connection.last_used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        if !self.finished {
            self.connection.spoilt.store(true, Ordering::Release);
        }
    }
}
