//! The BMC's address in MAAS's power settings.

use super::visit::Visit;
use crate::client::lookup;
use crate::model::{BmcHost, PowerParameters};
use hwautomation_core::error::{Error, ErrorKind, Result};
use std::net::IpAddr;

impl Visit<'_> {
    /// Reads where the BMC is; a name is asked of this computer's resolver, as MAAS asks its own.
    pub(super) async fn bmc_address(&self) -> Result<Option<IpAddr>> {
        let settings = self.power_parameters().await?;
        let host = settings.bmc().map_err(|_| {
            Error::new(ErrorKind::Protocol, format!("{}: its power address is no host", self.action))
                .with_remedy("correct power_address in the machine's power settings in MAAS")
        })?;
        match host {
            None => Ok(None),
            Some(BmcHost::Address(ip)) => Ok(Some(ip)),
            Some(BmcHost::Name(name)) => self.look_up(&name).await.map(Some),
        }
    }

    /// Lets MAAS look for the BMC there, and reads back. MAAS keeps a BMC to one machine: an address that another
    /// machine's BMC has is refused as if somebody else were writing, each time.
    pub(super) async fn set_bmc_address(&self, address: IpAddr) -> Result<()> {
        let settings = self.power_parameters().await?;
        let written = settings.moved_to(address).ok_or_else(|| self.has_no_address())?;
        if settings.is_at(&written) {
            return Ok(());
        }
        self.session.set_power_address(&written).await.map_err(|error| self.failed(error))?;
        if self.power_parameters().await?.is_at(&written) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Mismatch, format!("{}: MAAS accepted, and it is not there", self.action))
            .with_remedy("look at the machine's power settings in MAAS"))
    }

    fn has_no_address(&self) -> Error {
        let message = format!("{}: MAAS does not reach it through a BMC's address", self.action);
        Error::new(ErrorKind::Unsupported, message)
            .with_remedy("choose a power type with a BMC in MAAS, such as IPMI or Redfish")
    }

    async fn power_parameters(&self) -> Result<PowerParameters> {
        self.session.power_parameters().await.map_err(|error| self.failed(error))
    }

    async fn look_up(&self, name: &str) -> Result<IpAddr> {
        lookup(name, self.session.client.connect_timeout()).await.map_err(|cause| {
            Error::new(ErrorKind::Unreachable, format!("{}: finding {name:?} by name", self.action))
                .with_remedy("make this computer's DNS know the name, or enter the address in MAAS")
                .with_source(cause)
        })
    }
}
