//! Users of a BMC (IPMI 2.0, sections 22.26 to 22.30).

use super::command::{Command, Repeat};
use super::privilege;
use crate::error::IpmiError;
use hwautomation_core::plugin::{BmcUser, Privilege};
use zeroize::Zeroizing;

const ACCESS: &str = "reading a BMC user's access";
const NAME: &str = "reading a BMC user's name";
/// How long a name is, in bytes.
const NAME_BYTES: usize = 16;
/// How long a password may be, in bytes, and where the longer form begins.
const PASSWORD_BYTES: usize = 16;
const LONG_PASSWORD_BYTES: usize = 20;
const LONG_PASSWORD: u8 = 0x80;
/// The highest number that a user can have.
pub(crate) const ID_MAX: u8 = 63;

/// The bits of the access byte: may use IPMI over the LAN; and those that are kept as they are.
const MESSAGING: u8 = 1 << 4;
const KEPT: u8 = 0b0110_0000;
/// Says in a command that those bits are given.
const CHANGE_BITS: u8 = 0x80;

/// What Get User Access says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Access {
    /// How many users there are.
    pub(crate) slots: u8,
    disabled: bool,
    byte: u8,
}

impl Access {
    pub(crate) fn ask(channel: u8, id: u8) -> Command {
        Command::reads(ACCESS, [0x06, 0x44], &[channel, id])
    }

    pub(crate) fn read(data: &[u8]) -> Result<Self, IpmiError> {
        let [slots, enabled, _, byte] = data
            .first_chunk::<4>()
            .copied()
            .ok_or_else(|| IpmiError::malformed(ACCESS, format!("{} bytes, expected 4", data.len())))?;
        Ok(Self { slots: slots & 0x3F, disabled: enabled >> 6 == 2, byte })
    }

    /// Whether the user may log in over the LAN.
    pub(crate) fn enabled(self) -> bool {
        !self.disabled && self.byte & MESSAGING != 0
    }

    pub(crate) fn privilege(self) -> Privilege {
        privilege::of(self.byte)
    }

    /// Gives a user this privilege, and IPMI over the LAN or not; the rest stays.
    pub(crate) fn set(self, channel: u8, user: &BmcUser) -> Command {
        let messaging = if user.enabled { MESSAGING } else { 0 };
        let bits = CHANGE_BITS | self.byte & KEPT | messaging | channel;
        let command = Command::new("setting a BMC user's access", [0x06, 0x43], Repeat::Never);
        command.with(&[bits, user.id, privilege::number(user.privilege), 0])
    }
}

/// Asks for a user's name.
pub(crate) fn ask_name(id: u8) -> Command {
    Command::reads(NAME, [0x06, 0x46], &[id])
}

/// Reads it: up to the first zero.
pub(crate) fn name(data: &[u8]) -> String {
    let end = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    String::from_utf8_lossy(data.get(..end).unwrap_or_default()).into_owned()
}

/// Sets a user's name.
pub(crate) fn set_name(user: &BmcUser) -> Command {
    let mut name = [0; NAME_BYTES];
    name.iter_mut().zip(user.name.bytes()).for_each(|(to, from)| *to = from);
    Command::new("setting a BMC user's name", [0x06, 0x45], Repeat::Never).with(&[user.id]).with(&name)
}

/// Lets a user log in, or not.
pub(crate) fn enable(id: u8, enabled: bool) -> Command {
    let name = if enabled { "enabling a BMC user" } else { "disabling a BMC user" };
    // The password is not looked at here, but some BMCs want the field.
    Command::new(name, [0x06, 0x47], Repeat::Never).with(&[id, u8::from(enabled)]).with(&[0; PASSWORD_BYTES])
}

/// Sets a password.
pub(crate) fn set_password(id: u8, password: &[u8]) -> Command {
    password_command("setting a BMC user's password", id, 2, Repeat::Never, password)
}

/// Asks whether the password is this one.
pub(crate) fn test_password(id: u8, password: &[u8]) -> Command {
    password_command("testing a BMC user's password", id, 3, Repeat::Reads, password)
}

