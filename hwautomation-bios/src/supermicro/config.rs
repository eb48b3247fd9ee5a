//! What an operator writes down about SUM: once for all machines, and for each machine.

use hwautomation_core::error::{Error, Result};
use hwautomation_core::id::PluginName;
use hwautomation_core::machine::Machine;
use hwautomation_core::time::millis;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long one run may be allowed to take: core's handles hold the engine's lease for 300 s for a push, and the
/// check before it takes a part of that.
const TIMEOUT_MAX: Duration = Duration::from_secs(600);

/// Says where SUM is and how it is run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SumConfig {
    /// Locates SUM on the host, absolutely: `sum` in the search path is another program on Linux, the checksum of
    /// coreutils. Default `/opt/supermicro/sum/sum`.
    pub path: String,
    /// Runs it by `sudo -n`, since it needs root for its driver. Default true; `root` needs none.
    pub sudo: bool,
    /// Limits one run. In JSON `timeout_ms`. Default 120 s.
    #[serde(rename = "timeout_ms", with = "millis")]
    pub timeout: Duration,
}

impl Default for SumConfig {
    fn default() -> Self {
        Self { path: "/opt/supermicro/sum/sum".to_owned(), sudo: true, timeout: Duration::from_secs(120) }
    }
}

impl SumConfig {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// `Invalid`, naming the field that is wrong; the remedy says what would be right.
    pub fn validate(&self) -> Result<()> {
        if self.timeout.is_zero() || self.timeout > TIMEOUT_MAX {
            let wrong = format!("checking the SUM configuration: timeout_ms is {}", self.timeout.as_millis());
            return Err(Error::invalid(wrong).with_remedy("timeout_ms: use 1 to 600000"));
        }
        check_path("checking the SUM configuration", &self.path)
    }

    /// Returns the configuration for one machine.
    pub(super) fn on(&self, machine: &Machine) -> Result<Self> {
        let settings: SumSettings = machine.settings_of(&PluginName::from_static("sum"))?;
        let path = settings.path.unwrap_or_else(|| self.path.clone());
        check_path(&format!("reading settings.sum of machine {}", machine.id), &path)?;
        Ok(Self { path, sudo: settings.sudo.unwrap_or(self.sudo), timeout: self.timeout })
    }
}

/// Says how SUM is run on one machine: its `settings.sum`, or its profile's. What is left out is as in [`SumConfig`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SumSettings {
    /// Locates SUM on the host, absolutely.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Runs it by `sudo -n`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sudo: Option<bool>,
}

fn check_path(what: &str, path: &str) -> Result<()> {
    if path.starts_with('/') && !path.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Error::invalid(format!("{what}: path is {path:?}"))
        .with_remedy("path: say where SUM is from the root on, such as /opt/supermicro/sum/sum"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hwautomation_core::id::MachineId;
    use serde_json::json;

    #[test]
    fn the_defaults_are_right_and_a_bare_name_is_refused() {
        SumConfig::default().validate().unwrap();
        let error = SumConfig { path: "sum".to_owned(), ..SumConfig::default() }.validate().unwrap_err();
        assert!(error.message().contains("path") && error.remedy().unwrap().contains("/opt/supermicro"));
        assert!(SumConfig { timeout: Duration::MAX, ..SumConfig::default() }.validate().is_err());
        assert_eq!(serde_json::from_str::<SumConfig>("{}").unwrap(), SumConfig::default());
    }

    #[test]
    fn a_machine_may_say_otherwise() {
        let mut machine = Machine::new(MachineId::from_static("srv001"));
        let mut on = |settings| {
            machine.settings.insert(PluginName::from_static("sum"), settings);
            SumConfig::default().on(&machine)
        };
        let found = on(json!({"sudo": false})).unwrap();
        assert_eq!((found.path.as_str(), found.sudo), ("/opt/supermicro/sum/sum", false));
        assert_eq!(on(json!({"path": "/usr/local/bin/saa"})).unwrap().path, "/usr/local/bin/saa");
        assert!(on(json!({"path": "sum"})).is_err());
        assert!(on(json!({"pth": "/x"})).is_err());
    }
}
