//! What an operator writes down about BMCs: how patiently to talk to them, and as whom.

mod check;
mod machine;

pub(crate) use machine::MachineSettings;

use crate::wire::Suite;
use hwautomation_core::error::Result;
use hwautomation_core::machine::ConnectMap;
use hwautomation_core::plugin::Privilege;
use hwautomation_core::time::millis;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Says how to talk to BMCs. It holds no secret, so it may be stored and shown.
///
/// Every field has a default, so `{}` is a good configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IpmiConfig {
    /// Lists the cipher suites that may be used (IPMI 2.0, table 22-20), the best one first. Only 17 and 3 are
    /// spoken: the others do not protect a session. Default `[17, 3]`.
    pub cipher_suites: Vec<u8>,
    /// Says how long to wait before a datagram without an answer is sent again. In JSON `retransmit_ms`.
    /// Default 500 ms: slow BMCs need about that long to compute a log-in.
    #[serde(rename = "retransmit_ms", with = "millis")]
    pub retransmit: Duration,
    /// Lengthens that wait after each time, in percent (100 to 400). Default 125: a quarter longer.
    pub retransmit_growth: u16,
    /// Limits one command with all its retransmissions. In JSON `command_limit_ms`. Default 5 s. Where a session that
    /// was kept turns out to be gone, half of it is lost before a log-in.
    #[serde(rename = "command_limit_ms", with = "millis")]
    pub command_limit: Duration,
    /// Limits a log-in with all its restarts, and before it, for as long again, the answer of the source of its
    /// secrets. In JSON `handshake_limit_ms`. Default 12 s: where every fifth datagram is lost each way, 99 of 100
    /// log-ins get through in it. A log-in and one and a half of `command_limit` are what a call to a silent BMC takes
    /// once it has its turn, its secrets and room for a session: by default less than the 20 s after which a workflow
    /// takes the outcome of a power command for unknown.
    #[serde(rename = "handshake_limit_ms", with = "millis")]
    pub handshake_limit: Duration,
    /// Limits how long a call may wait for others: for its turn, since a BMC is asked one thing at a time, for a place
    /// among the BMCs that are talked to, for a session, and to ask the source of its secrets. It is counted once for
    /// all of them, anew with each turn that the call needs; a machine of a call over many may wait as long before that
    /// for the place that it begins with. In JSON `turn_limit_ms`. Default 60 s.
    #[serde(rename = "turn_limit_ms", with = "millis")]
    pub turn_limit: Duration,
    /// Says how long a session without work is kept for the next call, zero for not at all. In JSON
    /// `session_idle_ms`. Default 10 s: a BMC has few sessions, and others want one, too. Who asks every minute keeps
    /// them for two.
    #[serde(rename = "session_idle_ms", with = "millis")]
    pub session_idle: Duration,
    /// Says after how long without an answer a kept session is used for a question, so that the BMC does not drop it:
    /// they drop sessions that are idle for a minute (IPMI 2.0, section 6.12.15). In JSON `keep_alive_ms`.
    /// Default 25 s.
    #[serde(rename = "keep_alive_ms", with = "millis")]
    pub keep_alive: Duration,
    /// Limits how many sessions are open at a time, over all BMCs. Default 16,384; each takes some 1.5 KB. With fewer
    /// than `in_flight_max` calls wait for each other's sessions to end, for `turn_limit` at most.
    pub sessions_max: u32,
    /// Limits how many BMCs are talked to at a time. Default 512: the answers must find room in the sockets' buffers.
    pub in_flight_max: u16,
    /// Limits how many BMCs that do not answer are waited for at a time, apart from the others. Default 256.
    pub slow_max: u16,
    /// Says how many UDP sockets of an address family all BMCs share. Default 8.
    pub sockets: u8,
    /// Says after how many calls in a row that ended in silence a BMC is left alone for a while, zero for never.
    /// Calls in that time fail at once and say when it is asked again. A call that its caller dropped counts, too, if
    /// it had been without an answer for longer than `retransmit`. Default 3.
    pub breaker_failures: u16,
    /// Says for how long it is left alone at first; each further silence doubles it. In JSON `breaker_pause_ms`.
    /// Default 10 s.
    #[serde(rename = "breaker_pause_ms", with = "millis")]
    pub breaker_pause: Duration,
    /// Limits that. In JSON `breaker_pause_max_ms`. Default 60 s.
    #[serde(rename = "breaker_pause_max_ms", with = "millis")]
    pub breaker_pause_max: Duration,
    /// Names the privilege to log in with for power and boot devices. Default `operator`, which is enough for
    /// both (IPMI 2.0, appendix G).
    pub power_privilege: Privilege,
    /// Names the privilege to log in with for consoles. Default `operator`; BMCs can be set to want more or less (IPMI
    /// 2.0, table 26-5, parameter 2).
    pub console_privilege: Privilege,
    /// Names the privilege to log in with for the BMC's own settings. Default `administrator`, which they need.
    pub configure_privilege: Privilege,
    /// Numbers the LAN channel (1 to 11) of BMCs that do not say otherwise in `settings.ipmi`. Default none: the
    /// BMC is asked which it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<u8>,
    /// Leads the BMCs' nominal addresses (port 623) to where they are reached. Default empty.
    pub connect: ConnectMap,
}

impl Default for IpmiConfig {
    fn default() -> Self {
        Self {
            cipher_suites: vec![17, 3],
            retransmit: Duration::from_millis(500),
            retransmit_growth: 125,
            command_limit: Duration::from_secs(5),
            handshake_limit: Duration::from_secs(12),
            turn_limit: Duration::from_secs(60),
            session_idle: Duration::from_secs(10),
            keep_alive: Duration::from_secs(25),
            sessions_max: 16_384,
            in_flight_max: 512,
            slow_max: 256,
            sockets: 8,
            breaker_failures: 3,
            breaker_pause: Duration::from_secs(10),
            breaker_pause_max: Duration::from_secs(60),
            power_privilege: Privilege::Operator,
            console_privilege: Privilege::Operator,
            configure_privilege: Privilege::Administrator,
            channel: None,
            connect: ConnectMap::default(),
        }
    }
}

impl IpmiConfig {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// `Invalid`, naming all fields that are wrong; the remedy says for each what would be right.
    pub fn validate(&self) -> Result<()> {
        check::all(self)
    }

    /// Returns the suites that are allowed, best first, of a checked configuration.
    pub(crate) fn suites(&self) -> Vec<Suite> {
        self.cipher_suites.iter().flat_map(|id| Suite::of(*id)).collect()
    }
}
