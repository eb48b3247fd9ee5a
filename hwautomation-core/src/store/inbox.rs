//! What others want of a workflow that they do not own.

use crate::actor::Actor;
use crate::id::{SignalName, WorkflowId};
use crate::record::Seq;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Numbers the items of a store, in the order in which they came.
pub type ItemId = u64;

/// Asks something of a workflow. Durable once accepted; the owner turns it into an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewItem {
    /// Which workflow.
    pub workflow: WorkflowId,
    /// The sender's key: a second item with the key of a waiting one is the same item.
    pub key: String,
    /// When it was sent.
    pub at: Timestamp,
    /// By whom.
    pub actor: Actor,
    /// What is asked.
    pub command: Command,
}

/// Names what can be asked of a workflow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Command {
    /// Stop, undo, end as cancelled.
    Cancel {
        /// Why.
        why: String,
    },
    /// Here is a signal.
    Signal {
        /// Which.
        name: SignalName,
        /// What it carries.
        payload: Value,
    },
    /// A halted run: try again.
    Retry {
        /// Why.
        why: String,
        /// Which event halted it: a late decision does not meet the next halt.
        halt: Seq,
    },
    /// A halted run: leave out the step it is at.
    Skip {
        /// Why.
        why: String,
        /// Which event halted it: a late decision does not meet the next halt.
        halt: Seq,
    },
    /// A halted run: end as failed, leave everything as it is.
    Abort {
        /// Why.
        why: String,
        /// Which event halted it: a late decision does not meet the next halt.
        halt: Seq,
    },
    /// The next power command may be sent on an unknown reading.
    OverridePower {
        /// Why.
        why: String,
    },
}

impl Command {
    /// Tells whether it stops the workflow, so that it does not wait its turn among those that want to run.
    #[must_use]
    pub fn is_pressing(&self) -> bool {
        matches!(self, Self::Cancel { .. } | Self::Abort { .. })
    }

    /// Returns the reason; a signal has none.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Signal { .. } => None,
            Self::Cancel { why }
            | Self::Retry { why, .. }
            | Self::Skip { why, .. }
            | Self::Abort { why, .. }
            | Self::OverridePower { why } => Some(why),
        }
    }
}

/// Holds a waiting item.
#[derive(Debug, Clone, PartialEq)]
pub struct InboxItem {
    /// Its number.
    pub id: ItemId,
    /// What it asks.
    pub item: NewItem,
}

/// Says what became of a posted item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// It waits for the owner.
    Accepted,
    /// An item with this key waits already.
    Duplicate,
}
