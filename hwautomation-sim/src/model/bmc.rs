//! The management controller of a machine.

use super::boot::BootFlags;
use super::lan::Lan;
use super::users::{USERS, User};
use serde::{Deserialize, Serialize};

/// Is a machine's management controller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bmc {
    /// How it is reached.
    pub lan: Lan,
    /// Its users 1 to 10, the first of them at index 0.
    pub users: Vec<User>,
    /// The GUID of the device, in the byte order in which it is sent.
    pub guid: [u8; 16],
    /// What happens when mains power comes back: 0 stay off, 1 as before, 2 on.
    pub restore_policy: u8,
    /// Which boot device is asked for.
    pub boot_flags: BootFlags,
    /// How often it was restarted.
    pub resets: u32,
    /// Until when it says nothing, in milliseconds since 1970.
    pub(crate) silent_until: Option<u64>,
}

impl Bmc {
    pub(crate) fn new(lan: Lan, guid: [u8; 16], user: User) -> Self {
        let mut users = vec![User::default(); usize::from(USERS)];
        users[1] = user;
        let boot_flags = BootFlags::default();
        Self { lan, users, guid, restore_policy: 0, boot_flags, resets: 0, silent_until: None }
    }

    /// Returns a user by number, from 1 to [`USERS`].
    pub fn user(&self, number: u8) -> Option<&User> {
        self.users.get(usize::from(number).checked_sub(1)?)
    }

    /// Lends a user by number, from 1 to [`USERS`].
    pub fn user_mut(&mut self, number: u8) -> Option<&mut User> {
        self.users.get_mut(usize::from(number).checked_sub(1)?)
    }

    /// Says whether it answers; after a restart it does not for a while.
    pub const fn answers(&self) -> bool {
        self.silent_until.is_none()
    }
}
