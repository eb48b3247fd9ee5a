//! The fake's boot controller.

use super::gate::{Heed, To};
use super::{FakeCall, FakeRack};
use crate::error::{Error, ErrorKind, Result};
use crate::machine::Machine;
use crate::plugin::{BootController, BootRequest, BootSetting};
use async_trait::async_trait;

#[async_trait]
impl BootController for FakeRack {
    async fn boot_setting(&self, machine: &Machine) -> Result<BootSetting> {
        let to = To::Bmc(machine, machine.bmc_address()?);
        self.read(FakeCall::BootRead, to, |truth, _| Ok(truth.boot)).await
    }

    async fn set_boot(&self, machine: &Machine, request: BootRequest) -> Result<()> {
        self.write_boot(machine, FakeCall::BootSet, BootSetting::Override(request)).await
    }

    async fn clear_boot(&self, machine: &Machine) -> Result<()> {
        self.write_boot(machine, FakeCall::BootClear, BootSetting::Unchanged).await
    }
}

impl FakeRack {
    async fn write_boot(&self, machine: &Machine, call: FakeCall, wanted: BootSetting) -> Result<()> {
        let to = To::Bmc(machine, machine.bmc_address()?);
        let what = match wanted {
            BootSetting::Override(request) => format!("boot from {:?}", request.device),
            BootSetting::Unchanged => "boot as the BIOS says".to_owned(),
        };
        self.command(call, to, what, |inside, id, heed| {
            if heed == Heed::Yes {
                inside.of(id).boot = wanted;
            }
            Ok(())
        })
        .await?;
        // Accepted is not done: the contract asks for a look.
        if self.boot_setting(machine).await? == wanted {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Mismatch, format!("{call} on {}: it did not take", machine.id))
            .with_remedy("set it again, or use the BIOS boot order"))
    }
}
