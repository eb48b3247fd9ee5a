//! Forgetting what ended long ago.

use super::WorkflowManager;
use crate::error::Result;
use crate::store::{Pruned, Retention};

impl WorkflowManager {
    /// Deletes ended runs with their events and large values, up to the limit; open runs, their parents and their
    /// children stay, and so does what was found out about machines. Call it again while it takes as many as the
    /// limit; nothing calls it by itself.
    ///
    /// # Errors
    ///
    /// `Storage`.
    pub async fn prune(&self, retention: &Retention) -> Result<Pruned> {
        self.shared.store.prune(retention).await
    }
}
