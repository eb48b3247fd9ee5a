//! Which configurations are right. Pure.

use super::{IpmiConfig, MachineSettings};
use crate::quirks::{Quirk, Quirks, USERNAME_BYTES_MAX};
use crate::wire::Suite;
use hwautomation_core::error::{Error, Result};
use hwautomation_core::plugin::Privilege;
use std::time::Duration;

/// How long one command or log-in may be allowed to take: the engine's leases wait no longer for an answer.
const LIMIT_MAX: Duration = Duration::from_secs(600);
/// How long a session may be kept without work: longer, and somebody else may need it more.
const IDLE_MAX: Duration = Duration::from_secs(24 * 3600);
/// How long a session may be without an answer: BMCs drop those that are idle for 60 s (IPMI 2.0, section 6.12.15).
const KEEP_ALIVE_MAX: Duration = Duration::from_secs(50);
/// How often a kept session may be used for nothing at most.
const KEEP_ALIVE_MIN: Duration = Duration::from_millis(100);
/// How long a BMC may be left alone: nobody would look at it that late.
const PAUSE_MAX: Duration = Duration::from_secs(3600);
/// What a semaphore can count is far more.
const SESSIONS_MAX: u32 = 1_000_000;
/// The channels that a LAN may have (IPMI 2.0, table 6-1).
const CHANNELS: std::ops::RangeInclusive<u8> = 1..=11;

const NAME_RIGHT: &str = "enter the BMC user's name, at most 16 bytes";

/// Says what is wrong with one field, and what would be right.
struct Problem {
    field: &'static str,
    wrong: String,
    right: &'static str,
}

pub(super) fn all(config: &IpmiConfig) -> Result<()> {
    let problems: Vec<Problem> = [
        suites("cipher_suites", &config.cipher_suites),
        limit("command_limit_ms", config.command_limit),
        limit("handshake_limit_ms", config.handshake_limit),
        limit("turn_limit_ms", config.turn_limit),
        retransmit(config),
        growth(config.retransmit_growth),
        idle(config.session_idle),
        keep_alive(config.keep_alive),
        sessions(config.sessions_max),
        at_least_one("in_flight_max", config.in_flight_max),
        at_least_one("slow_max", config.slow_max),
        at_least_one("sockets", config.sockets.into()),
        pause("breaker_pause_ms", config.breaker_pause),
        pause("breaker_pause_max_ms", config.breaker_pause_max),
        privilege("power_privilege", config.power_privilege, Privilege::Operator),
        privilege("console_privilege", config.console_privilege, Privilege::User),
        privilege("configure_privilege", config.configure_privilege, Privilege::Administrator),
        config.channel.and_then(|channel| number("channel", channel)),
    ]
    .into_iter()
    .flatten()
    .collect();
    report(|| "checking the IPMI configuration".to_owned(), &problems)
}

/// Checks what a machine says for itself.
pub(super) fn of_machine(action: impl FnOnce() -> String, settings: &MachineSettings<'_>) -> Result<()> {
    let problems: Vec<Problem> = [
        name(settings.username, settings.quirks),
        settings.channel.and_then(|channel| number("settings.ipmi.channel", channel)),
        settings.cipher_suites.as_deref().and_then(|ids| suites("settings.ipmi.cipher_suites", ids)),
    ]
    .into_iter()
    .flatten()
    .collect();
    report(action, &problems)
}

fn report(action: impl FnOnce() -> String, problems: &[Problem]) -> Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    let action = action();
    let join = |each: fn(&Problem) -> String| problems.iter().map(each).collect::<Vec<_>>().join("; ");
    let wrong = join(|problem| format!("{} {}", problem.field, problem.wrong));
    let right = join(|problem| format!("{}: {}", problem.field, problem.right));
    Err(Error::invalid(format!("{action}: {wrong}")).with_remedy(right))
}

fn suites(field: &'static str, ids: &[u8]) -> Option<Problem> {
    const RIGHT: &str = "list 17 and 3, or one of them";
    if ids.is_empty() {
        return Some(Problem { field, wrong: "is empty".to_owned(), right: RIGHT });
    }
    let refused: Vec<_> =
        ids.iter().filter_map(|id| Suite::of(*id).err().map(|why| format!("{id}, which {why}"))).collect();
    (!refused.is_empty()).then(|| Problem {
        field,
        wrong: format!("names {}", refused.join(", and ")),
        right: RIGHT,
    })
}

fn limit(field: &'static str, limit: Duration) -> Option<Problem> {
    (limit.is_zero() || limit > LIMIT_MAX).then(|| Problem {
        field,
        wrong: format!("is {}", limit.as_millis()),
        right: "use more than 0, and no more than 600000",
    })
}

fn retransmit(config: &IpmiConfig) -> Option<Problem> {
    let most = config.command_limit.min(config.handshake_limit);
    (config.retransmit.is_zero() || config.retransmit > most).then(|| Problem {
        field: "retransmit_ms",
        wrong: format!("is {}", config.retransmit.as_millis()),
        right: "use more than 0, and no more than command_limit_ms and handshake_limit_ms",
    })
}

fn growth(percent: u16) -> Option<Problem> {
    (!(100..=400).contains(&percent)).then(|| Problem {
        field: "retransmit_growth",
        wrong: format!("is {percent}"),
        right: "use 100 (no growth) to 400 percent",
    })
}

