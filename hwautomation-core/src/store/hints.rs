//! Hints that there is something to read. A hint may be lost or come for nothing: the store is the truth.

use crate::id::WorkflowId;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;

/// How many hints may wait for a slow listener before it is told to look at everything.
const WAITING_MAX: usize = 1024;

/// Says where to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// New events were stored.
    Events,
    /// This workflow has a new inbox item.
    Inbox(WorkflowId),
    /// A workflow became due, or may have.
    Due,
    /// Hints were lost: look at everything.
    Everything,
}

/// Carries hints inside one process from a store to all who listen.
#[derive(Debug, Clone)]
pub struct Hints {
    work: broadcast::Sender<Hint>,
    events: watch::Sender<()>,
}

/// Hears that there may be work: every hint but [`Hint::Events`].
#[derive(Debug)]
pub struct HintListener(broadcast::Receiver<Hint>);

/// Hears that there are new events.
#[derive(Debug, Clone)]
pub struct EventListener(watch::Receiver<()>);

impl Default for Hints {
    fn default() -> Self {
        Self { work: broadcast::Sender::new(WAITING_MAX), events: watch::Sender::new(()) }
    }
}

impl Hints {
    /// Tells all listeners. Without listeners nothing happens.
    pub fn tell(&self, hint: Hint) {
        match hint {
            Hint::Events => {
                self.events.send_replace(());
            }
            work => {
                let _nobody_listens = self.work.send(work);
            }
        }
    }

    /// Begins to listen for work.
    #[must_use]
    pub fn listen(&self) -> HintListener {
        HintListener(self.work.subscribe())
    }

    /// Begins to listen for events.
    #[must_use]
    pub fn listen_for_events(&self) -> EventListener {
        EventListener(self.events.subscribe())
    }
}

impl HintListener {
    /// Waits for the next hint. Never returns when the store is gone.
    pub async fn next(&mut self) -> Hint {
        match self.0.recv().await {
            Ok(hint) => hint,
            Err(RecvError::Lagged(_)) => Hint::Everything,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

impl EventListener {
    /// Waits until events were stored since the last call. Never returns when the store is gone.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
