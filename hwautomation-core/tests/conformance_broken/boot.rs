//! Broken boot controllers.

use crate::broken;
use crate::rack_fixture::RackFixture;
use crate::spoil::Spoil;
use async_trait::async_trait;
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{BootController, BootRequest, BootSetting, PowerAction, PowerController};
use hwautomation_core::testing::fake::FakeRack;
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Defect {
    DoesNotLook,
    AcceptsOnly,
    DoesNotClear,
    RefusesASecondTime,
    ResetsTheHost,
    SilentIsUnchanged,
    Error(Spoil),
}

#[derive(Debug)]
struct Broken {
    rack: Arc<FakeRack>,
    defect: Defect,
}

fn broken(defect: Defect) -> RackFixture {
    let mut fixture = RackFixture::running();
    fixture.boot = Arc::new(Broken { rack: fixture.rack.clone(), defect });
    fixture
}

impl Broken {
    fn on<T>(&self, answer: Result<T>) -> Result<T> {
        if let Defect::Error(spoil) = self.defect { spoil.on(answer) } else { answer }
    }
}

#[async_trait]
impl BootController for Broken {
    async fn boot_setting(&self, machine: &Machine) -> Result<BootSetting> {
        match self.rack.boot_setting(machine).await {
            Err(_) if self.defect == Defect::SilentIsUnchanged => Ok(BootSetting::Unchanged),
            answer => self.on(answer),
        }
    }

    async fn set_boot(&self, machine: &Machine, request: BootRequest) -> Result<()> {
        if self.defect == Defect::AcceptsOnly {
            return Ok(());
        }
        let now = self.rack.boot_setting(machine).await;
        if self.defect == Defect::RefusesASecondTime
            && matches!(now, Ok(BootSetting::Override(now)) if now == request)
        {
            return Err(Error::new(ErrorKind::Conflict, "it is set so").with_remedy("leave it"));
        }
        match (self.defect, self.rack.set_boot(machine, request).await) {
            (Defect::DoesNotLook, Err(error)) if error.kind() == ErrorKind::Mismatch => Ok(()),
            (Defect::ResetsTheHost, _) => self.rack.request_power(machine, PowerAction::Reset).await,
            (_, answer) => self.on(answer),
        }
    }

    async fn clear_boot(&self, machine: &Machine) -> Result<()> {
        match self.defect {
            Defect::DoesNotClear => Ok(()),
            _ => self.on(self.rack.clear_boot(machine).await),
        }
    }
}

broken! { boot:
    what_was_set_reads_back:
        broken(Defect::DoesNotLook) => "a device that forgets: expected the error Mismatch",
        broken(Defect::AcceptsOnly) => "the boot setting: expected Override";
    clearing_restores_the_boot_order: broken(Defect::DoesNotClear) => "the boot setting: expected Unchanged";
    setting_twice_is_as_good_as_once: broken(Defect::RefusesASecondTime) => "it is set so";
    never_changes_the_power_state: broken(Defect::ResetsTheHost) => "the host: expected HostTruth";
    silence_is_an_error:
        broken(Defect::SilentIsUnchanged) => "boot_setting: expected an error",
        broken(Defect::Error(Spoil::SilentForGood)) => "to be no permanent error";
    a_wrong_password_is_unauthorized: broken(Defect::Error(Spoil::TryAgain)) => "expected a permanent error";
    errors_have_a_remedy_and_show_no_secret:
        broken(Defect::Error(Spoil::NoRemedy)) => "expected a remedy",
        broken(Defect::Error(Spoil::ShowSecret)) => "without a secret";
}
