//! What hardware differs in: a question each, with the defect and where it was seen.
//!
//! Some need no question. Dell: the address is read-only while its source is DHCP, so the source is written first.
//! Every BMC: the boot device is dropped 60 s after it was set unless parameter 3 says otherwise. Privilege: many BMCs
//! compute with the byte of Open Session, so it is always explicit (freeipmi's `opensesspriv`; ipmi_sim). Checksums:
//! wrong inside sessions on Supermicro X9, where the packet's code protects the message, so they are not looked at.

use crate::model::manufacturer;

/// Tells whether this status of Open Session may mean "not this cipher suite". BMCs mislead: Intel M50CYP says 01h
/// (no resources), Supermicro X8DTG 0Ah (unauthorized role), MSI 12h (illegal parameter) where 11h is meant.
pub(crate) fn may_mean_another_suite(status: u8) -> bool {
    matches!(status, 0x01 | 0x04..=0x07 | 0x09 | 0x0A | 0x10..=0x12)
}

/// Returns the boot device number for "the disk, by UEFI", where it is not that for "the disk": Supermicro boards
/// want the second byte to be 24h, which is device 9 (OpenStack Ironic writes it so).
pub(crate) fn uefi_disk(manufacturer_id: u32) -> Option<u8> {
    matches!(manufacturer_id, manufacturer::SUPERMICRO | manufacturer::SUPERMICRO_OLD).then_some(9)
}

/// How often a log-in may begin anew after both sides lost each other: a BMC that gets RAKP message 1 twice may
/// answer twice with different random numbers, and refuse the proof for the first. More tries could lock an account.
pub(crate) const LOST_EACH_OTHER_MAX: u32 = 2;

/// What some BMCs put where the session's id belongs, in packets whose code is good and covers it (freeipmi's
/// `idzero`).
pub(crate) const NO_SESSION_ID: u32 = 0;
