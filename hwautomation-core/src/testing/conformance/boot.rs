//! The clauses of [`BootController`].

use super::check::{Answers, Checked, done, refused, require, same};
use super::suite::suite;
use super::{DeviceFixture, device};
use crate::error::ErrorKind;
use crate::plugin::{BootController, BootRequest, BootSetting};
use async_trait::async_trait;
use std::sync::Arc;

/// Lends the suite a boot controller.
#[async_trait]
pub trait BootFixture: DeviceFixture {
    /// Returns the plugin under test.
    fn plugin(&self) -> Arc<dyn BootController>;

    /// Lists requests that the device can take: two or more, the first for one boot, no two alike.
    fn requests(&self) -> Vec<BootRequest>;

    /// Returns what the device will truly boot from.
    async fn true_boot(&self) -> BootSetting;

    /// Makes the device accept boot requests and forget them, until [`heal`](DeviceFixture::heal).
    async fn forget_requests(&self);
}

suite! { $
    /// Makes each clause of the suite a test. The fixture's expression is evaluated in each and may await.
    boot_conformance, boot, BootFixture;
    what_was_set_reads_back
    clearing_restores_the_boot_order
    setting_twice_is_as_good_as_once
    never_changes_the_power_state
    silence_is_an_error
    a_wrong_password_is_unauthorized
    errors_have_a_remedy_and_show_no_secret
}

/// Checks that a request stands after Ok, and that a device which forgets it is found out.
pub async fn what_was_set_reads_back(fixture: &dyn BootFixture) -> Result<(), String> {
    let requests = fixture.requests();
    require(requests.len() >= 2, || "expected two requests of the fixture".to_owned())?;
    for request in &requests {
        set(fixture, *request).await?;
        stands(fixture, BootSetting::Override(*request)).await?;
    }
    fixture.forget_requests().await;
    let answer = fixture.plugin().set_boot(&fixture.machine(), requests[0]).await;
    refused("set_boot on a device that forgets", ErrorKind::Mismatch, answer).map(drop)
}

/// Checks that nothing is left of a request after it was cleared.
pub async fn clearing_restores_the_boot_order(fixture: &dyn BootFixture) -> Result<(), String> {
    for request in fixture.requests() {
        set(fixture, request).await?;
        done("clear_boot", fixture.plugin().clear_boot(&fixture.machine()).await)?;
        stands(fixture, BootSetting::Unchanged).await?;
    }
    done("clear_boot when clear", fixture.plugin().clear_boot(&fixture.machine()).await)
}

/// Checks that a repeated request succeeds and stands.
pub async fn setting_twice_is_as_good_as_once(fixture: &dyn BootFixture) -> Result<(), String> {
    for request in fixture.requests() {
        set(fixture, request).await?;
        set(fixture, request).await?;
        stands(fixture, BootSetting::Override(request)).await?;
    }
    Ok(())
}

/// Checks that the host neither boots nor changes its power.
pub async fn never_changes_the_power_state(fixture: &dyn BootFixture) -> Result<(), String> {
    let before = fixture.host().await;
    done("boot_setting", fixture.plugin().boot_setting(&fixture.machine()).await)?;
    set(fixture, fixture.requests()[0]).await?;
    done("clear_boot", fixture.plugin().clear_boot(&fixture.machine()).await)?;
    fixture.settle().await;
    same("the host", &fixture.host().await, &before)
}

/// Checks that a silent BMC is an error.
pub async fn silence_is_an_error(fixture: &dyn BootFixture) -> Result<(), String> {
    device::silence(fixture, async || calls(fixture).await).await
}

/// Checks that refused credentials are a permanent `Unauthorized` after one try.
pub async fn a_wrong_password_is_unauthorized(fixture: &dyn BootFixture) -> Result<(), String> {
    device::unauthorized(fixture, async || calls(fixture).await).await
}

/// Checks the errors of silence and of refused credentials.
pub async fn errors_have_a_remedy_and_show_no_secret(fixture: &dyn BootFixture) -> Result<(), String> {
    device::errors(fixture, async || calls(fixture).await).await
}

async fn calls(fixture: &dyn BootFixture) -> Answers {
    let (plugin, machine) = (fixture.plugin(), fixture.machine());
    vec![
        ("boot_setting", plugin.boot_setting(&machine).await.map(drop)),
        ("set_boot", plugin.set_boot(&machine, fixture.requests()[0]).await),
        ("clear_boot", plugin.clear_boot(&machine).await),
    ]
}

async fn set(fixture: &dyn BootFixture, request: BootRequest) -> Checked {
    done("set_boot", fixture.plugin().set_boot(&fixture.machine(), request).await)
}

/// The setting is so in truth, and the plugin says so.
async fn stands(fixture: &dyn BootFixture, setting: BootSetting) -> Checked {
    same("the boot setting", &fixture.true_boot().await, &setting)?;
    let read = done("boot_setting", fixture.plugin().boot_setting(&fixture.machine()).await)?;
    same("boot_setting", &read, &setting)
}
