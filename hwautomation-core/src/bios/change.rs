//! One setting that is to change, or that did not.

use super::{SettingName, SettingValue};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Says that one setting is to get another value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The setting.
    pub name: SettingName,
    /// The value it has, if the BIOS has it at all.
    pub from: Option<SettingValue>,
    /// The value it is to get.
    pub to: SettingValue,
}

/// Says that one setting does not have the value it was to get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    /// The setting.
    pub name: SettingName,
    /// The value it was to get.
    pub wanted: SettingValue,
    /// The value it has, if the BIOS has it at all.
    pub found: Option<SettingValue>,
}

impl Change {
    /// Says what has to change, unless the values mean the same.
    pub(super) fn of(name: &SettingName, from: Option<&SettingValue>, to: &SettingValue) -> Option<Self> {
        let to = match from {
            Some(from) if from.same_as(to) => return None,
            Some(from) => to.clone().typed_like(from),
            None => to.clone(),
        };
        Some(Self { name: name.clone(), from: from.cloned(), to })
    }

    /// Says what went wrong, unless the change is in force.
    pub(super) fn mismatch(&self, found: Option<&SettingValue>) -> Option<Mismatch> {
        let took = found.is_some_and(|found| found.same_as(&self.to));
        (!took).then(|| Mismatch { name: self.name.clone(), wanted: self.to.clone(), found: found.cloned() })
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} -> {}", self.name, or_nothing(self.from.as_ref()), self.to)
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: wanted {}, found {}", self.name, self.wanted, or_nothing(self.found.as_ref()))
    }
}

fn or_nothing(value: Option<&SettingValue>) -> String {
    value.map_or_else(|| "nothing".to_owned(), SettingValue::to_string)
}
