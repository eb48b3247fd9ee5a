//! When a token is good, ageing or gone. Pure.

use hwautomation_core::secret::Secret;
use hwautomation_core::time::Timestamp;
use std::time::Duration;

/// How long before its end a token counts as gone: a call that carries it must still arrive.
const EARLY: Duration = Duration::from_secs(10);
/// How long to leave IAM alone after a refresh failed while the old token is good, unless it asked for more.
const REST: Duration = Duration::from_secs(60);

/// Holds a token and its span of life on our own clock.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) secret: Secret,
    /// When it was asked for.
    pub(super) since: Timestamp,
    pub(super) lifetime: Duration,
}

/// Says what to do for a caller.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Hand out the token.
    Use,
    /// Hand out the token, and fetch the next one meanwhile.
    UseAndRefresh,
    /// There is no good token: let the caller wait for the next one.
    Wait,
}

impl Token {
    pub(super) fn is_good(&self, now: Timestamp) -> bool {
        now + EARLY < self.since + self.lifetime
    }

    /// Tells whether 80 % of its life is gone, or whether its age is unknown as the clock was set back.
    fn is_ageing(&self, now: Timestamp) -> bool {
        now < self.since || now.since(self.since) >= self.lifetime / 5 * 4
    }
}

/// Decides for one caller; before `rest_until` no refresh is begun.
pub(super) fn decide(token: Option<&Token>, rest_until: Option<Timestamp>, now: Timestamp) -> Decision {
    match token {
        Some(token) if !token.is_good(now) => Decision::Wait,
        Some(token) if token.is_ageing(now) && rest_until.is_none_or(|until| until <= now) => {
            Decision::UseAndRefresh
        }
        Some(_) => Decision::Use,
        None => Decision::Wait,
    }
}

/// Says until when to leave IAM alone after a failed refresh.
pub(super) fn rest_until(asked: Option<Duration>, now: Timestamp) -> Timestamp {
    now + asked.unwrap_or_default().max(REST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_800_000_000_000_000;

    fn after(seconds: u64) -> Timestamp {
        Timestamp::from_micros(START) + Duration::from_secs(seconds)
    }

    fn token(lifetime: u64) -> Token {
        Token { secret: Secret::new("t"), since: after(0), lifetime: Duration::from_secs(lifetime) }
    }

    #[test]
    fn an_hours_token_is_used_refreshed_from_80_percent_and_gone_10_seconds_early() {
        for (seconds, decision) in [
            (0, Decision::Use),
            (2879, Decision::Use),
            (2880, Decision::UseAndRefresh),
            (3589, Decision::UseAndRefresh),
            (3590, Decision::Wait),
            (9999, Decision::Wait),
        ] {
            assert_eq!(decide(Some(&token(3600)), None, after(seconds)), decision, "after {seconds} s");
        }
    }

    #[test]
    fn without_a_token_a_caller_waits_even_in_a_rest() {
        assert_eq!(decide(None, Some(after(99)), after(0)), Decision::Wait);
        assert_eq!(decide(Some(&token(60)), Some(after(99)), after(60)), Decision::Wait);
    }

    #[test]
    fn a_rest_delays_the_refresh_and_is_as_long_as_iam_asked_but_a_minute_at_least() {
        let rest = rest_until(Some(Duration::from_secs(90)), after(2880));
        assert_eq!(decide(Some(&token(3600)), Some(rest), after(2969)), Decision::Use);
        assert_eq!(decide(Some(&token(3600)), Some(rest), after(2970)), Decision::UseAndRefresh);
        assert_eq!(rest_until(None, after(0)), after(60));
    }

    #[test]
    fn a_clock_that_was_set_back_makes_a_token_age() {
        let earlier = after(0) - Duration::from_secs(1);
        assert_eq!(decide(Some(&token(3600)), None, earlier), Decision::UseAndRefresh);
    }

    #[test]
    fn a_token_for_ever_is_no_overflow() {
        assert_eq!(decide(Some(&token(u64::MAX)), None, after(0)), Decision::Use);
    }
}
