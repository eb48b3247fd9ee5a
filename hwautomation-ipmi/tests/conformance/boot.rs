//! What the boot suite asks of the rack.

use super::rack::RackFixture;
use async_trait::async_trait;
use hwautomation_core::plugin::{
    BootController, BootDevice, BootFirmware, BootLasting, BootRequest, BootSetting,
};
use hwautomation_core::testing::conformance::boot::BootFixture;
use hwautomation_sim::{BootDevice as TrueDevice, Fault};
use std::sync::Arc;

#[async_trait]
impl BootFixture for RackFixture {
    fn plugin(&self) -> Arc<dyn BootController> {
        self.driver.clone()
    }

    fn requests(&self) -> Vec<BootRequest> {
        use BootFirmware::{Legacy, Uefi};
        use BootLasting::{Once, Persistent};
        let request = |device, lasting, firmware| BootRequest { device, lasting, firmware };
        vec![
            request(BootDevice::Pxe, Once, Uefi),
            request(BootDevice::Disk, Persistent, Legacy),
            request(BootDevice::BiosSetup, Once, Legacy),
            request(BootDevice::Pxe, Persistent, Uefi),
        ]
    }

    async fn true_boot(&self) -> BootSetting {
        let Some(truth) = self.truth().boot_override else { return BootSetting::Unchanged };
        let device = match truth.device {
            TrueDevice::Pxe => BootDevice::Pxe,
            TrueDevice::Disk => BootDevice::Disk,
            TrueDevice::Setup => BootDevice::BiosSetup,
            TrueDevice::Empty => BootDevice::Cd,
        };
        let lasting = if truth.persistent { BootLasting::Persistent } else { BootLasting::Once };
        let firmware = if truth.uefi { BootFirmware::Uefi } else { BootFirmware::Legacy };
        BootSetting::Override(BootRequest { device, lasting, firmware })
    }

    async fn forget_requests(&self) {
        self.inject(Fault::forgets_boot_device());
    }
}
