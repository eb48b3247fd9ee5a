//! The clauses of [`BmcConfigurator`].

use super::check::{Answers, Checked, done, refused_as_any, require, same};
use super::suite::suite;
use super::{DeviceFixture, device};
use crate::error::{Error, ErrorClass, ErrorKind};
use crate::plugin::{
    BmcConfigurator, BmcUser, LanAddressSource, LanChange, LanSettings, Privilege, VlanChange, VlanId,
};
use crate::secret::Secret;
use async_trait::async_trait;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// Lends the suite a BMC configurator.
#[async_trait]
pub trait BmcFixture: DeviceFixture {
    /// Returns the plugin under test.
    fn plugin(&self) -> Arc<dyn BmcConfigurator>;

    /// Returns an address, other than the present one, to which the BMC can move.
    fn new_address(&self) -> Ipv4Addr;

    /// Returns a gateway, other than the present one, that the BMC takes.
    fn new_gateway(&self) -> Ipv4Addr;

    /// Returns a VLAN, other than the present one, that the BMC takes and in which the plugin still reaches it; none if
    /// there is no such.
    fn new_vlan(&self) -> Option<VlanId>;

    /// Returns an address where nobody answers.
    fn nobody(&self) -> IpAddr;

    /// Returns the number of a user whom the suite may write.
    fn free_user(&self) -> u8;

    /// Returns the network settings that the BMC truly has.
    async fn true_lan(&self) -> LanSettings;

    /// Counts the commands that changed the BMC's network.
    async fn lan_writes(&self) -> u64;

    /// Counts the restarts of the BMC.
    async fn bmc_restarts(&self) -> u64;

    /// Tells whether the BMC lets this user in.
    async fn logs_in(&self, name: &str, password: &str) -> bool;
}

suite! { $
    /// Makes each clause of the suite a test. The fixture's expression is evaluated in each and may await.
    bmc_conformance, bmc, BmcFixture;
    what_was_set_reads_back
    what_is_absent_stays
    a_new_address_answers_and_the_old_one_does_not
    changing_to_what_is_succeeds
    users_read_back
    a_cold_reset_keeps_the_settings
    silence_is_an_error
    a_lost_answer_is_an_unknown_outcome
    a_wrong_password_is_unauthorized
    errors_have_a_remedy_and_show_no_secret
}

/// Checks that a change of everything is in force and is read at the new address, and that a VLAN can be left.
pub async fn what_was_set_reads_back(fixture: &dyn BmcFixture) -> Result<(), String> {
    let now = fixture.true_lan().await;
    let change = LanChange {
        source: Some(LanAddressSource::Static),
        address: Some(fixture.new_address()),
        subnet_mask: Some(now.subnet_mask),
        gateway: Some(fixture.new_gateway()),
        vlan: fixture.new_vlan().map(VlanChange::Id),
    };
    reads_back(fixture, now.address, fixture.new_address(), &change).await?;
    if change.vlan.is_none() {
        return Ok(());
    }
    let leave = LanChange { vlan: Some(VlanChange::Off), ..LanChange::default() };
    reads_back(fixture, fixture.new_address(), fixture.new_address(), &leave).await
}

/// Checks that a change of the gateway, of the VLAN or of the address changes that only.
pub async fn what_is_absent_stays(fixture: &dyn BmcFixture) -> Result<(), String> {
    let before = fixture.true_lan().await;
    let gateway = Some(fixture.new_gateway());
    set(fixture, before.address, &LanChange { gateway, ..LanChange::default() }).await?;
    same("the LAN with a new gateway", &fixture.true_lan().await, &LanSettings { gateway, ..before })?;
    let vlan = fixture.new_vlan();
    set(fixture, before.address, &LanChange { vlan: vlan.map(VlanChange::Id), ..LanChange::default() })
        .await?;
    let vlan = vlan.map_or(before.vlan, |vlan| Some(vlan.get()));
    same("the LAN in a new VLAN", &fixture.true_lan().await, &LanSettings { gateway, vlan, ..before })?;
    let address = fixture.new_address();
    set(fixture, before.address, &LanChange { address: Some(address), ..LanChange::default() }).await?;
    let after = fixture.true_lan().await;
    same("the LAN at a new address", &after, &LanSettings { gateway, vlan, address, ..before })?;
    same("read_lan", &read(fixture, address).await?, &after)
}

