//! The BMC's users.

use super::{Call, lan};
use crate::error::IpmiError;
use crate::model::command::Command;
use crate::model::user::{self, Access, ID_MAX, WRONG_PASSWORD};
use crate::transport::Turn;
use hwautomation_core::plugin::BmcUser;
use hwautomation_core::plugin::Privilege;
use hwautomation_core::secret::Secret;

const WRITING: &str = "writing a BMC user";

pub(super) async fn list(call: &Call<'_>) -> Result<Vec<BmcUser>, IpmiError> {
    let mut turn = call.turn().await?;
    let channel = lan::channel(&mut turn).await?;
    let (mut users, mut slots, mut id) = (Vec::new(), 1, 1);
    while id <= slots {
        let (user, access) = read(&mut turn, channel, id).await?;
        slots = access.slots.min(ID_MAX);
        users.extend(Some(user).filter(exists));
        id += 1;
    }
    Ok(users)
}

/// An empty place has neither a name nor a privilege.
fn exists(user: &BmcUser) -> bool {
    !user.name.is_empty() || (user.enabled && user.privilege != Privilege::None)
}

async fn read(turn: &mut Turn<'_>, channel: u8, id: u8) -> Result<(BmcUser, Access), IpmiError> {
    let access = Access::read(&turn.send(&Access::ask(channel, id)).await?)?;
    let name = match turn.send(&user::ask_name(id)).await {
        // Some BMCs refuse to name a user that was never written.
        Err(IpmiError::Refused { completion, .. }) if completion.is_absent() => String::new(),
        answer => user::name(&answer?),
    };
    Ok((BmcUser { id, name, privilege: access.privilege(), enabled: access.enabled() }, access))
}

pub(super) async fn set(call: &Call<'_>, user: &BmcUser, password: Option<&Secret>) -> Result<(), IpmiError> {
    let password = password.map(|password| password.expose().as_bytes());
    user::check(user, password)?;
    let mut turn = call.turn().await?;
    let channel = lan::channel(&mut turn).await?;
    let (before, access) = read(&mut turn, channel, user.id).await?;
    write(&mut turn, user, &before, access.set(channel, user), password).await?;
    stands(&mut turn, channel, user, password).await.map_err(|error| error.after(WRITING))
}

/// Reads back what was written. Where it was the password that this driver logs in with, the BMC may end the session.
async fn stands(
    turn: &mut Turn<'_>,
    channel: u8,
    user: &BmcUser,
    password: Option<&[u8]>,
) -> Result<(), IpmiError> {
    let (found, _) = read(turn, channel, user.id).await?;
    if found != *user {
        let found = format!("{found:?}, expected {user:?}");
        return Err(IpmiError::Mismatch { what: "the BMC user", found });
    }
    match password {
        Some(password) => has_password(turn, user.id, password).await,
        None => Ok(()),
    }
}

/// Locks a user out first and lets one in last, so that nobody has more for a moment than before or after.
async fn write(
    turn: &mut Turn<'_>,
    user: &BmcUser,
    before: &BmcUser,
    access: Command,
    password: Option<&[u8]>,
) -> Result<(), IpmiError> {
    let switch = (user.enabled != before.enabled).then(|| user::enable(user.id, user.enabled));
    let (first, last) = if user.enabled { (None, switch) } else { (switch, None) };
    let commands = [
        first,
        (user.name != before.name).then(|| user::set_name(user)),
        password.map(|password| user::set_password(user.id, password)),
        (user.enabled != before.enabled || user.privilege != before.privilege).then_some(access),
        last,
    ];
    let mut is_accepted = false;
    for command in commands.into_iter().flatten() {
        match turn.send(&command).await {
            Ok(_) => is_accepted = true,
            // It is as it was, and what came before it is left out by the next attempt, which reads first.
            Err(error @ IpmiError::Refused { .. }) => return Err(error),
            // Also a log-in that is refused since the password was this driver's own.
            Err(error) if is_accepted => return Err(error.after(WRITING)),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Asks the BMC whether it took the password. One that does not know the question is believed: it said yes before. One
/// that is busy, or refuses for another reason, says nothing about the password.
async fn has_password(turn: &mut Turn<'_>, id: u8, password: &[u8]) -> Result<(), IpmiError> {
    match turn.send(&user::test_password(id, password)).await {
        Err(IpmiError::Refused { completion, .. }) if WRONG_PASSWORD.contains(&completion.0) => {
            let found = "it is another one".to_owned();
            Err(IpmiError::Mismatch { what: "the BMC user's password", found })
        }
        Err(IpmiError::Refused { completion, .. }) if completion.is_absent() => Ok(()),
        answer => answer.map(drop),
    }
}
