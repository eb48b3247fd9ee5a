//! What can go wrong with a request, and what core is told about it.

mod answer;
mod network;

pub(crate) use answer::Answer;

use hwautomation_core::error::{Error, ErrorClass, ErrorKind};
use std::fmt;

/// Names a request for messages, with what it may have done when nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    /// Method and path below the API, such as `POST machines/abc123/?op=abort`.
    pub(crate) text: String,
    pub(crate) effect: Effect,
}

/// Says what a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It reads.
    Read,
    /// It changes something.
    Command,
    /// It commissions: MAAS puts the machine back to what it was when the BMC does not obey.
    Commission,
}

/// Says which request failed, and why.
#[derive(Debug)]
pub(crate) struct MaasError {
    pub(crate) call: Call,
    pub(crate) cause: Cause,
}

/// Says why a request failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cause {
    /// The request never left.
    #[error("MAAS cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    #[error("the certificate of the other side is not trusted")]
    Certificate(#[source] reqwest::Error),
    /// The request may have arrived.
    #[error("the connection broke before the answer was whole")]
    Broken(#[source] reqwest::Error),
    /// The request may have arrived.
    #[error("the answer took too long")]
    Timeout(#[source] reqwest::Error),
    /// A request that cannot even be written.
    #[error("the request could not be built")]
    Request(#[source] reqwest::Error),
    /// MAAS, or something before it, reported an error.
    #[error("{0}")]
    Answer(Answer),
    /// A good status with something else than MAAS's answer.
    #[error("the answer could not be understood: {0}")]
    Protocol(String),
}

impl MaasError {
    /// Tells whether MAAS says that there is no such `thing`, such as `Tag`.
    pub(crate) fn is_missing(&self, thing: &str) -> bool {
        matches!(&self.cause, Cause::Answer(answer) if answer.is_missing(thing))
    }

    /// Tells whether MAAS refused the request for this field's value alone.
    pub(crate) fn blames(&self, field: &str) -> bool {
        matches!(&self.cause, Cause::Answer(answer) if answer.blames(field))
    }

    /// Makes core's error of it; `action` says what was tried on what.
    pub(crate) fn into_error(self, action: &str) -> Error {
        let (kind, class) = self.verdict();
        let error = Error::new(kind, format!("{action}: {self}")).with_class(class);
        let error = error.with_remedy(self.remedy(kind));
        match self.cause {
            Cause::Unreachable(cause)
            | Cause::Certificate(cause)
            | Cause::Broken(cause)
            | Cause::Timeout(cause)
            | Cause::Request(cause) => error.with_source(cause),
            Cause::Answer(_) | Cause::Protocol(_) => error,
        }
    }

    fn verdict(&self) -> (ErrorKind, ErrorClass) {
        let usual = |kind: ErrorKind| (kind, kind.usual_class());
        let open = |kind: ErrorKind| match self.call.effect {
            Effect::Read => usual(kind),
            Effect::Command | Effect::Commission => (kind, ErrorClass::UnknownOutcome),
        };
        match &self.cause {
            Cause::Unreachable(_) => usual(ErrorKind::Unreachable),
            Cause::Certificate(_) => usual(ErrorKind::Security),
            Cause::Request(_) => usual(ErrorKind::Internal),
            Cause::Broken(_) => open(ErrorKind::Unreachable),
            Cause::Timeout(_) => open(ErrorKind::Timeout),
            Cause::Protocol(_) => open(ErrorKind::Protocol),
            Cause::Answer(answer) => answer.verdict(self.call.effect),
        }
    }

    fn remedy(&self, kind: ErrorKind) -> &'static str {
        match &self.cause {
            Cause::Unreachable(_) => "check url, that MAAS runs, the network, DNS and any proxy between",
            Cause::Certificate(_) => "name the CA of MAAS in ca_file; else find out who answers there",
            Cause::Request(_) => "report this as a defect of hwautomation-maas",
            Cause::Broken(_) => "check MAAS's log, and any proxy before it",
            Cause::Timeout(_) => "look at MAAS's load; if it stays slow, raise timeouts",
            Cause::Protocol(_) => "check that url leads to MAAS itself, and not to a proxy or a login page",
            Cause::Answer(answer) => answer.remedy(kind),
        }
    }
}

impl fmt::Display for MaasError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.call.text, self.cause)
    }
}
