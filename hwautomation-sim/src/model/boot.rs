//! From which device a machine boots next.

use serde::{Deserialize, Serialize};

/// In the first byte of the boot flags: they count.
const VALID: u8 = 0x80;
/// In the first byte of the boot flags: for every boot, not only the next.
const PERSISTENT: u8 = 0x40;
/// In the first byte of the boot flags: boot as UEFI does.
const UEFI: u8 = 0x20;

/// Is a device that a machine may boot from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BootDevice {
    /// The network.
    Pxe,
    /// The disk.
    Disk,
    /// The firmware's setup page.
    Setup,
    /// Something with nothing in it: a CD drive, a floppy.
    Empty,
}

/// Is a boot device that was set for the next boot, or for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootOverride {
    /// Where to boot from.
    pub device: BootDevice,
    /// Whether it stays after the next boot.
    pub persistent: bool,
    /// Whether to boot as UEFI does.
    pub uefi: bool,
}

/// Holds the five bytes of the boot flags (IPMI 2.0, section 28.13, parameter 5).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootFlags(pub [u8; 5]);

impl BootFlags {
    /// Returns the flags that ask for the network once.
    pub const fn pxe_once() -> Self {
        Self([VALID, 0x04, 0, 0, 0])
    }

    /// Returns what the flags ask for, if they are valid and name a device.
    pub fn read(self) -> Option<BootOverride> {
        let [how, device, ..] = self.0;
        let device = match device >> 2 & 0x0F {
            _ if how & VALID == 0 => return None,
            0 => return None,
            1 => BootDevice::Pxe,
            2 | 3 => BootDevice::Disk,
            6 => BootDevice::Setup,
            _ => BootDevice::Empty,
        };
        Some(BootOverride { device, persistent: how & PERSISTENT != 0, uefi: how & UEFI != 0 })
    }

    /// Returns the device of this boot, and forgets it unless it is persistent.
    pub(crate) fn take(&mut self) -> Option<BootDevice> {
        let set = self.read()?;
        if !set.persistent {
            *self = Self::default();
        }
        Some(set.device)
    }
}