/// Checks that the BMC is reached where it went, and not where it was.
pub async fn a_new_address_answers_and_the_old_one_does_not(fixture: &dyn BmcFixture) -> Result<(), String> {
    let (old, new) = (fixture.true_lan().await.address, fixture.new_address());
    set(fixture, old, &LanChange { address: Some(new), ..LanChange::default() }).await?;
    same("the address that answers", &read(fixture, new).await?.address, &new)?;
    silent(fixture, old.into()).await
}

/// Checks that asking for what is succeeds and leaves the BMC's network alone.
pub async fn changing_to_what_is_succeeds(fixture: &dyn BmcFixture) -> Result<(), String> {
    let now = fixture.true_lan().await;
    let change = LanChange {
        source: Some(now.source),
        address: Some(now.address),
        subnet_mask: Some(now.subnet_mask),
        gateway: now.gateway,
        vlan: Some(of(now.vlan)?),
    };
    let before = fixture.lan_writes().await;
    for change in [change, LanChange::default()] {
        let answer = fixture.plugin().set_lan(&fixture.machine(), now.address.into(), &change).await;
        done("set_lan to what is", answer)?;
    }
    same("commands that change the network", &fixture.lan_writes().await, &before)?;
    same("the LAN", &fixture.true_lan().await, &now)
}

/// Checks that a user is listed as written, logs in with the password given, keeps it when none is given, and
/// does not log in when disabled.
pub async fn users_read_back(fixture: &dyn BmcFixture) -> Result<(), String> {
    let password = Secret::new("Conform-4711-Lan");
    let mut user = BmcUser {
        id: fixture.free_user(),
        name: "conform".to_owned(),
        privilege: Privilege::Operator,
        enabled: true,
    };
    write_user(fixture, &user, Some(&password)).await?;
    require(fixture.logs_in(&user.name, password.expose()).await, || {
        "expected the new user to log in with the new password, found a refusal".to_owned()
    })?;
    user.privilege = Privilege::User;
    write_user(fixture, &user, None).await?;
    require(fixture.logs_in(&user.name, password.expose()).await, || {
        "expected the user to keep the password when none is given, found a refusal".to_owned()
    })?;
    user.enabled = false;
    write_user(fixture, &user, None).await?;
    require(!fixture.logs_in(&user.name, password.expose()).await, || {
        "expected a disabled user to be refused, found a log-in".to_owned()
    })
}

/// Checks that the BMC restarts, keeps its network and users, and leaves the host alone.
pub async fn a_cold_reset_keeps_the_settings(fixture: &dyn BmcFixture) -> Result<(), String> {
    let (plugin, machine) = (fixture.plugin(), fixture.machine());
    let lan = fixture.true_lan().await;
    let at = IpAddr::from(lan.address);
    let users = done("users", plugin.users(&machine, at).await)?;
    let (host, restarts) = (fixture.host().await, fixture.bmc_restarts().await);
    done("cold_reset", plugin.cold_reset(&machine, at).await)?;
    fixture.settle().await;
    same("restarts of the BMC", &fixture.bmc_restarts().await, &(restarts + 1))?;
    same("the LAN after a cold reset", &read(fixture, lan.address).await?, &lan)?;
    same("the users after a cold reset", &done("users", plugin.users(&machine, at).await)?, &users)?;
    same("the host after a cold reset", &fixture.host().await, &host)
}

/// Checks that a silent BMC is an error, and so is an address where there is none.
pub async fn silence_is_an_error(fixture: &dyn BmcFixture) -> Result<(), String> {
    silent(fixture, fixture.nobody()).await?;
    device::silence(fixture, async || calls(fixture).await).await
}

/// Checks that a command without an answer may have happened.
pub async fn a_lost_answer_is_an_unknown_outcome(fixture: &dyn BmcFixture) -> Result<(), String> {
    let change = LanChange { gateway: Some(fixture.new_gateway()), ..LanChange::default() };
    let at = fixture.true_lan().await.address.into();
    fixture.lose_answers().await;
    let answer = fixture.plugin().set_lan(&fixture.machine(), at, &change).await;
    device::unknown_outcome("set_lan", answer)
}

