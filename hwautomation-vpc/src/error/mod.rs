//! What can go wrong with a call, and what core is told about it.

mod answer;
mod network;
mod retry_after;

pub(crate) use answer::Answer;
pub(crate) use retry_after::read as read_retry_after;

use hwautomation_core::error::{Error, ErrorClass, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

/// Says why a call failed. Cheap to clone: many callers may wait for one call.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum VpcError {
    /// No connection, or it broke.
    #[error("nobody answered")]
    Unreachable(#[source] Arc<reqwest::Error>),
    #[error("the answer took too long")]
    Timeout(#[source] Arc<reqwest::Error>),
    #[error("the certificate of the other side is not trusted")]
    Certificate(#[source] Arc<reqwest::Error>),
    /// A request that cannot even be written.
    #[error("the request could not be built")]
    Request(#[source] Arc<reqwest::Error>),
    /// The other side understood and reported an error.
    #[error("{0}")]
    Answer(Answer),
    #[error("the answer could not be understood: {0}")]
    Protocol(String),
    #[error("the call was dropped together with the runtime that made it")]
    Abandoned,
}

impl VpcError {
    /// Makes core's error of it; `action` says what was tried on what.
    pub(crate) fn into_error(self, action: &str) -> Error {
        let error = Error::new(self.kind(), format!("{action}: {self}")).with_remedy(self.remedy());
        let error = match self.retry_after() {
            Some(after) => error.transient_after(after),
            None => error,
        };
        match self {
            Self::Unreachable(cause)
            | Self::Timeout(cause)
            | Self::Certificate(cause)
            | Self::Request(cause) => error.with_source(cause),
            Self::Abandoned => error.transient(),
            Self::Answer(_) | Self::Protocol(_) => error,
        }
    }

    /// Returns how long the other side asked to be left alone, where a second try may help at all.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Answer(answer) if matches!(self.kind().usual_class(), ErrorClass::Transient { .. }) => {
                answer.retry_after
            }
            _ => None,
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unreachable(_) => ErrorKind::Unreachable,
            Self::Timeout(_) => ErrorKind::Timeout,
            Self::Certificate(_) => ErrorKind::Security,
            Self::Request(_) | Self::Abandoned => ErrorKind::Internal,
            Self::Answer(answer) => answer.kind(),
            Self::Protocol(_) => ErrorKind::Protocol,
        }
    }

    fn remedy(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "check the endpoint, the network, DNS and any proxy between",
            Self::Timeout(_) => "try again; if it stays slow, raise timeouts.total_ms",
            Self::Certificate(_) => {
                "if a company CA or a private endpoint stands between, name its CA in ca_file; \
                 else find out who answers there"
            }
            Self::Request(_) => "report this as a defect of hwautomation-vpc",
            Self::Answer(answer) => answer.remedy(),
            Self::Protocol(_) => {
                "check that the endpoint is the service itself and not a proxy or a login page"
            }
            Self::Abandoned => "try again, and keep the runtime alive while calls are under way",
        }
    }
}
