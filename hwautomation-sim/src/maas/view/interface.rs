//! The network interface of a machine, and the address that its environment has for the time being.

use crate::maas::API;
use crate::model::lan::mac_text;
use crate::model::machine::Machine;
use serde_json::{Value, json};
use std::net::Ipv4Addr;

pub(super) fn of(machine: &Machine, place: usize) -> Value {
    let leased = machine.record.leased_address();
    let interface = interface(machine, place, leased);
    json!({
        "ip_addresses": leased.map(|address| address.to_string()).into_iter().collect::<Vec<_>>(),
        "boot_interface": interface,
        "interface_set": [interface],
    })
}

fn interface(machine: &Machine, place: usize, leased: Option<Ipv4Addr>) -> Value {
    let system_id = &machine.record.system_id;
    let id = place + 1;
    json!({
        "id": id, "system_id": system_id, "name": "eth0", "type": "physical", "enabled": true,
        "mac_address": mac_text(machine.hardware.mac),
        "discovered": leased.map(discovered),
        "vlan": leased.map(|_| vlan()),
        "links": [], "link_connected": true, "link_speed": 0, "interface_speed": 0, "effective_mtu": 1500,
        "parents": [], "children": [], "params": {}, "tags": [], "numa_node": 0, "sriov_max_vf": 0,
        "vendor": null, "product": null, "firmware_version": null,
        "resource_uri": format!("{API}nodes/{system_id}/interfaces/{id}/"),
    })
}

fn discovered(address: Ipv4Addr) -> Value {
    json!([{"ip_address": address.to_string(), "subnet": subnet(address)}])
}

fn subnet(address: Ipv4Addr) -> Value {
    let [a, b, c, _] = address.octets();
    json!({
        "id": 1, "name": format!("{a}.{b}.{c}.0/24"), "cidr": format!("{a}.{b}.{c}.0/24"),
        "gateway_ip": format!("{a}.{b}.{c}.1"), "description": "", "space": "undefined", "vlan": vlan(),
        "managed": true, "active_discovery": false, "allow_dns": true, "allow_proxy": true, "dns_servers": [],
        "rdns_mode": 2, "disabled_boot_architectures": [], "resource_uri": format!("{API}subnets/1/"),
    })
}

fn vlan() -> Value {
    json!({
        "id": 5001, "vid": 0, "name": "untagged", "fabric": "fabric-0", "fabric_id": 0, "mtu": 1500, "dhcp_on": true,
        "external_dhcp": null, "primary_rack": null, "secondary_rack": null, "relay_vlan": null, "space": "undefined",
        "resource_uri": format!("{API}vlans/5001/"),
    })
}
