//! What a machine is made of.

use serde::{Deserialize, Serialize};

/// Is what stands on a machine's labels and in its firmware.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hardware {
    /// The maker, as the firmware says it.
    pub vendor: String,
    /// The product name.
    pub product: String,
    /// The name of the main board.
    pub board: String,
    /// The serial number.
    pub serial: String,
    /// The UUID of the system, as SMBIOS shows it.
    pub uuid: String,
    /// The name of the processor.
    pub cpu_model: String,
    /// How many hardware threads it has.
    pub cpu_count: u32,
    /// The processor's speed in MHz.
    pub cpu_speed: u32,
    /// The memory in MiB.
    pub memory_mib: u64,
    /// The disks: name and size in bytes.
    pub disks: Vec<(String, u64)>,
    /// The hardware address of the first network interface.
    pub mac: [u8; 6],
    /// The version of the BIOS.
    pub bios_version: String,
    /// The date of the BIOS, as SMBIOS writes it (month/day/year).
    pub bios_date: String,
    /// The firmware of the BMC: major and minor version.
    pub bmc_firmware: (u8, u8),
    /// The enterprise number of the BMC's maker.
    pub bmc_manufacturer: u32,
    /// The product id of the BMC.
    pub bmc_product: u16,
}

impl Hardware {
    /// Returns a Supermicro server; the number tells it from others in serial number, UUID and MAC.
    pub fn supermicro(number: u16) -> Self {
        let [high, low] = number.to_be_bytes();
        Self {
            vendor: "Supermicro".to_owned(),
            product: "SYS-1029P-WTR".to_owned(),
            board: "X11DDW-L".to_owned(),
            serial: format!("S4091{number:05}"),
            uuid: format!("00000000-0000-0000-0000-ac1f6b00{number:04x}"),
            cpu_model: "Intel(R) Xeon(R) Gold 6242R CPU @ 3.10GHz".to_owned(),
            cpu_count: 40,
            cpu_speed: 3100,
            memory_mib: 196_608,
            disks: vec![("nvme0n1".to_owned(), 960_197_124_096)],
            mac: [0xac, 0x1f, 0x6b, 0x00, high, low],
            bios_version: "3.4".to_owned(),
            bios_date: "11/03/2020".to_owned(),
            bmc_firmware: (1, 73),
            bmc_manufacturer: 10876,
            bmc_product: 0x0967,
        }
    }
}
