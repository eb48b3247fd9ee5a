//! The fake's BIOS backend.

use super::gate::{Heed, To};
use super::{FakeCall, FakeMachine, FakeRack};
use crate::bios::{Change, Changes, Settings};
use crate::error::{Error, ErrorKind, Result};
use crate::machine::Machine;
use crate::plugin::{BiosBackend, BiosReading, Pending};
use async_trait::async_trait;
use std::mem::discriminant;

#[async_trait]
impl BiosBackend for FakeRack {
    async fn read_bios(&self, machine: &Machine) -> Result<BiosReading> {
        let to = To::Bmc(machine, machine.bmc_address()?);
        self.read(FakeCall::BiosRead, to, |truth, _| {
            let pending = match truth.staged.is_empty() {
                true => Pending::Nothing,
                false => Pending::Staged(truth.staged.clone()),
            };
            Ok(BiosReading { in_force: truth.bios.clone(), pending })
        })
        .await
    }

    async fn stage_bios(&self, machine: &Machine, changes: &Changes) -> Result<()> {
        let to = To::Bmc(machine, machine.bmc_address()?);
        let lines: Vec<String> = changes.iter().map(ToString::to_string).collect();
        self.command(FakeCall::BiosStage, to, format!("stage {}", lines.join(", ")), |inside, id, heed| {
            let truth = inside.of(id);
            changes.iter().try_for_each(|change| truth.check_setting(change))?;
            if heed == Heed::Yes {
                truth.staged.extend(changes.iter().map(|change| (change.name.clone(), change.to.clone())));
            }
            Ok(())
        })
        .await
    }

    async fn discard_bios(&self, machine: &Machine) -> Result<()> {
        let to = To::Bmc(machine, machine.bmc_address()?);
        let what = "discard staged settings".to_owned();
        self.command(FakeCall::BiosDiscard, to, what, |inside, id, heed| {
            if heed == Heed::Yes {
                inside.of(id).staged = Settings::new();
            }
            Ok(())
        })
        .await
    }
}

impl FakeMachine {
    fn check_setting(&self, change: &Change) -> Result<()> {
        let name = &change.name;
        match self.bios.get(name) {
            None => Err(Error::invalid(format!("staging BIOS settings: there is no setting {name}"))
                .with_remedy("correct the name of the setting")),
            Some(_) if self.read_only.contains(name) => {
                Err(Error::new(ErrorKind::Refused, format!("staging BIOS settings: {name} is read-only"))
                    .with_remedy("leave the setting out"))
            }
            Some(now) if discriminant(now) != discriminant(&change.to) => {
                Err(Error::invalid(format!("staging BIOS settings: {name} takes no {}", change.to))
                    .with_remedy(format!("give a value like {now}")))
            }
            Some(_) => Ok(()),
        }
    }
}
