//! Why a handshake is refused (IPMI 2.0, table 13-15).

/// A status code of RMCP+ and RAKP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status(pub(crate) u8);

impl Status {
    pub(crate) const NO_RESOURCES: Self = Self(0x01);
    pub(crate) const INVALID_SESSION: Self = Self(0x02);
    pub(crate) const INVALID_ROLE: Self = Self(0x09);
    pub(crate) const UNAUTHORIZED_ROLE: Self = Self(0x0A);
    pub(crate) const NAME_LENGTH: Self = Self(0x0C);
    pub(crate) const UNAUTHORIZED_NAME: Self = Self(0x0D);
    pub(crate) const INVALID_INTEGRITY_CHECK: Self = Self(0x0F);
    pub(crate) const NO_CIPHER_SUITE: Self = Self(0x11);
}
