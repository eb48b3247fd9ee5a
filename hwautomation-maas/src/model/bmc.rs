//! Where MAAS's power settings have the BMC.

use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use url::{Host, Url};

/// Holds the part of `op=power_parameters` that we read; the passwords beside it are not taken in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PowerParameters {
    power_address: Option<String>,
}

/// Says where a BMC is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BmcHost {
    Address(IpAddr),
    Name(String),
}

impl PowerParameters {
    /// Returns where the BMC is, if the power settings say so; `Err` when what they say is no host. The drivers
    /// take an address, a name, either with a port, or a URL.
    pub(crate) fn bmc(&self) -> Result<Option<BmcHost>, NotAHost> {
        match self.power_address.as_deref().map(str::trim) {
            None | Some("") => Ok(None),
            Some(text) => host(text).map(Some).ok_or(NotAHost),
        }
    }
}

impl PowerParameters {
    /// Returns what to write so that the BMC is looked for at this address, with port and scheme as they are;
    /// nothing when this machine is not reached through the address of a BMC: `manual` has none, and a virtual
    /// machine's is its hypervisor's.
    pub(crate) fn moved_to(&self, address: IpAddr) -> Option<String> {
        let now = self.power_address.as_deref()?.trim();
        if now.contains("://") { url_at(now, address) } else { Some(bare_at(now, address)) }
    }

    /// Tells whether this is what is written there now.
    pub(crate) fn is_at(&self, written: &str) -> bool {
        self.power_address.as_deref() == Some(written)
    }
}

fn url_at(now: &str, address: IpAddr) -> Option<String> {
    let mut url = Url::parse(now).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.set_ip_host(address).ok()?;
    // The URL standard adds a slash to a bare host; leave the text as it was.
    let text = if now.ends_with('/') { url.as_str() } else { url.as_str().trim_end_matches('/') };
    Some(text.to_owned())
}

fn bare_at(now: &str, address: IpAddr) -> String {
    let port = match now.parse::<IpAddr>() {
        Ok(_) => None,
        Err(_) => Url::parse(&format!("bmc://{now}")).ok().and_then(|url| url.port()),
    };
    port.map_or_else(|| address.to_string(), |port| SocketAddr::new(address, port).to_string())
}

/// Says that a power address cannot be read. It is not repeated: a URL may hold a password.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotAHost;

fn host(text: &str) -> Option<BmcHost> {
    if let Ok(ip) = text.trim_start_matches('[').trim_end_matches(']').parse() {
        return Some(BmcHost::Address(ip));
    }
    // A host with a port is the beginning of a URL whose scheme nobody wrote.
    let url = if text.contains("://") { Url::parse(text) } else { Url::parse(&format!("bmc://{text}")) };
    match url.ok()?.host()? {
        Host::Ipv4(ip) => Some(BmcHost::Address(ip.into())),
        Host::Ipv6(ip) => Some(BmcHost::Address(ip.into())),
        // The URL standard reads numbers as an address only behind schemes that it knows.
        Host::Domain(name) => name.parse().map(BmcHost::Address).ok().or_else(|| named(name)),
    }
}

fn named(name: &str) -> Option<BmcHost> {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    (!name.is_empty() && name.chars().all(fine)).then(|| BmcHost::Name(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bmc(text: &str) -> Result<Option<BmcHost>, NotAHost> {
        PowerParameters { power_address: Some(text.to_owned()) }.bmc()
    }

    #[test]
    fn an_address_is_found_in_every_form_that_power_drivers_take() {
        let v4 = BmcHost::Address("10.0.0.5".parse().unwrap());
        for text in [
            "10.0.0.5",
            " 10.0.0.5 ",
            "10.0.0.5:8443",
            "https://10.0.0.5",
            "https://10.0.0.5:443/redfish/v1",
            "qemu+ssh://me:pw@10.0.0.5/system",
        ] {
            assert_eq!(bmc(text), Ok(Some(v4.clone())), "{text}");
        }
        let v6 = BmcHost::Address("fd00::5".parse().unwrap());
        for text in ["fd00::5", "[fd00::5]", "[fd00::5]:623", "https://[fd00::5]:443"] {
            assert_eq!(bmc(text), Ok(Some(v6.clone())), "{text}");
        }
    }

    #[test]
    fn a_moved_bmc_keeps_its_port_and_scheme() {
        let moved = |now: &str, to: &str| {
            PowerParameters { power_address: Some(now.to_owned()) }.moved_to(to.parse().unwrap())
        };
        for (now, to, written) in [
            ("10.0.0.5", "192.0.2.7", "192.0.2.7"),
            ("", "192.0.2.7", "192.0.2.7"),
            ("bmc1.example.com", "fd00::7", "fd00::7"),
            ("fd00::5", "192.0.2.7", "192.0.2.7"),
            ("10.0.0.5:8443", "192.0.2.7", "192.0.2.7:8443"),
            ("10.0.0.5:8443", "fd00::7", "[fd00::7]:8443"),
            ("https://10.0.0.5", "192.0.2.7", "https://192.0.2.7"),
            ("https://bmc1:8443/", "fd00::7", "https://[fd00::7]:8443/"),
            ("https://10.0.0.5/redfish/v1", "192.0.2.7", "https://192.0.2.7/redfish/v1"),
        ] {
            assert_eq!(moved(now, to).as_deref(), Some(written), "{now}");
        }
        assert_eq!(moved("qemu+ssh://me@10.0.0.5/system", "192.0.2.7"), None);
        assert_eq!(PowerParameters::default().moved_to("192.0.2.7".parse().unwrap()), None);
    }

    #[test]
    fn a_name_stays_a_name() {
        for text in ["bmc1.example.com", "bmc1.example.com:443", "https://bmc1.example.com/"] {
            assert_eq!(bmc(text), Ok(Some(BmcHost::Name("bmc1.example.com".to_owned()))), "{text}");
        }
    }

    #[test]
    fn no_address_is_unknown_and_nonsense_is_an_error() {
        assert_eq!(PowerParameters::default().bmc(), Ok(None));
        assert_eq!(bmc(" "), Ok(None));
        for text in ["qemu:///system", "http://", "a b", "me:pw@", "10.0.0.5:port", "::::"] {
            assert_eq!(bmc(text), Err(NotAHost), "{text}");
        }
    }
}
