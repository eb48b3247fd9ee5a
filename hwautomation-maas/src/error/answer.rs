//! Answers with an error status: what they mean, and what is known about a second try.

use super::Effect;
use crate::model::Complaint;
use hwautomation_core::error::{ErrorClass, ErrorKind};
use std::fmt;
use std::time::Duration;

/// Holds an answer with an error status, free of secrets.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Empty for 401: MAAS may answer a wrong key with the right one.
    pub(crate) complaint: Complaint,
    /// Says how long to stay away, where MAAS asked for it.
    pub(crate) retry_after: Option<Duration>,
}

impl Answer {
    pub(super) fn is_missing(&self, thing: &str) -> bool {
        let name = self.complaint.text.strip_prefix("No ").and_then(|text| text.strip_prefix(thing));
        self.status == 404 && name.is_some_and(|rest| rest.starts_with(' '))
    }

    pub(super) fn blames(&self, field: &str) -> bool {
        self.status == 400 && self.complaint.fields == [field]
    }

    /// Returns what a caller can do, and what is known about a second try.
    pub(super) fn verdict(&self, effect: Effect) -> (ErrorKind, ErrorClass) {
        let kind = self.kind(effect);
        let class = match self.status {
            500 if self.is_drivers_word(effect) => ErrorClass::Transient { after: None },
            500..=599 if !matches!(self.status, 501 | 503) && effect != Effect::Read => {
                ErrorClass::UnknownOutcome
            }
            408 if effect != Effect::Read => ErrorClass::UnknownOutcome,
            _ => match kind.usual_class() {
                ErrorClass::Transient { .. } => ErrorClass::Transient { after: self.retry_after },
                class => class,
            },
        };
        (kind, class)
    }

    fn kind(&self, effect: Effect) -> ErrorKind {
        match self.status {
            400 if self.is_collision() => ErrorKind::Busy,
            400 if self.complaint.is_about_the_whole() => ErrorKind::Conflict,
            400 if self.is_unknown_call() => ErrorKind::Unsupported,
            400 | 413 | 414 | 415 | 422 => ErrorKind::Invalid,
            401 => ErrorKind::Unauthorized,
            403 => ErrorKind::Forbidden,
            404 if self.is_unknown_call() => ErrorKind::Unsupported,
            404 => ErrorKind::NotFound,
            405 | 410 | 501 => ErrorKind::Unsupported,
            408 | 504 => ErrorKind::Timeout,
            // MAAS tried for half a minute against other writers, and asks for another try.
            409 if self.retry_after.is_some() || self.complaint.is_page => ErrorKind::Busy,
            409 | 412 | 423 => ErrorKind::Conflict,
            500 if self.is_drivers_word(effect) => ErrorKind::Refused,
            503 if self.lacks_a_rack_controller() => ErrorKind::Unreachable,
            429 | 503 => ErrorKind::Busy,
            402..=499 => ErrorKind::Refused,
            500..=599 => ErrorKind::Unreachable,
            _ => ErrorKind::Protocol,
        }
    }

    /// Two writers of one row; PostgreSQL let the other one win.
    fn is_collision(&self) -> bool {
        self.complaint.text.starts_with("could not serialize access")
    }

    /// Nobody there knows this path or operation: it is no MAAS, or not its API.
    fn is_unknown_call(&self) -> bool {
        let text = &self.complaint.text;
        self.complaint.is_page
            || text.starts_with("Unknown API endpoint")
            || text.starts_with("Unrecognised signature")
    }

    /// A power driver's message: MAAS took the commissioning back before it answered. An "unexpected
    /// exception" may have come at any moment.
    fn is_drivers_word(&self, effect: Effect) -> bool {
        let Complaint { text, is_page, .. } = &self.complaint;
        effect == Effect::Commission
            && self.status == 500
            && !(text.is_empty() || *is_page || text.starts_with("Unexpected exception"))
    }

    fn lacks_a_rack_controller(&self) -> bool {
        self.complaint.text.starts_with("No rack controllers")
    }

