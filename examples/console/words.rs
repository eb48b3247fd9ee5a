//! Why it ended, in the words of this program's options.

use crate::power::fleet::Fleet;
use hwautomation_core::error::{Error, ErrorKind, ErrorRecord};
use std::io::{self, Write};
use std::sync::Arc;

/// What the driver calls it, and how it is said here.
const TAKE: (&str, &str) = (
    "close the other console (`end_console`, or `ipmitool sol deactivate`, ends it wherever it is)",
    "close the other console (--take ends it wherever it is)",
);

/// Finds what the driver said in the error of a stream.
pub fn of_stream(cause: io::Error) -> Error {
    let said = cause.get_ref().and_then(|inner| inner.downcast_ref::<Arc<Error>>());
    match said {
        Some(said) => {
            let error = Error::new(said.kind(), said.message().to_owned());
            said.remedy().map(str::to_owned).into_iter().fold(error, Error::with_remedy)
        }
        None if cause.kind() == io::ErrorKind::TimedOut => {
            Error::new(ErrorKind::Timeout, "the machine does not take what is typed")
                .with_remedy("type when its system runs")
        }
        None => Error::internal("the console, or this terminal").with_source(cause),
    }
}

/// Puts what a driver said of the only machine of a fleet into words.
pub fn of_driver(fleet: &Fleet, error: &Error) -> ErrorRecord {
    let error = fleet.in_our_words(0, ErrorRecord::from(error));
    ErrorRecord { remedy: error.remedy.map(|remedy| remedy.replace(TAKE.0, TAKE.1)), ..error }
}

/// Tells it, and what can be done about it. Nobody may be left to read it.
pub fn tell(error: &ErrorRecord) {
    let causes = error.chain.iter().map(|cause| format!(": {cause}")).collect::<String>();
    let remedy = error.remedy.as_ref().map(|remedy| format!("→ {remedy}\n")).unwrap_or_default();
    let _unread = write!(std::io::stderr(), "console: {}{causes}\n{remedy}", error.message);
}
