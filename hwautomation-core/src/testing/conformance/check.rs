//! How clauses compare, and say what they expected and found.

use crate::error::{Error, ErrorKind};
use std::fmt::Debug;

/// What a clause returns: `Err` says what was expected and what was found.
pub(super) type Checked<T = ()> = Result<T, String>;

/// What calls answered, by the names of their methods.
pub(super) type Answers = Vec<(&'static str, Result<(), Error>)>;

/// Fails unless the two are equal.
pub(super) fn equal<T: PartialEq + Debug>(what: &str, expected: &T, found: &T) -> Checked {
    hold(expected == found, || format!("{what}: expected {expected:?}, found {found:?}"))
}

/// Fails unless the two are equal. Takes what a call returned as it is.
pub(super) fn same<T: PartialEq + Debug>(what: &str, found: T, expected: T) -> Checked {
    equal(what, &expected, &found)
}

/// Fails unless it is so.
pub(super) fn holds(what: &str, is_so: bool) -> Checked {
    hold(is_so, || format!("{what}: it is not so"))
}

/// Fails unless the condition holds.
pub(super) fn hold(condition: bool, otherwise: impl FnOnce() -> String) -> Checked {
    if condition { Ok(()) } else { Err(otherwise()) }
}

/// Takes the value of a call that is to succeed.
pub(super) fn good<T>(what: &str, answer: Result<T, Error>) -> Checked<T> {
    answer.map_err(|error| format!("{what}: expected success, found {error:?}"))
}

/// Takes the error of a call that is to fail.
pub(super) fn bad<T: Debug>(what: &str, answer: Result<T, Error>) -> Checked<Error> {
    match answer {
        Ok(found) => Err(format!("{what}: expected an error, found {found:?}")),
        Err(error) => Ok(error),
    }
}

/// Takes the error of a call that is to fail with one of these kinds.
pub(super) fn bad_kind<T: Debug>(
    what: &str,
    answer: Result<T, Error>,
    kinds: &[ErrorKind],
) -> Checked<Error> {
    let error = bad(what, answer)?;
    hold(kinds.contains(&error.kind()), || format!("{what}: expected one of {kinds:?}, found {error:?}"))?;
    Ok(error)
}

/// Takes the error of a call that is to fail with this kind.
pub(super) fn refused<T: Debug>(what: &str, kind: ErrorKind, answer: Result<T, Error>) -> Checked<Error> {
    bad_kind(what, answer, &[kind])
}

/// Fails unless the error advises a person and shows none of these texts, whether printed or debugged.
pub(super) fn advises_and_keeps_secrets(what: &str, error: &Error, secrets: &[String]) -> Checked {
    let advises = error.remedy().is_some_and(|remedy| !remedy.trim().is_empty());
    hold(advises, || format!("{what}: expected a remedy, found none in {error:?}"))?;
    let shown = everything_shown(error);
    // The text itself is not repeated: what this returns is printed.
    hold(!secrets.iter().any(|secret| shown.contains(secret.as_str())), || {
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
