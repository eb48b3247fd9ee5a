//! What a BMC says about itself and its machine.

use crate::model::{device, guid, hours, manufacturer, restore};

/// The maker is the one that boot options are chosen by, too (section 20.1).
pub(super) fn device(data: &[u8]) {
    if let Ok(device) = device::of(data) {
        assert_eq!(Some(device.manufacturer_id), manufacturer::of(data).ok(), "{data:02x?}");
    }
}

/// The hours are what the counter says, of units that have minutes of their own, at least one (section 28.14).
pub(super) fn power_on_hours(data: &[u8]) {
    let found = hours::of(data).ok();
    let expected = data.first_chunk::<5>().filter(|[minutes, ..]| *minutes > 0).map(
        |[minutes, low, second, third, high]| {
            let counted = u32::from_le_bytes([*low, *second, *third, *high]);
            u64::from(counted) * u64::from(*minutes) / 60
        },
    );
    assert_eq!(found, expected, "{data:02x?}");
}

/// What was read can be set, to the same number (sections 28.2 and 28.8).
pub(super) fn restore_policy(data: &[u8]) {
    if let Ok(Some(policy)) = restore::of(data) {
        assert_eq!(restore::set(policy).data[..], [data[0] >> 5 & 0x03], "{data:02x?}");
    }
}

/// Zeros and blanks are none; others are a text of their own, or have the form of a UUID (section 20.8).
pub(super) fn system_guid(data: &[u8]) {
    let Ok(guid) = guid::of(data) else { return };
    let says_nothing = |filler: u8| data.iter().take(16).all(|byte| *byte == filler);
    assert_eq!(guid.is_none(), says_nothing(0) || says_nothing(b' '), "{data:02x?}");
    assert!(guid.is_none_or(|guid| (1..=16).contains(&guid.len()) || guid.len() == 36), "{data:02x?}");
}
