//! The one error that crosses a border, and the form in which history stores it.

mod kind;
mod nearest;
mod record;

pub use kind::{ErrorClass, ErrorClassName, ErrorKind};
pub(crate) use nearest::{did_you_mean, nearest};
pub use record::ErrorRecord;
pub(crate) use record::{TEXT_BYTES_MAX, storable};

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// What every fallible call of this workspace returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Says what was tried on what, why it failed and what to do about it.
///
/// # For plugin authors
///
/// Keep a private error enum inside the adapter and turn it into this one at the border. Choose the
/// [`ErrorKind`] by what the caller can do, and correct the class where the kind's usual class is wrong:
/// above all, a command that may have reached the hardware is [`ErrorClass::UnknownOutcome`].
///
/// # For callers
///
/// [`Error::class`] decides about a second try, [`Error::remedy`] is advice to show to a person, and
/// [`std::error::Error::source`] holds the cause. The text never contains a secret.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    class: ErrorClass,
    message: Cow<'static, str>,
    remedy: Option<Cow<'static, str>>,
    source: Option<Source>,
}

impl Error {
    /// Starts an error of this kind with the kind's usual class.
    ///
    /// The message is lower case and says what was tried on what; the cause belongs into
    /// [`with_source`](Self::with_source).
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, class: kind.usual_class(), message: message.into(), remedy: None, source: None }
    }

    /// Says that the input is wrong; nothing was touched.
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// Says that a thing with this name does not exist.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// Says that this part of the program broke its own rules.
    pub fn internal(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// Adds advice: what a person can do.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<Cow<'static, str>>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Replaces the class.
    #[must_use]
    pub fn with_class(mut self, class: ErrorClass) -> Self {
        self.class = class;
        self
    }

    /// Says that a second try may help, without saying when.
    #[must_use]
    pub fn transient(self) -> Self {
        self.with_class(ErrorClass::Transient { after: None })
    }

    /// Says that a second try may help after this time, as the other side asked.
    #[must_use]
    pub fn transient_after(self, after: Duration) -> Self {
        self.with_class(ErrorClass::Transient { after: Some(after) })
    }

    /// Says that the same try will fail again.
    #[must_use]
    pub fn permanent(self) -> Self {
        self.with_class(ErrorClass::Permanent)
    }

    /// Says that the command may have taken effect.
    #[must_use]
    pub fn unknown_outcome(self) -> Self {
        self.with_class(ErrorClass::UnknownOutcome)
    }

    /// Returns what the caller can do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns what is known about a second try.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        self.class
    }

    /// Returns what was tried on what.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the advice for a person, if there is any.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        self.remedy.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}
