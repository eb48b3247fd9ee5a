//! The clauses of [`Commissioner`].

use super::check::{Answers, Checked, done, refused, require, same};
use super::suite::suite;
use super::{DeviceFixture, device};
use crate::error::ErrorKind;
use crate::machine::Machine;
use crate::plugin::{
    CommissionOptions, CommissionReading, CommissionRun, CommissionState, Commissioner, KeepReachable,
    PowerState,
};
use async_trait::async_trait;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// Lends the suite a commissioner, with a machine that the service knows and has not commissioned.
#[async_trait]
pub trait CommissionerFixture: DeviceFixture {
    /// Returns the plugin under test.
    fn plugin(&self) -> Arc<dyn Commissioner>;

    /// Returns a machine that the service does not know.
    fn unknown_machine(&self) -> Machine;

    /// Tells whether a commissioning of the machine truly goes on.
    async fn going_on(&self) -> bool;

    /// Lets a commissioning get on a little; a bounded number of times ends it.
    async fn advance(&self);

    /// Makes the next commissioning fail.
    async fn fail_next(&self);

    /// Tells whether the running host answers at this address.
    async fn host_answers(&self, at: IpAddr) -> bool;

    /// Returns where the service truly looks for the machine's BMC.
    async fn true_bmc_address(&self) -> Option<IpAddr>;

    /// Lists the tags that the machine truly has.
    async fn true_tags(&self) -> Vec<String>;
}

suite! { $
    /// Makes each clause of the suite a test. The fixture's expression is evaluated in each and may await.
    commissioner_conformance, commissioner, CommissionerFixture;
    commissioning_starts_a_new_run
    a_run_ends_ready_or_failed
    kept_reachable_stays_reachable
    rescue_mode_can_be_entered_and_left
    abort_ends_the_named_run_only
    a_bmc_address_set_reads_back
    tags_added_are_listed
    tags_removed_are_gone
    an_unknown_machine_is_not_found
    silence_is_an_error
    a_wrong_key_is_unauthorized
    errors_have_a_remedy_and_show_no_secret
}

/// How often a commissioning may be advanced before it counts as endless.
const ADVANCES_MAX: usize = 1000;

/// An address for documentation (RFC 5737).
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 77);

const TAG: &str = "conformance";

/// Checks that each commissioning has a name of its own, which readings then show.
pub async fn commissioning_starts_a_new_run(fixture: &dyn CommissionerFixture) -> Result<(), String> {
    let mut seen = vec![read(fixture).await?.run];
    for _ in 0..2 {
        let run = Some(commission(fixture, KeepReachable::No).await?);
        require(!seen.contains(&run), || format!("expected a new run, found {run:?} after {seen:?}"))?;
        same("the run read", &read(fixture).await?.run, &run)?;
        end(fixture).await?;
        seen.push(run);
    }
    Ok(())
}

/// Checks that a sound machine becomes `Ready` and an unsound one `Failed`, under the name of the run, and that
/// neither is said while it goes on.
pub async fn a_run_ends_ready_or_failed(fixture: &dyn CommissionerFixture) -> Result<(), String> {
    let run = commission(fixture, KeepReachable::No).await?;
    let ended = end(fixture).await?;
    same("the end", &(ended.state, ended.run), &(CommissionState::Ready, Some(run)))?;
    fixture.fail_next().await;
    let run = commission(fixture, KeepReachable::No).await?;
    let ended = end(fixture).await?;
    same("the end", &(ended.state, ended.run), &(CommissionState::Failed, Some(run)))
}

/// Checks that a machine kept reachable is on and answers at the first address listed.
pub async fn kept_reachable_stays_reachable(fixture: &dyn CommissionerFixture) -> Result<(), String> {
    commission(fixture, KeepReachable::Yes).await?;
    same("the end", &end(fixture).await?.state, &CommissionState::Ready)?;
    let addresses = done("host_addresses", fixture.plugin().host_addresses(&fixture.machine()).await)?;
    let best = *addresses.first().ok_or("host_addresses: expected one or more, found none")?;
    require(fixture.host_answers(best).await, || {
        format!("expected the host to answer at {best}, found silence")
    })?;
    same("the host's power", &fixture.host().await.power, &PowerState::On)
}

