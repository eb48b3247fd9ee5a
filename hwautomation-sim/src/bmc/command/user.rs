//! Users: their names, passwords and privileges (IPMI 2.0, sections 22.26 to 22.30).

use super::{Completion, Reply, Rights, Scene, channel, exactly};
use crate::bmc::privilege::Privilege;
use crate::model::users::{self, USERS};

/// The privilege that means "no access".
const NO_ACCESS: u8 = 0x0F;
/// The user without a name, whose name is fixed.
const NAMELESS: u8 = 1;

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum User {
    GetAccess { user: u8 },
    SetAccess { user: u8, privilege: Option<Privilege> },
    GetName { user: u8 },
    SetName { user: u8, name: String },
    Enable { user: u8, enabled: bool },
    SetPassword { user: u8, password: Vec<u8> },
    TestPassword { user: u8, password: Vec<u8>, size: usize },
}

/// Hides passwords.
impl std::fmt::Debug for User {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.text())
    }
}

impl User {
    pub(super) fn read(code: u8, data: &[u8]) -> Result<Self, Completion> {
        match code {
            0x43 => set_access(data),
            0x44 => {
                let [channel, user] = exactly(data)?;
                channel::lan(channel)?;
                number(user).map(|user| Self::GetAccess { user })
            }
            0x45 => exactly::<17>(data).and_then(|[user, name @ ..]| set_name(number(user)?, &name)),
            0x46 => exactly(data).and_then(|[user]| number(user)).map(|user| Self::GetName { user }),
            _ => set_password(data),
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::GetAccess { user } => format!("get user {user}: access"),
            Self::SetAccess { user, privilege: None } => format!("set user {user}: no access"),
            Self::SetAccess { user, privilege: Some(privilege) } => {
                format!("set user {user}: privilege {}", privilege.code())
            }
            Self::GetName { user } => format!("get user {user}: name"),
            Self::SetName { user, name } => format!("set user {user}: name {name}"),
            Self::Enable { user, enabled: true } => format!("set user {user}: enable"),
            Self::Enable { user, enabled: false } => format!("set user {user}: disable"),
            Self::SetPassword { user, .. } => format!("set user {user}: password"),
            Self::TestPassword { user, .. } => format!("test user {user}: password"),
        }
    }

    pub(super) fn rights(&self) -> Rights {
        match self {
            Self::GetAccess { .. } | Self::GetName { .. } => Rights::Read(Privilege::Operator),
            Self::TestPassword { .. } => Rights::Read(Privilege::Administrator),
            _ => Rights::Write(Privilege::Administrator),
        }
    }

    pub(super) fn run(&self, scene: &mut Scene<'_>) -> Reply {
        match self {
            Self::GetAccess { user } => return Ok(access(scene, *user)),
            Self::GetName { user } => return Ok(padded(user_of(scene, *user).name.as_bytes())),
            Self::TestPassword { user, password, size } => {
                return test(&user_of(scene, *user).password, password, *size);
            }
            Self::SetAccess { user, privilege } => {
                change(scene, *user, |user| user.privilege = privilege.map(Privilege::code))
            }
            Self::SetName { user, name } => change(scene, *user, |user| user.name.clone_from(name)),
            Self::Enable { user, enabled } => change(scene, *user, |user| user.enabled = *enabled),
            Self::SetPassword { user, password } => {
                change(scene, *user, |user| user.password.clone_from(password))
            }
        }
        Ok(Vec::new())
    }
}

/// The numbers were read as those of users, so there is none without one.
fn user_of(scene: &Scene<'_>, number: u8) -> users::User {
    scene.machine.bmc.user(number).cloned().unwrap_or_default()
}

fn change(scene: &mut Scene<'_>, number: u8, change: impl FnOnce(&mut users::User)) {
    if let Some(user) = scene.machine.bmc.user_mut(number) {
        change(user);
    }
}

fn number(code: u8) -> Result<u8, Completion> {
    match code & 0x3F {
        user @ 1..=USERS => Ok(user),
        _ => Err(Completion::INVALID_FIELD),
    }
}

fn set_access(data: &[u8]) -> Result<User, Completion> {
    // How many sessions the user may have may be left out, and is not kept.
    let ([channel, user, privilege] | [channel, user, privilege, _]) = *data else {
        return Err(Completion::INVALID_LENGTH);
    };
    channel::lan(channel)?;
    let privilege = match privilege & 0x0F {
        NO_ACCESS => None,
        code => Some(Privilege::read(code).ok_or(Completion::INVALID_FIELD)?),
    };
    number(user).map(|user| User::SetAccess { user, privilege })
}

fn set_name(user: u8, name: &[u8]) -> Result<User, Completion> {
    let name = String::from_utf8(unpadded(name)).map_err(|_| Completion::INVALID_FIELD)?;
    if user == NAMELESS { Err(Completion::INVALID_FIELD) } else { Ok(User::SetName { user, name }) }
}

fn set_password(data: &[u8]) -> Result<User, Completion> {
    let (&[user, operation], password) = data.split_first_chunk::<2>().ok_or(Completion::INVALID_LENGTH)?;
    let size = if user & 0x80 == 0 { 16 } else { 20 };
    let user = number(user)?;
    match operation & 0x03 {
        // A password is not needed here, and not looked at.
        0 => return Ok(User::Enable { user, enabled: false }),
        1 => return Ok(User::Enable { user, enabled: true }),
        _ if password.len() != size => return Err(Completion::INVALID_LENGTH),
        _ => {}
    }
    let password = unpadded(password);
    match operation & 0x03 {
        2 => Ok(User::SetPassword { user, password }),
        _ => Ok(User::TestPassword { user, password, size }),
    }
}

fn access(scene: &Scene<'_>, number: u8) -> Vec<u8> {
    const ENABLED: u8 = 0x40;
    const DISABLED: u8 = 0x80;
    const MESSAGING: u8 = 0x10;
    let user = user_of(scene, number);
    let enabled = scene.machine.bmc.users.iter().filter(|user| user.enabled).count() as u8;
    let status = if user.enabled { ENABLED } else { DISABLED };
    let privilege = user.privilege.map_or(NO_ACCESS, |privilege| MESSAGING | privilege);
    // One name is fixed: that of the user without one.
    vec![USERS, status | enabled, 1, privilege]
}

fn test(right: &[u8], password: &[u8], size: usize) -> Reply {
    match right {
        _ if right == password => Ok(Vec::new()),
        _ if right.len() > size => Err(Completion::PASSWORD_SIZE_DIFFERS),
        _ => Err(Completion::PASSWORD_DIFFERS),
    }
}

fn unpadded(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().take_while(|byte| *byte != 0).collect()
}

fn padded(name: &[u8]) -> Vec<u8> {
    name.iter().copied().chain(std::iter::repeat(0)).take(16).collect()
}
