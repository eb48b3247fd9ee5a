//! The BMC's address, as MAAS's power settings have it: read and written.

use super::visit::Visit;
use crate::client::lookup;
use crate::model::{BmcHost, NotAHost, PowerParameters};
use hwautomation_core::error::{Error, ErrorKind, Result};
use std::net::IpAddr;

impl Visit<'_> {
    /// Reads where the BMC is; a name is asked of this computer's resolver, as MAAS asks its own.
    pub(super) async fn bmc_address(&self) -> Result<Option<IpAddr>> {
        match self.power_parameters().await?.bmc().map_err(|wrong| self.no_host(wrong))? {
            None => Ok(None),
            Some(BmcHost::Address(ip)) => Ok(Some(ip)),
            Some(BmcHost::Name(name)) => self.look_up(&name).await.map(Some),
        }
    }

    /// Writes where the BMC is, and reads it back.
    pub(super) async fn set_bmc_address(&self, address: IpAddr) -> Result<()> {
        let now = self.power_parameters().await?;
        let text = now.moved_to(address).map_err(|wrong| self.no_host(wrong))?.ok_or_else(|| {
            let message = format!("{}: its power settings have no address", self.action);
            Error::new(ErrorKind::Unsupported, message)
                .with_remedy("choose a power type with an address in MAAS, if it should switch the machine")
        })?;
        self.session.put_power_address(&text).await.map_err(|error| self.failed(error))?;
        match self.power_parameters().await?.bmc().map_err(|wrong| self.no_host(wrong))? {
            Some(BmcHost::Address(found)) if found == address => Ok(()),
            _ => Err(Error::new(
                ErrorKind::Mismatch,
                format!("{}: MAAS accepted, and has another", self.action),
            )
            .with_remedy("look at the machine's power settings in MAAS")),
        }
    }

    async fn power_parameters(&self) -> Result<PowerParameters> {
        self.session.power_parameters().await.map_err(|error| self.failed(error))
    }

    fn no_host(&self, _wrong: NotAHost) -> Error {
        Error::new(ErrorKind::Protocol, format!("{}: its power address is no host", self.action))
            .with_remedy("correct power_address in the machine's power settings in MAAS")
    }

    async fn look_up(&self, name: &str) -> Result<IpAddr> {
        lookup(name, self.session.client.connect_timeout()).await.map_err(|cause| {
            Error::new(ErrorKind::Unreachable, format!("{}: finding {name:?} by name", self.action))
                .with_remedy("make this computer's DNS know the name, or enter the address in MAAS")
                .with_source(cause)
        })
    }
}
