//! The drivers that a step finds in its context.

use super::WorkflowContext;
use super::handle::{
    BiosHandle, BmcHandle, BootHandle, CommissionerHandle, HealthHandle, PowerHandle, ShellHandle,
};
use crate::device::Capability;
use crate::error::Result;
use crate::id::PluginName;
use crate::machine::Machine;
use std::sync::Arc;

impl WorkflowContext {
    /// Returns a plugin of a contract of your own.
    ///
    /// # Errors
    ///
    /// `NotFound`, with the names there are.
    pub fn plugin<T: ?Sized + Send + Sync + 'static>(&self, name: &str) -> Result<Arc<T>> {
        self.port.plugins().get(&PluginName::new(name)?)
    }

    /// Returns the machine's power.
    ///
    /// # Errors
    ///
    /// `Invalid` when the machine names no such plugin, `NotFound` when it is not registered.
    pub fn power(&self) -> Result<PowerHandle> {
        let (machine, plugin) = self.serving(Capability::Power)?;
        Ok(PowerHandle { machine, plugin, ledger: Arc::clone(&self.power) })
    }

    /// Returns the machine's boot device.
    ///
    /// # Errors
    ///
    /// As [`power`](Self::power).
    pub fn boot(&self) -> Result<BootHandle> {
        let (machine, plugin) = self.serving(Capability::Boot)?;
        Ok(BootHandle { machine, plugin })
    }

    /// Returns the machine's BIOS.
    ///
    /// # Errors
    ///
    /// As [`power`](Self::power).
    pub fn bios(&self) -> Result<BiosHandle> {
        let (machine, plugin) = self.serving(Capability::Bios)?;
        Ok(BiosHandle { machine, plugin })
    }

    /// Returns the machine's BMC.
    ///
    /// # Errors
    ///
    /// As [`power`](Self::power).
    pub fn bmc(&self) -> Result<BmcHandle> {
        let (machine, plugin) = self.serving(Capability::Bmc)?;
        Ok(BmcHandle { machine, plugin })
    }

    /// Returns the machine's commissioning service.
    ///
    /// # Errors
    ///
    /// As [`power`](Self::power).
    pub fn commissioner(&self) -> Result<CommissionerHandle> {
        let (machine, plugin) = self.serving(Capability::Commissioner)?;
        Ok(CommissionerHandle { machine, plugin })
    }

    /// Returns the health of the machine's hardware.
    ///
    /// # Errors
    ///
    /// As [`power`](Self::power).
    pub fn health(&self) -> Result<HealthHandle> {
        let (machine, plugin) = self.serving(Capability::Health)?;
        Ok(HealthHandle { machine, plugin })
    }

    /// Returns a shell on the machine's host.
    ///
    /// # Errors
    ///
    /// As [`power`](Self::power).
    pub fn shell(&self) -> Result<ShellHandle> {
        let (machine, plugin) = self.serving(Capability::Shell)?;
        Ok(ShellHandle { machine, plugin, ledger: Arc::clone(&self.power) })
    }

    fn serving<T: ?Sized + Send + Sync + 'static>(
        &self,
        capability: Capability,
    ) -> Result<(Arc<Machine>, Arc<T>)> {
        let machine = self.machine()?;
        let plugin = self.port.plugins().get(machine.plugin_for(capability)?)?;
        Ok((machine, plugin))
    }
}
