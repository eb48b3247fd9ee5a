//! The clauses of [`BiosBackend`].

use super::check::{
    Answers, Checked, advises_and_keeps_secrets, done, failed, refused_as_any, require, same,
};
use super::suite::suite;
use super::{DeviceFixture, device};
use crate::bios::{Change, Changes, SettingName, Settings};
use crate::error::{ErrorKind, Result as CoreResult};
use crate::plugin::{BiosBackend, BiosReading, Pending};
use async_trait::async_trait;
use std::sync::Arc;

/// Lends the suite a BIOS backend.
#[async_trait]
pub trait BiosFixture: DeviceFixture {
    /// Returns the plugin under test.
    fn plugin(&self) -> Arc<dyn BiosBackend>;

    /// Returns two or more changes that the BIOS takes.
    fn good_changes(&self) -> Changes;

    /// Returns a change that the BIOS refuses, of a setting that it has.
    fn refused_change(&self) -> Change;

    /// Returns the name of a setting that the BIOS does not have.
    fn unknown_setting(&self) -> SettingName;

    /// Returns the settings that truly are in force.
    async fn true_bios(&self) -> Settings;

    /// Resets the host and returns when its BIOS has run.
    async fn reset_host(&self);
}

suite! { $
    /// Makes each clause of the suite a test. The fixture's expression is evaluated in each and may await.
    bios_conformance, bios, BiosFixture;
    reads_what_is_in_force
    staged_is_not_in_force
    staged_takes_effect_at_the_next_reset
    stages_all_or_none
    staging_twice_is_as_good_as_once
    discard_forgets_what_was_staged
    an_unknown_setting_is_refused_by_name
    never_changes_the_power_state
    silence_is_an_error
    errors_have_a_remedy_and_show_no_secret
}

/// Checks that every setting is read as it is.
pub async fn reads_what_is_in_force(fixture: &dyn BiosFixture) -> Result<(), String> {
    in_force(fixture, &fixture.true_bios().await).await
}

/// Checks that staging changes what waits and nothing in force.
pub async fn staged_is_not_in_force(fixture: &dyn BiosFixture) -> Result<(), String> {
    let (before, changes) = (fixture.true_bios().await, fixture.good_changes());
    require(changes.len() >= 2, || "expected two changes of the fixture".to_owned())?;
    stage(fixture, &changes).await?;
    fixture.settle().await;
    in_force(fixture, &before).await?;
    match read(fixture).await?.pending {
        Pending::Unknown => Ok(()),
        Pending::Staged(waits) if changes.not_in_force(&waits).is_empty() => Ok(()),
        other => Err(format!("what waits: expected {changes}, found {other:?}")),
    }
}

/// Checks that a reset brings every staged change into force, and that nothing waits then.
pub async fn staged_takes_effect_at_the_next_reset(fixture: &dyn BiosFixture) -> Result<(), String> {
    let wanted = fixture.good_changes().apply_to(&fixture.true_bios().await);
    stage(fixture, &fixture.good_changes()).await?;
    fixture.reset_host().await;
    in_force(fixture, &wanted).await?;
    nothing_waits(fixture).await
}

/// Checks that one refused change keeps back those staged with it, and is named.
pub async fn stages_all_or_none(fixture: &dyn BiosFixture) -> Result<(), String> {
    let refused = fixture.refused_change();
    let name = refused.name.clone();
    nothing_is_staged_with(fixture, refused, &name, &[ErrorKind::Invalid, ErrorKind::Refused]).await
}

/// Checks that staging the same again succeeds and takes effect as once.
pub async fn staging_twice_is_as_good_as_once(fixture: &dyn BiosFixture) -> Result<(), String> {
    let changes = fixture.good_changes();
    let wanted = changes.apply_to(&fixture.true_bios().await);
    stage(fixture, &changes).await?;
    stage(fixture, &changes).await?;
    fixture.reset_host().await;
    in_force(fixture, &wanted).await
}

/// Checks that a reset after discarding changes nothing, or that the tool says it cannot discard.
pub async fn discard_forgets_what_was_staged(fixture: &dyn BiosFixture) -> Result<(), String> {
    let before = fixture.true_bios().await;
    stage(fixture, &fixture.good_changes()).await?;
    let wanted = match fixture.plugin().discard_bios(&fixture.machine()).await {
        Err(error) if error.kind() == ErrorKind::Unsupported => fixture.good_changes().apply_to(&before),
        answer => done("discard_bios", answer).map(|()| before)?,
    };
    fixture.reset_host().await;
    in_force(fixture, &wanted).await
}

