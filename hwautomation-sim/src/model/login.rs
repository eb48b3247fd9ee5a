//! How consoles log in to a BMC.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The privilege of an administrator.
const ADMINISTRATOR: u8 = 4;
/// How long a BMC's key may be, in bytes (IPMI 2.0, section 13.33).
pub const BMC_KEY_MAX: usize = 20;

/// Says how consoles log in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Login {
    /// The BMC's own key K_g, at most [`BMC_KEY_MAX`] bytes; without one, a user's password takes its place. The default is none.
    pub key: Vec<u8>,
    /// How many sessions there may be at a time. The default is 4.
    pub slots: u8,
    /// How long a console may be silent before its session ends; nothing means for ever. The default is a minute.
    pub idle_max: Option<Duration>,
    /// How long a console may take for a step of the handshake. The default is 5 s.
    pub handshake_max: Duration,
    /// The cipher suites that are offered, of 3 and 17. The default is both.
    pub suites: Vec<u8>,
    /// The highest privilege for each of the suites (IPMI 2.0, table 23-4, parameter 24). The default is an administrator's.
    pub suite_privileges: SuitePrivileges,
    /// What the LAN channel allows now.
    pub channel: ChannelAccess,
    /// What it allows after a restart of the BMC.
    pub channel_kept: ChannelAccess,
    /// After how many wrong passwords in a row a user is locked out, and for how long; nothing means never, which is the default.
    pub lock_out: Option<LockOut>,
    /// Users with wrong passwords, by number.
    pub(crate) failures: Vec<Failures>,
}

/// Holds half a byte for each suite, in the order in which they are offered, behind a byte that is reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuitePrivileges(pub [u8; 9]);

/// Is what a channel allows (IPMI 2.0, section 22.23).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelAccess {
    /// The access mode, 2 for "always available", and the bits above it. The default is 2.
    pub mode: u8,
    /// The highest privilege that a session may have: 1 callback to 4 administrator. The default is 4.
    pub privilege_max: u8,
}

/// Says when a user is locked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockOut {
    /// After so many log-ins in a row that were not completed.
    pub after: u8,
    /// For how long.
    pub lasts: Duration,
}

/// How often in a row a user's log-in was not completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failures {
    user: u8,
    count: u8,
    /// When the last of them began, in milliseconds since 1970.
    at: u64,
}

impl Default for Login {
    fn default() -> Self {
        Self {
            key: Vec::new(),
            slots: 4,
            idle_max: Some(Duration::from_secs(60)),
            handshake_max: Duration::from_secs(5),
            suites: vec![3, 17],
            suite_privileges: SuitePrivileges::default(),
            channel: ChannelAccess::default(),
            channel_kept: ChannelAccess::default(),
            lock_out: None,
            failures: Vec::new(),
        }
    }
}

impl Default for SuitePrivileges {
    fn default() -> Self {
        let mut bytes = [0; 9];
        bytes[1] = ADMINISTRATOR << 4 | ADMINISTRATOR;
        Self(bytes)
    }
}

impl Default for ChannelAccess {
    fn default() -> Self {
        Self { mode: 2, privilege_max: ADMINISTRATOR }
    }
}

/// Hides the key.
impl std::fmt::Debug for Login {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Login")
            .field("has_key", &!self.key.is_empty())
            .field("slots", &self.slots)
            .field("idle_max", &self.idle_max)
            .field("suites", &self.suites)
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

impl SuitePrivileges {
    /// Returns the code of the highest privilege for the suite at a place; zero is no limit.
    pub(crate) fn at(&self, place: usize) -> u8 {
        let byte = self.0.get(1 + place / 2).copied().unwrap_or_default();
        if place.is_multiple_of(2) { byte & 0x0F } else { byte >> 4 }
    }
}

impl Login {
    /// Says whether a user is locked out.
    pub(crate) fn is_locked_out(&self, user: u8, now: u64) -> bool {
        let Some(lock_out) = self.lock_out else { return false };
        let of = self.failures.iter().find(|failures| failures.user == user);
        of.is_some_and(|failures| failures.count >= lock_out.after && !is_over(failures.at, lock_out, now))
    }

    /// Notes that a user begins to log in: a failure, until it turns out to be none.
    pub(crate) fn begins(&mut self, user: u8, now: u64) {
        let Some(lock_out) = self.lock_out else { return };
        match self.failures.iter_mut().find(|failures| failures.user == user) {
            Some(failures) if is_over(failures.at, lock_out, now) => {
                *failures = Failures { user, count: 1, at: now }
            }
            Some(failures) => *failures = Failures { user, count: failures.count.saturating_add(1), at: now },
            None => self.failures.push(Failures { user, count: 1, at: now }),
        }
    }

    /// Notes that a user has proved to know the password.
    pub(crate) fn succeeds(&mut self, user: u8) {
        self.failures.retain(|failures| failures.user != user);
    }
}

fn is_over(at: u64, lock_out: LockOut, now: u64) -> bool {
    Duration::from_millis(now.saturating_sub(at)) >= lock_out.lasts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_locked_out_after_so_many_failures_and_for_a_while() {
        let lock_out = LockOut { after: 2, lasts: Duration::from_secs(10) };
        let mut login = Login { lock_out: Some(lock_out), ..Login::default() };
        login.begins(2, 0);
        assert!(!login.is_locked_out(2, 0));
        login.begins(2, 1_000);
        assert!(login.is_locked_out(2, 10_999) && !login.is_locked_out(3, 1_000));
        assert!(!login.is_locked_out(2, 11_000));
        login.begins(2, 11_000);
        assert!(!login.is_locked_out(2, 11_000), "it counts from the beginning");
        login.begins(2, 11_000);
        login.succeeds(2);
        assert!(!login.is_locked_out(2, 11_000));
    }

    #[test]
    fn without_a_limit_nobody_is_locked_out() {
        let mut login = Login::default();
        (0..99).for_each(|_| login.begins(2, 0));
        assert!(!login.is_locked_out(2, 0) && login.failures.is_empty());
    }

    #[test]
    fn each_suite_has_half_a_byte() {
        let privileges = SuitePrivileges([0, 0x34, 0x02, 0, 0, 0, 0, 0, 0]);
        assert_eq!([0, 1, 2, 99].map(|place| privileges.at(place)), [4, 3, 2, 0]);
    }

    #[test]
    fn the_key_is_not_shown() {
        let login = Login { key: b"hidden-word".to_vec(), ..Login::default() };
        assert!(!format!("{login:?}").contains("104"), "no byte of it");
    }
}
