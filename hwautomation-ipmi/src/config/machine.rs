//! What a machine's entry or its profile says under `settings.ipmi`.

use super::check;
use crate::quirks::Quirks;
use hwautomation_core::error::Result;
use hwautomation_core::id::PluginName;
use hwautomation_core::machine::Machine;
use hwautomation_core::secret::SecretRef;
use serde::Deserialize;
use std::sync::LazyLock;

/// The name under which machines hold this driver's settings.
static PLUGIN: LazyLock<PluginName> = LazyLock::new(|| PluginName::from_static("ipmi"));

/// Holds `settings.ipmi` of one machine.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MachineSettings<'a> {
    /// The BMC user to log in as; absent with the quirk `null_user`.
    pub(crate) username: &'a str,
    /// The LAN channel; absent: the configuration's.
    pub(crate) channel: Option<u8>,
    /// The cipher suites, best first; absent: the configuration's.
    pub(crate) cipher_suites: Option<Vec<u8>>,
    /// Where the BMC's key K_g lies, if it has one.
    pub(crate) kg: Option<SecretRef>,
    /// What is wrong with the BMC, as far as it cannot be found out.
    pub(crate) quirks: Quirks,
}

impl<'a> MachineSettings<'a> {
    /// Reads and checks them.
    pub(crate) fn of(machine: &'a Machine) -> Result<Self> {
        let settings: Self = machine.settings_of(&PLUGIN)?;
        let action = || format!("reading the IPMI settings of machine {}", machine.id);
        check::of_machine(action, &settings)?;
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hwautomation_core::id::MachineId;
    use serde_json::json;

    fn machine(settings: serde_json::Value) -> Machine {
        let mut machine = Machine::new(MachineId::from_static("srv001"));
        machine.settings.insert(PLUGIN.clone(), settings);
        machine
    }

    #[test]
    fn a_name_is_enough_and_a_machine_without_one_is_told_where_it_belongs() {
        assert_eq!(MachineSettings::of(&machine(json!({"username": "ADMIN"}))).unwrap().username, "ADMIN");
        let error = MachineSettings::of(&Machine::new(MachineId::from_static("srv001"))).unwrap_err();
        assert!(error.message().contains("settings.ipmi.username is missing"), "{error}");
    }

    #[test]
    fn what_a_machine_says_wrongly_is_refused_with_its_place() {
        let wrong = json!({"username": "seventeen-letters", "channel": 0, "cipher_suites": [1]});
        let error = MachineSettings::of(&machine(wrong)).unwrap_err();
        for field in ["username", "channel", "cipher_suites"] {
            assert!(error.message().contains(&format!("settings.ipmi.{field}")), "{error}");
        }
        let error = MachineSettings::of(&machine(json!({"user": "ADMIN"}))).unwrap_err();
        assert!(error.message().contains("srv001") && error.remedy().is_some(), "{error}");
        assert!(MachineSettings::of(&machine(json!({"username": "A", "kg": "bare-key"}))).is_err());
        let error =
            MachineSettings::of(&machine(json!({"username": "A", "quirks": ["nul_user"]}))).unwrap_err();
        assert!(format!("{error:?}").contains("padded_name"), "{error:?}");
    }

    #[test]
    fn the_user_without_a_name_needs_none_and_goes_with_none() {
        let settings =
            |settings| MachineSettings::of(&machine(settings)).map(|settings| settings.username.len());
        assert_eq!(settings(json!({"quirks": ["null_user"]})).unwrap(), 0);
        let error = settings(json!({"username": "ADMIN", "quirks": ["null_user"]})).unwrap_err();
        assert!(error.message().contains("null_user") && error.remedy().is_some(), "{error}");
    }
}
