//! Hints that there is something to read. A hint may be lost or come for nothing: the store is the truth.

use crate::id::WorkflowId;
use tokio::sync::broadcast::{self, error::RecvError};

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
pub struct Hints(broadcast::Sender<Hint>);

/// Hears hints.
#[derive(Debug)]
pub struct HintListener(broadcast::Receiver<Hint>);

impl Default for Hints {
    fn default() -> Self {
        Self(broadcast::Sender::new(WAITING_MAX))
    }
}

impl Hints {
    /// Tells all listeners. Without listeners nothing happens.
    pub fn tell(&self, hint: Hint) {
        let _nobody_listens = self.0.send(hint);
    }

    /// Begins to listen.
    #[must_use]
    pub fn listen(&self) -> HintListener {
        HintListener(self.0.subscribe())
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

    /// Forgets the hints that wait.
    pub fn clear(&mut self) {
        self.0 = self.0.resubscribe();
    }
}
