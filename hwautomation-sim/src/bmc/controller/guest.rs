//! Whom the handshake lets in, and as whom: what a user may do, and what the firmware makes of a name and a role.

use crate::bmc::crypto::{Exchange, Suite};
use crate::bmc::handshake::{Rakp1, Status};
use crate::bmc::privilege::Privilege;
use crate::bmc::session::Account;
use crate::model::login::Login;
use crate::model::machine::Machine;
use crate::model::quirk::{Quirk, Quirks};
use crate::model::users::User;

/// The number of the user without a name.
const NAMELESS: u8 = 1;

/// Finds the user whom RAKP 1 names, and how much they may do.
pub(super) fn account(
    machine: &Machine,
    rakp: &Rakp1,
    suite: Suite,
    limit: Privilege,
) -> Result<Account, Status> {
    let name = rakp.username.as_ref().map_err(|status| *status)?;
    let wanted = rakp.privilege()?;
    let bmc = &machine.bmc;
    let name = if bmc.quirks.has(Quirk::ForgetsNameOnly) { unpadded(name) } else { name };
    if bmc.quirks.has(Quirk::NullUserOnly) && !name.is_empty() {
        return Err(Status::UNAUTHORIZED_NAME);
    }
    let cap = cap(&bmc.login, suite);
    if bmc.quirks.has(Quirk::SuitePrivilegeIsExact) && wanted.is_some_and(|wanted| wanted != cap) {
        return Err(Status::UNAUTHORIZED_ROLE);
    }
    // Without a name, only the first user comes in.
    let is_named = |(number, user): &(u8, &User)| {
        user.enabled && user.name.as_bytes() == name && (!name.is_empty() || *number == NAMELESS)
    };
    let has = |user: &User| privilege(user).map(|has| has.min(cap));
    let enough =
        |(_, user): &(u8, &User)| has(user).is_some_and(|has| wanted.is_none_or(|wanted| has >= wanted));
    let mut named = (1..).zip(&bmc.users).filter(is_named);
    let first = named.clone().next().ok_or(Status::UNAUTHORIZED_NAME)?;
    let found = if rakp.looks_for_privilege() { named.find(enough) } else { Some(first).filter(enough) };
    let (number, user) = found.ok_or(Status::UNAUTHORIZED_ROLE)?;
    if bmc.login.is_locked_out(number, machine.now) {
        return Err(Status::UNAUTHORIZED_NAME);
    }
    let limit = limit.min(wanted.or(has(user)).unwrap_or(limit));
    Ok(Account { number, name: user.name.clone(), password: user.password.clone(), limit })
}

/// The highest privilege that the channel and the suite allow.
fn cap(login: &Login, suite: Suite) -> Privilege {
    let place = login.suites.iter().position(|id| *id == suite.id());
    let of_suite = place.map_or(0, |place| login.suite_privileges.at(place));
    let limits = [login.channel.privilege_max, of_suite].into_iter().filter_map(Privilege::read);
    limits.min().unwrap_or(Privilege::Administrator)
}

fn privilege(user: &User) -> Option<Privilege> {
    user.privilege.and_then(Privilege::read)
}

/// What goes into the proofs as the role.
pub(super) fn hashed(quirks: &Quirks, role: u8, asked_first: u8) -> u8 {
    if quirks.has(Quirk::HashesOpenPrivilege) { role & 0xF0 | asked_first } else { role }
}

/// What the firmware expects in RAKP 3. The keys are made with what was said in RAKP 1.
pub(super) fn expected(quirks: &Quirks, exchange: &Exchange) -> Exchange {
    let mut expected = exchange.clone();
    if quirks.has(Quirk::ForgetsNameOnly) {
        expected.role &= 0x0F;
        expected.username.truncate(unpadded(&exchange.username).len());
    }
    expected
}

fn unpadded(name: &[u8]) -> &[u8] {
    let length = name.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    name.get(..length).unwrap_or(name)
}
