//! Failures below HTTP: whether the request can have arrived.

use super::Cause;
use std::error::Error;

impl From<reqwest::Error> for Cause {
    fn from(error: reqwest::Error) -> Self {
        // The call is named already.
        let error = error.without_url();
        if is_certificate(&error) {
            Self::Certificate(error)
        } else if error.is_builder() {
            Self::Request(error)
        } else if error.is_connect() {
            Self::Unreachable(error)
        } else if error.is_timeout() {
            Self::Timeout(error)
        } else {
            Self::Broken(error)
        }
    }
}

/// Tells whether a certificate was refused, which rustls buries inside I/O errors.
fn is_certificate(error: &(dyn Error + 'static)) -> bool {
    if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
        return true;
    }
    // The source of an I/O error is not what it wraps but the source of that.
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    match wrapped {
        Some(wrapped) => is_certificate(wrapped),
        None => error.source().is_some_and(is_certificate),
    }
}
