//! What an operator writes down about SSH: once for all machines, and for each machine.

use hwautomation_core::error::{Error, Result};
use hwautomation_core::id::PluginName;
use hwautomation_core::machine::{ConnectMap, Machine};
use hwautomation_core::time::millis;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a connection may take to be made: the engine's leases do not wait much longer for an answer.
const CONNECT_MAX: Duration = Duration::from_secs(120);
/// How many connections one process may keep: each is a file descriptor, and a process has 1024 by default.
const CONNECTIONS_MAX: usize = 512;
/// How many commands one connection may carry: OpenSSH allows 10 (`MaxSessions` in sshd_config(5)).
const COMMANDS_MAX: usize = 10;

/// Says how hosts are reached and how patiently.
///
/// It holds no secret. [`SshShell::new`](super::SshShell::new) validates it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SshConfig {
    /// Leads nominal addresses to where they are reached. Default: each at its own.
    pub connect: ConnectMap,
    /// Limits making a connection: TCP, the key exchange and the log-in together; also opening a channel on a kept
    /// connection, and waiting for a free one. In JSON `connect_ms`. Default 10 s.
    #[serde(rename = "connect_ms", with = "millis")]
    pub connect_timeout: Duration,
    /// Limits putting or getting one file. In JSON `file_ms`. Default 300 s.
    #[serde(rename = "file_ms", with = "millis")]
    pub file_timeout: Duration,
    /// Asks a silent host for a sign of life this often; after three without an answer the connection is dead. In
    /// JSON `keepalive_ms`. Default 15 s.
    #[serde(rename = "keepalive_ms", with = "millis")]
    pub keepalive: Duration,
    /// Closes a connection that nobody used for this long. In JSON `idle_ms`. Default 120 s.
    #[serde(rename = "idle_ms", with = "millis")]
    pub idle: Duration,
    /// Bounds the connections of this shell to all machines. When it is reached, the one that was idle longest is
    /// closed. Default 128.
    pub connections_max: usize,
    /// Bounds the commands that run on one machine at a time; others wait. Default 4.
    pub commands_max: usize,
}

impl Default for SshConfig {
    fn default() -> Self {
        Self {
            connect: ConnectMap::default(),
            connect_timeout: Duration::from_secs(10),
            file_timeout: Duration::from_secs(300),
            keepalive: Duration::from_secs(15),
            idle: Duration::from_secs(120),
            connections_max: 128,
            commands_max: 4,
        }
    }
}

impl SshConfig {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// `Invalid`, naming all fields that are wrong; the remedy says for each what would be right.
    pub fn validate(&self) -> Result<()> {
        let spans = [
            ("connect_ms", self.connect_timeout, CONNECT_MAX),
            ("file_ms", self.file_timeout, Duration::from_secs(3600)),
            ("keepalive_ms", self.keepalive, Duration::from_secs(600)),
            ("idle_ms", self.idle, Duration::from_secs(3600)),
        ]
        .map(|(field, span, max)| range(field, span.as_millis(), max.as_millis()));
        let counts = [
            ("connections_max", self.connections_max, CONNECTIONS_MAX),
            ("commands_max", self.commands_max, COMMANDS_MAX),
        ]
        .map(|(field, count, max)| range(field, count as u128, max as u128));
        report("checking the SSH configuration", spans.into_iter().chain(counts).flatten().collect())
    }
}

/// A field that is wrong: what it says, and what would be right.
type Problem = (String, String);

fn range(field: &str, value: u128, max: u128) -> Option<Problem> {
    let wrong = value == 0 || value > max;
    wrong.then(|| (format!("{field} is {value}"), format!("{field}: use 1 to {max}")))
}

fn report(what: &str, problems: Vec<Problem>) -> Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    let (wrong, right): (Vec<_>, Vec<_>) = problems.into_iter().unzip();
    Err(Error::invalid(format!("{what}: {}", wrong.join("; "))).with_remedy(right.join("; ")))
}

/// Says how to log in to one machine: its `settings.ssh`, or its profile's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SshSettings {
    /// Names the account. Default `ubuntu`, as on images that MAAS boots.
    pub username: String,
    /// Says what the machine's `credentials.ssh` holds. Default a private key.
    pub auth: SshAuth,
    /// Names the nominal port, before the connect map. Default 22.
    pub port: u16,
    /// Lists the SHA-256 fingerprints that the host's key may have, as `ssh-keygen -l` shows them
    /// (`SHA256:...`): for an installed host whose key is known. With one listed, no other is taken in any
    /// generation. Default none: the first key seen in a boot generation is pinned.
    pub host_keys: Vec<String>,
}

