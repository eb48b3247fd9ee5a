//! Whether a BMC that did not answer is asked again: a circuit breaker for each. Pure.

use super::lanes::Lane;
use crate::config::IpmiConfig;
use crate::error::Rest;
use std::time::Duration;
use tokio::time::Instant;

/// When breakers open, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// So many calls in a row must end in silence; zero for never.
    failures: u32,
    pause: Duration,
    pause_max: Duration,
}

impl Limits {
    pub(super) fn of(config: &IpmiConfig) -> Self {
        Self {
            failures: u32::from(config.breaker_failures),
            pause: config.breaker_pause,
            pause_max: config.breaker_pause_max,
        }
    }

    /// Doubles from one silent try to the next.
    fn pause_after(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(self.failures).min(16);
        (self.pause * 2u32.pow(doublings)).min(self.pause_max)
    }
}

/// What is remembered of one BMC's silence.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    /// How many calls in a row ended in silence.
    failures: u32,
    /// Since when it has been silent, and when that was last found.
    silent: Option<Silence>,
}

#[derive(Debug, Clone, Copy)]
struct Silence {
    since: Instant,
    found: Instant,
    /// When a call last waited for an answer to the end.
    heard_out: Option<Instant>,
}

impl Breaker {
    /// Returns the lane for a call that began to wait at `asked`, or why there is none now. A call that waited while
    /// another one found silence has its answer: were it to ask, too, those behind it would wait for ever longer.
    pub(super) fn lane(&self, limits: &Limits, asked: Instant, now: Instant) -> Result<Lane, Rest> {
        let Some(silent) = self.silent else { return Ok(Lane::Fast) };
        let opens = limits.failures > 0 && self.failures >= limits.failures;
        let pause = if opens { limits.pause_after(self.failures) } else { Duration::ZERO };
        let again_in = (silent.found + pause).saturating_duration_since(now);
        let has_its_answer = silent.heard_out.is_some_and(|end| asked < end);
        if again_in.is_zero() && !has_its_answer {
            return Ok(Lane::Slow);
        }
        Err(Rest { failures: self.failures, silent_for: now - silent.since, again_in })
    }

    /// Tells whether nothing was heard since a call ended in silence.
    pub(super) fn is_silent(&self) -> bool {
        self.silent.is_some()
    }

    pub(super) fn answered(&mut self) {
        *self = Self::default();
    }

    /// Notes that a call ends in silence now, which it has heard out since then.
    pub(super) fn was_silent(&mut self, since: Instant, now: Instant) {
        self.note(since, now, Some(now));
    }

    /// Notes that a call was left by its caller which had been without an answer since then. Those who waited behind it
    /// may be more patient: they ask.
    pub(super) fn was_left(&mut self, since: Instant, now: Instant) {
        self.note(since, now, self.silent.and_then(|silent| silent.heard_out));
    }

    fn note(&mut self, began: Instant, found: Instant, heard_out: Option<Instant>) {
        self.failures = self.failures.saturating_add(1);
        let since = self.silent.map_or(began, |silent| silent.since);
        self.silent = Some(Silence { since, found, heard_out });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits =
        Limits { failures: 2, pause: Duration::from_secs(10), pause_max: Duration::from_secs(30) };

    /// A breaker whose BMC was silent in so many calls, the last of which ended at the instant.
    fn silent(failures: u32) -> (Breaker, Instant) {
        let mut breaker = Breaker::default();
        let end = Instant::now() + Duration::from_secs(1_000);
        (1..=failures).for_each(|_| breaker.was_silent(end - Duration::from_secs(5), end));
        (breaker, end)
    }

    fn rest(failures: u32) -> Option<Duration> {
        let (breaker, end) = silent(failures);
        breaker.lane(&LIMITS, end, end).err().map(|rest| rest.again_in)
    }

    #[test]
    fn a_bmc_that_answers_is_fast_and_one_that_was_silent_is_slow() {
        let (mut breaker, end) = silent(1);
        assert_eq!(breaker.lane(&LIMITS, end, end), Ok(Lane::Slow));
        breaker.answered();
        assert_eq!(breaker.lane(&LIMITS, end, end), Ok(Lane::Fast));
    }

    #[test]
    fn it_rests_ever_longer_up_to_the_limit() {
        let seconds: Vec<_> = (1..=6).map(|failures| rest(failures).map(|rest| rest.as_secs())).collect();
        assert_eq!(seconds, [None, Some(10), Some(20), Some(30), Some(30), Some(30)]);
        let (breaker, end) = silent(100);
        let later = end + Duration::from_secs(30);
        assert_eq!(breaker.lane(&LIMITS, later, later), Ok(Lane::Slow), "then it is tried");
    }

    #[test]
    fn who_waited_while_another_found_silence_does_not_ask_again() {
        let (breaker, end) = silent(1);
        let rest = breaker.lane(&LIMITS, end - Duration::from_secs(1), end).unwrap_err();
        assert_eq!((rest.failures, rest.silent_for.as_secs(), rest.again_in.as_secs()), (1, 5, 0));
    }

    #[test]
    fn who_waited_behind_a_caller_that_left_asks_until_the_bmc_was_silent_too_often() {
        let (mut breaker, begin) = (Breaker::default(), Instant::now());
        let end = begin + Duration::from_secs(20);
        breaker.was_left(begin, end);
        assert_eq!(breaker.lane(&LIMITS, begin, end), Ok(Lane::Slow));
        breaker.was_left(begin, end);
        let rest = breaker.lane(&LIMITS, begin, end).unwrap_err();
        assert_eq!((rest.failures, rest.silent_for.as_secs(), rest.again_in.as_secs()), (2, 20, 10));
    }

    #[test]
    fn without_a_limit_it_never_rests() {
        let (breaker, end) = silent(50);
        let never = Limits { failures: 0, ..LIMITS };
        assert_eq!(breaker.lane(&never, end, end), Ok(Lane::Slow));
    }
}
