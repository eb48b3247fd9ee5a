//! Why a command is refused (IPMI 2.0, section 5.2 and the tables of each command).

/// A completion code other than zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Completion(pub(crate) u8);

impl Completion {
    pub(crate) const INVALID_COMMAND: Self = Self(0xC1);
    pub(crate) const INVALID_FOR_LUN: Self = Self(0xC2);
    pub(crate) const OUT_OF_SPACE: Self = Self(0xC4);
    pub(crate) const RESERVATION_LOST: Self = Self(0xC5);
    pub(crate) const INVALID_LENGTH: Self = Self(0xC7);
    pub(crate) const OUT_OF_RANGE: Self = Self(0xC9);
    pub(crate) const NOT_PRESENT: Self = Self(0xCB);
    pub(crate) const INVALID_FIELD: Self = Self(0xCC);
    pub(crate) const ILLEGAL_FOR_SENSOR: Self = Self(0xCD);
    pub(crate) const INSUFFICIENT_PRIVILEGE: Self = Self(0xD4);
    pub(crate) const NOT_IN_THIS_STATE: Self = Self(0xD5);
    pub(crate) const UNSPECIFIED: Self = Self(0xFF);

    // The codes from 80h mean something else for each command.
    pub(crate) const PARAMETER_NOT_SUPPORTED: Self = Self(0x80);
    pub(crate) const ERASE_IN_PROGRESS: Self = Self(0x81);
    pub(crate) const SET_IN_PROGRESS: Self = Self(0x81);
    pub(crate) const PAYLOAD_NOT_AVAILABLE: Self = Self(0x80);
    pub(crate) const PAYLOAD_IS_ACTIVE: Self = Self(0x80);
    pub(crate) const PAYLOAD_IS_NOT_ACTIVE: Self = Self(0x80);
    pub(crate) const PAYLOAD_DISABLED: Self = Self(0x81);
    pub(crate) const TOO_MANY_INSTANCES: Self = Self(0x82);
    pub(crate) const ONLY_ENCRYPTED: Self = Self(0x84);
    pub(crate) const READ_ONLY: Self = Self(0x82);
    pub(crate) const PRIVILEGE_ABOVE_LIMIT: Self = Self(0x81);
    pub(crate) const SESSIONLESS_CHANNEL: Self = Self(0x82);
    pub(crate) const ACCESS_MODE_NOT_SUPPORTED: Self = Self(0x83);
    pub(crate) const KEY_NOT_USED: Self = Self(0x84);
    pub(crate) const NO_SUCH_SESSION: Self = Self(0x87);
    pub(crate) const PASSWORD_DIFFERS: Self = Self(0x80);
    pub(crate) const PASSWORD_SIZE_DIFFERS: Self = Self(0x81);
}