/// "The password is another one" and "it has another length": what a test of a password answers.
pub(crate) const WRONG_PASSWORD: [u8; 2] = [0x80, 0x81];

fn password_command(name: &'static str, id: u8, operation: u8, repeat: Repeat, password: &[u8]) -> Command {
    let long = password.len() > PASSWORD_BYTES;
    let (bytes, bit) = if long { (LONG_PASSWORD_BYTES, LONG_PASSWORD) } else { (PASSWORD_BYTES, 0) };
    let mut field = Zeroizing::new(vec![0; bytes]);
    field.iter_mut().zip(password).for_each(|(to, from)| *to = *from);
    Command::new(name, [0x06, 0x47], repeat).with(&[id | bit, operation]).with(&field)
}

/// Checks what cannot be written at all.
pub(crate) fn check(user: &BmcUser, password: Option<&[u8]>) -> Result<(), IpmiError> {
    let invalid = |wrong: String, right| Err(IpmiError::Invalid { wrong, right });
    if !(1..=ID_MAX).contains(&user.id) {
        return invalid(format!("{} is no number of a BMC user", user.id), "use 1 to 63");
    }
    if user.name.len() > NAME_BYTES || !user.name.bytes().all(|byte| byte.is_ascii_graphic()) {
        let right = "use at most 16 visible ASCII characters without blanks";
        return invalid("the name of a BMC user is too long or has other characters".to_owned(), right);
    }
    match password.map(<[u8]>::len) {
        Some(0) => invalid("the password is empty".to_owned(), "use 1 to 20 bytes"),
        Some(length) if length > LONG_PASSWORD_BYTES => {
            invalid(format!("the password has {length} bytes"), "use 1 to 20 bytes")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> BmcUser {
        BmcUser { id: 5, name: "conform".to_owned(), privilege: Privilege::Operator, enabled: true }
    }

    #[test]
    fn access_is_read_and_written_with_what_is_not_ours_kept() {
        let access = Access::read(&[0x0A, 0x42, 0x01, 0x74]).unwrap();
        assert_eq!(
            (access.slots, access.enabled(), access.privilege()),
            (10, true, Privilege::Administrator)
        );
        assert_eq!(*access.set(1, &user()).data, [0x80 | 0x60 | 0x10 | 1, 5, 3, 0]);
        assert_eq!(*access.set(1, &BmcUser { enabled: false, ..user() }).data, [0x80 | 0x60 | 1, 5, 3, 0]);
        assert!(!Access::read(&[0x0A, 0x82, 0x01, 0x74]).unwrap().enabled(), "disabled");
        assert!(!Access::read(&[0x0A, 0x02, 0x01, 0x24]).unwrap().enabled(), "no messaging");
        assert!(Access::read(&[0x0A, 0x02, 0x01]).is_err());
    }

    #[test]
    fn a_password_has_the_short_field_as_long_as_it_fits() {
        assert_eq!(set_password(5, b"sixteen-letters-").data[..2], [5, 2]);
        assert_eq!(set_password(5, b"sixteen-letters-").data.len(), 18);
        assert_eq!(set_password(5, b"seventeen-letters").data[..2], [0x85, 2]);
        assert_eq!(set_password(5, b"seventeen-letters").data.len(), 22);
    }

    #[test]
    fn what_does_not_fit_is_refused_before_anything_is_sent() {
        check(&user(), Some(b"twenty-letters-long-")).unwrap();
        for wrong in [&b""[..], b"twenty-one-letters-xx"] {
            assert!(check(&user(), Some(wrong)).is_err());
        }
        for (id, name) in [(0, "a"), (64, "a"), (2, "seventeen-letters"), (2, "with blank")] {
            assert!(check(&BmcUser { id, name: name.to_owned(), ..user() }, None).is_err(), "{id} {name}");
        }
    }

    #[test]
    fn a_name_ends_at_the_first_zero() {
        assert_eq!(name(b"ADMIN\0\0\0"), "ADMIN");
        assert_eq!(name(b"sixteen-letters-"), "sixteen-letters-");
        assert_eq!(name(&[]), "");
    }
}
