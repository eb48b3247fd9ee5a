//! Which changes a file's settings take.

use super::{BiosCfg, Encoding, Entry, Value};
use hwautomation_core::bios::{Change, Changes, SettingName, SettingValue};
use std::collections::HashSet;

/// Says why a change cannot be made: which setting, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) setting: SettingName,
    pub(crate) why: String,
}

impl BiosCfg {
    /// Returns the settings that change, in the order of the file, or says of every bad change why it is bad.
    pub(crate) fn changed(&self, changes: &Changes) -> Result<Vec<Entry>, Vec<Refusal>> {
        let mut seen = HashSet::new();
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        for change in changes {
            let again = !seen.insert(&change.name);
            match if again { Err("it is changed twice".to_owned()) } else { self.one(change) } {
                Ok(placed) => good.push(placed),
                Err(why) => bad.push(Refusal { setting: change.name.clone(), why }),
            }
        }
        good.sort_by_key(|(place, _)| *place);
        if bad.is_empty() { Ok(good.into_iter().map(|(_, entry)| entry).collect()) } else { Err(bad) }
    }

    fn one(&self, change: &Change) -> Result<(usize, Entry), String> {
        let mut entries = self.entries.iter().enumerate();
        let found = entries.find(|(_, entry)| entry.key == change.name);
        let (place, entry) = found.ok_or_else(|| self.unknown(&change.name))?;
        let value = entry.value.changed(&change.to, self.encoding)?;
        Ok((place, Entry { value, ..entry.clone() }))
    }

    fn unknown(&self, name: &SettingName) -> String {
        let twins = self.entries.iter().filter(|entry| entry.name == name.as_str());
        let twins: Vec<_> = twins.map(|entry| format!("{:?}", entry.key.as_str())).take(5).collect();
        if twins.is_empty() {
            return "the BIOS has no such setting".to_owned();
        }
        format!("several settings have this name: say {}", twins.join(" or "))
    }
}

impl Value {
    /// Returns the new value in place of this one, or says what would be right.
    fn changed(&self, to: &SettingValue, encoding: Encoding) -> Result<Self, String> {
        let wrong = |right: String| Err(format!("{:?} is no value of it: {right}", to.to_string()));
        match (self, to) {
            (Self::CheckBox { .. }, SettingValue::Boolean(checked)) => {
                Ok(Self::CheckBox { checked: *checked })
            }
            (Self::CheckBox { .. }, _) => wrong("use true or false".to_owned()),
            (Self::Option { offered, .. }, to) => {
                let selected = to.to_string();
                if offered.contains(&selected) {
                    return Ok(Self::Option { selected, offered: offered.clone() });
                }
                wrong(format!("use one of {offered:?}"))
            }
            (Self::Numeric { range, .. }, to) => match number(to) {
                Some(number) if range.has(number) => Ok(Self::Numeric { number, range: *range }),
                _ => wrong(format!("use a whole number{range}")),
            },
            (Self::String { length, .. }, to) => {
                let text = to.to_string();
                let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
                let clean = !text.chars().any(char::is_control) && encoding.can_say(&text);
                if clean && length.has(count) {
                    return Ok(Self::String { text, length: *length });
                }
                wrong(format!("use visible {} text of a length{length}", encoding.name()))
            }
            (Self::Other { kind }, _) => Err(format!("its type {kind:?} cannot be written")),
        }
    }
}

fn number(value: &SettingValue) -> Option<i64> {
    match value {
        SettingValue::Integer(number) => Some(*number),
        // `05` is not 5, since what is read back says 5.
        SettingValue::Text(text) => text.parse().ok().filter(|number: &i64| number.to_string() == *text),
        SettingValue::Boolean(_) => None,
    }
}