fn idle(idle: Duration) -> Option<Problem> {
    (idle > IDLE_MAX).then(|| Problem {
        field: "session_idle_ms",
        wrong: format!("is {}", idle.as_millis()),
        right: "use 0 to 86400000",
    })
}

fn keep_alive(every: Duration) -> Option<Problem> {
    (!(KEEP_ALIVE_MIN..=KEEP_ALIVE_MAX).contains(&every)).then(|| Problem {
        field: "keep_alive_ms",
        wrong: format!("is {}", every.as_millis()),
        right: "use 100 to 50000: BMCs drop a session that is idle for a minute",
    })
}

fn sessions(count: u32) -> Option<Problem> {
    (!(1..=SESSIONS_MAX).contains(&count)).then(|| Problem {
        field: "sessions_max",
        wrong: format!("is {count}"),
        right: "use 1 to 1000000",
    })
}

fn at_least_one(field: &'static str, count: u16) -> Option<Problem> {
    (count == 0).then(|| Problem { field, wrong: "is 0".to_owned(), right: "use 1 or more" })
}

fn pause(field: &'static str, pause: Duration) -> Option<Problem> {
    (pause.is_zero() || pause > PAUSE_MAX).then(|| Problem {
        field,
        wrong: format!("is {}", pause.as_millis()),
        right: "use more than 0, and no more than 3600000; breaker_failures 0 switches it off",
    })
}

fn privilege(field: &'static str, found: Privilege, least: Privilege) -> Option<Problem> {
    (found < least).then(|| Problem {
        field,
        wrong: format!("is {found:?}").to_lowercase(),
        right: match least {
            Privilege::Administrator => "use administrator",
            Privilege::Operator => "use operator or administrator",
            _ => "use user, operator or administrator",
        },
    })
}

fn number(field: &'static str, channel: u8) -> Option<Problem> {
    (!CHANNELS.contains(&channel)).then(|| Problem {
        field,
        wrong: format!("is {channel}"),
        right: "use 1 to 11, or leave it out and the BMC is asked",
    })
}

fn name(username: &str, quirks: Quirks) -> Option<Problem> {
    let (wrong, right) = match (username.len(), quirks.has(Quirk::NullUser)) {
        (0, true) | (1..=USERNAME_BYTES_MAX, false) => return None,
        (_, true) => {
            let wrong = "is there, and so is the quirk null_user, which logs in without a name";
            (wrong.to_owned(), "leave out the name or the quirk")
        }
        (0, false) => ("is missing".to_owned(), NAME_RIGHT),
        (bytes, false) => (format!("has {bytes} bytes"), NAME_RIGHT),
    };
    Some(Problem { field: "settings.ipmi.username", wrong, right })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_right_and_an_empty_object_has_them() {
        IpmiConfig::default().validate().unwrap();
        let read: IpmiConfig = serde_json::from_str("{}").unwrap();
        assert_eq!(read, IpmiConfig::default());
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(serde_json::from_str::<IpmiConfig>(&written).unwrap(), read);
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_with_what_would_be_right() {
        let error = IpmiConfig {
            cipher_suites: vec![17, 0, 99],
            retransmit: Duration::ZERO,
            retransmit_growth: 50,
            command_limit: Duration::ZERO,
            handshake_limit: Duration::MAX,
            turn_limit: Duration::MAX,
            session_idle: Duration::MAX,
            keep_alive: Duration::from_secs(60),
            sessions_max: 0,
            in_flight_max: 0,
            slow_max: 0,
            sockets: 0,
            breaker_pause: Duration::ZERO,
            breaker_pause_max: Duration::MAX,
            power_privilege: Privilege::User,
            configure_privilege: Privilege::Operator,
            channel: Some(14),
            ..IpmiConfig::default()
        }
        .validate()
        .unwrap_err();
        let fields = "cipher_suites retransmit_ms retransmit_growth command_limit_ms handshake_limit_ms \
                      turn_limit_ms session_idle_ms keep_alive_ms sessions_max in_flight_max slow_max sockets \
                      breaker_pause_ms breaker_pause_max_ms power_privilege configure_privilege channel";
        for field in fields.split_whitespace() {
            assert!(error.message().contains(field), "{field} is not in {error}");
            assert!(error.remedy().unwrap().contains(&format!("{field}: ")), "no advice on {field}");
        }
        assert!(error.message().contains("0, which lets anybody in without a password"), "{error}");
    }

    #[test]
    fn by_default_a_call_to_a_silent_bmc_ends_before_a_workflow_takes_its_outcome_for_unknown() {
        // How long core's effects may take that say nothing else.
        const MAY_TAKE: Duration = Duration::from_secs(20);
        let config = IpmiConfig::default();
        assert!(config.command_limit / 2 + config.handshake_limit + config.command_limit < MAY_TAKE);
    }

    #[test]
    fn every_suite_but_two_is_refused_with_a_reason() {
        for id in 0..=u8::MAX {
            assert_eq!(suites("cipher_suites", &[id]).is_none(), id == 3 || id == 17, "{id}");
        }
        assert!(suites("cipher_suites", &[]).is_some());
    }

    #[test]
    fn a_misspelt_field_is_refused() {
        let error = serde_json::from_str::<IpmiConfig>(r#"{"retransmit": 5}"#).unwrap_err().to_string();
        assert!(error.contains("retransmit_ms"), "{error}");
    }
}
