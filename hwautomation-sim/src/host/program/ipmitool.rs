//! `ipmitool` over the machine's own interface to its BMC (`-I open`): what the text of version 1.8.19 is for `lan print`, `lan set`, `mc info`
//! and `user list`.

use std::net::Ipv4Addr;

use super::Call;
use crate::host::board::LanChange;
use crate::host::files::User;
use crate::model::lan::{Lan, LanSource};

pub(super) fn ipmitool(call: &mut Call) -> u8 {
    let words = call.rest();
    let words: Vec<&str> = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["-I", "open", rest @ ..] => rest.to_vec(),
        ["-I", other, ..] => return say(call, &format!("Error loading interface {other}")),
        ["-V"] => {
            call.print("ipmitool version 1.8.19\n");
            return 0;
        }
        rest => rest.to_vec(),
    };
    if call.user != User::ROOT {
        return say(
            call,
            "Could not open device at /dev/ipmi0 or /dev/ipmi/0 or /dev/ipmidev/0: No such file or directory",
        );
    }
    match words.as_slice() {
        ["lan", "print"] => lan_print(call, None),
        ["lan", "print", channel] => lan_print(call, Some(channel)),
        ["lan", "set", channel, rest @ ..] => lan_set(call, channel, rest),
        ["mc" | "bmc", "info"] => mc_info(call),
        ["mc" | "bmc", "guid"] => mc_guid(call),
        ["user", "list"] => user_list(call, None),
        ["user", "list", channel] => user_list(call, Some(channel)),
        ["chassis", "power", "status"] | ["power", "status"] => {
            call.print("Chassis Power is on\n");
            0
        }
        other => say(call, &format!("Invalid command: {}", other.join(" "))),
    }
}

fn say(call: &mut Call, text: &str) -> u8 {
    call.error.extend_from_slice(format!("{text}\n").as_bytes());
    1
}

/// Returns whether a channel is the LAN channel; nothing named means the first that is.
fn is_lan(call: &mut Call, channel: Option<&str>) -> bool {
    let ours = call.host.lan_channel().to_string();
    let found = channel.is_none_or(|channel| channel == ours);
    if !found {
        say(call, &format!("Channel {} is not a LAN channel!", channel.unwrap_or_default()));
    }
    found
}

fn lan_print(call: &mut Call, channel: Option<&str>) -> u8 {
    if !is_lan(call, channel) {
        return 1;
    }
    let lan = call.host.lan();
    call.print(&printed(&lan));
    0
}

fn printed(lan: &Lan) -> String {
    let vlan = lan.vlan.map_or("Disabled".to_owned(), |vlan| vlan.to_string());
    let lines = [
        ("Set in Progress", "Set Complete".to_owned()),
        ("Auth Type Support", "MD2 MD5 PASSWORD ".to_owned()),
        ("Auth Type Enable", "Callback : MD2 MD5 PASSWORD ".to_owned()),
        ("IP Address Source", source(lan.source).to_owned()),
        ("IP Address", lan.address.to_string()),
        ("Subnet Mask", lan.mask.to_string()),
        ("MAC Address", lan.mac_text()),
        ("SNMP Community String", "public".to_owned()),
        ("IP Header", "TTL=0x00 Flags=0x00 Precedence=0x00 TOS=0x00".to_owned()),
        ("BMC ARP Control", "ARP Responses Enabled, Gratuitous ARP Disabled".to_owned()),
        ("Default Gateway IP", lan.gateway.to_string()),
        ("Default Gateway MAC", "00:00:00:00:00:00".to_owned()),
        ("Backup Gateway IP", "0.0.0.0".to_owned()),
        ("Backup Gateway MAC", "00:00:00:00:00:00".to_owned()),
        ("802.1q VLAN ID", vlan),
        ("802.1q VLAN Priority", "0".to_owned()),
        ("RMCP+ Cipher Suites", "3,17".to_owned()),
        ("Cipher Suite Priv Max", "XaXXXXXXXXXXXXX".to_owned()),
        ("Bad Password Threshold", "Not Available".to_owned()),
    ];
    lines.iter().map(|(name, value)| format!("{name:<24}: {value}\n")).collect()
}

