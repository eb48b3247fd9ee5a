//! The clauses of [`FleetPower`].

use super::HostTruth;
use super::check::{
    Checked, advises_and_keeps_secrets, done, failed, refused, refused_as_any, require, same,
};
use super::power::after;
use super::suite::suite;
use crate::error::{Error, ErrorClass, ErrorKind, Result as CoreResult};
use crate::id::MachineId;
use crate::machine::Machine;
use crate::plugin::{FleetAnswers, FleetPower, PowerAction, PowerState};
use async_trait::async_trait;
use futures_util::StreamExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How long a fleet may take for all of its answers.
const PATIENCE: Duration = Duration::from_secs(60);

/// Names what is wrong with a machine or with the road to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nobody answers.
    Silent,
    /// The plugin's credentials are refused.
    RefusesCredentials,
    /// Commands take effect and their answers get lost; log-ins and reads are answered.
    LosesAnswers,
    /// It cannot say whether the machine is on, while it answers.
    Blurred,
    /// Calls arrive and wait for their answer.
    Stalls,
}

/// Lends the suite a fleet.
#[async_trait]
pub trait FleetFixture: Send + Sync {
    /// Returns the plugin under test.
    fn plugin(&self) -> Arc<dyn FleetPower>;

    /// Lists the machines, their addresses as they are now: three or more, and more than
    /// [`in_flight_max`](Self::in_flight_max) if the plugin has a limit.
    fn machines(&self) -> Vec<Machine>;

    /// Says how many machines the plugin has under way at once: two or more.
    fn in_flight_max(&self) -> usize;

    /// Returns this machine as an entry that the plugin cannot use, such as one without the BMC's address.
    fn unusable(&self, machine: Machine) -> Machine;

    /// Lists texts that no error may show, such as the passwords in use.
    fn secrets(&self) -> Vec<String>;

    /// Makes a machine `On` or `Off`, whatever it was.
    async fn set_power(&self, id: &MachineId, power: PowerState);

    /// Brings a machine into trouble until [`heal`](Self::heal).
    async fn trouble(&self, id: &MachineId, trouble: Trouble);

    /// Returns when a call waits because of [`Trouble::Stalls`].
    async fn stalled(&self);

    /// Ends every trouble.
    async fn heal(&self);

    /// Returns when what was accepted has taken effect, and what others do in the background has had its time.
    async fn settle(&self);

    /// Returns what is true of a machine's host.
    async fn host(&self, id: &MachineId) -> HostTruth;

    /// Counts the power commands that reached a machine.
    async fn commands(&self, id: &MachineId) -> u64;

    /// Counts the log-ins that a machine has refused.
    async fn refused_logins(&self, id: &MachineId) -> u64;
}

suite! { $
    /// Makes each clause of the suite a test. The fixture's expression is evaluated in each and may await.
    fleet_conformance, fleet, FleetFixture;
    every_place_is_answered_once
    an_answer_names_its_machine
    an_accepted_request_takes_effect
    what_is_already_so_is_no_error
    no_machines_no_answers
    a_dead_machine_holds_up_nobody
    a_bad_machine_fails_alone
    refuses_what_it_does_not_support
    silence_is_never_off
    an_unclear_answer_is_unknown
    a_wrong_password_is_unauthorized
    a_lost_answer_is_an_unknown_outcome
    a_dropped_stream_stops_asking
    errors_have_a_remedy_and_show_no_secret
}

/// Checks that there is one answer for each place of the list, also for a machine that has two.
pub async fn every_place_is_answered_once(fixture: &dyn FleetFixture) -> Result<(), String> {
    let (plugin, mut machines) = (fixture.plugin(), fixture.machines());
    require(machines.len() >= 3, || "expected three machines of the fixture".to_owned())?;
    machines.push(machines[0].clone());
    all_set(fixture, PowerState::Off).await;
    good("read_power_of", answers(machines.len(), plugin.read_power_of(&machines)).await?)?;
    let answered = answers(machines.len(), plugin.request_power_of(&machines, PowerAction::On)).await?;
    good("request_power_of", answered).map(drop)
}

/// Checks that each answer is that of its machine, before and after the machines change places.
pub async fn an_answer_names_its_machine(fixture: &dyn FleetFixture) -> Result<(), String> {
    let (plugin, machines) = (fixture.plugin(), fixture.machines());
    for turn in 0..2 {
        let state = |place: usize| if place % 2 == turn { PowerState::On } else { PowerState::Off };
        for (place, machine) in machines.iter().enumerate() {
            fixture.set_power(&machine.id, state(place)).await;
        }
        let read = good("read_power_of", answers(machines.len(), plugin.read_power_of(&machines)).await?)?;
        let expected: Vec<_> = (0..machines.len()).map(state).collect();
        same("read_power_of", &read, &expected)?;
    }
    Ok(())
}

