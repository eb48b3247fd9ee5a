//! Where MAAS's power settings have the BMC.

use serde::Deserialize;
use std::net::IpAddr;
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
    /// Returns the power address with another host in it, and all else as it is; nothing when the power settings
    /// have none, as with power that a person switches.
    pub(crate) fn moved_to(&self, address: IpAddr) -> Result<Option<String>, NotAHost> {
        let text = self.power_address.as_deref().map(str::trim).unwrap_or_default();
        match self.bmc()? {
            None => Ok(None),
            Some(_) if text.contains("://") => {
                let mut url = Url::parse(text).map_err(|_| NotAHost)?;
                url.set_ip_host(address).map_err(|()| NotAHost)?;
                Ok(Some(url.to_string()))
            }
            Some(_) => Ok(Some(format!("{}{}", bracketed(address, port(text)), port(text)))),
        }
    }
}

/// Returns the `:port` behind a host that is no URL.
fn port(text: &str) -> &str {
    let after_host = text.rfind(']').map_or(0, |end| end + 1);
    match text[after_host..].rfind(':') {
        // More than one colon and no bracket is an IPv6 address.
        Some(at) if after_host > 0 || text.matches(':').count() == 1 => &text[after_host + at..],
        _ => "",
    }
}

fn bracketed(address: IpAddr, port: &str) -> String {
    if address.is_ipv6() && !port.is_empty() { format!("[{address}]") } else { address.to_string() }
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
    fn a_bmc_that_moved_keeps_port_and_path() {
        let moved = |text: &str, to: &str| {
            let parameters = PowerParameters { power_address: Some(text.to_owned()) };
            parameters.moved_to(to.parse().unwrap()).unwrap()
        };
        for (text, to, expected) in [
            ("10.0.0.5", "10.0.0.9", "10.0.0.9"),
            ("bmc1.example.com:443", "10.0.0.9", "10.0.0.9:443"),
            ("10.0.0.5:443", "fd00::9", "[fd00::9]:443"),
            ("fd00::5", "10.0.0.9", "10.0.0.9"),
            ("[fd00::5]:443", "10.0.0.9", "10.0.0.9:443"),
            ("https://10.0.0.5:8443/redfish/v1", "10.0.0.9", "https://10.0.0.9:8443/redfish/v1"),
        ] {
            assert_eq!(moved(text, to).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(PowerParameters::default().moved_to("10.0.0.9".parse().unwrap()), Ok(None));
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
