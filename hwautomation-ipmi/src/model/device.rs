//! What a BMC is: Get Device ID (IPMI 2.0, section 20.1).

use super::command::Command;
use super::manufacturer;
use crate::error::IpmiError;
use serde::Serialize;

const ASKING: &str = "asking the BMC what it is";
/// How many bytes an answer has at least; four more of the firmware's own may follow.
const LEAST: usize = 11;

/// What a BMC supports beside chassis and network, by the bits of byte 7.
const SUPPORT: [&str; 8] = [
    "sensors",
    "sensor repository",
    "event log",
    "part inventory",
    "event receiver",
    "event generator",
    "bridge",
    "chassis",
];

/// Says what a BMC is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DeviceId {
    /// The number that its maker gave to this kind of BMC.
    pub id: u8,
    /// The revision of its hardware.
    pub revision: u8,
    /// The version of its firmware, such as `1.45`.
    pub firmware: String,
    /// Whether it works as usual: false while its firmware is updated or starts.
    pub is_ready: bool,
    /// The version of IPMI that it speaks, such as `2.0`.
    pub ipmi_version: String,
    /// Who made it, as a number of IANA's list of enterprises.
    pub manufacturer_id: u32,
    /// Who that is, where it is a known maker of servers.
    pub manufacturer: Option<&'static str>,
    /// The number that its maker gave to the product.
    pub product_id: u16,
    /// What it supports beside chassis and network: `sensors`, `sensor repository`, `event log`,
    /// `part inventory`, `event receiver`, `event generator`, `bridge`, `chassis`.
    pub supports: Vec<&'static str>,
    /// Four more bytes about the firmware, in its maker's own way.
    pub firmware_details: Option<[u8; 4]>,
}

/// Asks for it.
pub(crate) fn ask() -> Command {
    Command::reads(ASKING, [0x06, 0x01], &[])
}

/// Reads the answer.
pub(crate) fn of(data: &[u8]) -> Result<DeviceId, IpmiError> {
    let short = || IpmiError::malformed(ASKING, format!("{} bytes, not {LEAST}", data.len()));
    let (known, details) = data.split_first_chunk::<LEAST>().ok_or_else(short)?;
    let [id, revision, major, minor, version, support, _, _, _, product_low, product_high] = *known;
    let manufacturer_id = manufacturer::of(data)?;
    Ok(DeviceId {
        id,
        revision: revision & 0x0F,
        firmware: format!("{}.{minor:02x}", major & 0x7F),
        is_ready: major & 0x80 == 0,
        // In BCD, with the digits the other way round: 02h is 2.0.
        ipmi_version: format!("{:x}.{:x}", version & 0x0F, version >> 4),
        manufacturer_id,
        manufacturer: manufacturer::name(manufacturer_id),
        product_id: u16::from_le_bytes([product_low, product_high]),
        supports: (0..)
            .zip(SUPPORT)
            .filter(|(bit, _)| support >> bit & 1 == 1)
            .map(|(_, name)| name)
            .collect(),
        firmware_details: details.first_chunk().copied(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_known_bmc_is_read() {
        let data = [0x20, 0x81, 0x03, 0x94, 0x02, 0x8F, 0x7C, 0x2A, 0x00, 0x1D, 0x09, 1, 2, 3, 4];
        let device = of(&data).unwrap();
        assert_eq!((device.id, device.revision, device.is_ready), (0x20, 1, true));
        assert_eq!((device.firmware.as_str(), device.ipmi_version.as_str()), ("3.94", "2.0"));
        assert_eq!((device.manufacturer_id, device.manufacturer), (10_876, Some("Supermicro")));
        assert_eq!((device.product_id, device.firmware_details), (0x091D, Some([1, 2, 3, 4])));
        assert_eq!(
            device.supports,
            ["sensors", "sensor repository", "event log", "part inventory", "chassis"]
        );
    }

    #[test]
    fn an_old_one_that_updates_its_firmware_is_read_and_a_short_answer_is_an_error() {
        let device = of(&[0, 0, 0x80, 5, 0x51, 0, 0xFF, 0xFF, 0xFF, 0, 0]).unwrap();
        assert_eq!((device.firmware.as_str(), device.is_ready), ("0.05", false));
        assert_eq!((device.ipmi_version.as_str(), device.manufacturer_id), ("1.5", 0xF_FFFF));
        assert_eq!((device.manufacturer, device.firmware_details), (None, None));
        assert!(device.supports.is_empty() && of(&[0; 10]).is_err());
    }

    proptest! {
        #[test]
        fn no_answer_is_a_panic(data in prop::collection::vec(any::<u8>(), 0..20)) {
            prop_assert_eq!(of(&data).is_ok(), data.len() >= LEAST);
        }
    }
}
