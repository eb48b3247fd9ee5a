//! What IAM, the metadata service and the VPC service say, as our types. Pure.

use crate::config::TrustedProfile;
use hwautomation_core::secret::{Secret, scrub};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// How much of a remote text an error repeats, in characters.
const TEXT_CHARS_MAX: usize = 300;
/// How many of the remote errors an error repeats.
const FAULTS_MAX: usize = 3;

/// Writes the form that changes an API key into a token.
pub(crate) fn api_key_form(key: &Secret) -> [(&'static str, &str); 3] {
    [
        ("grant_type", "urn:ibm:params:oauth:grant-type:apikey"),
        ("apikey", key.expose()),
        ("response_type", "cloud_iam"),
    ]
}

/// Writes the body that chooses a trusted profile.
pub(crate) fn profile_body(profile: Option<&TrustedProfile>) -> Value {
    match profile {
        None => json!({}),
        Some(TrustedProfile::Id(id)) => json!({"trusted_profile": {"id": id}}),
        Some(TrustedProfile::Crn(crn)) => json!({"trusted_profile": {"crn": crn}}),
    }
}

/// Holds a token as it was granted.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) token: Secret,
    /// How long it is good, counted from the request: the other side's clock may differ from ours.
    pub(crate) lifetime: Duration,
}

#[derive(Deserialize)]
struct WireToken {
    access_token: String,
    expires_in: u64,
}

/// Reads a granted token, or says what is wrong without repeating any of it.
pub(crate) fn granted(body: &[u8]) -> Result<Granted, String> {
    let wire: WireToken = serde_json::from_slice(body).map_err(|cause| {
        // The cause's own text may quote the token.
        format!("its {} bytes are no token at line {} column {}", body.len(), cause.line(), cause.column())
    })?;
    let token = Secret::new(wire.access_token);
    if token.expose().is_empty() || !token.expose().chars().all(|c| c.is_ascii_graphic()) {
        return Err("its access_token is empty or has characters that do not belong".to_owned());
    }
    if wire.expires_in == 0 {
        return Err("its expires_in is 0".to_owned());
    }
    Ok(Granted { token, lifetime: Duration::from_secs(wire.expires_in) })
}

/// Holds what an error reply says, free of secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// Holds code and message of each fault.
    pub(crate) faults: Vec<Fault>,
    /// Holds the id by which IBM's support finds the call.
    pub(crate) trace: Option<String>,
}

/// Holds one fault; either text may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: String,
    pub(crate) message: String,
    /// Names the field, parameter or header that is to blame.
    pub(crate) target: String,
}

impl Complaint {
    /// Reads any of the forms that IBM's services use, and takes what it can get of a broken one.
    pub(crate) fn read(body: &[u8]) -> Self {
        let value: Value = serde_json::from_slice(body).unwrap_or_default();
        let listed = value.get("errors").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let faults: Vec<Fault> = listed.iter().chain([&value]).filter_map(fault).take(FAULTS_MAX).collect();
        let trace = text(&value, &["/trace", "/context/requestId"]);
        Self { faults, trace: Some(trace).filter(|trace| !trace.is_empty()) }
    }
}

fn fault(value: &Value) -> Option<Fault> {
    let fault = Fault {
        code: text(value, &["/code", "/errorCode", "/error/code", "/error"]),
        message: text(
            value,
            &["/message", "/errorMessage", "/error/message", "/error_description", "/errorDetails"],
        ),
        target: text(value, &["/target/name"]),
    };
    (fault != Fault::default()).then_some(fault)
}

fn text(value: &Value, places: &[&str]) -> String {
    places.iter().find_map(|place| value.pointer(place)?.as_str()).map_or_else(String::new, clean)
}

/// Makes a remote text fit to be shown: no secrets, no control characters, not endless.
pub(crate) fn clean(text: &str) -> String {
    let shown = |c: char| if c.is_control() { ' ' } else { c };
    scrub(text).chars().map(shown).take(TEXT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(body: &str) -> Vec<(String, String)> {
        Complaint::read(body.as_bytes()).faults.into_iter().map(|fault| (fault.code, fault.message)).collect()
    }

    fn pair(code: &str, message: &str) -> (String, String) {
        (code.to_owned(), message.to_owned())
    }

    #[test]
    fn every_form_of_ibms_errors_is_read() {
        let vpc = r#"{"errors":[{"code":"a","message":"A","target":{"type":"field","name":"zone"},"new":1},
            {"code":"b","message":"B","more_info":"https://x"}],"trace":"t-1","status_code":400}"#;
        assert_eq!(told(vpc), [pair("a", "A"), pair("b", "B")]);
        assert_eq!(Complaint::read(vpc.as_bytes()).trace.as_deref(), Some("t-1"));
        assert_eq!(Complaint::read(vpc.as_bytes()).faults[0].target, "zone");
        let iam = r#"{"errorCode":"BXNIM0415E","errorMessage":"no key","context":{"requestId":"r-1"}}"#;
        assert_eq!(told(iam), [pair("BXNIM0415E", "no key")]);
        assert_eq!(Complaint::read(iam.as_bytes()).trace.as_deref(), Some("r-1"));
        assert_eq!(
            told(r#"{"error":"invalid_grant","error_description":"D"}"#),
            [pair("invalid_grant", "D")]
        );
        assert_eq!(told(r#"{"error":{"code":"c","message":"M"}}"#), [pair("c", "M")]);
    }

    #[test]
    fn of_a_broken_error_what_is_whole_is_taken() {
        assert_eq!(told(r#"{"errors":[{"code":17,"message":"A"},null,"x",{}],"trace":{}}"#), [pair("", "A")]);
        for body in ["", "null", "[]", r#"{"errors":{}}"#, r#"{"errors":[{"code":"a""#, "<html>", "\u{0}"] {
            assert_eq!(Complaint::read(body.as_bytes()), Complaint::default(), "{body}");
        }
    }

    #[test]
    fn a_remote_text_is_scrubbed_kept_on_one_line_and_cut() {
        let _key = Secret::new("key-that-was-echoed");
        assert_eq!(clean("bad key\r\nkey-that-was-echoed"), "bad key  ***");
        assert_eq!(clean(&"é".repeat(1000)).chars().count(), TEXT_CHARS_MAX);
    }

    #[test]
    fn a_token_may_come_with_fields_that_nobody_knows() {
        let body =
            br#"{"access_token":"eyJx","refresh_token":"r","expires_in":3600,"scope":null,"new":{"a":[]}}"#;
        let granted = granted(body).unwrap();
        assert_eq!((granted.token.expose(), granted.lifetime), ("eyJx", Duration::from_secs(3600)));
    }

    #[test]
    fn a_broken_token_is_refused_and_never_quoted() {
        for body in [
            r#"{"access_token":"tok-in-broken-reply","expires_in":"tok-in-broken-reply"}"#,
            r#"{"access_token":"tok-in-broken-reply","expires_in":3600"#,
            r#"{"access_token":"tok-in-broken-reply","expires_in":0}"#,
            r#"{"access_token":"tok-in-broken-reply","expires_in":-1}"#,
            r#"{"access_token":["tok-in-broken-reply"],"expires_in":1}"#,
            r#"{"access_token":"tok-in-broken-reply\n","expires_in":1}"#,
            r#"{"access_token":"","expires_in":1}"#,
            "\"tok-in-broken-reply\"",
        ] {
            let wrong = granted(body.as_bytes()).unwrap_err();
            assert!(!wrong.contains("tok-in"), "{wrong}");
        }
    }
}
