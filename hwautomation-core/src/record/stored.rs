//! Values that events hold, and the large ones that stand beside them.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt;

/// Up to this many bytes of JSON stand in the event itself: larger ones would make every fold slow.
pub const INLINE_BYTES_MAX: usize = 16 * 1024;
/// More than this is an error: a result is not the place for an image.
pub const BLOB_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Names a blob by the SHA-256 of its bytes, in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BlobHash(String);

impl BlobHash {
    /// Computes the name of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Returns the 64 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Holds bytes that are stored once, under their hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// The name of the bytes.
    pub hash: BlobHash,
    /// The bytes: JSON text.
    pub bytes: Vec<u8>,
}

/// Holds a value in the event, or says which blob holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stored {
    /// The value itself.
    Value(Value),
    /// The hash of the value's JSON text.
    Blob(BlobHash),
}

impl Stored {
    /// Stores a value inline or, when it is large, as a blob that must be stored in the same transaction.
    ///
    /// # Errors
    ///
    /// `Invalid` when its JSON is larger than [`BLOB_BYTES_MAX`].
    pub fn new(value: Value) -> Result<(Self, Option<Blob>)> {
        let bytes = serde_json::to_vec(&value)
            .map_err(|cause| Error::invalid("writing a value as JSON").with_source(cause))?;
        match bytes.len() {
            len if len <= INLINE_BYTES_MAX => Ok((Self::Value(value), None)),
            len if len <= BLOB_BYTES_MAX => {
                let hash = BlobHash::of(&bytes);
                Ok((Self::Blob(hash.clone()), Some(Blob { hash, bytes })))
            }
            len => Err(Error::invalid(format!("a value of {len} bytes of JSON is too large to record"))
                .with_remedy("keep it in a file and record its place; at most 8 MiB are recorded")),
        }
    }

    /// Returns the hash, if the value is a blob.
    #[must_use]
    pub fn blob(&self) -> Option<&BlobHash> {
        match self {
            Self::Value(_) => None,
            Self::Blob(hash) => Some(hash),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_inline_a_large_one_a_blob_and_a_huge_one_refused() {
        let text = |len: usize| Value::String("x".repeat(len));
        assert!(Stored::new(text(INLINE_BYTES_MAX - 2)).unwrap().1.is_none());
        let (stored, blob) = Stored::new(text(INLINE_BYTES_MAX - 1)).unwrap();
        assert_eq!(stored.blob(), blob.map(|blob| BlobHash::of(&blob.bytes)).as_ref());
        assert!(Stored::new(text(BLOB_BYTES_MAX)).unwrap_err().remedy().is_some());
    }

    #[test]
    fn the_hash_is_sha_256() {
        // FIPS 180-4, the example "abc".
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(BlobHash::of(b"abc").as_str(), expected);
    }
}
