//! How a clause says what it expected and what it found.

use crate::error::{Error, ErrorKind, Result as CoreResult};
use std::fmt::Debug;

/// What a clause returns: the expectation that broke.
pub(super) type Checked<T = ()> = Result<T, String>;

/// Expects that two values are the same.
pub(super) fn same<T: PartialEq + Debug>(what: &str, found: T, expected: T) -> Checked {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: expected {expected:?}, found {found:?}"))
}

/// Expects that something is so.
pub(super) fn holds(what: &str, is_so: bool) -> Checked {
    if is_so { Ok(()) } else { Err(format!("{what}: it is not so")) }
}

/// Expects success.
pub(super) fn done<T>(what: &str, result: CoreResult<T>) -> Checked<T> {
    result.map_err(|error| format!("{what}: expected success, found {error:?}"))
}

/// Expects an error of this kind.
pub(super) fn refused<T: Debug>(what: &str, kind: ErrorKind, result: CoreResult<T>) -> Checked<Error> {
    match result {
        Err(error) if error.kind() == kind => Ok(error),
        other => Err(format!("{what}: expected the error {kind:?}, found {other:?}")),
    }
}
