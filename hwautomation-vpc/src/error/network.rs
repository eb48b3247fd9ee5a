//! Failures below HTTP: who is to blame when no answer came.

use super::VpcError;
use std::error::Error;
use std::sync::Arc;

impl From<reqwest::Error> for VpcError {
    fn from(error: reqwest::Error) -> Self {
        // The action names the endpoint already.
        let error = Arc::new(error.without_url());
        if is_certificate(&*error) {
            Self::Certificate(error)
        } else if error.is_builder() {
            Self::Request(error)
        } else if error.is_timeout() && !error.is_connect() {
            Self::Timeout(error)
        } else {
            Self::Unreachable(error)
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
