//! How it ended as a whole. Pure.

use crate::power::answer::{Answer, Failure, Said};
use hwautomation_core::error::{Error, ErrorKind, ErrorRecord};

/// All is as asked.
pub const GOOD: u8 = 0;
/// Something failed, is not as asked, or nobody knows.
pub const BAD: u8 = 1;
/// Wrong usage, or not confirmed: nothing was sent.
pub const USAGE: u8 = 2;
/// Not one BMC answered.
pub const SILENCE: u8 = 3;
/// What shells report of a program that Ctrl-C ended: 128 and the number of SIGINT.
pub const STOPPED: u8 = 130;

impl Answer {
    /// Tells whether it is as asked.
    pub fn is_good(&self) -> bool {
        match &self.result {
            Ok(Said::Power { power, .. }) => !power.is_unknown(),
            Ok(Said::Sensors { alarms, .. }) => !alarms,
            Ok(_) => true,
            Err(_) => false,
        }
    }

    fn was_heard(&self) -> bool {
        self.result.as_ref().map_or_else(Failure::was_heard, |_| true)
    }
}

/// Returns the exit status of a run that came to its end.
pub fn status(answers: &[Answer]) -> u8 {
    if answers.iter().all(Answer::is_good) {
        GOOD
    } else if answers.iter().any(Answer::was_heard) {
        BAD
    } else {
        SILENCE
    }
}

/// What is known of a host that had not answered when somebody pressed Ctrl-C.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Only a question was on its way, if anything.
    Unread,
    /// A command was on its way, or not.
    Untold,
    /// The BMC has taken the command, and the machine was not seen as asked.
    Accepted,
    /// It could not be asked at all.
    Unasked,
}

/// Returns what is said of such a host.
pub fn left(what: Left) -> Failure {
    let stopped = |message: &'static str| Error::new(ErrorKind::Cancelled, message);
    let error = match what {
        Left::Unread => stopped("stopped before it answered"),
        Left::Unasked => stopped("stopped before it was asked"),
        Left::Untold => stopped("stopped before its BMC answered: it may have been told, or not")
            .unknown_outcome()
            .with_remedy("read its state before anything is sent again"),
        Left::Accepted => stopped("stopped after its BMC accepted, before it was seen as asked")
            .with_remedy("read its state"),
    };
    Failure { accepted: what == Left::Accepted, ..ErrorRecord::from(&error).into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hwautomation_core::plugin::PowerState;
    use std::time::Duration;

    fn answer(result: Result<Said, Failure>) -> Answer {
        Answer { result, took: Duration::ZERO }
    }

    fn failed(kind: ErrorKind) -> Answer {
        answer(Err(ErrorRecord::from(&Error::new(kind, "it failed")).into()))
    }

    fn on() -> Answer {
        answer(Ok(Said::power(PowerState::On)))
    }

    #[test]
    fn the_exit_status_says_how_it_ended() {
        let unknown = || answer(Ok(Said::power(PowerState::Unknown { reason: "it cannot say".to_owned() })));
        for (answers, expected) in [
            (vec![on(), on()], GOOD),
            (vec![on(), failed(ErrorKind::Unreachable)], BAD),
            (vec![unknown()], BAD),
            (vec![failed(ErrorKind::Unauthorized)], BAD),
            (vec![failed(ErrorKind::Timeout), failed(ErrorKind::Unreachable)], BAD),
            (vec![failed(ErrorKind::Unreachable), failed(ErrorKind::NotFound)], SILENCE),
        ] {
            assert_eq!(status(&answers), expected, "{answers:?}");
        }
    }

    #[test]
    fn a_bmc_that_accepted_was_heard_although_the_machine_is_not_as_asked() {
        let late = ErrorRecord::from(&Error::new(ErrorKind::Unreachable, "it fell silent"));
        let accepted = answer(Err(Failure { accepted: true, ..late.into() }));
        assert_eq!(status(&[accepted]), BAD);
    }

    #[test]
    fn what_was_stopped_says_whether_a_command_may_have_arrived() {
        assert!(left(Left::Untold).is_unclear());
        assert!(!left(Left::Unread).is_unclear() && !left(Left::Unasked).is_unclear());
        assert!(left(Left::Accepted).accepted && !left(Left::Accepted).is_unclear());
    }
}