/// Says what the secret is that logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SshAuth {
    /// A private key, as OpenSSH writes it, without a passphrase; Ed25519 or ECDSA.
    Key,
    /// A password.
    Password,
}

impl Default for SshSettings {
    fn default() -> Self {
        Self { username: "ubuntu".to_owned(), auth: SshAuth::Key, port: 22, host_keys: Vec::new() }
    }
}

impl SshSettings {
    /// Reads a machine's `settings.ssh`; `Invalid` when they have another shape or a value that cannot be.
    pub(super) fn of(machine: &Machine) -> Result<Self> {
        let settings: Self = machine.settings_of(&PluginName::from_static("ssh"))?;
        let what = format!("reading settings.ssh of machine {}", machine.id);
        report(&what, settings.problems()).map(|()| settings)
    }

    fn problems(&self) -> Vec<Problem> {
        let is_name = !self.username.is_empty() && !self.username.chars().any(char::is_control);
        let fits = |key: &&String| !is_fingerprint(key);
        let keys = self.host_keys.iter().filter(fits).map(|key| {
            let right =
                "host_keys: use the fingerprint as `ssh-keygen -l` shows it: SHA256: and 43 characters";
            (format!("host_keys has {key:?}"), right.to_owned())
        });
        let mut problems: Vec<_> = keys.collect();
        if !is_name {
            problems
                .push(("username is empty".to_owned(), "username: name an account of the host".to_owned()));
        }
        if self.port == 0 {
            problems.push(("port is 0".to_owned(), "port: use 1 to 65535".to_owned()));
        }
        problems
    }
}

/// SHA-256 in base64 without padding is 43 characters (RFC 4648, section 4).
fn is_fingerprint(text: &str) -> bool {
    let base64 = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/';
    text.strip_prefix("SHA256:").is_some_and(|hash| hash.len() == 43 && hash.chars().all(base64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hwautomation_core::id::MachineId;
    use serde_json::json;

    fn settings(json: serde_json::Value) -> Result<SshSettings> {
        let mut machine = Machine::new(MachineId::from_static("srv001"));
        machine.settings.insert(PluginName::from_static("ssh"), json);
        SshSettings::of(&machine)
    }

    #[test]
    fn the_defaults_are_right_and_read_back_as_written() {
        let config = SshConfig::default();
        config.validate().unwrap();
        let written = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<SshConfig>(&written).unwrap(), config);
        assert_eq!(serde_json::from_str::<SshConfig>("{}").unwrap(), config);
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_with_what_would_be_right() {
        let config = SshConfig {
            connect_timeout: Duration::ZERO,
            idle: Duration::MAX,
            connections_max: 0,
            commands_max: 11,
            ..SshConfig::default()
        };
        let error = config.validate().unwrap_err();
        for field in ["connect_ms", "idle_ms", "connections_max", "commands_max"] {
            assert!(error.message().contains(field), "{error}");
            assert!(error.remedy().unwrap().contains(&format!("{field}: ")), "{error:?}");
        }
        assert!(serde_json::from_str::<SshConfig>(r#"{"inactivity_ms": 5}"#).is_err());
    }

    #[test]
    fn a_machine_without_settings_is_an_ubuntu_with_a_key() {
        let found = SshSettings::of(&Machine::new(MachineId::from_static("srv001"))).unwrap();
        assert_eq!((found.username.as_str(), found.auth, found.port), ("ubuntu", SshAuth::Key, 22));
        let found = settings(json!({"username": "root", "auth": "password", "port": 2222})).unwrap();
        assert_eq!((found.username.as_str(), found.auth, found.port), ("root", SshAuth::Password, 2222));
    }

    #[test]
    fn settings_that_cannot_be_are_refused_with_advice() {
        for (wrong, advice) in [
            (json!({"username": ""}), "username"),
            (json!({"port": 0}), "port"),
            (json!({"host_keys": ["ssh-ed25519 AAAA"]}), "ssh-keygen"),
            (json!({"user": "x"}), "settings.ssh"),
        ] {
            let error = settings(wrong.clone()).unwrap_err();
            assert!(error.remedy().unwrap().contains(advice), "{wrong}: {error:?}");
        }
    }
}
