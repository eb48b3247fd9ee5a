//! The fake's BMC configurator.

use super::gate::{Heed, To};
use super::{FakeCall, FakeMachine, FakeRack};
use crate::error::Result;
use crate::machine::Machine;
use crate::plugin::{BmcConfigurator, BmcUser, LanChange, LanSettings, VlanChange};
use crate::secret::Secret;
use async_trait::async_trait;
use std::net::IpAddr;

#[async_trait]
impl BmcConfigurator for FakeRack {
    async fn read_lan(&self, machine: &Machine, at: IpAddr) -> Result<LanSettings> {
        self.read(FakeCall::LanRead, To::Bmc(machine, at), |truth, _| Ok(truth.lan)).await
    }

    async fn set_lan(&self, machine: &Machine, at: IpAddr, change: &LanChange) -> Result<()> {
        if change.is_in_force(&self.read_lan(machine, at).await?) {
            return Ok(());
        }
        let what = "set the LAN".to_owned();
        self.command(FakeCall::LanSet, To::Bmc(machine, at), what, |inside, id, heed| {
            if heed == Heed::Yes {
                inside.of(id).change_lan(change);
            }
            Ok(())
        })
        .await
    }

    async fn users(&self, machine: &Machine, at: IpAddr) -> Result<Vec<BmcUser>> {
        self.read(FakeCall::UsersRead, To::Bmc(machine, at), |truth, _| Ok(truth.users.clone())).await
    }

    async fn set_user(
        &self,
        machine: &Machine,
        at: IpAddr,
        user: &BmcUser,
        password: Option<&Secret>,
    ) -> Result<()> {
        let what = format!("set user {}", user.name);
        self.command(FakeCall::UserSet, To::Bmc(machine, at), what, |inside, id, heed| {
            if heed == Heed::Yes {
                inside.of(id).write_user(user, password);
            }
            Ok(())
        })
        .await
    }

    async fn cold_reset(&self, machine: &Machine, at: IpAddr) -> Result<()> {
        let what = "cold reset of the BMC".to_owned();
        self.command(FakeCall::BmcReset, To::Bmc(machine, at), what, |_, _, _| Ok(())).await
    }
}

impl FakeMachine {
    fn change_lan(&mut self, change: &LanChange) {
        let lan = &mut self.lan;
        lan.source = change.source.unwrap_or(lan.source);
        lan.address = change.address.unwrap_or(lan.address);
        lan.subnet_mask = change.subnet_mask.unwrap_or(lan.subnet_mask);
        lan.gateway = change.gateway.or(lan.gateway);
        lan.vlan = change.vlan.map_or(lan.vlan, VlanChange::number);
    }

    fn write_user(&mut self, user: &BmcUser, password: Option<&Secret>) {
        self.users.retain(|known| known.id != user.id);
        self.users.push(user.clone());
        self.users.sort_by_key(|known| known.id);
        if let Some(password) = password {
            self.passwords.insert(user.id, password.expose().to_owned());
        }
    }
}