/// Checks that rescue mode is entered, once is as good as twice, and gives way to the state before.
pub async fn rescue_mode_can_be_entered_and_left(fixture: &dyn CommissionerFixture) -> Result<(), String> {
    let (plugin, machine) = (fixture.plugin(), fixture.machine());
    commission(fixture, KeepReachable::No).await?;
    let before = end(fixture).await?.state;
    for _ in 0..2 {
        done("enter_rescue", plugin.enter_rescue(&machine).await)?;
        fixture.settle().await;
        same("the state in rescue mode", &read(fixture).await?.state, &CommissionState::Rescue)?;
        same("the power in rescue mode", &fixture.host().await.power, &PowerState::On)?;
    }
    done("leave_rescue", plugin.leave_rescue(&machine).await)?;
    fixture.settle().await;
    same("the state after rescue mode", &read(fixture).await?.state, &before)
}

/// Checks that only the run that goes on can be aborted, by its name.
pub async fn abort_ends_the_named_run_only(fixture: &dyn CommissionerFixture) -> Result<(), String> {
    let (plugin, machine) = (fixture.plugin(), fixture.machine());
    let over = commission(fixture, KeepReachable::No).await?;
    end(fixture).await?;
    let answer = plugin.abort_commission(&machine, &over).await;
    refused("aborting a run that is over", ErrorKind::Conflict, answer)?;
    let going_on = commission(fixture, KeepReachable::No).await?;
    let answer = plugin.abort_commission(&machine, &over).await;
    refused("aborting another run", ErrorKind::Conflict, answer)?;
    fixture.settle().await;
    require(fixture.going_on().await, || "expected the other run to go on, found it stopped".to_owned())?;
    done("aborting the run", plugin.abort_commission(&machine, &going_on).await)?;
    fixture.settle().await;
    require(!fixture.going_on().await, || "expected the run to be stopped, found it going on".to_owned())
}

/// Checks that the service looks for the BMC where it was told, told once or twice, and says so.
pub async fn a_bmc_address_set_reads_back(fixture: &dyn CommissionerFixture) -> Result<(), String> {
    let (plugin, machine) = (fixture.plugin(), fixture.machine());
    for address in [ELSEWHERE, ELSEWHERE, Ipv4Addr::new(192, 0, 2, 78)].map(IpAddr::from) {
        done("set_bmc_address", plugin.set_bmc_address(&machine, address).await)?;
        same("the BMC's true address", &fixture.true_bmc_address().await, &Some(address))?;
        let read = done("bmc_address", plugin.bmc_address(&machine).await)?;
        same("the BMC's address", &read, &Some(address))?;
    }
    Ok(())
}

/// Checks that a tag is there after it was added, once or twice.
pub async fn tags_added_are_listed(fixture: &dyn CommissionerFixture) -> Result<(), String> {
    let before = fixture.true_tags().await;
    for _ in 0..2 {
        done("add_tag", fixture.plugin().add_tag(&fixture.machine(), TAG).await)?;
        let wanted = before.iter().cloned().chain([TAG.to_owned()]).collect();
        tagged(fixture, wanted).await?;
    }
    Ok(())
}

/// Checks that a tag is gone after it was removed, once or twice, and that others stay.
pub async fn tags_removed_are_gone(fixture: &dyn CommissionerFixture) -> Result<(), String> {
    let (plugin, machine) = (fixture.plugin(), fixture.machine());
    let before = fixture.true_tags().await;
    done("add_tag", plugin.add_tag(&machine, TAG).await)?;
    done("add_tag", plugin.add_tag(&machine, "conformance-stays").await)?;
    for _ in 0..2 {
        done("remove_tag", plugin.remove_tag(&machine, TAG).await)?;
        let wanted = before.iter().cloned().chain(["conformance-stays".to_owned()]).collect();
        tagged(fixture, wanted).await?;
    }
    Ok(())
}

