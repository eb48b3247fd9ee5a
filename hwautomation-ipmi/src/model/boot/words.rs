//! Boot settings in words, for people.

use hwautomation_core::plugin::{BootDevice, BootFirmware, BootLasting, BootRequest, BootSetting};

/// Says what a machine boots from, for how long and by what.
pub(crate) fn in_words(setting: BootSetting) -> String {
    let BootSetting::Override(BootRequest { device, lasting, firmware }) = setting else {
        return "boot order".to_owned();
    };
    let device = match device {
        BootDevice::Pxe => "pxe",
        BootDevice::Disk => "disk",
        BootDevice::Cd => "cd",
        BootDevice::BiosSetup => "bios",
        _ => "another device",
    };
    let lasting = match lasting {
        BootLasting::Once => "for the next boot",
        BootLasting::Persistent => "until it is changed",
    };
    let firmware = match firmware {
        BootFirmware::Uefi => "UEFI",
        BootFirmware::Legacy => "legacy BIOS",
    };
    format!("{device} {lasting}, by {firmware}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_says_what_for_how_long_and_by_what() {
        assert_eq!(in_words(BootSetting::Unchanged), "boot order");
        let request = BootRequest {
            device: BootDevice::Disk,
            lasting: BootLasting::Persistent,
            firmware: BootFirmware::Legacy,
        };
        assert_eq!(in_words(BootSetting::Override(request)), "disk until it is changed, by legacy BIOS");
    }
}