/// Checks that every supported action does what it says, to the machines of the list only.
pub async fn an_accepted_request_takes_effect(fixture: &dyn FleetFixture) -> Result<(), String> {
    let (plugin, machines) = (fixture.plugin(), fixture.machines());
    let (left_out, named) = (&machines[0], &machines[1..]);
    let supported = plugin.supported_of(&named[0]);
    require(supported.contains(&PowerAction::On), || {
        format!("expected On to be supported, found {supported:?}")
    })?;
    for action in supported {
        all_set(fixture, if action == PowerAction::On { PowerState::Off } else { PowerState::On }).await;
        let (alone, before) = (fixture.host(&left_out.id).await, hosts(fixture, named).await);
        request(fixture, named, action).await?;
        let expected: Vec<_> = before.into_iter().map(|host| after(action, host)).collect();
        same(&action.to_string(), &hosts(fixture, named).await, &expected)?;
        let what = format!("{action} for the others, on a machine that was not named");
        same(&what, &fixture.host(&left_out.id).await, &alone)?;
    }
    Ok(())
}

/// Checks that asking what is on to be on, and what is off to be off, changes nothing and succeeds.
pub async fn what_is_already_so_is_no_error(fixture: &dyn FleetFixture) -> Result<(), String> {
    let machines = fixture.machines();
    let supported = fixture.plugin().supported_of(&machines[0]);
    for (power, action) in [
        (PowerState::On, PowerAction::On),
        (PowerState::Off, PowerAction::ForcedOff),
        (PowerState::Off, PowerAction::GracefulOff),
    ] {
        if supported.contains(&action) {
            all_set(fixture, power.clone()).await;
            let before = hosts(fixture, &machines).await;
            request(fixture, &machines, action).await?;
            same(&format!("{action} when {power}"), &hosts(fixture, &machines).await, &before)?;
        }
    }
    Ok(())
}

/// Checks that nobody answers when nobody was asked.
pub async fn no_machines_no_answers(fixture: &dyn FleetFixture) -> Result<(), String> {
    let plugin = fixture.plugin();
    let answered = answers(0, plugin.read_power_of(&[])).await?.len();
    let answered = answered + answers(0, plugin.request_power_of(&[], PowerAction::On)).await?.len();
    same("answers for no machines", answered, 0)
}

/// Checks that all others answer before the first machine, which keeps its answer back.
pub async fn a_dead_machine_holds_up_nobody(fixture: &dyn FleetFixture) -> Result<(), String> {
    let (plugin, machines) = (fixture.plugin(), fixture.machines());
    all_set(fixture, PowerState::Off).await;
    fixture.trouble(&machines[0].id, Trouble::Stalls).await;
    the_others_come_first(&machines, plugin.read_power_of(&machines)).await?;
    the_others_come_first(&machines, plugin.request_power_of(&machines, PowerAction::On)).await
}

/// Checks that an entry which cannot be used, and a wrong password, are the errors of those two machines.
pub async fn a_bad_machine_fails_alone(fixture: &dyn FleetFixture) -> Result<(), String> {
    let (plugin, mut machines) = (fixture.plugin(), fixture.machines());
    all_set(fixture, PowerState::On).await;
    fixture.trouble(&machines[0].id, Trouble::RefusesCredentials).await;
    machines[1] = fixture.unusable(machines[1].clone());
    let read = answers(machines.len(), plugin.read_power_of(&machines)).await?;
    two_fail("read_power_of", read)?;
    let asked = answers(machines.len(), plugin.request_power_of(&machines, PowerAction::On)).await?;
    two_fail("request_power_of", asked)
}

/// Checks that what `supported_of` leaves out is refused for each before it is sent.
pub async fn refuses_what_it_does_not_support(fixture: &dyn FleetFixture) -> Result<(), String> {
    let (plugin, machines) = (fixture.plugin(), fixture.machines());
    let supported = plugin.supported_of(&machines[0]);
    all_set(fixture, PowerState::On).await;
    let before = commands(fixture).await;
    for action in PowerAction::ALL.into_iter().filter(|action| !supported.contains(action)) {
        for answer in answers(machines.len(), plugin.request_power_of(&machines, action)).await? {
            refused(&action.to_string(), ErrorKind::Unsupported, answer)?;
        }
    }
    same("commands sent", commands(fixture).await, before)
}

/// Checks that a silent BMC is an error or `Unknown`, whatever the machine is, and no permanent error.
pub async fn silence_is_never_off(fixture: &dyn FleetFixture) -> Result<(), String> {
    all_set(fixture, PowerState::Off).await;
    let (read, asked) = troubled(fixture, Trouble::Silent).await?;
    let silent = read.as_ref().map_or(true, PowerState::is_unknown);
    require(silent, || format!("read_power_of a silent BMC: expected an error or unknown, found {read:?}"))?;
    let silence = [ErrorKind::Unreachable, ErrorKind::Timeout];
    let asked = refused_as_any("request_power_of a silent BMC", &silence, asked)?;
    for error in read.err().iter().chain([&asked]) {
        require(error.class() != ErrorClass::Permanent, || {
            format!("expected silence to be no permanent error, found {error:?}")
        })?;
    }
    Ok(())
}

