//! Boot options (IPMI 2.0, sections 28.12 to 28.14).

use super::command::{Command, Repeat};
use crate::error::IpmiError;
use crate::quirks;
use hwautomation_core::plugin::{BootDevice, BootFirmware, BootLasting, BootRequest, BootSetting};

const SET: [u8; 2] = [0x00, 0x08];
const READ: &str = "reading the boot flags";
/// The parameter of boot flags, and how many bytes they have.
const FLAGS: u8 = 5;
const FLAG_BYTES: usize = 5;

/// The bits of the first two bytes of boot flags.
const VALID: u8 = 0x80;
const PERSISTENT: u8 = 0x40;
const UEFI: u8 = 0x20;
const DEVICE_SHIFT: u8 = 2;
/// Says in an answer that the parameter is not valid.
const PARAMETER_INVALID: u8 = 0x80;

/// Says what the flags mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flags {
    Known(BootSetting),
    /// A device that core has no name for, or that only some makers use.
    Device {
        number: u8,
        lasting: BootLasting,
        firmware: BootFirmware,
    },
}

/// Asks for the boot flags.
pub(crate) fn ask() -> Command {
    Command::reads(READ, [0x00, 0x09], &[FLAGS, 0, 0])
}

/// Reads them.
pub(crate) fn flags(data: &[u8]) -> Result<Flags, IpmiError> {
    let (parameter, first, second) = match (data.get(1), data.get(2..)) {
        (Some(parameter), Some(flags)) if parameter & !PARAMETER_INVALID == FLAGS => match flags {
            [first, second, ..] if flags.len() >= FLAG_BYTES => (*parameter, *first, *second),
            _ => return Err(malformed(data)),
        },
        _ => return Err(malformed(data)),
    };
    if parameter & PARAMETER_INVALID != 0 || first & VALID == 0 {
        return Ok(Flags::Known(BootSetting::Unchanged));
    }
    let lasting = if first & PERSISTENT == 0 { BootLasting::Once } else { BootLasting::Persistent };
    let firmware = if first & UEFI == 0 { BootFirmware::Legacy } else { BootFirmware::Uefi };
    let number = second >> DEVICE_SHIFT & 0x0F;
    Ok(match (number, device(number)) {
        (0, _) => Flags::Known(BootSetting::Unchanged),
        (_, Some(device)) => Flags::Known(BootSetting::Override(BootRequest { device, lasting, firmware })),
        (number, None) => Flags::Device { number, lasting, firmware },
    })
}

fn malformed(data: &[u8]) -> IpmiError {
    IpmiError::malformed(READ, format!("{} bytes that are no boot flags", data.len()))
}

impl Flags {
    /// Says what they mean on a BMC of this maker.
    pub(crate) fn setting(self, manufacturer_id: u32) -> Result<BootSetting, IpmiError> {
        match self {
            Self::Known(setting) => Ok(setting),
            Self::Device { number, lasting, firmware: BootFirmware::Uefi }
                if quirks::uefi_disk(manufacturer_id) == Some(number) =>
            {
                let device = BootDevice::Disk;
                Ok(BootSetting::Override(BootRequest { device, lasting, firmware: BootFirmware::Uefi }))
            }
            Self::Device { number, .. } => Err(IpmiError::malformed(
                READ,
                format!(
                    "boot device {number}, which is neither the network, a disk, a CD nor the BIOS setup"
                ),
            )),
        }
    }
}

/// Says that the parameters are being written, or that they are complete.
pub(crate) fn progress(state: u8) -> Command {
    Command::new("saying that boot options are being set", SET, Repeat::Harmless).with(&[0, state])
}

/// Keeps the flags until they are used: else a BMC drops them when no power command follows within 60 s.
pub(crate) fn keep_flags() -> Command {
    Command::new("keeping the boot flags valid", SET, Repeat::Harmless).with(&[3, 0x08])
}

/// Says that the BIOS has seen what was set before, so that it looks at what is set now.
pub(crate) fn acknowledge() -> Command {
    Command::new("acknowledging older boot options", SET, Repeat::Harmless).with(&[4, 0x01, 0x01])
}

