//! What a machine's settings say about it: its name in MAAS.

use hwautomation_core::error::{Error, Result};
use hwautomation_core::id::PluginName;
use hwautomation_core::machine::Machine;
use serde::Deserialize;
use std::fmt;

/// The settings' name on a machine, and the adapter's among plugins.
const PLUGIN: &str = "maas";
/// How long a system id may be: MAAS makes six characters.
const SYSTEM_ID_BYTES_MAX: usize = 64;

/// Names a machine in MAAS; safe as a part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SystemId(String);

impl SystemId {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SystemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    system_id: Option<String>,
}

/// Returns the machine's system id. Neither its id nor an alias stands in for it: MAAS would take any six
/// letters for another machine's.
pub(crate) fn system_id(machine: &Machine) -> Result<SystemId> {
    let settings: Settings = machine.settings_of(&PluginName::from_static(PLUGIN))?;
    let id = settings.system_id.ok_or_else(|| wrong(machine, "has no settings.maas.system_id"))?;
    if is_id(&id) {
        Ok(SystemId(id))
    } else {
        Err(wrong(machine, "has a settings.maas.system_id that is none"))
    }
}

fn is_id(text: &str) -> bool {
    (1..=SYSTEM_ID_BYTES_MAX).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

fn wrong(machine: &Machine, what: &str) -> Error {
    Error::invalid(format!("finding machine {} in MAAS: it {what}", machine.id)).with_remedy(
        "enter MAAS's own id of the machine, such as {\"maas\": {\"system_id\": \"abc123\"}}, under settings; \
         it is in the address of the machine's page in MAAS",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use hwautomation_core::error::ErrorKind;
    use hwautomation_core::id::MachineId;
    use serde_json::{Value, json};

    fn machine(settings: Value) -> Machine {
        let mut machine = Machine::new(MachineId::new("abc123").unwrap());
        machine.aliases.insert("def456".to_owned());
        machine.settings.insert(PluginName::from_static(PLUGIN), settings);
        machine
    }

    #[test]
    fn the_system_id_is_read_from_the_settings() {
        assert_eq!(system_id(&machine(json!({"system_id": "4y3h7n"}))).unwrap().as_str(), "4y3h7n");
    }

    #[test]
    fn neither_id_nor_alias_stands_in_for_it() {
        let bare = Machine::new(MachineId::new("abc123").unwrap());
        for machine in [bare, machine(json!({})), machine(json!({"system_id": null}))] {
            let error = system_id(&machine).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
            assert!(error.message().contains("abc123") && error.remedy().unwrap().contains("system_id"));
        }
    }

    #[test]
    fn what_could_lead_elsewhere_is_refused() {
        for id in ["", "..", "a/b", "abc123/", "abc123?op=delete", "äbc", &"a".repeat(65)] {
            assert!(system_id(&machine(json!({ "system_id": id }))).is_err(), "{id}");
        }
        assert!(system_id(&machine(json!({"system_id": "abc123", "sytem": 1}))).is_err());
    }
}
