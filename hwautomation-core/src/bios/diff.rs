//! What differs between the settings a BIOS has and those it is to have.

use super::{Change, Mismatch, Settings};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::slice;

/// Lists changes in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Changes(Vec<Change>);

impl Changes {
    /// Compares what is with what is to be. Settings that nobody wants changed are left out.
    ///
    /// A new value takes the type of the one it replaces where it can: see [`SettingValue::typed_like`](super::SettingValue::typed_like).
    #[must_use]
    pub fn diff(current: &Settings, wanted: &Settings) -> Self {
        wanted.iter().filter_map(|(name, to)| Change::of(name, current.get(name), to)).collect()
    }

    /// Names every setting that did not take, after the settings were read back.
    #[must_use]
    pub fn not_in_force(&self, read_back: &Settings) -> Vec<Mismatch> {
        self.iter().filter_map(|change| change.mismatch(read_back.get(&change.name))).collect()
    }

    /// Returns the settings as they will be.
    #[must_use]
    pub fn apply_to(&self, current: &Settings) -> Settings {
        let mut settings = current.clone();
        settings.extend(self.iter().map(|change| (change.name.clone(), change.to.clone())));
        settings
    }

    /// Lists the changes.
    pub fn iter(&self) -> slice::Iter<'_, Change> {
        self.0.iter()
    }

    /// Counts the changes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Prints a line for each change.
impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, change) in self.iter().enumerate() {
            let newline = if at == 0 { "" } else { "\n" };
            write!(f, "{newline}{change}")?;
        }
        Ok(())
    }
}

impl FromIterator<Change> for Changes {
    fn from_iter<I: IntoIterator<Item = Change>>(changes: I) -> Self {
        Self(changes.into_iter().collect())
    }
}

impl Extend<Change> for Changes {
    fn extend<I: IntoIterator<Item = Change>>(&mut self, changes: I) {
        self.0.extend(changes);
    }
}

impl IntoIterator for Changes {
    type Item = Change;
    type IntoIter = std::vec::IntoIter<Change>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'c> IntoIterator for &'c Changes {
    type Item = &'c Change;
    type IntoIter = slice::Iter<'c, Change>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SettingName;
    use serde_json::{Value, json};

    fn settings(json: Value) -> Settings {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_change_prints_what_was_and_what_will_be() {
        let current = settings(json!({"BootMode": "Legacy", "Same": 5}));
        let wanted = settings(json!({"BootMode": "UEFI", "New": true, "Same": "5"}));
        let changes = Changes::diff(&current, &wanted);
        assert_eq!(changes.to_string(), "BootMode: Legacy -> UEFI\nNew: nothing -> true");
    }

    #[test]
    fn a_change_takes_the_type_that_the_machine_shows() {
        let current = settings(json!({"Nodes": 1, "Speed": "10", "Hidden": 3}));
        let wanted = settings(json!({"Nodes": "2", "Speed": 20, "Hidden": "Auto"}));
        let to: Vec<_> = Changes::diff(&current, &wanted).into_iter().map(|change| change.to).collect();
        assert_eq!(to, ["Auto".into(), 2.into(), "20".into()]);
    }

    #[test]
    fn nothing_differs_from_itself_and_a_diff_leads_to_what_is_wanted() {
        let (current, wanted) =
            (settings(json!({"A": 1, "B": "x"})), settings(json!({"A": "2", "C": false})));
        assert!(Changes::diff(&current, &current).is_empty());
        let changes = Changes::diff(&current, &wanted);
        let after = changes.apply_to(&current);
        assert!(Changes::diff(&after, &wanted).is_empty());
        assert_eq!(after.get(&SettingName::from_static("B")), Some(&"x".into()));
    }

    #[test]
    fn reading_back_names_every_setting_that_did_not_take() {
        let changes = Changes::diff(
            &settings(json!({"Clamped": 1, "Dropped": "a", "Case": "off", "Fine": 1})),
            &settings(json!({"Clamped": 9, "Dropped": "b", "Case": "On", "Fine": 2})),
        );
        let found = changes.not_in_force(&settings(json!({"Clamped": 8, "Case": "on", "Fine": "2"})));
        let lines: Vec<_> = found.iter().map(Mismatch::to_string).collect();
        let said =
            ["Case: wanted On, found on", "Clamped: wanted 9, found 8", "Dropped: wanted b, found nothing"];
        assert_eq!(lines, said);
    }

    #[test]
    fn changes_read_back_from_json() {
        let changes = Changes::diff(&settings(json!({"A": 1})), &settings(json!({"A": 2, "B": true})));
        let json = serde_json::to_string(&changes).unwrap();
        assert_eq!(serde_json::from_str::<Changes>(&json).unwrap(), changes);
    }
}
