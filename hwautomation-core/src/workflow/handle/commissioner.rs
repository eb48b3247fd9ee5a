//! The commissioning service's view of one machine.

use crate::error::Result;
use crate::machine::Machine;
use crate::plugin::{CommissionOptions, CommissionReading, CommissionRun, Commissioner, HardwareSummary};
use crate::workflow::Call;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Such a service speaks with the BMC before it answers, and holds a command back meanwhile: MAAS up to 60 s.
const COMMAND_MAY_TAKE: Duration = Duration::from_secs(90);

/// Commissions one machine.
#[derive(Debug, Clone)]
pub struct CommissionerHandle {
    pub(in crate::workflow) machine: Arc<Machine>,
    pub(in crate::workflow) plugin: Arc<dyn Commissioner>,
}

impl CommissionerHandle {
    /// Reads where the machine stands.
    ///
    /// # Errors
    ///
    /// Those of [`Commissioner::commission_state`].
    pub async fn state(self) -> Result<CommissionReading> {
        self.plugin.commission_state(&self.machine).await
    }

    /// Prepares to commission, which boots the machine.
    pub fn commission(self, options: CommissionOptions) -> Call<CommissionRun> {
        let Self { machine, plugin } = self;
        Call::new("commissioning", async move { plugin.commission(&machine, &options).await })
            .boots(true)
            .may_take(COMMAND_MAY_TAKE)
    }

    /// Prepares to stop this commissioning.
    pub fn abort(self, run: CommissionRun) -> Call<()> {
        let Self { machine, plugin } = self;
        Call::new("abort of a commissioning", async move { plugin.abort_commission(&machine, &run).await })
            .may_take(COMMAND_MAY_TAKE)
    }

    /// Prepares to enter rescue mode, which boots the machine.
    pub fn enter_rescue(self) -> Call<()> {
        let Self { machine, plugin } = self;
        Call::new("entering rescue mode", async move { plugin.enter_rescue(&machine).await })
            .boots(true)
            .may_take(COMMAND_MAY_TAKE)
    }

    /// Prepares to leave rescue mode.
    pub fn leave_rescue(self) -> Call<()> {
        let Self { machine, plugin } = self;
        Call::new("leaving rescue mode", async move { plugin.leave_rescue(&machine).await })
            .may_take(COMMAND_MAY_TAKE)
    }

    /// Prepares to give the machine back.
    pub fn release(self) -> Call<()> {
        let Self { machine, plugin } = self;
        Call::new("release", async move { plugin.release(&machine).await }).may_take(COMMAND_MAY_TAKE)
    }

    /// Lists the addresses of the running host, the best first.
    ///
    /// # Errors
    ///
    /// Those of [`Commissioner::host_addresses`].
    pub async fn host_addresses(self) -> Result<Vec<IpAddr>> {
        self.plugin.host_addresses(&self.machine).await
    }

    /// Returns the BMC's address as the service has it.
    ///
    /// # Errors
    ///
    /// Those of [`Commissioner::bmc_address`].
    pub async fn bmc_address(self) -> Result<Option<IpAddr>> {
        self.plugin.bmc_address(&self.machine).await
    }

    /// Tells the service where it reaches the BMC. Telling it twice is harmless, so it needs no intent.
    ///
    /// # Errors
    ///
    /// Those of [`Commissioner::set_bmc_address`].
    pub async fn set_bmc_address(self, address: IpAddr) -> Result<()> {
        self.plugin.set_bmc_address(&self.machine, address).await
    }

    /// Returns what the service found in the machine.
    ///
    /// # Errors
    ///
    /// Those of [`Commissioner::hardware`].
    pub async fn hardware(self) -> Result<HardwareSummary> {
        self.plugin.hardware(&self.machine).await
    }

    /// Lists the tags.
    ///
    /// # Errors
    ///
    /// Those of [`Commissioner::tags`].
    pub async fn tags(self) -> Result<BTreeSet<String>> {
        self.plugin.tags(&self.machine).await
    }

    /// Adds a tag. Adding it twice is harmless, so it needs no intent.
    ///
    /// # Errors
    ///
    /// Those of [`Commissioner::add_tag`].
    pub async fn add_tag(self, tag: &str) -> Result<()> {
        self.plugin.add_tag(&self.machine, tag).await
    }

    /// Removes a tag. Removing it twice is harmless, so it needs no intent.
    ///
    /// # Errors
    ///
    /// Those of [`Commissioner::remove_tag`].
    pub async fn remove_tag(self, tag: &str) -> Result<()> {
        self.plugin.remove_tag(&self.machine, tag).await
    }
}
