//! What the boot suite asks of the rack.

use super::RackFixture;
use async_trait::async_trait;
use hwautomation_core::plugin::{
    BootController, BootDevice, BootFirmware, BootLasting, BootRequest, BootSetting,
};
use hwautomation_core::testing::conformance::boot::BootFixture;
use hwautomation_core::testing::fake::{FakeCall, Fault, FaultAction};
use std::sync::Arc;

#[async_trait]
impl BootFixture for RackFixture {
    fn plugin(&self) -> Arc<dyn BootController> {
        self.boot.clone()
    }

    fn requests(&self) -> Vec<BootRequest> {
        let (once, persistent) = (BootLasting::Once, BootLasting::Persistent);
        vec![
            BootRequest { device: BootDevice::Pxe, lasting: once, firmware: BootFirmware::Uefi },
            BootRequest { device: BootDevice::Disk, lasting: persistent, firmware: BootFirmware::Legacy },
        ]
    }

    async fn true_boot(&self) -> BootSetting {
        self.truth().boot
    }

    async fn forget_requests(&self) {
        self.rack.inject(Fault::always(FakeCall::BootSet, FaultAction::Ignore));
    }
}