/// Checks that a setting which the BIOS does not have is `Invalid`, named, and keeps back the others.
pub async fn an_unknown_setting_is_refused_by_name(fixture: &dyn BiosFixture) -> Result<(), String> {
    let name = fixture.unknown_setting();
    let change = Change { name: name.clone(), from: None, to: "Enabled".into() };
    nothing_is_staged_with(fixture, change, &name, &[ErrorKind::Invalid]).await
}

/// Checks that the host neither boots nor changes its power.
pub async fn never_changes_the_power_state(fixture: &dyn BiosFixture) -> Result<(), String> {
    let before = fixture.host().await;
    for (what, answer) in calls(fixture).await {
        match answer {
            Err(error) if error.kind() == ErrorKind::Unsupported => {}
            answer => done(what, answer)?,
        }
    }
    fixture.settle().await;
    same("the host", &fixture.host().await, &before)
}

/// Checks that a silent machine is an error. A tool that cannot discard may say so without asking the machine.
pub async fn silence_is_an_error(fixture: &dyn BiosFixture) -> Result<(), String> {
    device::silence(fixture, async || calls(fixture).await.into_iter().filter(can).collect()).await
}

/// Checks the errors of silence, of refused credentials and of a refused setting.
pub async fn errors_have_a_remedy_and_show_no_secret(fixture: &dyn BiosFixture) -> Result<(), String> {
    let changes: Changes = [fixture.refused_change()].into_iter().collect();
    let answer = fixture.plugin().stage_bios(&fixture.machine(), &changes).await;
    let error = failed("stage_bios of a refused change", answer)?;
    device::errors(fixture, async || calls(fixture).await).await?;
    advises_and_keeps_secrets("stage_bios", &error, &fixture.secrets())
}

async fn calls(fixture: &dyn BiosFixture) -> Answers {
    let (plugin, machine) = (fixture.plugin(), fixture.machine());
    vec![
        ("read_bios", plugin.read_bios(&machine).await.map(drop)),
        ("stage_bios", plugin.stage_bios(&machine, &fixture.good_changes()).await),
        ("discard_bios", plugin.discard_bios(&machine).await),
    ]
}

/// Leaves out what the tool cannot do on any machine.
fn can((what, answer): &(&'static str, CoreResult<()>)) -> bool {
    let cannot = answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::Unsupported);
    !(*what == "discard_bios" && cannot)
}

async fn read(fixture: &dyn BiosFixture) -> Checked<BiosReading> {
    done("read_bios", fixture.plugin().read_bios(&fixture.machine()).await)
}

async fn stage(fixture: &dyn BiosFixture, changes: &Changes) -> Checked {
    done("stage_bios", fixture.plugin().stage_bios(&fixture.machine(), changes).await)
}

/// These settings and no others are in force, in truth and as read.
async fn in_force(fixture: &dyn BiosFixture, wanted: &Settings) -> Checked {
    same_settings("the settings in force", &fixture.true_bios().await, wanted)?;
    same_settings("read_bios", &read(fixture).await?.in_force, wanted)
}

/// Compares by meaning, since one tool says `"2"` where another says 2.
fn same_settings(what: &str, found: &Settings, wanted: &Settings) -> Checked {
    let differ: Changes =
        Changes::diff(found, wanted).into_iter().chain(Changes::diff(wanted, found)).collect();
    require(differ.is_empty(), || format!("{what}: expected {wanted:?}, found {found:?}"))
}

async fn nothing_waits(fixture: &dyn BiosFixture) -> Checked {
    let pending = read(fixture).await?.pending;
    require(!matches!(pending, Pending::Staged(_)), || format!("expected nothing to wait, found {pending:?}"))
}

/// Stages good changes and a bad one: the error names the bad one, and a reset changes nothing.
async fn nothing_is_staged_with(
    fixture: &dyn BiosFixture,
    bad_change: Change,
    name: &SettingName,
    kinds: &[ErrorKind],
) -> Checked {
    let before = fixture.true_bios().await;
    let changes: Changes = fixture.good_changes().into_iter().chain([bad_change]).collect();
    let answer = fixture.plugin().stage_bios(&fixture.machine(), &changes).await;
    let error = refused_as_any("stage_bios with a bad change", kinds, answer)?;
    require(error.message().contains(name.as_str()), || {
        format!("expected the error to name {name}, found {error:?}")
    })?;
    nothing_waits(fixture).await?;
    fixture.reset_host().await;
    in_force(fixture, &before).await
}
