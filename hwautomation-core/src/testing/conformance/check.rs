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

/// What calls answered, by the names of their methods.
pub(super) type Answers = Vec<(&'static str, CoreResult<()>)>;

/// Expects that something is so, and otherwise says what was expected and found.
pub(super) fn require(is_so: bool, otherwise: impl FnOnce() -> String) -> Checked {
    if is_so { Ok(()) } else { Err(otherwise()) }
}

/// Expects an error.
pub(super) fn failed<T: Debug>(what: &str, result: CoreResult<T>) -> Checked<Error> {
    match result {
        Ok(found) => Err(format!("{what}: expected an error, found {found:?}")),
        Err(error) => Ok(error),
    }
}

/// Expects an error of one of these kinds.
pub(super) fn refused_as_any<T: Debug>(
    what: &str,
    kinds: &[ErrorKind],
    result: CoreResult<T>,
) -> Checked<Error> {
    let error = failed(what, result)?;
    require(kinds.contains(&error.kind()), || format!("{what}: expected one of {kinds:?}, found {error:?}"))?;
    Ok(error)
}

/// Expects that an error advises a person and shows none of these texts, whether printed or debugged.
pub(super) fn advises_and_keeps_secrets(what: &str, error: &Error, secrets: &[String]) -> Checked {
    let advises = error.remedy().is_some_and(|remedy| !remedy.trim().is_empty());
    require(advises, || format!("{what}: expected a remedy, found none in {error:?}"))?;
    let shown = everything_shown(error);
    // The text itself is not repeated: what this returns is printed.
    require(!secrets.iter().any(|secret| shown.contains(secret.as_str())), || {
        format!("{what}: expected an error without a secret, found one in a {} error", error.kind())
    })
}

fn everything_shown(error: &Error) -> String {
    let mut shown = format!("{error} {error:?} {:?}", error.remedy());
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        shown.push_str(&format!(" {error} {error:?}"));
        cause = error.source();
    }
    shown
}
