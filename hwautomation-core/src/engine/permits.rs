//! How many workflows may hold a permit at once.

use crate::id::PermitName;
use std::collections::BTreeMap;
use std::num::NonZeroU32;

/// Knows limits by whole names and by how names begin.
#[derive(Debug, Default)]
pub(crate) struct PermitLimits {
    whole: BTreeMap<String, NonZeroU32>,
    beginnings: BTreeMap<String, NonZeroU32>,
}

impl PermitLimits {
    /// Adds a limit, or says what is wrong with it.
    pub(super) fn add(&mut self, pattern: &str, limit: u32) -> Result<(), String> {
        let limit = NonZeroU32::new(limit)
            .ok_or_else(|| format!("the permit limit of {pattern:?} is 0: nobody would ever get it"))?;
        let (limits, name) = match pattern.strip_suffix('*') {
            Some(beginning) => (&mut self.beginnings, beginning),
            None => (&mut self.whole, pattern),
        };
        if name.contains('*') || (name.is_empty() && pattern != "*") {
            return Err(format!(
                "{pattern:?} names no permits: write a whole name, or its beginning and one *"
            ));
        }
        if !name.is_empty() {
            PermitName::new(name).map_err(|error| error.to_string())?;
        }
        match limits.insert(name.to_owned(), limit) {
            Some(_) => Err(format!("two permit limits are for {pattern:?}")),
            None => Ok(()),
        }
    }

    /// Returns the limit of the longest pattern that fits; one, if none does.
    pub(super) fn of(&self, name: &PermitName) -> NonZeroU32 {
        let fitting =
            || self.beginnings.iter().filter(|(beginning, _)| name.as_str().starts_with(*beginning));
        let longest = || fitting().max_by_key(|(beginning, _)| beginning.len()).map(|(_, limit)| *limit);
        self.whole.get(name.as_str()).copied().or_else(longest).unwrap_or(NonZeroU32::MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_pattern_wins_and_without_one_it_is_one() {
        let mut limits = PermitLimits::default();
        for (pattern, limit) in [("rack-*", 8), ("rack-7", 2), ("rack-7*", 3), ("*", 5)] {
            limits.add(pattern, limit).unwrap();
        }
        let of = |name| limits.of(&PermitName::from_static(name)).get();
        assert_eq!(["rack-1", "rack-7", "rack-70", "maas"].map(of), [8, 2, 3, 5]);
        assert_eq!(PermitLimits::default().of(&PermitName::from_static("maas")).get(), 1);
    }

    #[test]
    fn what_fits_nothing_is_refused() {
        let mut limits = PermitLimits::default();
        for (pattern, limit) in [("", 1), ("ra*ck", 1), ("rack-**", 1), ("rack\n7", 1), ("rack-*", 0)] {
            assert!(limits.add(pattern, limit).is_err(), "{pattern:?} {limit}");
        }
        assert_eq!(limits.add("rack-*", 1), Ok(()));
        assert!(limits.add("rack-*", 2).is_err());
    }
}
