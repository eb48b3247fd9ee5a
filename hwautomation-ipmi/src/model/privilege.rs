//! Privilege levels (IPMI 2.0, section 6.8).

use hwautomation_core::plugin::Privilege;

/// "No access", as the access of a user has it.
const NO_ACCESS: u8 = 0x0F;

/// Returns a level's number.
pub(crate) fn number(privilege: Privilege) -> u8 {
    match privilege {
        Privilege::None => NO_ACCESS,
        Privilege::User => 2,
        Privilege::Operator => 3,
        Privilege::Administrator => 4,
    }
}

/// Reads one. A callback may do nothing but call back; a vendor's own level stands above all.
pub(crate) fn of(number: u8) -> Privilege {
    match number & 0x0F {
        2 => Privilege::User,
        3 => Privilege::Operator,
        4 | 5 => Privilege::Administrator,
        _ => Privilege::None,
    }
}
