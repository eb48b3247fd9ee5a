//! As whom to log in, how patiently, and where the secrets lie.

use crate::power::duration;
use clap::{Args as Group, ValueEnum};
use hwautomation_core::error::{Error, Result};
use hwautomation_core::plugin::Privilege;
use hwautomation_core::secret::SecretRef;
use hwautomation_ipmi::IpmiConfig;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the user's name and password are looked for when no option says it: where ipmitool looks for the password.
pub const USER_VARIABLE: &str = "IPMI_USER";
pub const PASSWORD_VARIABLE: &str = "IPMI_PASSWORD";

/// How long a user's name may be, in bytes (IPMI 2.0, section 22.28).
const USER_BYTES_MAX: usize = 16;
/// A command gets no longer than this, however patient the log-in is.
const COMMAND_LIMIT_MAX: Duration = Duration::from_secs(5);
/// All hosts are asked at once, and those that do not answer wait for each other: this is the longest that is allowed.
const TURN_LIMIT: Duration = Duration::from_secs(600);
/// How many silent BMCs are waited for at a time, if there are so many: each costs a timer and no answer.
const SLOW_MAX: usize = 4_096;

/// How BMCs are reached.
#[derive(Debug, Group)]
pub struct Access {
    /// The BMC user; else the variable IPMI_USER says it
    #[arg(long, short, value_name = "NAME")]
    pub user: Option<String>,
    /// Which variable holds the password; else IPMI_PASSWORD, or you type it
    #[arg(long, value_name = "VARIABLE", conflicts_with = "password_file")]
    pub password_env: Option<String>,
    /// Which file holds the password
    #[arg(long, value_name = "PATH")]
    pub password_file: Option<PathBuf>,
    /// Which variable holds the BMCs' key K_g, a text or 0x and digits
    #[arg(long, value_name = "VARIABLE", conflicts_with = "kg_file")]
    pub kg_env: Option<String>,
    /// Which file holds it
    #[arg(long, value_name = "PATH")]
    pub kg_file: Option<PathBuf>,
    /// The cipher suites that may be used, best first
    #[arg(long, value_name = "IDS", value_delimiter = ',', default_value = "17,3")]
    pub suites: Vec<u8>,
    /// As what to log in
    #[arg(
        long,
        value_name = "operator|administrator",
        default_value = "operator",
        hide_possible_values = true
    )]
    pub privilege: Level,
    /// For BMCs that cannot look a user up by the name alone
    #[arg(long)]
    pub lookup_by_privilege: bool,
    /// How long a BMC may take to let us in
    #[arg(long, value_name = "TIME", default_value = "12s", value_parser = duration::parse_some)]
    pub timeout: Duration,
    /// When an unanswered datagram is first sent again
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = duration::parse_some)]
    pub retransmit: Duration,
    /// How many BMCs are talked to at once; silent ones aside
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = clap::value_parser!(u16).range(1..))]
    pub at_once: u16,
    /// How many UDP sockets all BMCs share
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..))]
    pub sockets: u8,
}

/// The privileges that power commands may be sent with, and consoles be opened with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Level {
    Operator,
    Administrator,
}

/// Where a password may come from.
#[derive(Debug, PartialEq)]
pub enum Password {
    Lies(SecretRef),
    /// Nobody said: a person must be asked.
    Unsaid,
}

impl Access {
    /// Makes the driver's configuration for so many hosts.
    pub fn config(&self, hosts: usize) -> Result<IpmiConfig> {
        let command_limit = self.timeout.min(COMMAND_LIMIT_MAX);
        let privilege = match self.privilege {
            Level::Operator => Privilege::Operator,
            Level::Administrator => Privilege::Administrator,
        };
        let config = IpmiConfig {
            cipher_suites: self.suites.clone(),
            retransmit: self.retransmit.min(command_limit),
            command_limit,
            handshake_limit: self.timeout,
            turn_limit: TURN_LIMIT,
            sessions_max: u32::try_from(hosts).unwrap_or(u32::MAX).max(IpmiConfig::default().sessions_max),
            in_flight_max: self.at_once,
            slow_max: u16::try_from(hosts.min(SLOW_MAX)).unwrap_or(u16::MAX).max(self.at_once),
            sockets: self.sockets,
            power_privilege: privilege,
            console_privilege: privilege,
            ..IpmiConfig::default()
        };
        config.validate()?;
        Ok(config)
    }

    /// Returns the name of the BMC user.
    pub fn username(&self, variable: impl Fn(&str) -> Option<String>) -> Result<String> {
        let user = self.user.clone().or_else(|| variable(USER_VARIABLE));
        let user = user.filter(|user| !user.is_empty()).ok_or_else(|| {
            Error::invalid("no BMC user is named")
                .with_remedy(format!("name one with --user, or in the variable {USER_VARIABLE}"))
        })?;
        if user.len() > USER_BYTES_MAX {
            let message = format!("the BMC user's name {user} has {} bytes", user.len());
            return Err(Error::invalid(message).with_remedy("use at most 16: IPMI sends no more"));
        }
        Ok(user)
    }

    /// Returns where the password lies.
    pub fn password(&self, variable: impl Fn(&str) -> Option<String>) -> Result<Password> {
        if let Some(place) = place(self.password_env.as_deref(), self.password_file.as_deref())? {
            return Ok(Password::Lies(place));
        }
        match variable(PASSWORD_VARIABLE) {
            Some(_) => Ok(Password::Lies(SecretRef::new(format!("env:{PASSWORD_VARIABLE}"))?)),
            None => Ok(Password::Unsaid),
        }
    }

    /// Returns where K_g lies, if the BMCs have one.
    pub fn kg(&self) -> Result<Option<SecretRef>> {
        place(self.kg_env.as_deref(), self.kg_file.as_deref())
    }
}

fn place(variable: Option<&str>, file: Option<&Path>) -> Result<Option<SecretRef>> {
    let text = match (variable, file) {
        (Some(name), _) => format!("env:{name}"),
        (None, Some(path)) => format!("file:{}", path.display()),
        (None, None) => return Ok(None),
    };
    SecretRef::new(text).map(Some)
}

#[cfg(test)]
mod tests;
