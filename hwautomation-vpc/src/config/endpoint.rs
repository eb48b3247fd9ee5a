//! Which addresses secrets may be sent to. Pure.

use std::net::Ipv4Addr;
use url::{Host, Url};

/// Where every instance finds its metadata service.
const METADATA_HOST: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);
/// Reads an endpoint, or says what is wrong and what would be right. A refused text is not repeated: it may
/// hold a password.
pub(crate) fn endpoint(text: &str) -> Result<Url, (String, &'static str)> {
    const RIGHT: &str = "use https://host[:port][/path], such as https://iam.cloud.ibm.com";
    let url = Url::parse(text).map_err(|cause| (format!("is no URL: {cause}"), RIGHT))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(("holds a user name or password".to_owned(), RIGHT));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(("holds a query or fragment".to_owned(), RIGHT));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if stays_near(&url) => Ok(url),
        "http" => Err((
            "would send secrets in the clear".to_owned(),
            "use https://; http:// is for this computer and the metadata service only",
        )),
        _ => Err(("is neither https nor http".to_owned(), RIGHT)),
    }
}

fn stays_near(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback() || ip == METADATA_HOST,
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_this_computer_or_goes_to_the_metadata_service() {
        for url in ["http://127.0.0.1:8080", "http://[::1]/x", "http://localhost", "http://169.254.169.254"] {
            assert!(endpoint(url).is_ok(), "{url}");
        }
        for url in ["http://169.254.169.253", "http://10.0.0.1", "http://localhost.example.com"] {
            assert!(endpoint(url).unwrap_err().0.contains("in the clear"), "{url}");
        }
    }
}
