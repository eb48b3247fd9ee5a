//! Which configurations are right. Pure: it reads no clock and no file.

use super::{Authentication, Timeouts, TrustedProfile, VpcConfig, endpoint};
use hwautomation_core::error::{Error, Result};
use hwautomation_core::time::Timestamp;
use std::time::Duration;

/// How long one call may be allowed to take: the engine's leases do not wait longer for an answer.
const TOTAL_MAX: Duration = Duration::from_secs(600);
/// How long a part of a host name may be (RFC 1035, section 2.3.4).
const LABEL_BYTES_MAX: usize = 63;

/// Says what is wrong with one field, and what would be right.
struct Problem {
    field: &'static str,
    wrong: String,
    right: &'static str,
}

pub(super) fn all(config: &VpcConfig, now: Timestamp) -> Result<()> {
    let problems: Vec<Problem> = [
        region(&config.region),
        version(&config.version, now),
        endpoint_in("iam_url", &config.iam_url).or_else(|| iam_path(&config.iam_url)),
        config.service_url.as_deref().and_then(|url| endpoint_in("service_url", url)),
        connect(config.timeouts),
        total(config.timeouts),
        config.ca_file.as_ref().filter(|file| file.as_os_str().is_empty()).map(|_| Problem {
            field: "ca_file",
            wrong: "is empty".to_owned(),
            right: "name a PEM file, or leave it out",
        }),
    ]
    .into_iter()
    .chain(authentication(&config.authentication))
    .flatten()
    .collect();
    if problems.is_empty() { Ok(()) } else { Err(report(&problems)) }
}

fn report(problems: &[Problem]) -> Error {
    let join = |each: fn(&Problem) -> String| problems.iter().map(each).collect::<Vec<_>>().join("; ");
    let wrong = join(|problem| format!("{} {}", problem.field, problem.wrong));
    let right = join(|problem| format!("{}: {}", problem.field, problem.right));
    Error::invalid(format!("checking the VPC configuration: {wrong}")).with_remedy(right)
}

fn region(text: &str) -> Option<Problem> {
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let ends = |c: char| c == '-';
    let right = !text.is_empty() && text.len() <= LABEL_BYTES_MAX && text.chars().all(fine);
    (!right || text.starts_with(ends) || text.ends_with(ends)).then(|| Problem {
        field: "region",
        wrong: format!("{text:?} is no region"),
        right: "use the region's short name, such as eu-de or us-south",
    })
}

fn version(text: &str, now: Timestamp) -> Option<Problem> {
    let date = text.parse::<jiff::civil::Date>().ok().map(|date| date.to_string());
    let today = now.to_string().chars().take_while(|c| *c != 'T').collect::<String>();
    let wrong = match date {
        Some(date) if date == text && date <= today => return None,
        Some(date) if date == text => format!("{text:?} is later than today, {today}"),
        _ => format!("{text:?} is no date"),
    };
    Some(Problem { field: "version", wrong, right: "use YYYY-MM-DD, today or earlier, such as 2025-07-08" })
}

fn endpoint_in(field: &'static str, text: &str) -> Option<Problem> {
    endpoint(text).err().map(|(wrong, right)| Problem { field, wrong, right })
}

fn iam_path(text: &str) -> Option<Problem> {
    text.trim_end_matches('/').ends_with("/identity/token").then(|| Problem {
        field: "iam_url",
        wrong: "ends with /identity/token".to_owned(),
        right: "leave /identity/token out",
    })
}

fn connect(timeouts: Timeouts) -> Option<Problem> {
    (timeouts.connect.is_zero() || timeouts.connect > timeouts.total).then(|| Problem {
        field: "timeouts.connect_ms",
        wrong: format!("is {}", timeouts.connect.as_millis()),
        right: "use more than 0, and no more than timeouts.total_ms",
    })
}

fn total(timeouts: Timeouts) -> Option<Problem> {
    (timeouts.total.is_zero() || timeouts.total > TOTAL_MAX).then(|| Problem {
        field: "timeouts.total_ms",
        wrong: format!("is {}", timeouts.total.as_millis()),
        right: "use more than 0, and no more than 600000",
    })
}

fn authentication(authentication: &Authentication) -> [Option<Problem>; 2] {
    match authentication {
        Authentication::ApiKey { .. } => [None, None],
        Authentication::InstanceIdentity { profile, metadata_url } => [
            profile.as_ref().and_then(trusted_profile),
            endpoint_in("authentication.metadata_url", metadata_url),
        ],
    }
}

