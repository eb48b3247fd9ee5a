//! The form in which history stores an error.

use super::{Error, ErrorClass, ErrorKind};
use crate::secret::scrub;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Says what a stored error said: plain data, free of secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorRecord {
    /// What the caller could do.
    pub kind: ErrorKind,
    /// What was known about a second try.
    #[serde(flatten)]
    pub class: ErrorClass,
    /// What was tried on what.
    pub message: String,
    /// The causes, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<String>,
    /// Advice for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The sub-task that was open when it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_task: Option<String>,
}

impl ErrorRecord {
    /// Tells whether two failures are alike: same kind, same message, same causes.
    #[must_use]
    pub fn same_failure(&self, other: &Self) -> bool {
        self.kind == other.kind && self.message == other.message && self.chain == other.chain
    }
}

impl From<&Error> for ErrorRecord {
    fn from(error: &Error) -> Self {
        Self {
            kind: error.kind(),
            class: error.class(),
            message: storable(error.message()),
            chain: causes(error),
            remedy: error.remedy().map(storable),
            sub_task: None,
        }
    }
}

/// How long a free text in history may be, in bytes: a driver that answers with a dump must not fill the disk.
pub(crate) const TEXT_BYTES_MAX: usize = 4096;

/// Takes secrets out of a free text and cuts it, so that it can be stored.
pub(crate) fn storable(text: &str) -> String {
    let mut text = scrub(text).into_owned();
    text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    text
}

/// How many causes are kept: longer chains repeat themselves.
const CAUSES_MAX: usize = 8;

fn causes(error: &Error) -> Vec<String> {
    let first = std::error::Error::source(error);
    std::iter::successors(first, |cause| cause.source())
        .take(CAUSES_MAX)
        .map(|cause| storable(&cause.to_string()))
        .collect()
}

impl fmt::Display for ErrorRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", self.message, self.kind, self.class)?;
        for cause in &self.chain {
            write!(f, ": {cause}")?;
        }
        match &self.remedy {
            Some(remedy) => write!(f, ". {remedy}"),
            None => Ok(()),
        }
    }
}
