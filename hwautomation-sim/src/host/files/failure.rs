//! Why a file operation did not happen, in the words of the C library.

use std::fmt;

/// Is an errno.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Missing,
    Exists,
    NotFolder,
    IsFolder,
    Denied,
    Full,
    NotEmpty,
    NameTooLong,
    Invalid,
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Missing => "No such file or directory",
            Self::Exists => "File exists",
            Self::NotFolder => "Not a directory",
            Self::IsFolder => "Is a directory",
            Self::Denied => "Permission denied",
            Self::Full => "No space left on device",
            Self::NotEmpty => "Directory not empty",
            Self::NameTooLong => "File name too long",
            Self::Invalid => "Invalid argument",
        })
    }
}
