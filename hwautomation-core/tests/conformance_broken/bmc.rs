//! Broken BMC configurators.

use crate::broken;
use crate::rack_fixture::RackFixture;
use crate::spoil::Spoil;
use async_trait::async_trait;
use hwautomation_core::error::Result;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{BmcConfigurator, BmcUser, LanChange, LanSettings, VlanChange};
use hwautomation_core::secret::Secret;
use hwautomation_core::testing::fake::FakeRack;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Defect {
    AcceptsOnly,
    ForgetsTheVlan,
    StaysInTheVlan,
    LeavesTheVlan,
    FillsInDefaults,
    AnswersEverywhere,
    AlwaysWrites,
    ForgetsPasswords,
    ClearsPasswords,
    EnablesEverybody,
    ResetsToFactory,
    DoesNotReset,
    Error(Spoil),
}

#[derive(Debug)]
struct Broken {
    rack: Arc<FakeRack>,
    defect: Defect,
}

fn broken(defect: Defect) -> RackFixture {
    let mut fixture = RackFixture::running();
    fixture.bmc = Arc::new(Broken { rack: fixture.rack.clone(), defect });
    fixture
}

impl Broken {
    fn on<T>(&self, answer: Result<T>) -> Result<T> {
        if let Defect::Error(spoil) = self.defect { spoil.on(answer) } else { answer }
    }
}

#[async_trait]
impl BmcConfigurator for Broken {
    async fn read_lan(&self, machine: &Machine, at: IpAddr) -> Result<LanSettings> {
        match self.defect {
            Defect::AnswersEverywhere => Ok(self.rack.truth(&machine.id).lan),
            _ => self.on(self.rack.read_lan(machine, at).await),
        }
    }

    async fn set_lan(&self, machine: &Machine, at: IpAddr, change: &LanChange) -> Result<()> {
        match self.defect {
            Defect::AcceptsOnly => Ok(()),
            Defect::FillsInDefaults => {
                let subnet_mask = change.subnet_mask.or(Some(Ipv4Addr::new(255, 0, 0, 0)));
                self.rack.set_lan(machine, at, &LanChange { subnet_mask, ..*change }).await
            }
            Defect::ForgetsTheVlan => {
                self.rack.set_lan(machine, at, &LanChange { vlan: None, ..*change }).await
            }
            Defect::StaysInTheVlan => {
                let vlan = change.vlan.filter(|vlan| *vlan != VlanChange::Off);
                self.rack.set_lan(machine, at, &LanChange { vlan, ..*change }).await
            }
            Defect::LeavesTheVlan => {
                let vlan = change.vlan.or(Some(VlanChange::Off));
                self.rack.set_lan(machine, at, &LanChange { vlan, ..*change }).await
            }
            Defect::AlwaysWrites => {
                let before = self.rack.read_lan(machine, at).await?;
                let gateway = Some(Ipv4Addr::UNSPECIFIED);
                self.rack.set_lan(machine, at, &LanChange { gateway, ..*change }).await?;
                let gateway = before.gateway;
                self.rack.set_lan(machine, at, &LanChange { gateway, ..*change }).await
            }
            _ => self.on(self.rack.set_lan(machine, at, change).await),
        }
    }

    async fn users(&self, machine: &Machine, at: IpAddr) -> Result<Vec<BmcUser>> {
        self.on(self.rack.users(machine, at).await)
    }

    async fn set_user(
        &self,
        machine: &Machine,
        at: IpAddr,
        user: &BmcUser,
        password: Option<&Secret>,
    ) -> Result<()> {
        let none = Secret::new("");
        let password = match self.defect {
            Defect::ForgetsPasswords => None,
            Defect::ClearsPasswords => password.or(Some(&none)),
            _ => password,
        };
        let mut user = user.clone();
        user.enabled |= self.defect == Defect::EnablesEverybody;
        self.on(self.rack.set_user(machine, at, &user, password).await)
    }

    async fn cold_reset(&self, machine: &Machine, at: IpAddr) -> Result<()> {
        match self.defect {
            Defect::DoesNotReset => return Ok(()),
            Defect::ResetsToFactory => self.rack.change(&machine.id, |truth| truth.lan.gateway = None),
            _ => {}
        }
        self.on(self.rack.cold_reset(machine, at).await)
    }
}

broken! { bmc:
    what_was_set_reads_back:
        broken(Defect::AcceptsOnly) => "the LAN: expected LanChange",
        broken(Defect::ForgetsTheVlan) => "vlan: Some(Id(VlanId(42))) } in force, found",
        broken(Defect::StaysInTheVlan) => "vlan: Some(Off) } in force, found";
    what_is_absent_stays:
        broken(Defect::FillsInDefaults) => "the LAN with a new gateway: expected",
        broken(Defect::LeavesTheVlan) => "the LAN at a new address: expected";
    a_new_address_answers_and_the_old_one_does_not:
        broken(Defect::AnswersEverywhere) => "read_lan at 192.0.2.1: expected an error",
        broken(Defect::AcceptsOnly) => "read_lan at 192.0.2.200: expected success";
    changing_to_what_is_succeeds: broken(Defect::AlwaysWrites) => "commands that change the network";
    users_read_back:
        broken(Defect::ForgetsPasswords) => "to log in with the new password",
        broken(Defect::ClearsPasswords) => "to keep the password when none is given",
        broken(Defect::EnablesEverybody) => "users: expected BmcUser";
    a_cold_reset_keeps_the_settings:
        broken(Defect::ResetsToFactory) => "the LAN after a cold reset",
        broken(Defect::DoesNotReset) => "restarts of the BMC";
    silence_is_an_error:
        broken(Defect::AnswersEverywhere) => "read_lan at 203.0.113.1: expected an error",
        broken(Defect::Error(Spoil::SilentForGood)) => "to be no permanent error";
    a_lost_answer_is_an_unknown_outcome:
        broken(Defect::Error(Spoil::SurelyNotDone)) => "the class unknown outcome";
    a_wrong_password_is_unauthorized: broken(Defect::Error(Spoil::TryAgain)) => "expected a permanent error";
    errors_have_a_remedy_and_show_no_secret:
        broken(Defect::Error(Spoil::NoRemedy)) => "expected a remedy",
        broken(Defect::Error(Spoil::ShowSecret)) => "without a secret";
}
