//! Ways to spoil an error that every contract forbids.

use hwautomation_core::error::{Error, ErrorKind, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spoil {
    Nothing,
    /// Errors advise nobody.
    NoRemedy,
    /// Errors quote the password in their cause.
    ShowSecret,
    /// Refused credentials are worth another try.
    TryAgain,
    /// A lost answer is no reason to look first.
    SurelyNotDone,
    /// Silence is a permanent error.
    SilentForGood,
}

/// What the machines of the fake rack have as their password.
const PASSWORD: &str = "fake-password-of-srv001";

impl Spoil {
    pub(crate) fn on<T>(self, answer: Result<T>) -> Result<T> {
        answer.map_err(|error| self.error(error))
    }

    fn error(self, error: Error) -> Error {
        match (self, error.kind()) {
            (Self::NoRemedy, kind) => Error::new(kind, error.message().to_owned()).with_class(error.class()),
            (Self::ShowSecret, _) => error.with_source(format!("the other side said: use {PASSWORD}")),
            (Self::TryAgain, ErrorKind::Unauthorized) => error.transient(),
            (Self::SurelyNotDone, ErrorKind::Timeout) => error.transient(),
            (Self::SilentForGood, ErrorKind::Unreachable) => error.permanent(),
            _ => error,
        }
    }
}
