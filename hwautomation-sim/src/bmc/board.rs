//! What the BMC sees of its machine and does to it: the only way from the protocol to the model.

use super::command::{Completion, Control};
use super::privilege::Privilege;
use std::net::Ipv4Addr;

/// How many users a BMC has; the first of them has no name.
pub(crate) const USERS: u8 = 10;

/// A machine, as its BMC knows it.
pub(crate) trait Board {
    /// Says whether the machine has power.
    fn is_on(&self) -> bool;
    /// Does what a chassis control asks for, or says why the state of the machine forbids it.
    fn control(&mut self, control: Control) -> Result<(), Completion>;
    /// Returns what happens when mains power comes back: 0 stay off, 1 as before, 2 on.
    fn restore_policy(&self) -> u8;
    fn set_restore_policy(&mut self, policy: u8);
    fn guid(&self) -> [u8; 16];
    fn product(&self) -> Product;
    /// Restarts the BMC, which says nothing until it is back.
    fn reset_bmc(&mut self);
    /// Returns the five bytes of the boot flags (parameter 5).
    fn boot_flags(&self) -> [u8; 5];
    fn set_boot_flags(&mut self, flags: [u8; 5]);
    fn lan(&self) -> Lan;
    fn set_lan(&mut self, lan: Lan);
    /// Returns a user by number, from 1 to [`USERS`].
    fn user(&self, number: u8) -> User;
    fn set_user(&mut self, number: u8, user: User);
}

/// What kind of BMC it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Product {
    /// The enterprise number of the maker.
    pub(crate) manufacturer: u32,
    pub(crate) product: u16,
    /// The firmware's major and minor version; the minor one is two decimal digits.
    pub(crate) firmware: (u8, u8),
}

/// How the BMC is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lan {
    /// Where the address comes from: 1 is static, 2 is DHCP.
    pub(crate) source: u8,
    pub(crate) address: Ipv4Addr,
    pub(crate) mask: Ipv4Addr,
    pub(crate) gateway: Ipv4Addr,
    pub(crate) mac: [u8; 6],
    /// The number of the VLAN, if one is used.
    pub(crate) vlan: Option<u16>,
}

/// Who may log in.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) password: Vec<u8>,
    /// The highest privilege; nothing is "no access".
    pub(crate) privilege: Option<Privilege>,
    pub(crate) enabled: bool,
}