/// Writes the flags.
pub(crate) fn set(request: BootRequest, manufacturer_id: u32) -> Result<Command, IpmiError> {
    let uefi = request.firmware == BootFirmware::Uefi;
    let device = match request.device {
        BootDevice::Disk if uefi => quirks::uefi_disk(manufacturer_id).unwrap_or(2),
        BootDevice::Disk => 2,
        BootDevice::Pxe => 1,
        BootDevice::Cd => 5,
        BootDevice::BiosSetup => 6,
        _ => return Err(IpmiError::Unsupported),
    };
    let lasting = if request.lasting == BootLasting::Persistent { PERSISTENT } else { 0 };
    let first = VALID | lasting | if uefi { UEFI } else { 0 };
    Ok(write([first, device << DEVICE_SHIFT, 0, 0, 0]))
}

/// Removes an override.
pub(crate) fn clear() -> Command {
    write([0; FLAG_BYTES])
}

fn write(flags: [u8; FLAG_BYTES]) -> Command {
    Command::new("setting the boot flags", SET, Repeat::Harmless).with(&[FLAGS]).with(&flags)
}

fn device(number: u8) -> Option<BootDevice> {
    match number {
        1 => Some(BootDevice::Pxe),
        // The first disk, also in safe mode and when it is a virtual one.
        2 | 3 | 0x0B => Some(BootDevice::Disk),
        5 | 8 => Some(BootDevice::Cd),
        6 => Some(BootDevice::BiosSetup),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::manufacturer::SUPERMICRO;

    fn every_request() -> Vec<BootRequest> {
        let mut all = Vec::new();
        for device in [BootDevice::Pxe, BootDevice::Disk, BootDevice::Cd, BootDevice::BiosSetup] {
            for lasting in [BootLasting::Once, BootLasting::Persistent] {
                for firmware in [BootFirmware::Uefi, BootFirmware::Legacy] {
                    all.push(BootRequest { device, lasting, firmware });
                }
            }
        }
        all
    }

    #[test]
    fn what_is_written_is_read_back_on_every_make() {
        for request in every_request() {
            for maker in [0, SUPERMICRO] {
                let command = set(request, maker).unwrap();
                let answer = [&[1, FLAGS][..], &command.data[1..]].concat();
                let setting = flags(&answer).unwrap().setting(maker).unwrap();
                assert_eq!(setting, BootSetting::Override(request));
            }
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_specification() {
        let request = |device, lasting, firmware| set(BootRequest { device, lasting, firmware }, 0).unwrap();
        let pxe = request(BootDevice::Pxe, BootLasting::Once, BootFirmware::Uefi);
        assert_eq!(pxe.data[..3], [5, 0xA0, 0x04]);
        let disk = request(BootDevice::Disk, BootLasting::Persistent, BootFirmware::Legacy);
        assert_eq!(disk.data[..3], [5, 0xC0, 0x08]);
        let once = BootRequest {
            device: BootDevice::Disk,
            lasting: BootLasting::Once,
            firmware: BootFirmware::Uefi,
        };
        assert_eq!(set(once, SUPERMICRO).unwrap().data[..3], [5, 0xA0, 0x24]);
    }

    #[test]
    fn an_override_that_is_invalid_names_no_device_or_was_never_set_is_none() {
        for data in [[1, 0x85, 0x80, 4, 0, 0, 0], [1, 5, 0x60, 4, 0, 0, 0], [1, 5, 0x80, 0, 0, 0, 0]] {
            assert_eq!(flags(&data).unwrap(), Flags::Known(BootSetting::Unchanged), "{data:?}");
        }
    }

    #[test]
    fn short_flags_another_parameter_and_an_unknown_device_are_errors() {
        for data in [&[][..], &[1], &[1, 5], &[1, 5, 0x80, 4, 0, 0], &[1, 4, 0x80, 4, 0, 0, 0]] {
            assert!(flags(data).is_err(), "{data:?}");
        }
        let floppy = flags(&[1, 5, 0x80, 0x3C, 0, 0, 0]).unwrap();
        assert!(floppy.setting(SUPERMICRO).is_err());
    }
}