    pub(super) fn remedy(&self, kind: ErrorKind) -> &'static str {
        match kind {
            ErrorKind::Unauthorized => {
                "check the API key that api_key names: three parts, not deleted in MAAS; and that the clocks of \
                 this computer and MAAS differ by less than 5 minutes"
            }
            ErrorKind::Forbidden => "use the API key of a MAAS administrator",
            ErrorKind::NotFound => "check settings.maas.system_id: MAAS has no machine of that id",
            ErrorKind::Conflict => "look at the machine in MAAS: its state or its owner does not allow this",
            ErrorKind::Busy if self.status == 409 => {
                "try again; if it stays so after setting a BMC's address, another machine in MAAS has that BMC"
            }
            ErrorKind::Busy => "try again in a few seconds",
            ErrorKind::Unreachable if self.lacks_a_rack_controller() => {
                "connect a rack controller that reaches the machine's BMC"
            }
            ErrorKind::Refused if self.status == 500 => {
                "check the BMC, and the machine's power settings in MAAS"
            }
            ErrorKind::Unreachable | ErrorKind::Timeout => "see regiond's log on the MAAS server",
            ErrorKind::Unsupported => {
                "check that url leads to MAAS, such as http://host:5240/MAAS, of version 2 or 3"
            }
            ErrorKind::Protocol => {
                "configure the address that it redirects to: redirects are not followed with credentials"
            }
            _ => "correct what the message names",
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}", self.status)?;
        match self.complaint.text.as_str() {
            "" => f.write_str(", without an explanation"),
            text => write!(f, ": {text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRANSIENT: ErrorClass = ErrorClass::Transient { after: None };

    fn answer(status: u16, content_type: &str, body: &str) -> Answer {
        Answer { status, complaint: Complaint::read(content_type, body.as_bytes()), retry_after: None }
    }

    fn text(status: u16, body: &str) -> Answer {
        answer(status, "text/plain; charset=utf-8", body)
    }

    #[test]
    fn an_unclear_end_of_a_command_is_an_unknown_outcome_and_of_a_read_just_another_try() {
        for status in [408, 500, 502, 504, 599] {
            let answer = text(status, "");
            assert_eq!(answer.verdict(Effect::Read).1, TRANSIENT, "status {status}");
            assert_eq!(answer.verdict(Effect::Command).1, ErrorClass::UnknownOutcome, "status {status}");
            assert_eq!(answer.verdict(Effect::Commission).1, ErrorClass::UnknownOutcome, "status {status}");
        }
    }

    #[test]
    fn what_maas_refuses_did_not_happen() {
        for effect in [Effect::Read, Effect::Command, Effect::Commission] {
            for (status, class) in [
                (302, ErrorClass::Permanent),
                (400, ErrorClass::Permanent),
                (401, ErrorClass::Permanent),
                (403, ErrorClass::Permanent),
                (404, ErrorClass::Permanent),
                (405, ErrorClass::Permanent),
                (409, ErrorClass::Permanent),
                (410, ErrorClass::Permanent),
                (429, TRANSIENT),
                (501, ErrorClass::Permanent),
                (503, TRANSIENT),
            ] {
                assert_eq!(text(status, "x").verdict(effect).1, class, "status {status}, {effect:?}");
            }
        }
    }

    #[test]
    fn a_drivers_message_ends_a_commissioning_for_sure_and_nothing_else() {
        let driver = text(500, "ipmi: connection timeout");
        assert_eq!(driver.verdict(Effect::Commission), (ErrorKind::Refused, TRANSIENT));
        assert_eq!(driver.verdict(Effect::Command).1, ErrorClass::UnknownOutcome);
        let bug = text(500, "Unexpected exception: TimeoutError. See /var/log/maas/regiond.log");
        assert_eq!(bug.verdict(Effect::Commission).1, ErrorClass::UnknownOutcome);
    }

    #[test]
    fn a_missing_tag_is_told_from_a_missing_machine_and_a_missing_api() {
        assert!(text(404, "No Tag matches the given query.").is_missing("Tag"));
        assert!(!text(404, "No Machine matches the given query.").is_missing("Tag"));
        assert!(!text(404, "No Tagging").is_missing("Tag"));
        let no_api = text(404, "Unknown API endpoint: /MAAS/api/2.0/machines.");
        assert_eq!(no_api.verdict(Effect::Read).0, ErrorKind::Unsupported);
        assert_eq!(answer(404, "text/html", "<h1>404</h1>").verdict(Effect::Read).0, ErrorKind::Unsupported);
    }

    #[test]
    fn retry_after_is_passed_on_where_a_second_try_helps() {
        let asked = |answer: Answer| Answer { retry_after: Some(Duration::from_secs(5)), ..answer };
        let after = ErrorClass::Transient { after: Some(Duration::from_secs(5)) };
        assert_eq!(asked(text(409, "x")).verdict(Effect::Command), (ErrorKind::Busy, after));
        assert_eq!(asked(text(503, "x")).verdict(Effect::Command), (ErrorKind::Busy, after));
        assert_eq!(asked(text(403, "x")).verdict(Effect::Command).1, ErrorClass::Permanent);
    }
}
