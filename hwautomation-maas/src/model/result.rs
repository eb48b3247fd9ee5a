//! What the scripts of a commissioning add up to (`SCRIPT_STATUS` of MAAS 3.7).

use serde::Deserialize;

/// Holds the number that MAAS gives for a whole set of results; -1 is "no results".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct SetStatus(i64);

impl SetStatus {
    /// The set holds no results: what they were of never ran.
    const NONE: Self = Self(-1);
    const PASSED: Self = Self(2);
    /// A script found something to mention, and MAAS goes on to *Ready*.
    const DEGRADED: Self = Self(6);

    pub(crate) fn is_passed(self) -> bool {
        [Self::PASSED, Self::DEGRADED].contains(&self)
    }

    pub(crate) fn has_results(self) -> bool {
        self != Self::NONE
    }
}

impl Default for SetStatus {
    /// What is not said has not passed.
    fn default() -> Self {
        Self::NONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_passed_and_degraded_sets_have_passed() {
        let passed: Vec<i64> = (-1..=12).filter(|number| SetStatus(*number).is_passed()).collect();
        assert_eq!(passed, [2, 6]);
        assert!(!SetStatus::default().is_passed());
    }
}