fn trusted_profile(profile: &TrustedProfile) -> Option<Problem> {
    let (text, right) = match profile {
        TrustedProfile::Id(id) => (id, !id.starts_with("crn:") && is_word(id)),
        TrustedProfile::Crn(crn) => (crn, crn.starts_with("crn:") && is_word(crn)),
    };
    (!right).then(|| Problem {
        field: "authentication.profile",
        wrong: format!("{text:?} is no trusted profile"),
        right: "use {\"id\": \"Profile-...\"} or {\"crn\": \"crn:...\"}, or leave it out",
    })
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hwautomation_core::secret::SecretRef;

    fn config() -> VpcConfig {
        let key = SecretRef::new("env:IBMCLOUD_API_KEY").unwrap();
        VpcConfig::new("eu-de", Authentication::ApiKey { key })
    }

    fn now() -> Timestamp {
        "2026-03-01T23:59:59Z".parse().unwrap()
    }

    #[test]
    fn the_defaults_are_right() {
        config().validate(now()).unwrap();
        VpcConfig::new("us-south", Authentication::instance_identity()).validate(now()).unwrap();
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_with_what_would_be_right() {
        let error = VpcConfig {
            region: "Frankfurt am Main".to_owned(),
            version: "8 July 2025".to_owned(),
            iam_url: "http://iam.cloud.ibm.com".to_owned(),
            service_url: Some("nowhere".to_owned()),
            timeouts: Timeouts { connect: Duration::ZERO, total: Duration::MAX },
            ca_file: Some("".into()),
            authentication: Authentication::InstanceIdentity {
                profile: Some(TrustedProfile::Id("crn:v1:x".to_owned())),
                metadata_url: "ftp://169.254.169.254".to_owned(),
            },
        }
        .validate(now())
        .unwrap_err();
        let fields = "region version iam_url service_url timeouts.connect_ms timeouts.total_ms ca_file \
                      authentication.profile authentication.metadata_url";
        for field in fields.split_whitespace() {
            assert!(error.message().contains(field), "{field} is not in {error}");
            assert!(error.remedy().unwrap().contains(&format!("{field}: ")), "no advice on {field}");
        }
    }

    #[test]
    fn a_version_is_a_date_written_one_way_and_not_later_than_today() {
        let wrong = |text: &str| version(text, now()).map(|problem| problem.wrong);
        assert_eq!(wrong("2026-03-01"), None);
        assert!(wrong("2026-03-02").unwrap().contains("later than today, 2026-03-01"));
        for text in ["", "20250708", "2025-7-8", "2025-02-30", "2025-07-08T00:00:00", "latest"] {
            assert!(wrong(text).is_some(), "{text}");
        }
    }

    #[test]
    fn an_endpoint_with_a_password_is_refused_without_repeating_it() {
        let config = VpcConfig { iam_url: "https://me:hunter22@iam.example".to_owned(), ..config() };
        let error = config.validate(now()).unwrap_err();
        assert!(error.message().contains("password") && !format!("{error:?}").contains("hunter22"));
    }

    #[test]
    fn the_token_path_does_not_belong_into_the_iam_url() {
        let config =
            VpcConfig { iam_url: "https://iam.cloud.ibm.com/identity/token/".to_owned(), ..config() };
        assert!(config.validate(now()).unwrap_err().remedy().unwrap().contains("leave /identity/token out"));
    }

    #[test]
    fn a_short_json_has_the_defaults_and_reads_back_as_written() {
        let json = r#"{"region":"eu-de","authentication":{"type":"api_key","key":"env:IBMCLOUD_API_KEY"}}"#;
        let read: VpcConfig = serde_json::from_str(json).unwrap();
        assert_eq!(read, config());
        let json = r#"{"region":"eu-de","timeouts":{"total_ms":5000},
            "authentication":{"type":"instance_identity","profile":{"id":"Profile-1"}}}"#;
        let read: VpcConfig = serde_json::from_str(json).unwrap();
        assert_eq!(read.timeouts, Timeouts { total: Duration::from_secs(5), ..Timeouts::default() });
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(serde_json::from_str::<VpcConfig>(&written).unwrap(), read);
    }

    #[test]
    fn a_misspelt_field_and_a_key_in_place_of_its_reference_are_refused_unrepeated() {
        for json in [
            r#"{"region":"eu-de","authentication":{"type":"api_key","key":"bare-key-itself"}}"#,
            r#"{"region":"eu-de","authentication":{"type":"api_key","key":"env:K","kye":"bare-key-itself"}}"#,
            r#"{"region":"eu-de","regoin":"bare-key-itself","authentication":{"type":"instance_identity"}}"#,
        ] {
            let error = serde_json::from_str::<VpcConfig>(json).unwrap_err().to_string();
            assert!(!error.contains("bare-key-itself"), "{error}");
        }
    }
}
