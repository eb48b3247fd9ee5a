//! Secrets: never printed, never recorded, found again in any text that is about to be.

mod issued;
mod reference;
mod writer;

pub use issued::{contains_secret, scrub, scrub_json};
pub use reference::SecretRef;
pub use writer::ScrubbedWriter;

use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::sync::Arc;

/// Holds a password, a key or a token. Has no `Serialize`, prints as `***`, is wiped when the last copy goes.
///
/// Making one also makes it *issued*: [`scrub`] then removes it from any text until the process ends.
#[derive(Clone)]
pub struct Secret(Arc<SecretString>);

impl Secret {
    /// Wraps a secret text and remembers it for [`scrub`].
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let secret = Arc::new(SecretString::from(text.into()));
        issued::remember(&secret);
        Self(secret)
    }

    /// Returns the text. Call it where the text goes onto the wire, and nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}
