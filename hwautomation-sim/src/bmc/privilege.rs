//! What a user or a session may do (IPMI 2.0, section 6.8).

/// A privilege level; a higher one may do what a lower one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Privilege {
    Callback,
    User,
    Operator,
    Administrator,
}

impl Privilege {
    /// Reads the number that a request carries; zero, OEM (5), "no access" (15) and the rest are none of them.
    pub(crate) fn read(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Callback),
            2 => Some(Self::User),
            3 => Some(Self::Operator),
            4 => Some(Self::Administrator),
            _ => None,
        }
    }

    /// The number that an answer carries.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Callback => 1,
            Self::User => 2,
            Self::Operator => 3,
            Self::Administrator => 4,
        }
    }
}