fn source(source: LanSource) -> &'static str {
    match source {
        LanSource::Static => "Static Address",
        LanSource::Dhcp => "DHCP Address",
        LanSource::Bios => "BIOS Assigned Address",
        LanSource::Other => "Use Other Protocol",
    }
}

fn lan_set(call: &mut Call, channel: &str, words: &[&str]) -> u8 {
    if !is_lan(call, Some(channel)) {
        return 1;
    }
    match understood(words) {
        Some((change, said)) => {
            if !said.is_empty() {
                call.print(&format!("{said}\n"));
            }
            if let Some(change) = change {
                call.host.set_lan(change);
            }
            0
        }
        None => say(call, &format!("Invalid lan set command: {}", words.join(" "))),
    }
}

/// Reads what is to be set, and what the tool says to it. `access` and `arp` are accepted and change nothing that the simulator has.
fn understood(words: &[&str]) -> Option<(Option<LanChange>, String)> {
    let address = |text: &str| text.parse::<Ipv4Addr>().ok();
    Some(match words {
        ["ipsrc", "static"] => (Some(LanChange::Source(LanSource::Static)), String::new()),
        ["ipsrc", "dhcp"] => (Some(LanChange::Source(LanSource::Dhcp)), String::new()),
        ["ipaddr", text] => {
            (Some(LanChange::Address(address(text)?)), format!("Setting LAN IP Address to {text}"))
        }
        ["netmask", text] => {
            (Some(LanChange::Mask(address(text)?)), format!("Setting LAN Subnet Mask to {text}"))
        }
        ["defgw", "ipaddr", text] => {
            (Some(LanChange::Gateway(address(text)?)), format!("Setting LAN Default Gateway IP to {text}"))
        }
        ["vlan", "id", "off"] => (Some(LanChange::Vlan(None)), String::new()),
        ["vlan", "id", text] => {
            let vlan = text.parse::<u16>().ok().filter(|vlan| (1..=4094).contains(vlan))?;
            (Some(LanChange::Vlan(Some(vlan))), String::new())
        }
        ["access", "on"] => (None, "Set Channel Access for channel was successful.".to_owned()),
        ["arp", ..] => (None, String::new()),
        _ => return None,
    })
}

fn mc_info(call: &mut Call) -> u8 {
    let facts = call.host.facts().hardware;
    let (major, minor) = facts.bmc_firmware;
    call.print(&format!(
        "Device ID                 : 32\nDevice Revision           : 1\nFirmware Revision         : {major}.{minor:02}\nIPMI Version              : 2.0\nManufacturer ID           : {}\nManufacturer Name         : {}\nProduct ID                : {} (0x{:04x})\nProduct Name              : Unknown (0x{:X})\nDevice Available          : yes\nProvides Device SDRs      : no\n",
        facts.bmc_manufacturer, facts.vendor, facts.bmc_product, facts.bmc_product, facts.bmc_product
    ));
    0
}

fn mc_guid(call: &mut Call) -> u8 {
    let facts = call.host.facts();
    let hex: String = facts.guid.iter().map(|byte| format!("{byte:02x}")).collect();
    call.print(&format!("System GUID  : {hex}\n"));
    0
}

fn user_list(call: &mut Call, channel: Option<&str>) -> u8 {
    if !is_lan(call, channel) {
        return 1;
    }
    call.print("ID  Name\t     Callin  Link Auth\tIPMI Msg   Channel Priv Limit\n");
    for (user, number) in call.host.users().into_iter().zip(1_u8..) {
        let privilege = match user.privilege.filter(|_| user.enabled) {
            Some(1) => "CALLBACK",
            Some(2) => "USER",
            Some(3) => "OPERATOR",
            Some(4) => "ADMINISTRATOR",
            _ => "NO ACCESS",
        };
        let line =
            format!("{number:<4}{:<17}{:<8}{:<11}{:<11}{privilege}\n", user.name, false, false, user.enabled);
        call.print(&line);
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_none_is_refused() {
        assert!(understood(&["ipaddr", "10.0.0.300"]).is_none());
        assert!(understood(&["vlan", "id", "5000"]).is_none());
        assert_eq!(understood(&["vlan", "id", "off"]).unwrap().0, Some(LanChange::Vlan(None)));
    }
}