/// Checks that a device which cannot say is read as `Unknown`, with a reason.
pub async fn an_unclear_answer_is_unknown(fixture: &dyn FleetFixture) -> Result<(), String> {
    let (plugin, machines) = (fixture.plugin(), fixture.machines());
    all_set(fixture, PowerState::On).await;
    fixture.trouble(&machines[0].id, Trouble::Blurred).await;
    let read = good("read_power_of", answers(machines.len(), plugin.read_power_of(&machines)).await?)?;
    let says_why = matches!(&read[0], PowerState::Unknown { reason } if !reason.trim().is_empty());
    require(says_why, || format!("read_power_of: expected unknown with a reason, found {:?}", read[0]))?;
    require(read[1..].iter().all(|power| *power == PowerState::On), || {
        format!("read_power_of the others: expected on, found {read:?}")
    })
}

/// Checks that refused credentials are a permanent `Unauthorized` after one try.
pub async fn a_wrong_password_is_unauthorized(fixture: &dyn FleetFixture) -> Result<(), String> {
    let first = &fixture.machines()[0].id;
    let before = fixture.refused_logins(first).await;
    let (read, asked) = troubled(fixture, Trouble::RefusesCredentials).await?;
    let tries = fixture.refused_logins(first).await - before;
    for (what, answer) in [("read_power_of", read.map(drop)), ("request_power_of", asked)] {
        let error = refused(what, ErrorKind::Unauthorized, answer)?;
        require(error.class() == ErrorClass::Permanent, || {
            format!("{what}: expected a permanent error, found {error:?}")
        })?;
    }
    require((1..=2).contains(&tries), || format!("expected 1 to 2 log-ins for 2 calls, found {tries}"))
}

/// Checks that a command without an answer may have happened.
pub async fn a_lost_answer_is_an_unknown_outcome(fixture: &dyn FleetFixture) -> Result<(), String> {
    let (plugin, machines) = (fixture.plugin(), fixture.machines());
    all_set(fixture, PowerState::Off).await;
    fixture.trouble(&machines[0].id, Trouble::LosesAnswers).await;
    let asked = answers(machines.len(), plugin.request_power_of(&machines, PowerAction::On)).await?;
    let mut asked = asked.into_iter();
    super::device::unknown_outcome("request_power_of", asked.next().unwrap_or(Ok(())))?;
    good("request_power_of the others", asked.collect()).map(drop)
}

/// Checks that nothing is sent before a stream is polled, that a dropped one begins no further machine, and that the
/// next calls are answered.
pub async fn a_dropped_stream_stops_asking(fixture: &dyn FleetFixture) -> Result<(), String> {
    let (plugin, machines) = (fixture.plugin(), fixture.machines());
    all_set(fixture, PowerState::Off).await;
    let before = commands(fixture).await;
    drop(plugin.request_power_of(&machines, PowerAction::On));
    fixture.settle().await;
    same("commands sent for a stream that nobody polled", commands(fixture).await, before)?;
    stall_all(fixture, &machines).await;
    dropped(fixture, plugin.read_power_of(&machines)).await?;
    stall_all(fixture, &machines).await;
    dropped(fixture, plugin.request_power_of(&machines, PowerAction::On)).await?;
    good("read_power_of after a drop", answers(machines.len(), plugin.read_power_of(&machines)).await?)?;
    let (begun, in_flight_max) = (commands(fixture).await - before, fixture.in_flight_max() as u64);
    require(begun <= in_flight_max, || {
        format!(
            "expected commands to at most {in_flight_max} machines, since the stream was dropped, found {begun}"
        )
    })?;
    let asked = answers(machines.len(), plugin.request_power_of(&machines, PowerAction::On)).await?;
    good("request_power_of after a drop", asked).map(drop)
}

/// Checks the errors of silence, of refused credentials and of an entry that cannot be used.
pub async fn errors_have_a_remedy_and_show_no_secret(fixture: &dyn FleetFixture) -> Result<(), String> {
    let plugin = fixture.plugin();
    let mut errors: Vec<Error> = Vec::new();
    for trouble in [Trouble::Silent, Trouble::RefusesCredentials] {
        let (read, asked) = troubled(fixture, trouble).await?;
        errors.extend(read.err().into_iter().chain(asked.err()));
        fixture.heal().await;
    }
    let unusable: Vec<_> = fixture.machines().into_iter().map(|machine| fixture.unusable(machine)).collect();
    let read = answers(unusable.len(), plugin.read_power_of(&unusable)).await?;
    errors.extend(read.into_iter().filter_map(Result::err));
    require(errors.len() > unusable.len(), || format!("expected errors to look at, found {errors:?}"))?;
    let secrets = fixture.secrets();
    errors.iter().try_for_each(|error| advises_and_keeps_secrets("a fleet's call", error, &secrets))
}

