//! Settings that no template may touch.

use super::{SettingName, SettingPattern, Settings};
use serde::{Deserialize, Serialize};

/// Lists patterns of settings that keep their values, such as `SerialNumber` or `dimm_*_size`.
///
/// A pattern must match the whole name. `*` stands for any text, also none, and may stand anywhere and more
/// than once; every other character, capital or not, stands for itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PreserveList(Vec<SettingPattern>);

impl PreserveList {
    /// Tells whether any pattern matches the name.
    #[must_use]
    pub fn matches(&self, name: &SettingName) -> bool {
        self.0.iter().any(|pattern| fits(pattern.as_str(), name.as_str()))
    }

    /// Lists the patterns that match none of the settings: they protect nothing and may be misspelt.
    pub fn idle<'l>(&'l self, settings: &'l Settings) -> impl Iterator<Item = &'l SettingPattern> {
        self.0
            .iter()
            .filter(|pattern| !settings.iter().any(|(name, _)| fits(pattern.as_str(), name.as_str())))
    }
}

impl FromIterator<SettingPattern> for PreserveList {
    fn from_iter<I: IntoIterator<Item = SettingPattern>>(patterns: I) -> Self {
        Self(patterns.into_iter().collect())
    }
}

fn fits(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(name) = name.strip_prefix(head) else { return false };
    let Some((middle, tail)) = rest.rsplit_once('*') else { return name.ends_with(rest) };
    // The earliest place of each part leaves the most for those after it.
    let left = middle.split('*').try_fold(name, |name, part| name.split_once(part).map(|(_, left)| left));
    left.is_some_and(|left| left.ends_with(tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(patterns: &[&'static str]) -> PreserveList {
        patterns.iter().map(|pattern| SettingPattern::from_static(pattern)).collect()
    }

    #[test]
    fn a_pattern_without_a_star_is_the_whole_name_and_case_counts() {
        let list = list(&["SerialNumber"]);
        assert!(list.matches(&SettingName::from_static("SerialNumber")));
        for other in ["serialnumber", "SerialNumber2", "MySerialNumber"] {
            assert!(!list.matches(&SettingName::from_static(other)), "{other}");
        }
    }

    #[test]
    fn a_star_works_wherever_it_stands() {
        let fine = [("BMC*", "BMC"), ("BMC*", "BMC LAN"), ("dimm_*_size", "dimm_a1_size"), ("*", "x")];
        let more = [("*VT-d)", "Directed I/O (VT-d)"), ("a*b*c", "a-b-b-c"), ("a**c", "ac"), ("*b*", "abc")];
        for (pattern, name) in fine.into_iter().chain(more) {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("a*a", "a"), ("dimm_*_size", "dimm_size"), ("a*b*b", "ab"), ("b*", "ab")] {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn matching_agrees_with_trying_every_way() {
        fn slow(pattern: &[u8], name: &[u8]) -> bool {
            match pattern.split_first() {
                None => name.is_empty(),
                Some((b'*', rest)) => (0..=name.len()).any(|at| slow(rest, &name[at..])),
                Some((c, rest)) => name.split_first().is_some_and(|(d, name)| c == d && slow(rest, name)),
            }
        }
        let words = |letters: &'static [u8], length: u32| {
            (0..letters.len().pow(length)).map(move |n| {
                (0..length)
                    .map(|at| letters[n / letters.len().pow(at) % letters.len()] as char)
                    .collect::<String>()
            })
        };
        for pattern in (0..=5).flat_map(|length| words(b"ab*", length)) {
            for name in (0..=5).flat_map(|length| words(b"ab", length)) {
                assert_eq!(
                    fits(&pattern, &name),
                    slow(pattern.as_bytes(), name.as_bytes()),
                    "{pattern} {name}"
                );
            }
        }
    }

    #[test]
    fn a_pattern_that_matches_nothing_is_told() {
        let settings = [(SettingName::from_static("BMC LAN"), 1.into())].into_iter().collect();
        let list = list(&["BMC*", "bmc_*"]);
        assert_eq!(list.idle(&settings).map(SettingPattern::as_str).collect::<Vec<_>>(), ["bmc_*"]);
    }
}
