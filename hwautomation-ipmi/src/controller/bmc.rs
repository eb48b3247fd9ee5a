//! The BMC itself: core's contract, and its restart.

use super::{Call, IpmiController, lan, user};
use crate::error::IpmiError;
use crate::model::command::{Command, Repeat};
use async_trait::async_trait;
use hwautomation_core::error::Result;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{BmcConfigurator, BmcUser, LanChange, LanSettings};
use hwautomation_core::secret::Secret;
use std::borrow::Cow;
use std::net::IpAddr;

#[async_trait]
impl BmcConfigurator for IpmiController {
    async fn read_lan(&self, machine: &Machine, at: IpAddr) -> Result<LanSettings> {
        let call = self.configuring(machine, at, "reading the BMC's network")?;
        call.end(lan::read(&call).await)
    }

    async fn set_lan(&self, machine: &Machine, at: IpAddr, change: &LanChange) -> Result<()> {
        let call = self.configuring(machine, at, "changing the BMC's network")?;
        call.end(lan::set(&call, change).await)
    }

    async fn users(&self, machine: &Machine, at: IpAddr) -> Result<Vec<BmcUser>> {
        let call = self.configuring(machine, at, "listing the BMC's users")?;
        call.end(user::list(&call).await)
    }

    async fn set_user(
        &self,
        machine: &Machine,
        at: IpAddr,
        user: &BmcUser,
        password: Option<&Secret>,
    ) -> Result<()> {
        let call = self.configuring(machine, at, format!("writing user {} of the BMC", user.id))?;
        call.end(user::set(&call, user, password).await)
    }

    async fn cold_reset(&self, machine: &Machine, at: IpAddr) -> Result<()> {
        let call = self.configuring(machine, at, "restarting the BMC")?;
        call.end(restart(&call).await)
    }
}

impl IpmiController {
    fn configuring<'a>(
        &'a self,
        machine: &'a Machine,
        at: IpAddr,
        what: impl Into<Cow<'static, str>>,
    ) -> Result<Call<'a>> {
        self.call_at(machine, at, what, self.config.configure_privilege)
    }
}

/// Cold Reset (IPMI 2.0, section 20.2).
async fn restart(call: &Call<'_>) -> Result<(), IpmiError> {
    let mut turn = call.turn().await?;
    turn.send(&Command::new("the BMC's cold reset", [0x06, 0x02], Repeat::Never)).await?;
    // The restart ends it on the BMC, too: the next call logs in anew.
    turn.end_session();
    Ok(())
}
