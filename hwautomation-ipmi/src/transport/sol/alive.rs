//! A question now and then, where nobody types: BMCs drop sessions that are idle for a minute, and a console that reads
//! only would not notice that its BMC is gone, or that somebody else has the serial port. Pure.

use super::super::timing::{Timing, Waits};
use super::TRIES_MAX;
use std::time::Duration;
use tokio::time::Instant;

/// How soon it is looked again whether the BMC is free for a question.
const BUSY: Duration = Duration::from_millis(500);

/// For how long somebody else is waited for: a session that is idle for a minute is dropped, and a question may be due
/// after 50 s.
const BUSY_MAX: Duration = Duration::from_secs(5);

/// What is to be done now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Need {
    Nothing(Instant),
    /// Ask, if nobody else talks to the BMC; the answer may be `busy`.
    AskIfFree,
    Ask,
    GiveUp,
}

/// Remembers when the BMC is to be asked next.
#[derive(Debug)]
pub(super) struct Alive {
    timing: Timing,
    every: Duration,
    /// So long after the BMC last answered something.
    due: Instant,
    /// Not before then: somebody else talked to the BMC.
    busy_until: Option<Instant>,
    asked: Option<Asked>,
}

#[derive(Debug)]
struct Asked {
    tries: u32,
    waits: Waits,
    due: Instant,
}

impl Alive {
    /// Begins with a question: its answer tells what to expect of the next ones.
    pub(super) fn new(timing: Timing, every: Duration, now: Instant) -> Self {
        Self { timing, every, due: now, busy_until: None, asked: None }
    }

    /// Notes that the BMC answered: a question, or what was typed.
    pub(super) fn heard(&mut self, now: Instant) {
        (self.due, self.busy_until, self.asked) = (now + self.every, None, None);
    }

    /// Notes that somebody else talks to the BMC. It waits for that, but not for so long that the session ends.
    pub(super) fn is_busy(&mut self, now: Instant) {
        self.busy_until = Some(now + BUSY);
    }

    /// Notes that a question goes out.
    pub(super) fn asks(&mut self, now: Instant) {
        let asked =
            self.asked.get_or_insert_with(|| Asked { tries: 0, waits: self.timing.waits(now), due: now });
        asked.tries += 1;
        asked.due = now + asked.waits.step();
    }

    pub(super) fn need(&self, now: Instant) -> Need {
        if let Some(asked) = &self.asked {
            return match (now < asked.due, asked.tries < TRIES_MAX) {
                (true, _) => Need::Nothing(asked.due),
                (false, true) => Need::Ask,
                (false, false) => Need::GiveUp,
            };
        }
        let at_last = self.due + BUSY_MAX.min(self.every / 2);
        let next = self.busy_until.map_or(self.due, |until| until.min(at_last));
        match () {
            () if now < next => Need::Nothing(next),
            () if now < at_last => Need::AskIfFree,
            () => Need::Ask,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::IpmiConfig;

    const EVERY: Duration = Duration::from_secs(20);

    fn alive() -> (Alive, Instant) {
        let now = Instant::now();
        let mut alive = Alive::new(Timing::of(&IpmiConfig::default()), EVERY, now);
        assert_eq!(alive.need(now), Need::AskIfFree, "it begins so");
        alive.heard(now);
        (alive, now)
    }

    #[test]
    fn a_question_comes_when_nothing_was_answered_for_a_while() {
        let (mut alive, now) = alive();
        assert_eq!(alive.need(now), Need::Nothing(now + EVERY));
        assert_eq!(alive.need(now + EVERY), Need::AskIfFree);
        alive.asks(now + EVERY);
        assert!(matches!(alive.need(now + EVERY), Need::Nothing(_)));
        alive.heard(now + EVERY);
        assert_eq!(alive.need(now + EVERY), Need::Nothing(now + 2 * EVERY));
    }

    #[test]
    fn a_busy_bmc_is_waited_for_but_not_for_ever() {
        let (mut alive, now) = alive();
        let mut at = now + EVERY;
        while alive.need(at) == Need::AskIfFree {
            alive.is_busy(at);
            let Need::Nothing(next) = alive.need(at) else { panic!("it waits") };
            at = next;
        }
        assert_eq!((alive.need(at), at - now), (Need::Ask, Duration::from_secs(25)));
    }

    #[test]
    fn a_bmc_that_never_answers_is_given_up() {
        let (mut alive, now) = alive();
        let mut at = now + EVERY;
        let mut asked = 0;
        loop {
            match alive.need(at) {
                Need::Nothing(due) => at = due,
                Need::GiveUp => break,
                Need::Ask | Need::AskIfFree => {
                    asked += 1;
                    alive.asks(at);
                }
            }
        }
        assert_eq!(asked, TRIES_MAX);
    }
}
