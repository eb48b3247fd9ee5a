//! Boot devices. This BMC takes the device and forgets that it is valid, how long it holds and by which firmware.

use crate::support::lab::Lab;
use hwautomation_core::error::ErrorKind;
use hwautomation_core::plugin::{
    BootController, BootDevice, BootFirmware, BootLasting, BootRequest, BootSetting,
};

fn request(device: BootDevice, lasting: BootLasting) -> BootRequest {
    BootRequest { device, lasting, firmware: BootFirmware::Legacy }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_reaches_the_hardware_and_what_was_forgotten_of_it_is_told() {
    let Some(lab) = Lab::start().await else { return };
    for (device, expected) in [
        (BootDevice::Pxe, "pxe"),
        (BootDevice::Disk, "default"),
        (BootDevice::Cd, "cdrom"),
        (BootDevice::BiosSetup, "bios"),
    ] {
        for lasting in [BootLasting::Once, BootLasting::Persistent] {
            let error = lab.driver.set_boot(&lab.machine(), request(device, lasting)).await.unwrap_err();
            assert_eq!(lab.sim.read("boot"), expected);
            assert_eq!(error.kind(), ErrorKind::Mismatch, "{error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cleared_there_is_no_override_left() {
    let Some(lab) = Lab::start().await else { return };
    lab.sim.write("boot", "pxe");
    lab.driver.clear_boot(&lab.machine()).await.unwrap();
    assert_eq!(lab.driver.boot_setting(&lab.machine()).await.unwrap(), BootSetting::Unchanged);
    assert_ne!(lab.sim.read("boot"), "pxe");
}
