//! What commissioning found in a machine.

use super::clean;
use hwautomation_core::plugin::HardwareSummary;
use serde::Deserialize;

/// What MAAS writes where it does not know.
const UNKNOWN: &str = "Unknown";

/// Holds the part of `hardware_info` that we read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct HardwareInfo {
    system_vendor: Option<String>,
    system_product: Option<String>,
    system_serial: Option<String>,
    mainboard_vendor: Option<String>,
    mainboard_product: Option<String>,
}

/// Sums it up. `memory` is in MiB; MAAS writes 0 for a machine that it has not looked into.
pub(super) fn summary(info: &HardwareInfo, cpu_count: Option<u32>, memory: Option<u64>) -> HardwareSummary {
    HardwareSummary {
        vendor: known(&info.system_vendor).or_else(|| known(&info.mainboard_vendor)),
        product: known(&info.system_product).or_else(|| known(&info.mainboard_product)),
        serial: known(&info.system_serial),
        cpu_count: cpu_count.filter(|count| *count > 0),
        memory_mib: memory.filter(|mib| *mib > 0),
    }
}

fn known(text: &Option<String>) -> Option<String> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty() && *text != UNKNOWN).map(clean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn unknown_empty_and_zero_are_unknown() {
        let info = json!({"system_vendor": "Unknown", "system_product": " ", "system_serial": null});
        let info = serde_json::from_value(info).unwrap();
        assert_eq!(summary(&info, Some(0), Some(0)), HardwareSummary::default());
    }

    #[test]
    fn the_board_stands_in_for_a_nameless_system_but_not_for_its_serial_number() {
        let info = json!({"system_vendor": "Unknown", "system_product": "SYS-221H", "system_serial": "Unknown",
            "mainboard_vendor": "Supermicro", "mainboard_product": "X13DEM", "mainboard_serial": "B1"});
        let found = summary(&serde_json::from_value(info).unwrap(), Some(64), Some(262_144));
        assert_eq!(
            (found.vendor.as_deref(), found.product.as_deref()),
            (Some("Supermicro"), Some("SYS-221H"))
        );
        assert_eq!((found.serial, found.cpu_count, found.memory_mib), (None, Some(64), Some(262_144)));
    }
}
