//! What IPMI says and what core says: bytes to types and back. Pure.

pub(crate) mod boot;
pub(crate) mod channel;
pub(crate) mod chassis;
pub(crate) mod command;
pub(crate) mod lan;
pub(crate) mod manufacturer;
pub(crate) mod privilege;
pub(crate) mod user;

#[cfg(test)]
mod captured;
