//! Which addresses of a machine answer, and which of them best.

use serde::Deserialize;
use std::net::IpAddr;

/// Holds the part of a network interface that we read.
#[derive(Debug, Deserialize)]
pub(crate) struct Interface {
    /// What DHCP was seen to give.
    discovered: Option<Vec<Seen>>,
    /// What is configured for the installed system.
    #[serde(default)]
    links: Vec<Seen>,
}

#[derive(Debug, Deserialize)]
struct Seen {
    ip_address: Option<String>,
}

/// Says which system holds the addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum System {
    /// The installed one, with its addresses as configured.
    Installed,
    /// The one that MAAS boots to commission, test and rescue: it takes what DHCP gives, and a configured
    /// address is nobody's meanwhile.
    Ephemeral,
}

/// Lists addresses, the best first: what DHCP gave to the boot interface, then to others, then what is
/// configured, then the rest; IPv4 before IPv6.
pub(super) fn list(
    boot: Option<&Interface>,
    all: &[Interface],
    known: &[Option<String>],
    system: System,
) -> Vec<IpAddr> {
    let interfaces = || boot.into_iter().chain(all);
    let discovered = interfaces().flat_map(|it| it.discovered.iter().flatten());
    let linked: Vec<IpAddr> = addresses(interfaces().flat_map(|it| &it.links)).collect();
    let known = known.iter().flatten().filter_map(|text| text.parse().ok());
    let mut found: Vec<IpAddr> = addresses(discovered).collect();
    match system {
        System::Installed => found.extend(linked.into_iter().chain(known)),
        System::Ephemeral => found.extend(known.filter(|ip| !linked.contains(ip))),
    }
    found.retain(is_host);
    found.sort_by_key(IpAddr::is_ipv6);
    first_of_each(found)
}

fn addresses<'s>(seen: impl Iterator<Item = &'s Seen>) -> impl Iterator<Item = IpAddr> {
    seen.filter_map(|it| it.ip_address.as_deref()?.parse().ok())
}

/// Tells whether the address leads to one host from anywhere. A link-local one needs the name of our own
/// interface beside it.
fn is_host(ip: &IpAddr) -> bool {
    let near = match ip {
        IpAddr::V4(ip) => ip.is_link_local() || ip.is_broadcast(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    !(near || ip.is_loopback() || ip.is_unspecified() || ip.is_multicast())
}

fn first_of_each(found: Vec<IpAddr>) -> Vec<IpAddr> {
    let mut once = Vec::with_capacity(found.len());
    for ip in found {
        if !once.contains(&ip) {
            once.push(ip);
        }
    }
    once
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn listed(boot: Value, all: Value, known: &[&str], system: System) -> Vec<String> {
        let boot: Option<Interface> = serde_json::from_value(boot).unwrap();
        let all: Vec<Interface> = serde_json::from_value(all).unwrap();
        let known: Vec<Option<String>> = known.iter().map(|text| Some((*text).to_owned())).collect();
        list(boot.as_ref(), &all, &known, system).iter().map(ToString::to_string).collect()
    }

    fn got(ip: &str) -> Value {
        json!({"discovered": [{"ip_address": ip, "subnet": {}}], "links": []})
    }

    #[test]
    fn what_dhcp_gave_the_boot_interface_is_best_and_nothing_is_listed_twice() {
        let all = json!([got("10.0.0.9"), got("10.0.0.5")]);
        let found = listed(got("10.0.0.5"), all, &["10.0.0.7", "10.0.0.9"], System::Ephemeral);
        assert_eq!(found, ["10.0.0.5", "10.0.0.9", "10.0.0.7"]);
    }

    #[test]
    fn a_configured_address_counts_only_for_the_installed_system() {
        let linked = json!({"discovered": null, "links": [{"mode": "static", "ip_address": "10.9.0.50"}]});
        let list = |system| listed(Value::Null, json!([linked]), &["10.9.0.50"], system);
        assert_eq!(list(System::Ephemeral), Vec::<String>::new());
        assert_eq!(list(System::Installed), ["10.9.0.50"]);
    }

    #[test]
    fn ipv4_comes_first_and_addresses_that_lead_nowhere_are_left_out() {
        let known = ["fe80::1", "fd00::5", "169.254.0.3", "127.0.0.1", "::", "224.0.0.1", "x", "10.0.0.5"];
        let found = listed(Value::Null, json!([]), &known, System::Ephemeral);
        assert_eq!(found, ["10.0.0.5", "fd00::5"]);
    }

    #[test]
    fn an_interface_without_lease_and_links_without_address_are_no_error() {
        let all = json!([{"discovered": []}, {"links": [{"mode": "auto"}]}, {"discovered": [{}]}]);
        assert!(listed(Value::Null, all, &[], System::Installed).is_empty());
    }
}
