//! Which configurations are right. Pure: it reads no file.

use super::{MaasConfig, Timeouts};
use hwautomation_core::error::{Error, Result};
use std::time::Duration;
use url::Url;

/// How long one request may be allowed to take: the engine's leases do not wait longer for an answer.
const TIMEOUT_MAX: Duration = Duration::from_secs(600);
const RIGHT_URL: &str = "use http://host:5240/MAAS or https://host:5443/MAAS";

/// Says what is wrong with one field, and what would be right.
struct Problem {
    field: &'static str,
    wrong: String,
    right: &'static str,
}

pub(super) fn all(config: &MaasConfig) -> Result<()> {
    let Timeouts { connect, read, command } = config.timeouts;
    let url = endpoint(&config.url).err().map(|(wrong, right)| Problem { field: "url", wrong, right });
    let ca_file = config.ca_file.as_ref().filter(|file| file.as_os_str().is_empty()).map(|_| Problem {
        field: "ca_file",
        wrong: "is empty".to_owned(),
        right: "name a PEM file, or leave it out",
    });
    let problems: Vec<Problem> = [
        url,
        limit("timeouts.connect_ms", connect, read.min(command)),
        limit("timeouts.read_ms", read, TIMEOUT_MAX),
        limit("timeouts.command_ms", command, TIMEOUT_MAX),
        ca_file,
    ]
    .into_iter()
    .flatten()
    .collect();
    if problems.is_empty() { Ok(()) } else { Err(report(&problems)) }
}

fn report(problems: &[Problem]) -> Error {
    let join = |each: fn(&Problem) -> String| problems.iter().map(each).collect::<Vec<_>>().join("; ");
    let wrong = join(|problem| format!("{} {}", problem.field, problem.wrong));
    let right = join(|problem| format!("{}: {}", problem.field, problem.right));
    Error::invalid(format!("checking the MAAS configuration: {wrong}")).with_remedy(right)
}

fn limit(field: &'static str, limit: Duration, max: Duration) -> Option<Problem> {
    (limit.is_zero() || limit > max).then(|| Problem {
        field,
        wrong: format!("is {}", limit.as_millis()),
        right: match field {
            "timeouts.connect_ms" => "use more than 0, and no more than read_ms and command_ms",
            _ => "use more than 0, and no more than 600000",
        },
    })
}

/// Reads MAAS's address, or says what is wrong and what would be right. A refused text is not repeated: it may
/// hold a password.
pub(crate) fn endpoint(text: &str) -> Result<Url, (String, &'static str)> {
    let url = Url::parse(text).map_err(|cause| (format!("is no URL: {cause}"), RIGHT_URL))?;
    let path = url.path().trim_end_matches('/');
    let wrong = if !matches!(url.scheme(), "http" | "https") {
        "is neither http nor https"
    } else if !url.username().is_empty() || url.password().is_some() {
        "holds a user name or password"
    } else if url.query().is_some() || url.fragment().is_some() {
        "holds a query or fragment"
    } else if path.is_empty() {
        "has no path"
    } else if path.split('/').any(|part| part == "api" || part == "r") {
        "goes on into the API or the user interface"
    } else {
        return Ok(url);
    };
    Err((wrong.to_owned(), RIGHT_URL))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hwautomation_core::secret::SecretRef;

    fn config() -> MaasConfig {
        MaasConfig::new("http://10.0.0.2:5240/MAAS", SecretRef::new("env:MAAS_API_KEY").unwrap())
    }

    #[test]
    fn the_defaults_are_right() {
        config().validate().unwrap();
        for url in ["https://maas.example:5443/MAAS/", "http://[::1]:5240/MAAS", "https://maas/prefix/MAAS"] {
            MaasConfig { url: url.to_owned(), ..config() }.validate().unwrap();
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_with_what_would_be_right() {
        let timeouts =
            Timeouts { connect: Duration::from_secs(6), read: Duration::ZERO, command: Duration::MAX };
        let ca_file = Some("".into());
        let error =
            MaasConfig { url: "maas".to_owned(), timeouts, ca_file, ..config() }.validate().unwrap_err();
        for field in ["url", "timeouts.connect_ms", "timeouts.read_ms", "timeouts.command_ms", "ca_file"] {
            assert!(error.message().contains(field), "{field} is not in {error}");
            assert!(error.remedy().unwrap().contains(&format!("{field}: ")), "no advice on {field}");
        }
    }

    #[test]
    fn a_url_that_is_not_maas_itself_is_refused_and_not_repeated() {
        for url in [
            "http://maas.example:5240",
            "http://maas.example:5240/",
            "http://maas.example:5240/MAAS/api/2.0/",
            "http://maas.example:5240/MAAS/r/machines",
            "http://admin:hunter22@maas.example:5240/MAAS",
            "http://maas.example:5240/MAAS?key=hunter22",
            "ftp://maas.example/MAAS",
        ] {
            let error = MaasConfig { url: url.to_owned(), ..config() }.validate().unwrap_err();
            assert!(error.remedy().unwrap().contains("http://host:5240/MAAS"), "{error}");
            assert!(!format!("{error:?}").contains("hunter22"), "{error:?}");
        }
    }

    #[test]
    fn a_short_json_has_the_defaults_and_reads_back_as_written() {
        let json = r#"{"url":"http://10.0.0.2:5240/MAAS","api_key":"env:MAAS_API_KEY"}"#;
        assert_eq!(serde_json::from_str::<MaasConfig>(json).unwrap(), config());
        let json = r#"{"url":"https://m/MAAS","api_key":"file:/run/key","ca_file":"/etc/ca.pem",
            "timeouts":{"read_ms":7000}}"#;
        let read: MaasConfig = serde_json::from_str(json).unwrap();
        assert_eq!(read.timeouts, Timeouts { read: Duration::from_secs(7), ..Timeouts::default() });
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(serde_json::from_str::<MaasConfig>(&written).unwrap(), read);
    }

    #[test]
    fn a_misspelt_field_and_a_key_in_place_of_its_reference_are_refused_unrepeated() {
        for json in [
            r#"{"url":"http://m/MAAS","api_key":"bare-key-itself"}"#,
            r#"{"url":"http://m/MAAS","api_key":"env:K","api_kye":"bare-key-itself"}"#,
            r#"{"url":"http://m/MAAS","api_key":"env:K","timeouts":{"total_ms":1}}"#,
        ] {
            let error = serde_json::from_str::<MaasConfig>(json).unwrap_err().to_string();
            assert!(!error.contains("bare-key-itself"), "{error}");
        }
    }
}
