//! What holds for every value: what is written is read back, by a BMC that only keeps bytes.

use super::lan::{Parameter, Raw, plan};
use super::manufacturer::{SUPERMICRO, SUPERMICRO_OLD};
use super::{boot, channel, privilege, user};
use hwautomation_core::plugin::{
    BmcUser, BootDevice, BootFirmware, BootLasting, BootRequest, BootSetting, LanAddressSource, LanChange,
    Privilege, VlanChange, VlanId,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use std::net::Ipv4Addr;

fn request() -> impl Strategy<Value = BootRequest> {
    let device = select(vec![BootDevice::Pxe, BootDevice::Disk, BootDevice::Cd, BootDevice::BiosSetup]);
    let lasting = select(vec![BootLasting::Once, BootLasting::Persistent]);
    let firmware = select(vec![BootFirmware::Uefi, BootFirmware::Legacy]);
    (device, lasting, firmware).prop_map(|(device, lasting, firmware)| BootRequest {
        device,
        lasting,
        firmware,
    })
}

/// Any maker, often one with a quirk.
fn maker() -> impl Strategy<Value = u32> {
    prop_oneof![Just(SUPERMICRO), Just(SUPERMICRO_OLD), 0..0x0010_0000u32]
}

fn raw() -> impl Strategy<Value = Raw> {
    let bytes = any::<([u8; 1], [u8; 4], [u8; 4], [u8; 4], Option<[u8; 2]>)>();
    bytes.prop_map(|(source, address, mask, gateway, vlan)| Raw { source, address, mask, gateway, vlan })
}

/// A change; 0.0.0.0 is no gateway.
fn change() -> impl Strategy<Value = LanChange> {
    let source = option::of(select(vec![LanAddressSource::Static, LanAddressSource::Dhcp]));
    let address = || option::of(any::<u32>().prop_map(Ipv4Addr::from));
    let gateway = option::of((1..=u32::MAX).prop_map(Ipv4Addr::from));
    let id = (1..=4094u16).prop_map(|number| VlanChange::Id(VlanId::new(number).unwrap()));
    let vlan = option::of(prop_oneof![Just(VlanChange::Off), id]);
    (source, address(), address(), gateway, vlan).prop_map(|(source, address, subnet_mask, gateway, vlan)| {
        LanChange { source, address, subnet_mask, gateway, vlan }
    })
}

/// Does what a BMC does with a parameter.
fn write(raw: &mut Raw, parameter: Parameter, value: &[u8]) {
    let address: Option<[u8; 4]> = value.try_into().ok();
    match parameter {
        Parameter::Source => raw.source = value.try_into().unwrap(),
        Parameter::Address => raw.address = address.unwrap(),
        Parameter::Mask => raw.mask = address.unwrap(),
        Parameter::Gateway => raw.gateway = address.unwrap(),
        Parameter::Vlan => raw.vlan = Some(value.try_into().unwrap()),
        Parameter::Progress | Parameter::Mac => panic!("no setting"),
    }
}

fn bmc_user() -> impl Strategy<Value = BmcUser> {
    let name = vec(0x21..0x7Fu8, 0..=16).prop_map(|bytes| String::from_utf8(bytes).unwrap());
    (1..=user::ID_MAX, name, level(), any::<bool>()).prop_map(|(id, name, privilege, enabled)| BmcUser {
        id,
        name,
        privilege,
        enabled,
    })
}

fn level() -> impl Strategy<Value = Privilege> {
    select(vec![Privilege::None, Privilege::User, Privilege::Operator, Privilege::Administrator])
}

proptest! {
    #[test]
    fn boot_flags_that_are_set_are_read_back_whatever_the_maker(request in request(), maker in maker()) {
        let command = boot::set(request, maker).unwrap();
        let answer = [&[1], &command.data[..]].concat();
        let setting = boot::flags(&answer).unwrap().setting(maker).unwrap();
        prop_assert_eq!(setting, BootSetting::Override(request));
        prop_assert!(boot::flags(&answer[..answer.len() - 1]).is_err());
    }

    #[test]
    fn boot_flags_of_another_parameter_are_never_taken(parameter in any::<u8>(), bytes in any::<[u8; 5]>()) {
        let read = boot::flags(&[&[1, parameter], &bytes[..]].concat());
        prop_assert_eq!(read.is_ok(), parameter & 0x7F == 5);
    }

    #[test]
    fn what_is_written_of_a_lan_is_in_force_with_the_source_first_and_what_moves_the_bmc_last(
        before in raw(),
        change in change(),
    ) {
        let mut raw = before;
        let writes = plan(&change, &raw).unwrap();
        for (parameter, value) in &writes {
            // As the command has it: the channel, the parameter, its value.
            let command = parameter.write(1, value);
            prop_assert_eq!(&command.data[..2], &[1, *parameter as u8]);
            write(&mut raw, *parameter, &command.data[2..]);
        }
        prop_assert!(raw.has(&change) && change.is_in_force(&raw.settings()), "{:?} after {:?}", raw, writes);
        prop_assert_eq!(plan(&change, &raw).unwrap(), vec![]);
        let place = |wanted| writes.iter().position(|(parameter, _)| *parameter == wanted);
        prop_assert!(place(Parameter::Source).is_none_or(|at| at == 0));
        prop_assert!(place(Parameter::Vlan).is_none_or(|at| at + 1 == writes.len()));
        let last = place(Parameter::Vlan).unwrap_or(writes.len());
        prop_assert!(place(Parameter::Address).is_none_or(|at| at + 1 == last));
        prop_assert!(change.vlan.is_some() || raw.vlan == before.vlan);
    }

    #[test]
    fn a_value_of_a_lan_is_what_follows_the_revision(data in vec(any::<u8>(), 0..12)) {
        let value = Parameter::Mask.value::<4>(&data).ok();
        prop_assert_eq!(value.as_ref().map(<[u8; 4]>::as_slice), data.get(1..5));
    }

    #[test]
    fn access_that_is_set_is_read_back_and_what_is_not_ours_is_kept(
        before in any::<[u8; 4]>(),
        user in bmc_user(),
        channel in channel::NUMBERS,
    ) {
        let command = user::Access::read(&before).unwrap().set(channel, &user);
        let [bits, id, limit, session] = command.data[..] else { panic!("four bytes") };
        prop_assert_eq!((bits & 0x8F, id, session), (0x80 | channel, user.id, 0));
        prop_assert_eq!(bits & 0x60, before[3] & 0x60);
        // A BMC keeps the bits and the limit in one byte.
        let access = user::Access::read(&[before[0], 0x40, 0, bits & 0x70 | limit]).unwrap();
        prop_assert_eq!((access.enabled(), access.privilege()), (user.enabled, user.privilege));
    }

    #[test]
    fn a_disabled_user_is_never_enabled(slots in any::<u8>(), fixed in any::<u8>(), byte in any::<u8>()) {
        prop_assert!(!user::Access::read(&[slots, 0x80 | slots & 0x3F, fixed, byte]).unwrap().enabled());
    }

    #[test]
    fn a_name_that_may_be_written_is_read_back(user in bmc_user()) {
        prop_assert!(user::check(&user, None).is_ok());
        let command = user::set_name(&user);
        prop_assert_eq!((command.data.len(), command.data[0]), (17, user.id));
        prop_assert_eq!(user::name(&command.data[1..]), user.name);
    }

    #[test]
    fn a_user_or_a_password_is_refused_when_it_does_not_fit(
        id in any::<u8>(),
        name in "\\PC{0,20}",
        password in vec(any::<u8>(), 0..30),
    ) {
        let fits = (1..=63).contains(&id)
            && name.len() <= 16
            && name.chars().all(|letter| letter.is_ascii_graphic())
            && (1..=20).contains(&password.len());
        let user = BmcUser { id, name, privilege: Privilege::User, enabled: true };
        prop_assert_eq!(user::check(&user, Some(&password)).is_ok(), fits);
    }

    #[test]
    fn a_password_stands_whole_in_a_field_of_one_of_two_lengths(
        id in 1..=user::ID_MAX,
        password in vec(any::<u8>(), 1..=20),
    ) {
        for (command, operation) in
            [(user::set_password(id, &password), 2), (user::test_password(id, &password), 3)]
        {
            let (bit, length) = if password.len() > 16 { (0x80, 20) } else { (0, 16) };
            prop_assert_eq!(&command.data[..2], &[id | bit, operation]);
            let (field, zeros) = command.data[2..].split_at(password.len());
            prop_assert_eq!((field, command.data.len()), (&password[..], 2 + length));
            prop_assert!(zeros.iter().all(|byte| *byte == 0));
        }
    }

    #[test]
    fn a_privilege_that_is_written_is_read_back(level in level(), high in 0..16u8) {
        prop_assert_eq!(privilege::of(privilege::number(level) | high << 4), level);
    }
}
