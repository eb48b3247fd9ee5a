//! The boot device of one machine.

use crate::error::Result;
use crate::machine::Machine;
use crate::plugin::{BootController, BootRequest, BootSetting};
use std::sync::Arc;

/// Reads and sets the boot device of one machine. Setting it twice is harmless, so it needs no intent.
#[derive(Debug, Clone)]
pub struct BootHandle {
    pub(in crate::workflow) machine: Arc<Machine>,
    pub(in crate::workflow) plugin: Arc<dyn BootController>,
}

impl BootHandle {
    /// Reads what the machine will boot from.
    ///
    /// # Errors
    ///
    /// Those of [`BootController::boot_setting`].
    pub async fn setting(self) -> Result<BootSetting> {
        self.plugin.boot_setting(&self.machine).await
    }

    /// Sets the boot device and reads it back.
    ///
    /// # Errors
    ///
    /// Those of [`BootController::set_boot`].
    pub async fn set(self, request: BootRequest) -> Result<()> {
        self.plugin.set_boot(&self.machine, request).await
    }

    /// Removes an override.
    ///
    /// # Errors
    ///
    /// Those of [`BootController::clear_boot`].
    pub async fn clear(self) -> Result<()> {
        self.plugin.clear_boot(&self.machine).await
    }
}
