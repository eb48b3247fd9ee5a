//! Where a secret lies, which may be written down.

use crate::error::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, de};
use std::fmt;
use std::str::FromStr;

/// Says where a secret lies: `scheme:place`, such as `env:BMC_PASSWORD` or `file:/run/secrets/bmc`.
///
/// A reference may be stored, printed and sent; the secret itself may not. The source that answers for the
/// scheme resolves it each time it is needed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SecretRef(String);

impl SecretRef {
    /// Checks the text and makes a reference of it.
    ///
    /// # Errors
    ///
    /// `Invalid` when it is not `scheme:place`. The text itself is not repeated: it might be the secret.
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        match text.split_once(':') {
            Some((scheme, place)) if is_scheme(scheme) && !place.is_empty() => Ok(Self(text)),
            _ => Err(Error::invalid("a secret reference is not `scheme:place`").with_remedy(
                "write where the secret lies, such as env:NAME or file:/path, never the secret",
            )),
        }
    }

    /// Returns what comes before the colon.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.0.split_once(':').map_or("", |(scheme, _)| scheme)
    }

    /// Returns what comes after the colon.
    #[must_use]
    pub fn place(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, place)| place)
    }
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretRef({})", self.0)
    }
}

impl FromStr for SecretRef {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::new(text)
    }
}

impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
