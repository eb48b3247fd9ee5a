//! Who may log in to a BMC.

use serde::{Deserialize, Serialize};

/// How many users a BMC has; the first of them has no name.
pub const USERS: u8 = 10;

/// Is one of the ten users of a BMC.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The name; empty in a free slot.
    pub name: String,
    /// The password as the BMC stores it, without the zeros behind it.
    pub password: Vec<u8>,
    /// The highest privilege: 1 callback to 4 administrator; nothing means no access.
    pub privilege: Option<u8>,
    /// Whether the user may log in.
    pub enabled: bool,
}

impl User {
    /// Returns an enabled administrator.
    pub fn administrator(name: impl Into<String>, password: impl AsRef<[u8]>) -> Self {
        Self { name: name.into(), password: password.as_ref().to_vec(), privilege: Some(4), enabled: true }
    }

    /// Says whether a password is this user's.
    pub fn has_password(&self, password: &str) -> bool {
        self.password == password.as_bytes()
    }
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("name", &self.name)
            .field("privilege", &self.privilege)
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}