/// Checks that every call about a machine which the service does not know is `NotFound`.
pub async fn an_unknown_machine_is_not_found(fixture: &dyn CommissionerFixture) -> Result<(), String> {
    for (what, answer) in calls(fixture, &fixture.unknown_machine()).await {
        refused(what, ErrorKind::NotFound, answer)?;
    }
    Ok(())
}

/// Checks that a silent service is an error.
pub async fn silence_is_an_error(fixture: &dyn CommissionerFixture) -> Result<(), String> {
    device::silence(fixture, async || calls(fixture, &fixture.machine()).await).await
}

/// Checks that a refused key is a permanent `Unauthorized` after one try, and that no right key is shown.
pub async fn a_wrong_key_is_unauthorized(fixture: &dyn CommissionerFixture) -> Result<(), String> {
    device::unauthorized(fixture, async || calls(fixture, &fixture.machine()).await).await?;
    device::errors(fixture, async || calls(fixture, &fixture.machine()).await).await
}

/// Checks the errors of silence and of a refused key.
pub async fn errors_have_a_remedy_and_show_no_secret(
    fixture: &dyn CommissionerFixture,
) -> Result<(), String> {
    device::errors(fixture, async || calls(fixture, &fixture.machine()).await).await
}

async fn calls(fixture: &dyn CommissionerFixture, machine: &Machine) -> Answers {
    let plugin = fixture.plugin();
    let run = CommissionRun("conformance".to_owned());
    vec![
        ("commission_state", plugin.commission_state(machine).await.map(drop)),
        ("commission", plugin.commission(machine, &options(KeepReachable::No)).await.map(drop)),
        ("abort_commission", plugin.abort_commission(machine, &run).await),
        ("enter_rescue", plugin.enter_rescue(machine).await),
        ("leave_rescue", plugin.leave_rescue(machine).await),
        ("host_addresses", plugin.host_addresses(machine).await.map(drop)),
        ("bmc_address", plugin.bmc_address(machine).await.map(drop)),
        ("set_bmc_address", plugin.set_bmc_address(machine, ELSEWHERE.into()).await),
        ("hardware", plugin.hardware(machine).await.map(drop)),
        ("tags", plugin.tags(machine).await.map(drop)),
        ("add_tag", plugin.add_tag(machine, TAG).await),
        ("remove_tag", plugin.remove_tag(machine, TAG).await),
        ("release", plugin.release(machine).await),
    ]
}

fn options(keep_reachable: KeepReachable) -> CommissionOptions {
    CommissionOptions { keep_reachable, skip_tests: true }
}

async fn read(fixture: &dyn CommissionerFixture) -> Checked<CommissionReading> {
    done("commission_state", fixture.plugin().commission_state(&fixture.machine()).await)
}

async fn commission(fixture: &dyn CommissionerFixture, keep: KeepReachable) -> Checked<CommissionRun> {
    done("commission", fixture.plugin().commission(&fixture.machine(), &options(keep)).await)
}

/// Reads until the commissioning is over, and checks that no other end is claimed before.
async fn end(fixture: &dyn CommissionerFixture) -> Checked<CommissionReading> {
    for _ in 0..ADVANCES_MAX {
        let reading = read(fixture).await?;
        if !matches!(reading.state, CommissionState::Commissioning | CommissionState::Testing) {
            require(!fixture.going_on().await, || {
                format!("expected commissioning or testing while the run goes on, found {reading:?}")
            })?;
            return Ok(reading);
        }
        fixture.advance().await;
    }
    Err(format!("expected the run to end, found it going on after {ADVANCES_MAX} readings"))
}

/// These tags and no others are there, in truth and as read.
async fn tagged(fixture: &dyn CommissionerFixture, mut wanted: Vec<String>) -> Checked {
    fixture.settle().await;
    let mut found = fixture.true_tags().await;
    wanted.sort();
    found.sort();
    same("the tags", &found, &wanted)?;
    let read = done("tags", fixture.plugin().tags(&fixture.machine()).await)?;
    same("tags", &read.into_iter().collect(), &wanted)
}
