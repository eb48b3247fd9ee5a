//! What a caller can do about an error, and what is known about a second try.

use crate::time::{millis, millis_opt};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// Says what the caller can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input is wrong: correct it.
    Invalid,
    /// The named thing does not exist: correct the name.
    NotFound,
    /// Another owner or a newer version stands in the way: look again, then decide.
    Conflict,
    /// A limit is reached: come back later.
    Busy,
    /// The credentials were not accepted: correct them. Never tried again with the same ones.
    Unauthorized,
    /// The credentials are good but not enough: use another account.
    Forbidden,
    /// Nobody answered: check the network and the other side.
    Unreachable,
    /// It took longer than its limit.
    Timeout,
    /// The other side cannot do this at all: choose another way.
    Unsupported,
    /// The other side understood and said no.
    Refused,
    /// The other side answered what its protocol does not allow.
    Protocol,
    /// A check of identity failed, such as a changed host key: find out why before going on.
    Security,
    /// A setting, an image or a state is not what it was to be.
    Mismatch,
    /// Another owner took over; this one must stop.
    LeaseLost,
    /// Somebody asked for a stop.
    Cancelled,
    /// Stored data cannot be read.
    Corrupt,
    /// The store did not take or give data: check the disk or the database.
    Storage,
    /// This program broke its own rules: report it.
    Internal,
    /// A kind that a newer version of this crate recorded.
    #[serde(other)]
    Other,
}

impl ErrorKind {
    /// Returns the class that errors of this kind have unless their author knows better.
    #[must_use]
    pub fn usual_class(self) -> ErrorClass {
        match self {
            Self::Busy | Self::Unreachable | Self::Timeout | Self::Storage => {
                ErrorClass::Transient { after: None }
            }
            Self::Cancelled => ErrorClass::Cancelled,
            _ => ErrorClass::Permanent,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invalid => "invalid",
            Self::NotFound => "not found",
            Self::Conflict => "conflict",
            Self::Busy => "busy",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Unsupported => "unsupported",
            Self::Refused => "refused",
            Self::Protocol => "protocol",
            Self::Security => "security",
            Self::Mismatch => "mismatch",
            Self::LeaseLost => "lease lost",
            Self::Cancelled => "cancelled",
            Self::Corrupt => "corrupt",
            Self::Storage => "storage",
            Self::Internal => "internal",
            Self::Other => "other",
        })
    }
}

/// Says what is known about a second try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "class", rename_all = "snake_case")]
pub enum ErrorClass {
    /// It did not happen, and a later try may succeed.
    Transient {
        /// How long the other side asked to be left alone. In JSON `after_ms`, milliseconds.
        #[serde(rename = "after_ms", default, skip_serializing_if = "Option::is_none", with = "millis_opt")]
        after: Option<Duration>,
    },
    /// It did not happen, and the same try will fail again.
    Permanent,
    /// It may have happened. The engine asks before any second try.
    UnknownOutcome,
    /// It was stopped because somebody asked for a stop.
    Cancelled,
}

/// Names a class without what belongs to it: what lists are filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClassName {
    /// See [`ErrorClass::Transient`].
    Transient,
    /// See [`ErrorClass::Permanent`].
    Permanent,
    /// See [`ErrorClass::UnknownOutcome`].
    UnknownOutcome,
    /// See [`ErrorClass::Cancelled`].
    Cancelled,
}

impl From<ErrorClass> for ErrorClassName {
    fn from(class: ErrorClass) -> Self {
        match class {
            ErrorClass::Transient { .. } => Self::Transient,
            ErrorClass::Permanent => Self::Permanent,
            ErrorClass::UnknownOutcome => Self::UnknownOutcome,
            ErrorClass::Cancelled => Self::Cancelled,
        }
    }
}

/// As JSON has it.
impl fmt::Display for ErrorClassName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Transient => "transient",
            Self::Permanent => "permanent",
            Self::UnknownOutcome => "unknown_outcome",
            Self::Cancelled => "cancelled",
        })
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transient { after: None } => f.write_str("transient"),
            Self::Transient { after: Some(after) } => write!(f, "transient, after {} ms", millis::of(*after)),
            Self::Permanent => f.write_str("permanent"),
            Self::UnknownOutcome => f.write_str("unknown outcome"),
            Self::Cancelled => f.write_str("cancelled"),
        }
    }
}
