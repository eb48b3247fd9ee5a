//! The BIOS of one machine.

use crate::bios::Changes;
use crate::error::Result;
use crate::machine::Machine;
use crate::plugin::{BiosBackend, BiosReading};
use crate::workflow::Call;
use std::sync::Arc;
use std::time::Duration;

/// A push reads, uploads and runs a vendor's tool, each of which may take minutes.
const STAGE_MAY_TAKE: Duration = Duration::from_secs(600);

/// Reads and stages the BIOS settings of one machine.
#[derive(Debug, Clone)]
pub struct BiosHandle {
    pub(in crate::workflow) machine: Arc<Machine>,
    pub(in crate::workflow) plugin: Arc<dyn BiosBackend>,
}

impl BiosHandle {
    /// Reads what is in force and what waits for a reset.
    ///
    /// # Errors
    ///
    /// Those of [`BiosBackend::read_bios`].
    pub async fn read(self) -> Result<BiosReading> {
        self.plugin.read_bios(&self.machine).await
    }

    /// Prepares to stage changes, all or none.
    pub fn stage(self, changes: Changes) -> Call<()> {
        let Self { machine, plugin } = self;
        Call::new("BIOS staging", async move { plugin.stage_bios(&machine, &changes).await })
            .may_take(STAGE_MAY_TAKE)
    }

    /// Prepares to forget what was staged.
    pub fn discard(self) -> Call<()> {
        let Self { machine, plugin } = self;
        Call::new("BIOS discard", async move { plugin.discard_bios(&machine).await }).may_take(STAGE_MAY_TAKE)
    }
}
