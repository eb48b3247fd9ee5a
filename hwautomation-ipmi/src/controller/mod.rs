//! The driver: core's contracts, each in a file of its own.

mod bmc;
mod boot;
mod chassis;
mod device;
mod health;
mod lan;
mod power;
mod user;

use crate::config::IpmiConfig;
use crate::error::IpmiError;
use crate::transport::{Pool, Target, Turn};
use health::Cache;
use hwautomation_core::error::Result;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{CredentialSource, Privilege};
use std::net::IpAddr;
use std::sync::Arc;

/// Drives machines through their BMCs: power, boot device, and the BMC itself.
///
/// One serves all machines and all four contracts
/// ([`PowerController`](hwautomation_core::plugin::PowerController),
/// [`BootController`](hwautomation_core::plugin::BootController),
/// [`BmcConfigurator`](hwautomation_core::plugin::BmcConfigurator),
/// [`HealthReader`](hwautomation_core::plugin::HealthReader)). Dropping it closes its sessions.
#[derive(Debug)]
pub struct IpmiController {
    config: IpmiConfig,
    pool: Arc<Pool>,
    /// What was learnt about the sensors of BMCs.
    known: Cache,
}

impl IpmiController {
    /// Makes a driver. Nothing is sent before the first call, which needs a tokio runtime with I/O and time.
    ///
    /// # Errors
    ///
    /// `Invalid` when the configuration is wrong; see [`IpmiConfig::validate`].
    pub fn new(config: IpmiConfig, credentials: Arc<dyn CredentialSource>) -> Result<Self> {
        config.validate()?;
        let pool = Pool::new(&config, credentials);
        Ok(Self { config, pool, known: Cache::default() })
    }

    /// Begins a call on the machine's own BMC.
    fn call<'a>(&'a self, machine: &'a Machine, what: &str, privilege: Privilege) -> Result<Call<'a>> {
        self.call_at(machine, machine.bmc_address()?, what, privilege)
    }

    /// Begins a call on the BMC that answers at an address.
    fn call_at<'a>(
        &'a self,
        machine: &'a Machine,
        at: IpAddr,
        what: &str,
        privilege: Privilege,
    ) -> Result<Call<'a>> {
        Ok(Call {
            driver: self,
            machine,
            target: Target::of(&self.config, machine, at, privilege)?,
            action: format!("{what} of machine {} through its BMC at {at}", machine.id),
        })
    }
}

/// One call: on which BMC, as whom, and what to say when it fails.
struct Call<'a> {
    driver: &'a IpmiController,
    machine: &'a Machine,
    target: Target,
    action: String,
}

impl Call<'_> {
    /// Waits for the turn to talk to the BMC.
    async fn turn(&self) -> Result<Turn, IpmiError> {
        self.driver.pool.turn(self.target.clone()).await
    }

    /// The same, at another address.
    async fn turn_at(&self, at: IpAddr) -> Result<Turn, IpmiError> {
        let privilege = self.target.identity.privilege;
        let target = Target::of(&self.driver.config, self.machine, at, privilege)?;
        self.driver.pool.turn(target).await
    }

    fn end<T>(&self, result: Result<T, IpmiError>) -> Result<T> {
        result.map_err(|error| error.into_error(&self.action))
    }
}
