//! The VLAN of a BMC.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Is the number of a VLAN: 1 to 4094. IEEE 802.1Q keeps 0 for none and 4095 for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct VlanId(u16);

impl VlanId {
    /// Checks the number.
    ///
    /// # Errors
    ///
    /// `Invalid` outside of 1 to 4094.
    pub fn new(number: u16) -> Result<Self> {
        if (1..=4094).contains(&number) {
            return Ok(Self(number));
        }
        Err(Error::invalid(format!("{number} is no VLAN id")).with_remedy("use a number from 1 to 4094"))
    }

    /// Returns the number.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }
}

impl TryFrom<u16> for VlanId {
    type Error = Error;

    fn try_from(number: u16) -> Result<Self> {
        Self::new(number)
    }
}

impl From<VlanId> for u16 {
    fn from(id: VlanId) -> Self {
        id.0
    }
}

impl fmt::Display for VlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Says what becomes of a BMC's VLAN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VlanChange {
    /// It uses none any more.
    Off,
    /// It uses this one, and answers there only.
    Id(VlanId),
}

impl VlanChange {
    /// Tells whether a BMC with this VLAN already is as wanted.
    #[must_use]
    pub fn is_in_force(self, vlan: Option<u16>) -> bool {
        vlan == self.number()
    }

    /// Returns the number of the VLAN, if one shall be used.
    #[must_use]
    pub fn number(self) -> Option<u16> {
        match self {
            Self::Off => None,
            Self::Id(id) => Some(id.get()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn numbers_outside_of_1_to_4094_are_no_vlan() {
        for number in [1, 2, 4093, 4094] {
            assert_eq!(VlanId::new(number).unwrap().get(), number);
        }
        for number in [0, 4095, 4096, u16::MAX] {
            assert_eq!(VlanId::new(number).unwrap_err().kind(), ErrorKind::Invalid);
            assert!(serde_json::from_value::<VlanId>(number.into()).is_err());
        }
    }

    #[test]
    fn json_is_off_or_an_id_and_reads_back() {
        let id = VlanChange::Id(VlanId::new(12).unwrap());
        for (change, json) in
            [(VlanChange::Off, serde_json::json!("off")), (id, serde_json::json!({"id": 12}))]
        {
            assert_eq!(serde_json::to_value(change).unwrap(), json);
            assert_eq!(serde_json::from_value::<VlanChange>(json).unwrap(), change);
        }
    }

    #[test]
    fn a_change_is_in_force_where_the_vlan_is_as_wanted() {
        let id = VlanChange::Id(VlanId::new(12).unwrap());
        assert_eq!([None, Some(12), Some(13)].map(|vlan| id.is_in_force(vlan)), [false, true, false]);
        assert_eq!([None, Some(12)].map(|vlan| VlanChange::Off.is_in_force(vlan)), [true, false]);
    }
}
