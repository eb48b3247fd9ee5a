//! The settings of one BIOS.

use super::{SettingName, SettingValue};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, btree_map};

/// Holds settings by name, in the order of the names. In JSON an object.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Settings(BTreeMap<SettingName, SettingValue>);

impl Settings {
    /// Starts without settings.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the value of a setting, if the BIOS has it.
    #[must_use]
    pub fn get(&self, name: &SettingName) -> Option<&SettingValue> {
        self.0.get(name)
    }

    /// Sets a value and returns the one that it replaces.
    pub fn insert(&mut self, name: SettingName, value: SettingValue) -> Option<SettingValue> {
        self.0.insert(name, value)
    }

    /// Lists names and values in the order of the names.
    pub fn iter(&self) -> btree_map::Iter<'_, SettingName, SettingValue> {
        self.0.iter()
    }

    /// Counts the settings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether there is no setting.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(SettingName, SettingValue)> for Settings {
    fn from_iter<I: IntoIterator<Item = (SettingName, SettingValue)>>(settings: I) -> Self {
        Self(settings.into_iter().collect())
    }
}

impl Extend<(SettingName, SettingValue)> for Settings {
    fn extend<I: IntoIterator<Item = (SettingName, SettingValue)>>(&mut self, settings: I) {
        self.0.extend(settings);
    }
}

impl IntoIterator for Settings {
    type Item = (SettingName, SettingValue);
    type IntoIter = btree_map::IntoIter<SettingName, SettingValue>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'s> IntoIterator for &'s Settings {
    type Item = (&'s SettingName, &'s SettingValue);
    type IntoIter = btree_map::Iter<'s, SettingName, SettingValue>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_is_an_object_and_reads_back() {
        let json = json!({"BootMode": "UEFI", "Intel VT-d": true, "NumaNodes": 2});
        let settings: Settings = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(settings.get(&SettingName::from_static("NumaNodes")), Some(&2.into()));
        assert_eq!(serde_json::to_value(&settings).unwrap(), json);
    }

    #[test]
    fn json_with_a_bad_name_or_value_is_refused() {
        for json in [json!({"": 1}), json!({"a": null}), json!({"a": [1]}), json!({"a": 1.5}), json!([1])] {
            assert!(serde_json::from_value::<Settings>(json.clone()).is_err(), "{json}");
        }
    }
}
