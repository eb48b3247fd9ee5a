//! Broken BIOS backends.

use crate::broken;
use crate::rack_fixture::RackFixture;
use crate::spoil::Spoil;
use async_trait::async_trait;
use hwautomation_core::bios::{Changes, Settings};
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{BiosBackend, BiosReading, Pending, PowerAction, PowerController};
use hwautomation_core::testing::fake::FakeRack;
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Defect {
    LeavesSettingsOut,
    ShowsWhatWaitsAsInForce,
    AcceptsOnly,
    StagesOneByOne,
    NamesNoSetting,
    RefusesASecondTime,
    DoesNotDiscard,
    DropsUnknownSettings,
    ResetsTheHost,
    SilentHasNoSettings,
    Error(Spoil),
}

#[derive(Debug)]
struct Broken {
    rack: Arc<FakeRack>,
    defect: Defect,
}

fn broken(defect: Defect) -> RackFixture {
    let mut fixture = RackFixture::running();
    fixture.bios = Arc::new(Broken { rack: fixture.rack.clone(), defect });
    fixture
}

impl Broken {
    fn on<T>(&self, answer: Result<T>) -> Result<T> {
        if let Defect::Error(spoil) = self.defect { spoil.on(answer) } else { answer }
    }

    /// The good ones are staged before the bad one is seen.
    async fn stage_one_by_one(&self, machine: &Machine, changes: &Changes) -> Result<()> {
        for change in changes {
            self.rack.stage_bios(machine, &Changes::from_iter([change.clone()])).await?;
        }
        Ok(())
    }

    async fn stage_known(&self, machine: &Machine, changes: &Changes) -> Result<()> {
        let has = self.rack.read_bios(machine).await?.in_force;
        let known = changes.iter().filter(|change| has.get(&change.name).is_some()).cloned().collect();
        self.rack.stage_bios(machine, &known).await
    }

    async fn stage_what_does_not_wait(&self, machine: &Machine, changes: &Changes) -> Result<()> {
        if let Pending::Staged(_) = self.rack.read_bios(machine).await?.pending {
            return Err(Error::new(ErrorKind::Conflict, "something waits").with_remedy("reset first"));
        }
        self.rack.stage_bios(machine, changes).await
    }
}

#[async_trait]
impl BiosBackend for Broken {
    async fn read_bios(&self, machine: &Machine) -> Result<BiosReading> {
        let answer = self.rack.read_bios(machine).await;
        if self.defect == Defect::SilentHasNoSettings && answer.is_err() {
            return Ok(BiosReading { in_force: Settings::new(), pending: Pending::Unknown });
        }
        let mut reading = self.on(answer)?;
        match (self.defect, &reading.pending) {
            (Defect::LeavesSettingsOut, _) => {
                reading.in_force = reading.in_force.into_iter().skip(1).collect();
            }
            (Defect::ShowsWhatWaitsAsInForce, Pending::Staged(staged)) => {
                reading.in_force.extend(staged.clone());
            }
            _ => {}
        }
        Ok(reading)
    }

    async fn stage_bios(&self, machine: &Machine, changes: &Changes) -> Result<()> {
        match self.defect {
            Defect::AcceptsOnly => Ok(()),
            Defect::StagesOneByOne => self.stage_one_by_one(machine, changes).await,
            Defect::DropsUnknownSettings => self.stage_known(machine, changes).await,
            Defect::RefusesASecondTime => self.stage_what_does_not_wait(machine, changes).await,
            Defect::ResetsTheHost => {
                self.rack.stage_bios(machine, changes).await?;
                self.rack.request_power(machine, PowerAction::Reset).await
            }
            Defect::NamesNoSetting => self.rack.stage_bios(machine, changes).await.map_err(|error| {
                Error::new(error.kind(), "a setting is wrong").with_remedy("find out which")
            }),
            _ => self.on(self.rack.stage_bios(machine, changes).await),
        }
    }

    async fn discard_bios(&self, machine: &Machine) -> Result<()> {
        match self.defect {
            Defect::DoesNotDiscard => Ok(()),
            _ => self.on(self.rack.discard_bios(machine).await),
        }
    }
}

broken! { bios:
    reads_what_is_in_force: broken(Defect::LeavesSettingsOut) => "read_bios: expected Settings";
    staged_is_not_in_force:
        broken(Defect::ShowsWhatWaitsAsInForce) => "read_bios: expected Settings",
        broken(Defect::AcceptsOnly) => "what waits: expected BootMode";
    staged_takes_effect_at_the_next_reset: broken(Defect::AcceptsOnly) => "the settings in force: expected";
    stages_all_or_none:
        broken(Defect::StagesOneByOne) => "expected nothing to wait",
        broken(Defect::NamesNoSetting) => "expected the error to name SystemSerial";
    staging_twice_is_as_good_as_once: broken(Defect::RefusesASecondTime) => "something waits";
    discard_forgets_what_was_staged: broken(Defect::DoesNotDiscard) => "the settings in force: expected";
    an_unknown_setting_is_refused_by_name:
        broken(Defect::DropsUnknownSettings) => "expected an error, found ()",
        broken(Defect::NamesNoSetting) => "expected the error to name NoSuchSetting";
    never_changes_the_power_state: broken(Defect::ResetsTheHost) => "the host: expected HostTruth";
    silence_is_an_error:
        broken(Defect::SilentHasNoSettings) => "read_bios: expected an error",
        broken(Defect::Error(Spoil::SilentForGood)) => "to be no permanent error";
    errors_have_a_remedy_and_show_no_secret:
        broken(Defect::Error(Spoil::NoRemedy)) => "expected a remedy",
        broken(Defect::Error(Spoil::ShowSecret)) => "without a secret";
}
