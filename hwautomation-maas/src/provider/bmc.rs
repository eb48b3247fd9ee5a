//! The BMC's address, as MAAS's power settings have it.

use super::visit::Visit;
use crate::client::lookup;
use crate::model::BmcHost;
use hwautomation_core::error::{Error, ErrorKind, Result};
use std::net::IpAddr;

impl Visit<'_> {
    /// Reads where the BMC is; a name is asked of this computer's resolver, as MAAS asks its own.
    pub(super) async fn bmc_address(&self) -> Result<Option<IpAddr>> {
        let settings = self.session.power_parameters().await.map_err(|error| self.failed(error))?;
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

    async fn look_up(&self, name: &str) -> Result<IpAddr> {
        lookup(name, self.session.client.connect_timeout()).await.map_err(|cause| {
            Error::new(ErrorKind::Unreachable, format!("{}: finding {name:?} by name", self.action))
                .with_remedy("make this computer's DNS know the name, or enter the address in MAAS")
                .with_source(cause)
        })
    }
}
