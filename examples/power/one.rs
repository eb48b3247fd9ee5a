//! Asks one machine for its boot device, or lights its lamp.

use crate::power::answer::Said;
use crate::power::options::{Boot, Device, Lamp};
use hwautomation_core::error::Result;
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{
    BootController, BootDevice, BootFirmware, BootLasting, BootRequest, BootSetting,
};
use hwautomation_ipmi::{Identify, IpmiController};

/// Reads the boot device, or sets it, or takes an override away.
pub async fn boot(driver: &dyn BootController, machine: &Machine, options: &Boot) -> Result<Said> {
    let Some(device) = options.device else {
        return driver.boot_setting(machine).await.map(Said::Boot);
    };
    let Some(request) = request(device, options) else {
        driver.clear_boot(machine).await?;
        return Ok(Said::Boot(BootSetting::Unchanged));
    };
    // It reads back what it set, so what was asked for is what is there.
    driver.set_boot(machine, request).await?;
    Ok(Said::Boot(BootSetting::Override(request)))
}

fn request(device: Device, options: &Boot) -> Option<BootRequest> {
    let device = match device {
        Device::Pxe => BootDevice::Pxe,
        Device::Disk => BootDevice::Disk,
        Device::Cd => BootDevice::Cd,
        Device::Bios => BootDevice::BiosSetup,
        Device::None => return None,
    };
    let lasting = if options.persistent { BootLasting::Persistent } else { BootLasting::Once };
    let firmware = if options.legacy { BootFirmware::Legacy } else { BootFirmware::Uefi };
    Some(BootRequest { device, lasting, firmware })
}

/// Lights the lamp, or puts it out.
pub async fn light(driver: &IpmiController, machine: &Machine, lamp: &Lamp) -> Result<Said> {
    let (how, word) = match lamp {
        Lamp { off: true, .. } => (Identify::Off, "dark"),
        Lamp { forever: true, .. } => (Identify::Forever, "lit"),
        Lamp { lit, .. } => (Identify::For(*lit), "lit"),
    };
    driver.identify(machine, how).await?;
    Ok(Said::Lamp { lamp: word })
}
