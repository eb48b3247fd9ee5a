//! What IPMI says and what core says: bytes to types and back. Pure.

pub(crate) mod boot;
pub(crate) mod channel;
pub(crate) mod chassis;
pub(crate) mod command;
pub(crate) mod device;
pub(crate) mod guid;
pub(crate) mod hours;
pub(crate) mod identify;
pub(crate) mod lan;
pub(crate) mod mac;
pub(crate) mod manufacturer;
pub(crate) mod payload;
pub(crate) mod privilege;
pub(crate) mod restore;
pub(crate) mod sdr;
pub(crate) mod sel;
pub(crate) mod sensor;
pub(crate) mod user;

#[cfg(test)]
mod captured;
#[cfg(test)]
mod properties;