/// Collects the answers in the order of the list. Each place must have one.
async fn answers<T>(places: usize, stream: FleetAnswers<'_, T>) -> Checked<Vec<CoreResult<T>>> {
    // One more than there should be shows that there are too many.
    let collected = timeout(PATIENCE, stream.take(places + 1).collect::<Vec<_>>()).await;
    let mut collected =
        collected.map_err(|_| format!("expected {places} answers and an end within {PATIENCE:?}"))?;
    collected.sort_by_key(|answer| answer.index);
    let found: Vec<_> = collected.iter().map(|answer| answer.index).collect();
    same("the places that answered", found, (0..places).collect())?;
    Ok(collected.into_iter().map(|answer| answer.result).collect())
}

fn good<T>(what: &str, answers: Vec<CoreResult<T>>) -> Checked<Vec<T>> {
    answers.into_iter().map(|answer| done(what, answer)).collect()
}

async fn request(fixture: &dyn FleetFixture, machines: &[Machine], action: PowerAction) -> Checked {
    let plugin = fixture.plugin();
    let asked = answers(machines.len(), plugin.request_power_of(machines, action)).await?;
    good(&action.to_string(), asked)?;
    fixture.settle().await;
    Ok(())
}

/// Takes one answer less than there are machines: none may be that of the first.
async fn the_others_come_first<T>(machines: &[Machine], stream: FleetAnswers<'_, T>) -> Checked {
    let others = timeout(PATIENCE, stream.take(machines.len() - 1).collect::<Vec<_>>()).await;
    let others = others.map_err(|_| {
        format!("expected the others to answer within {PATIENCE:?} while one machine keeps silent")
    })?;
    let mut found: Vec<_> = others.iter().map(|answer| answer.index).collect();
    found.sort_unstable();
    same("the places that answered before the silent one", found, (1..machines.len()).collect())
}

/// The first two answers are errors, all others are not.
fn two_fail<T: std::fmt::Debug>(what: &str, mut answers: Vec<CoreResult<T>>) -> Checked {
    let others = answers.split_off(2);
    for answer in answers {
        failed(&format!("{what} a bad machine"), answer)?;
    }
    good(&format!("{what} the machines beside bad ones"), others).map(drop)
}

/// Brings the first machine into trouble and returns what it answers to a read and to a request. The others answer.
async fn troubled(
    fixture: &dyn FleetFixture,
    trouble: Trouble,
) -> Checked<(CoreResult<PowerState>, CoreResult<()>)> {
    let (plugin, machines) = (fixture.plugin(), fixture.machines());
    fixture.trouble(&machines[0].id, trouble).await;
    let mut read = answers(machines.len(), plugin.read_power_of(&machines)).await?;
    good("read_power_of the others", read.split_off(1))?;
    let mut asked = answers(machines.len(), plugin.request_power_of(&machines, PowerAction::On)).await?;
    good("request_power_of the others", asked.split_off(1))?;
    Ok((read.remove(0), asked.remove(0)))
}

/// Polls a stream until a call waits for its answer, and drops it.
async fn dropped<T: std::fmt::Debug>(fixture: &dyn FleetFixture, mut stream: FleetAnswers<'_, T>) -> Checked {
    tokio::select! {
        answer = stream.next() => {
            let answer = answer.ok_or("a stalled fleet: expected an answer or none yet, found the end")?;
            failed("a stalled machine", answer.result)?;
        }
        () = fixture.stalled() => {}
    }
    drop(stream);
    fixture.heal().await;
    fixture.settle().await;
    Ok(())
}

async fn stall_all(fixture: &dyn FleetFixture, machines: &[Machine]) {
    for machine in machines {
        fixture.trouble(&machine.id, Trouble::Stalls).await;
    }
}

async fn all_set(fixture: &dyn FleetFixture, power: PowerState) {
    for machine in fixture.machines() {
        fixture.set_power(&machine.id, power.clone()).await;
    }
}

async fn hosts(fixture: &dyn FleetFixture, machines: &[Machine]) -> Vec<HostTruth> {
    let mut hosts = Vec::new();
    for machine in machines {
        hosts.push(fixture.host(&machine.id).await);
    }
    hosts
}

async fn commands(fixture: &dyn FleetFixture) -> u64 {
    let mut commands = 0;
    for machine in fixture.machines() {
        commands += fixture.commands(&machine.id).await;
    }
    commands
}
