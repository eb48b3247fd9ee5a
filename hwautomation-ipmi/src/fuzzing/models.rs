//! The data of an answer, as that to every command. A reader of answers that is new gets a line in [`READERS`].

use super::{health, identity};
use crate::error::{Completion, Stage, Status};
use crate::model::{boot, channel, chassis, lan, manufacturer, payload, privilege, user};
use hwautomation_core::plugin::{BmcUser, BootSetting, PowerState};

/// Reads an answer in each way. The order does not matter: an input is given to all.
const READERS: &[fn(&[u8])] = &[
    boot_flags,
    chassis_state,
    completion,
    health::event_log,
    health::event_log_entry,
    health::sensor_record,
    health::sensor_repository,
    identity::device,
    identity::power_on_hours,
    identity::restore_policy,
    identity::system_guid,
    lan_channel,
    lan_settings,
    manufacturer_id,
    payload_terms,
    privilege_level,
    status,
    user_access,
    user_name,
];

pub(super) fn run(data: &[u8]) {
    READERS.iter().for_each(|read| read(data));
}

/// What was read can be written, and is read again as the same.
fn boot_flags(data: &[u8]) {
    let Ok(flags) = boot::flags(data) else { return };
    for maker in [0, manufacturer::SUPERMICRO] {
        if let Ok(BootSetting::Override(request)) = flags.setting(maker) {
            let command = boot::set(request, maker).expect("what a BMC has can be set");
            let again = boot::flags(&[&[1], &command.data[..]].concat()).expect("it was written here");
            assert_eq!(
                again.setting(maker).expect("as above"),
                BootSetting::Override(request),
                "{data:02x?}"
            );
        }
    }
}

/// On and off are said only where no fault is (section 28.2): bit 0 is power, bits 3 and 4 are faults.
fn chassis_state(data: &[u8]) {
    let byte = data.first().filter(|_| data.len() >= 3);
    let expected = byte.map(|byte| match (byte & 0x18, byte & 1) {
        (0, 0) => Some(PowerState::Off),
        (0, _) => Some(PowerState::On),
        _ => None,
    });
    let found = chassis::state(data).ok();
    assert_eq!(found.map(|state| Some(state).filter(|state| !state.is_unknown())), expected, "{data:02x?}");
}

fn completion(data: &[u8]) {
    for code in data {
        let code = Completion(*code);
        assert!(!code.to_string().is_empty());
        assert!(!(code.passes() && code.is_absent()), "{code}: what is not there does not come by waiting");
    }
}

fn lan_channel(data: &[u8]) {
    if let Some(number) = channel::lan(data) {
        assert!(channel::NUMBERS.contains(&number), "{data:02x?}");
    }
}

/// Takes the same bytes as each of the parameters.
fn lan_settings(data: &[u8]) {
    let read = || {
        Some(lan::Raw {
            source: lan::Parameter::Source.value(data).ok()?,
            address: lan::Parameter::Address.value(data).ok()?,
            mask: lan::Parameter::Mask.value(data).ok()?,
            gateway: lan::Parameter::Gateway.value(data).ok()?,
            vlan: lan::Parameter::Vlan.value(data).ok(),
        })
    };
    let raw = read();
    assert_eq!(raw.is_some(), data.len() >= 5, "{data:02x?}");
    if let Some(settings) = raw.map(lan::Raw::settings) {
        assert!(settings.gateway.is_none_or(|gateway| !gateway.is_unspecified()), "{data:02x?}");
        assert!(settings.vlan.is_none_or(|vlan| (1..=4094).contains(&vlan)), "{data:02x?}");
    }
}

fn manufacturer_id(data: &[u8]) {
    let found = manufacturer::of(data).ok();
    assert_eq!(found.is_some(), data.len() >= 9, "{data:02x?}");
    assert!(found.is_none_or(|number| number < 1 << 20), "{data:02x?}");
}

/// A packet that a BMC has room for is one that it has room for with its header.
fn payload_terms(data: &[u8]) {
    let found = payload::terms(data).ok();
    assert_eq!(found.is_some(), data.len() >= 10, "{data:02x?}");
    let Some(terms) = found else { return };
    assert_eq!(
        [terms.inbound_bytes.to_le_bytes(), terms.port.to_le_bytes()].concat(),
        [&data[4..6], &data[8..10]].concat()
    );
    if let Some(most) = terms.characters_max() {
        assert!((1..=255).contains(&most) && most + 4 <= usize::from(terms.inbound_bytes), "{data:02x?}");
    }
    assert_eq!(payload::listener(data).is_none(), data[..4] == [0; 4], "{data:02x?}");
}

fn privilege_level(data: &[u8]) {
    for byte in data {
        let level = privilege::of(*byte);
        assert_eq!(privilege::of(privilege::number(level)), level);
    }
}

fn status(data: &[u8]) {
    for code in data {
        for stage in [Stage::Open, Stage::Rakp1, Stage::Rakp3, Stage::Privilege] {
            let status = Status { stage, code: *code };
            assert!(!status.to_string().is_empty());
            assert!(!(status.lost_each_other() && status.is_without_room()), "{status}");
        }
    }
}

/// What is written for a user reads back as that user.
fn user_access(data: &[u8]) {
    let found = user::Access::read(data).ok();
    assert_eq!(found.is_some(), data.len() >= 4, "{data:02x?}");
    let Some(access) = found else { return };
    assert!(access.slots <= user::ID_MAX);
    let (name, enabled) = (String::new(), access.enabled());
    let user = BmcUser { id: 2, name, privilege: access.privilege(), enabled };
    let command = access.set(1, &user);
    assert_eq!(command.data[0] & 0x60, data[3] & 0x60, "call-back and link authentication stay: {data:02x?}");
    let again = user::Access::read(&[1, 0, 0, command.data[0]]).expect("four bytes");
    assert_eq!((again.enabled(), command.data[2] & 0x0F), (enabled, privilege::number(user.privilege)));
}

fn user_name(data: &[u8]) {
    let name = user::name(data);
    assert!(!name.contains('\0'), "{data:02x?}");
    assert!(name.chars().count() <= data.len(), "{data:02x?}");
}
