//! Replies with an error status: what they say, and what a caller can do.

use crate::model::{Complaint, Fault};
use hwautomation_core::error::ErrorKind;
use std::fmt;
use std::time::Duration;

/// What IAM answers when it does not know the API key (with status 400, not 401).
const API_KEY_NOT_FOUND: &str = "BXNIM0415E";

/// Holds a reply with an error status, free of secrets.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// Names the call, such as `POST /identity/token`.
    pub(crate) call: String,
    pub(crate) status: u16,
    pub(crate) complaint: Complaint,
    /// Says how long to stay away, where the other side asked for it.
    pub(crate) retry_after: Option<Duration>,
    /// Holds the headers by which IBM's support finds the call.
    pub(crate) ids: Vec<(&'static str, String)>,
}

impl Answer {
    /// Returns what a caller can do about it.
    pub(crate) fn kind(&self) -> ErrorKind {
        match self.status {
            400 if self.complaint.faults.iter().any(blames_api_key) => ErrorKind::Unauthorized,
            400 | 413 | 414 | 415 | 422 => ErrorKind::Invalid,
            401 => ErrorKind::Unauthorized,
            403 => ErrorKind::Forbidden,
            404 | 410 => ErrorKind::NotFound,
            405 | 501 => ErrorKind::Unsupported,
            408 | 504 => ErrorKind::Timeout,
            409 | 412 => ErrorKind::Conflict,
            429 | 503 => ErrorKind::Busy,
            402..=499 => ErrorKind::Refused,
            500..=599 => ErrorKind::Unreachable,
            _ => ErrorKind::Protocol,
        }
    }

    pub(super) fn remedy(&self) -> &'static str {
        match self.kind() {
            ErrorKind::Unauthorized => {
                "check the API key or trusted profile that `authentication` names: \
                 it may be wrong, disabled, locked or deleted"
            }
            ErrorKind::Forbidden => {
                "give the API key's owner or the trusted profile the IAM access that this needs"
            }
            ErrorKind::NotFound => "check the endpoint, the region and the name of what was asked for",
            ErrorKind::Conflict => "look at the resource again, then decide",
            ErrorKind::Busy => "come back later; the service limits how often it may be asked",
            ErrorKind::Unreachable | ErrorKind::Timeout => {
                "try again; if it stays so, see IBM Cloud's status page and give support the ids in the message"
            }
            ErrorKind::Unsupported => {
                "check the endpoint and the version date: this service does not offer the call"
            }
            ErrorKind::Protocol => {
                "configure the address that it redirects to: redirects are not followed with secrets"
            }
            _ => "correct the request as the message says, or give support the ids in it",
        }
    }
}

fn blames_api_key(fault: &Fault) -> bool {
    fault.code == API_KEY_NOT_FOUND || fault.message.to_ascii_lowercase().contains("api key")
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: status {}", self.call, self.status)?;
        for Fault { code, message, target } in &self.complaint.faults {
            write!(f, ", {}", if code.is_empty() { "no code" } else { code })?;
            if !message.is_empty() {
                write!(f, ": {message}")?;
            }
            if !target.is_empty() {
                write!(f, " ({target})")?;
            }
        }
        if self.complaint.faults.is_empty() {
            f.write_str(", without an explanation")?;
        }
        let trace = self.complaint.trace.iter().map(|trace| ("trace", trace));
        for (name, id) in trace.chain(self.ids.iter().map(|(name, id)| (*name, id))) {
            write!(f, " [{name} {id}]")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            call: "GET /x".to_owned(),
            status,
            complaint: Complaint::read(body.as_bytes()),
            retry_after: None,
            ids: Vec::new(),
        }
    }

    #[test]
    fn only_an_unknown_api_key_makes_a_400_a_matter_of_credentials() {
        assert_eq!(answer(400, r#"{"errorCode":"BXNIM0415E"}"#).kind(), ErrorKind::Unauthorized);
        assert_eq!(
            answer(400, r#"{"errorMessage":"The API key is locked"}"#).kind(),
            ErrorKind::Unauthorized
        );
        assert_eq!(answer(400, r#"{"errorCode":"BXNIM0109E"}"#).kind(), ErrorKind::Invalid);
    }

    #[test]
    fn the_text_names_code_message_target_and_every_id() {
        let body = r#"{"errors":[{"code":"bad_field","message":"no such zone",
            "target":{"name":"zone"}}],"trace":"t-9"}"#;
        let answer = Answer { ids: vec![("X-Request-Id", "r-7".to_owned())], ..answer(400, body) };
        assert_eq!(
            answer.to_string(),
            "GET /x: status 400, bad_field: no such zone (zone) [trace t-9] [X-Request-Id r-7]"
        );
    }
}
