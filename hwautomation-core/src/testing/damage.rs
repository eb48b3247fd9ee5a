//! Damage to a history in memory.

use crate::id::WorkflowId;
use crate::record::Seq;
use crate::store::MemoryStore;

/// Makes a stored event unreadable, as damage to a stored history does. One that is not there stays away.
pub fn damage(store: &MemoryStore, workflow: WorkflowId, seq: Seq) {
    store.damage(workflow, seq);
}
