//! The known kinds of machines.

use super::DeviceProfile;
use crate::error::{Error, Result, did_you_mean, nearest};
use crate::id::DeviceType;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// How many known types an error lists.
const LISTED_MAX: usize = 20;

/// Holds device profiles by type.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeviceProfiles(BTreeMap<DeviceType, DeviceProfile>);

impl DeviceProfiles {
    /// Starts without profiles.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a profile.
    ///
    /// # Errors
    ///
    /// `Invalid` when there already is one for its type; that one stays.
    pub fn insert(&mut self, profile: DeviceProfile) -> Result<()> {
        let device_type = profile.device_type.clone();
        if self.0.contains_key(&device_type) {
            return Err(Error::invalid(format!("device type {device_type} has two profiles"))
                .with_remedy("keep one of them, or rename one"));
        }
        self.0.insert(device_type, profile);
        Ok(())
    }

    /// Returns the profile of a type.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is none; the remedy lists the types that there are, the nearest first.
    pub fn get(&self, device_type: &DeviceType) -> Result<&DeviceProfile> {
        self.0.get(device_type).ok_or_else(|| self.not_found(device_type))
    }

    /// Lists the profiles in the order of their types.
    pub fn iter(&self) -> impl Iterator<Item = &DeviceProfile> {
        self.0.values()
    }

    fn types(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(DeviceType::as_str)
    }

    fn not_found(&self, device_type: &DeviceType) -> Error {
        let wanted = device_type.as_str();
        let meant = did_you_mean(wanted, self.types());
        Error::not_found(format!("no device profile {wanted:?}{meant}")).with_remedy(self.known(wanted))
    }

    fn known(&self, wanted: &str) -> String {
        let mut types = nearest(wanted, self.types());
        let others: Vec<_> = self.types().filter(|known| !types.iter().any(|near| near == known)).collect();
        types.extend(others.into_iter().map(str::to_owned));
        match types.len() {
            0 => "load device profiles; there are none".to_owned(),
            many if many > LISTED_MAX => {
                format!("the types are {} and {} more", types[..LISTED_MAX].join(", "), many - LISTED_MAX)
            }
            _ => format!("the types are {}", types.join(", ")),
        }
    }
}

/// Has the shape of a profile file.
impl Serialize for DeviceProfiles {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut file = serializer.serialize_map(Some(1))?;
        file.serialize_entry("device", &self.0)?;
        file.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn profiles(types: &[&'static str]) -> DeviceProfiles {
        let mut profiles = DeviceProfiles::new();
        for name in types {
            profiles.insert(DeviceProfile::new(DeviceType::from_static(name), "dell")).unwrap();
        }
        profiles
    }

    #[test]
    fn an_unknown_type_is_answered_with_the_known_ones_nearest_first() {
        let error = profiles(&["a1.c5.large", "s2.c2.small"])
            .get(&DeviceType::from_static("s2_c2_small"))
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.message(), "no device profile \"s2_c2_small\"; did you mean \"s2.c2.small\"?");
        assert_eq!(error.remedy(), Some("the types are s2.c2.small, a1.c5.large"));
    }

    #[test]
    fn an_empty_catalog_says_so() {
        let error = profiles(&[]).get(&DeviceType::from_static("x")).unwrap_err();
        assert_eq!(error.remedy(), Some("load device profiles; there are none"));
    }

    #[test]
    fn a_second_profile_of_a_type_is_refused_and_the_first_stays() {
        let mut profiles = profiles(&["a1"]);
        let again = DeviceProfile::new(DeviceType::from_static("a1"), "hpe");
        assert_eq!(profiles.insert(again).unwrap_err().kind(), ErrorKind::Invalid);
        assert_eq!(profiles.get(&DeviceType::from_static("a1")).unwrap().vendor, "dell");
    }

    #[test]
    fn a_long_list_is_cut() {
        let types: Vec<&'static str> = (0..30).map(|n| &*format!("t{n}").leak()).collect();
        let error = profiles(&types).get(&DeviceType::from_static("other")).unwrap_err();
        assert!(error.remedy().is_some_and(|remedy| remedy.ends_with(" and 10 more")));
    }
}