/// Checks that refused credentials are a permanent `Unauthorized` after one try.
pub async fn a_wrong_password_is_unauthorized(fixture: &dyn BmcFixture) -> Result<(), String> {
    device::unauthorized(fixture, async || calls(fixture).await).await
}

/// Checks the errors of silence and of refused credentials.
pub async fn errors_have_a_remedy_and_show_no_secret(fixture: &dyn BmcFixture) -> Result<(), String> {
    device::errors(fixture, async || calls(fixture).await).await
}

async fn calls(fixture: &dyn BmcFixture) -> Answers {
    let (plugin, machine) = (fixture.plugin(), fixture.machine());
    let at = fixture.true_lan().await.address.into();
    let change = LanChange { gateway: Some(fixture.new_gateway()), ..LanChange::default() };
    let user = BmcUser {
        id: fixture.free_user(),
        name: "conform".to_owned(),
        privilege: Privilege::User,
        enabled: false,
    };
    vec![
        ("read_lan", plugin.read_lan(&machine, at).await.map(drop)),
        ("set_lan", plugin.set_lan(&machine, at, &change).await),
        ("users", plugin.users(&machine, at).await.map(drop)),
        ("set_user", plugin.set_user(&machine, at, &user, None).await),
        ("cold_reset", plugin.cold_reset(&machine, at).await),
    ]
}

/// Sends a change. A BMC that moves may fall silent before it answers, and then nobody knows; what counts is
/// what is true afterwards.
async fn set(fixture: &dyn BmcFixture, at: Ipv4Addr, change: &LanChange) -> Checked {
    let moves = change.address.is_some_and(|address| address != at);
    let fell_silent = |error: &Error| moves && error.class() == ErrorClass::UnknownOutcome;
    match fixture.plugin().set_lan(&fixture.machine(), at.into(), change).await {
        Err(error) if !fell_silent(&error) => done("set_lan", Err(error))?,
        _ => {}
    }
    fixture.settle().await;
    Ok(())
}

async fn reads_back(fixture: &dyn BmcFixture, at: Ipv4Addr, then: Ipv4Addr, change: &LanChange) -> Checked {
    set(fixture, at, change).await?;
    took("the LAN", change, &fixture.true_lan().await)?;
    took("read_lan", change, &read(fixture, then).await?)
}

/// The change that keeps a VLAN, or none.
fn of(vlan: Option<u16>) -> Checked<VlanChange> {
    let id = vlan.map(VlanId::new).transpose();
    let id = id.map_err(|error| format!("expected a VLAN of the fixture, found {error}"))?;
    Ok(id.map_or(VlanChange::Off, VlanChange::Id))
}

fn took(what: &str, change: &LanChange, lan: &LanSettings) -> Checked {
    require(change.is_in_force(lan), || format!("{what}: expected {change:?} in force, found {lan:?}"))
}

async fn read(fixture: &dyn BmcFixture, at: Ipv4Addr) -> Checked<LanSettings> {
    let what = format!("read_lan at {at}");
    done(&what, fixture.plugin().read_lan(&fixture.machine(), at.into()).await)
}

async fn silent(fixture: &dyn BmcFixture, at: IpAddr) -> Checked {
    let answer = fixture.plugin().read_lan(&fixture.machine(), at).await;
    let silence = [ErrorKind::Unreachable, ErrorKind::Timeout];
    refused_as_any(&format!("read_lan at {at}"), &silence, answer).map(drop)
}

async fn write_user(fixture: &dyn BmcFixture, user: &BmcUser, password: Option<&Secret>) -> Checked {
    let (plugin, machine) = (fixture.plugin(), fixture.machine());
    let at = fixture.true_lan().await.address.into();
    done("set_user", plugin.set_user(&machine, at, user, password).await)?;
    fixture.settle().await;
    let users = done("users", plugin.users(&machine, at).await)?;
    require(users.contains(user), || format!("users: expected {user:?} among them, found {users:?}"))
}
