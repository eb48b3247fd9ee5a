//! What the BIOS suite asks of the rack.

use super::RackFixture;
use async_trait::async_trait;
use hwautomation_core::bios::{Change, Changes, SettingName, Settings};
use hwautomation_core::plugin::{BiosBackend, PowerAction};
use hwautomation_core::testing::conformance::bios::BiosFixture;
use std::sync::Arc;

#[async_trait]
impl BiosFixture for RackFixture {
    fn plugin(&self) -> Arc<dyn BiosBackend> {
        self.bios.clone()
    }

    fn good_changes(&self) -> Changes {
        let wanted: Settings = [
            (SettingName::from_static("BootMode"), "UEFI".into()),
            (SettingName::from_static("NumaNodes"), 2.into()),
        ]
        .into_iter()
        .collect();
        Changes::diff(&self.truth().bios, &wanted)
    }

    fn refused_change(&self) -> Change {
        Change { name: SettingName::from_static("SystemSerial"), from: None, to: "another".into() }
    }

    fn unknown_setting(&self) -> SettingName {
        SettingName::from_static("NoSuchSetting")
    }

    async fn true_bios(&self) -> Settings {
        self.truth().bios
    }

    async fn reset_host(&self) {
        self.power_to(PowerAction::On).await;
        self.power_to(PowerAction::Reset).await;
    }
}
