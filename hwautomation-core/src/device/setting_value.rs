//! The value of a BIOS setting.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Holds the value of a BIOS setting. In JSON a plain string, whole number or boolean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a text, a whole number or true/false")]
pub enum SettingValue {
    /// A boolean.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A text: a choice of a list, or free text.
    Text(String),
}

impl SettingValue {
    /// Tells whether two values mean the same: whether they print the same.
    ///
    /// Tools that speak text and tools that speak JSON report one value in two types, so the number 5 is the
    /// same as the text `5`, and `true` as the text `true`. Nothing else is bent: `Enabled` is not `enabled`,
    /// since firmware takes one and refuses the other; `05` is not 5; and `true` is not 1.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        self == other || self.to_string() == other.to_string()
    }

    /// Returns the same value in the type of `model`, where that type can say it, else unchanged.
    ///
    /// Firmware refuses a number that arrives as a text and the other way round; the value it reports now
    /// shows the type that it takes.
    #[must_use]
    pub fn typed_like(self, model: &Self) -> Self {
        let text = self.to_string();
        let typed = match model {
            Self::Text(_) => Some(Self::Text(text)),
            Self::Integer(_) => text.parse().ok().map(Self::Integer),
            Self::Boolean(_) => text.parse().ok().map(Self::Boolean),
        };
        typed.filter(|typed| typed.same_as(&self)).unwrap_or(self)
    }
}

impl fmt::Display for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
        }
    }
}

impl From<&str> for SettingValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for SettingValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for SettingValue {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for SettingValue {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Vec<SettingValue> {
        let texts = ["5", "05", "+5", "-3", "true", "True", "Enabled", "enabled", "", " 5", "1", "0x5"];
        let numbers = [5, -3, 0, 1, i64::MAX, i64::MIN].map(SettingValue::from);
        texts.map(SettingValue::from).into_iter().chain(numbers).chain([true.into(), false.into()]).collect()
    }

    #[test]
    fn a_number_or_boolean_is_the_same_as_its_text_and_nothing_else() {
        let same = |a: SettingValue, b: SettingValue| a.same_as(&b);
        assert!(same(5.into(), "5".into()) && same(true.into(), "true".into()));
        assert!(!same(5.into(), "05".into()) && !same(5.into(), " 5".into()) && !same(5.into(), "+5".into()));
        assert!(!same(true.into(), "True".into()) && !same(true.into(), 1.into()));
        assert!(!same("Enabled".into(), "enabled".into()));
    }

    #[test]
    fn sameness_holds_both_ways_and_along_chains() {
        let all = samples();
        for a in &all {
            assert!(a.same_as(a));
            for b in &all {
                assert_eq!(a.same_as(b), b.same_as(a));
                for c in all.iter().filter(|c| a.same_as(b) && b.same_as(c)) {
                    assert!(a.same_as(c));
                }
            }
        }
    }

    #[test]
    fn taking_another_type_never_changes_the_meaning() {
        for value in samples() {
            for model in samples() {
                assert!(value.clone().typed_like(&model).same_as(&value), "{value:?} like {model:?}");
            }
        }
        assert_eq!(SettingValue::from("4").typed_like(&1.into()), 4.into());
        assert_eq!(SettingValue::from(4).typed_like(&"1".into()), "4".into());
        assert_eq!(SettingValue::from("true").typed_like(&false.into()), true.into());
        assert_eq!(SettingValue::from("Auto").typed_like(&1.into()), "Auto".into());
    }

    #[test]
    fn json_is_the_plain_value_and_reads_back() {
        for value in samples() {
            let json = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<SettingValue>(&json).unwrap(), value);
        }
        let error = serde_json::from_str::<SettingValue>("1.5").unwrap_err();
        assert!(error.to_string().contains("a text, a whole number or true/false"), "{error}");
    }
}
