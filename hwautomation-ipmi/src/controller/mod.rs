//! The driver: core's contracts, each in a file of its own.

mod bmc;
mod boot;
mod chassis;
mod console;
mod device;
mod errands;
mod fleet;
mod health;
mod lan;
mod power;
mod user;

pub use console::{Console, ConsoleLine};

use crate::config::IpmiConfig;
use crate::error::IpmiError;
use crate::transport::{Pool, Target, Turn};
use crate::wire::Suite;
use health::Cache;
use hwautomation_core::error::Result;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{CredentialSource, Privilege};
use lan::Strangers;
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

/// Drives machines through their BMCs: power, boot device, and the BMC itself.
///
/// One serves all machines and all contracts
/// ([`PowerController`](hwautomation_core::plugin::PowerController),
/// [`FleetPower`](hwautomation_core::plugin::FleetPower),
/// [`BootController`](hwautomation_core::plugin::BootController),
/// [`BmcConfigurator`](hwautomation_core::plugin::BmcConfigurator),
/// [`HealthReader`](hwautomation_core::plugin::HealthReader)), and opens consoles. Dropping it closes its sessions, but
/// for those of consoles.
#[derive(Debug)]
pub struct IpmiController {
    config: IpmiConfig,
    suites: Arc<[Suite]>,
    pool: Arc<Pool>,
    /// What was learnt about the sensors of BMCs.
    known: Cache,
    /// Which BMCs were sent where, until they are seen there.
    strangers: Strangers,
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
        Ok(Self {
            suites: config.suites().into(),
            config,
            pool,
            known: Cache::default(),
            strangers: Strangers::default(),
        })
    }

    /// Ends every session but those of consoles and waits for the BMCs to say so: for each the calls before it, a place
    /// among the BMCs that are talked to, and the answer are waited for, each for one command's time at most. Where a
    /// call goes on for longer, its session is left to it, and ends when it is not used any more. A later call logs in
    /// anew. Dropping the driver tells the BMCs, too, but waits for nobody: what the system does not take at once is
    /// lost, and BMCs have few sessions.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Begins a call on the machine's own BMC.
    fn call<'a>(
        &'a self,
        machine: &'a Machine,
        what: impl Into<Cow<'static, str>>,
        privilege: Privilege,
    ) -> Result<Call<'a>> {
        self.call_at(machine, machine.bmc_address()?, what, privilege)
    }

    /// Begins a call on the BMC that answers at an address.
    fn call_at<'a>(
        &'a self,
        machine: &'a Machine,
        at: IpAddr,
        what: impl Into<Cow<'static, str>>,
        privilege: Privilege,
    ) -> Result<Call<'a>> {
        let target = Target::of(&self.config, &self.suites, machine, at, privilege)?;
        Ok(Call { driver: self, machine, at, target, what: what.into() })
    }
}

/// One call: on which BMC, as whom, and what to say when it fails.
struct Call<'a> {
    driver: &'a IpmiController,
    machine: &'a Machine,
    at: IpAddr,
    target: Target<'a>,
    what: Cow<'static, str>,
}

impl<'a> Call<'a> {
    /// Waits for the turn to talk to the BMC.
    async fn turn(&self) -> Result<Turn<'_>, IpmiError> {
        self.driver.pool.turn(&self.target, None).await
    }

    /// Returns the same call at another address.
    fn moved_to(&self, at: IpAddr) -> Result<Call<'a>> {
        self.driver.call_at(self.machine, at, self.what.clone(), self.target.identity.privilege)
    }

    /// Says what is tried on what.
    fn action(&self) -> String {
        format!("{} of machine {} through its BMC at {}", self.what, self.machine.id, self.at)
    }

    fn end<T>(&self, result: Result<T, IpmiError>) -> Result<T> {
        result.map_err(|error| error.into_error(&self.action()))
    }
}
