//! The clauses of [`HealthReader`].

use super::check::{Answers, Checked, advises_and_keeps_secrets, done, failed, refused, require, same};
use super::suite::suite;
use super::{DeviceFixture, device};
use crate::error::ErrorKind;
use crate::plugin::{
    EventChange, EventPage, EventPosition, Health, HealthReader, LogEvent, Sensor, SensorReading, Thresholds,
};
use crate::time::Timestamp;
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How far two numbers may lie apart that come from the same bytes, relative to the larger.
const ROUNDING: f64 = 1e-6;

/// How many entries a clause reads at once where it does not matter.
const MANY: usize = 100;

/// Lends the suite a health reader, and a machine whose sensors are fine.
#[async_trait]
pub trait HealthFixture: DeviceFixture {
    /// Returns the plugin under test.
    fn plugin(&self) -> Arc<dyn HealthReader>;

    /// Lists the sensors as they truly are, in any order, each with a name of its own. Ids are the driver's: they
    /// are not compared.
    async fn true_sensors(&self) -> Vec<Sensor>;

    /// Lets a sensor that has limits and is `Ok` read a number beyond one of them; returns its name.
    async fn cross_a_limit(&self) -> String;

    /// Makes the hardware unable to read a sensor, while it answers; returns its name.
    async fn blind_a_sensor(&self) -> String;

    /// Lists the entries of the event log as they truly are, the oldest first.
    async fn true_events(&self) -> Vec<EventTruth>;

    /// Lets the hardware log an event, unlike every other.
    async fn log_event(&self);

    /// Lets the hardware log an event while its clock is not set.
    async fn log_event_without_time(&self);

    /// Erases the event log behind the plugin's back. Positions may be given anew afterwards.
    async fn erase_events(&self);

    /// Makes the device accept clearings and erase nothing, until [`heal`](DeviceFixture::heal).
    async fn forget_clearings(&self);

    /// Lets the next call arrive and wait for its answer until [`heal`](DeviceFixture::heal).
    async fn stall_call(&self);

    /// Returns when a call waits because of [`stall_call`](Self::stall_call).
    async fn call_stalled(&self);
}

/// Holds what is true of an entry, whatever words the driver has for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventTruth {
    /// When it happened, if the hardware knows.
    pub at: Option<Timestamp>,
    /// Whether something began or ended.
    pub change: EventChange,
    /// The bytes of the entry, if the protocol shows them.
    pub raw: Vec<u8>,
}

suite! { $
    /// Makes each clause of the suite a test. The fixture's expression is evaluated in each and may await.
    health_conformance, health, HealthFixture;
    sensors_read_as_they_are
    a_sensor_is_told_from_all_others
    a_crossed_limit_shows
    an_unknown_reading_is_no_number
    events_read_as_they_are
    an_unset_clock_is_no_time
    pages_join_to_the_whole_log
    a_page_is_bounded
    an_empty_log_is_an_empty_page
    a_position_that_is_gone_is_a_conflict
    clearing_erases_what_was_seen
    clearing_spares_what_was_not_seen
    a_log_that_stays_is_a_mismatch
    reading_changes_nothing
    silence_is_an_error
    a_lost_answer_is_an_unknown_outcome
    a_wrong_password_is_unauthorized
    a_dropped_call_leaves_the_plugin_usable
    errors_have_a_remedy_and_show_no_secret
}

/// Checks that every sensor is read as it is, before and after one of them changes.
pub async fn sensors_read_as_they_are(fixture: &dyn HealthFixture) -> Result<(), String> {
    let truth = fixture.true_sensors().await;
    require(!truth.is_empty(), || "expected a sensor of the fixture".to_owned())?;
    alike(&sensors(fixture).await?, &truth)?;
    fixture.cross_a_limit().await;
    alike(&sensors(fixture).await?, &fixture.true_sensors().await)
}

/// Checks that ids differ between sensors and not between calls.
pub async fn a_sensor_is_told_from_all_others(fixture: &dyn HealthFixture) -> Result<(), String> {
    let first = sensors(fixture).await?;
    let ids: BTreeSet<_> = first.iter().map(|sensor| &sensor.id).collect();
    require(ids.len() == first.len(), || {
        let all: Vec<_> = first.iter().map(|sensor| &sensor.id).collect();
        format!("expected an id of its own for each sensor, found {all:?}")
    })?;
    let by_name = |sensors: Vec<Sensor>| -> BTreeMap<_, _> {
        sensors.into_iter().map(|sensor| (sensor.name, sensor.id)).collect()
    };
    same("the ids in a second call", by_name(sensors(fixture).await?), by_name(first))
}

/// Checks that a sensor is `Ok` within its limits and bad beyond one.
pub async fn a_crossed_limit_shows(fixture: &dyn HealthFixture) -> Result<(), String> {
    let before = sensors(fixture).await?;
    let name = fixture.cross_a_limit().await;
    same("the health within the limits", named(&before, &name)?.health, Health::Ok)?;
    let after = sensors(fixture).await?;
    let sensor = named(&after, &name)?;
    let judged = sensor.reading.value().and_then(|value| sensor.thresholds.judge(value));
    let judged = judged.filter(|judged| *judged > Health::Unknown);
    let judged = judged.ok_or_else(|| format!("expected {name} beyond a limit, found {sensor:?}"))?;
    require(sensor.health >= judged, || format!("expected {name} at least {judged}, found {}", sensor.health))
}

/// Checks that a sensor without a reading is listed as such, and that all others read as before.
pub async fn an_unknown_reading_is_no_number(fixture: &dyn HealthFixture) -> Result<(), String> {
    let name = fixture.blind_a_sensor().await;
    let (found, truth) = (sensors(fixture).await?, fixture.true_sensors().await);
    let sensor = named(&found, &name)?;
    let says_why = matches!(&sensor.reading, SensorReading::Unknown { reason } if !reason.trim().is_empty());
    require(says_why, || format!("{name}: expected unknown with a reason, found {:?}", sensor.reading))?;
    require(sensor.health != Health::Ok, || format!("{name}: expected not ok without a reading, found ok"))?;
    let others = |sensors: Vec<Sensor>| -> Vec<_> {
        sensors.into_iter().filter(|sensor| sensor.name != name).collect()
    };
    alike(&others(found), &others(truth))
}

/// Checks that the log is read in its order, byte for byte, and that what is said of it as a whole is true.
pub async fn events_read_as_they_are(fixture: &dyn HealthFixture) -> Result<(), String> {
    log_some(fixture, 3).await;
    let (entries, truth) = (whole_log(fixture).await?, fixture.true_events().await);
    same("events", entries.iter().map(truth_of).collect::<Vec<_>>(), truth.clone())?;
    let speechless = entries.iter().find(|event| event.text.is_empty() || event.source.is_empty());
    require(speechless.is_none(), || format!("expected a text and a source, found {speechless:?}"))?;
    let (said, held) = (page(fixture, None, 1).await?.log.entries, truth.len() as u64);
    require(said.is_none_or(|said| said == held), || {
        format!("the log's number of entries: expected {held} or nothing, found {said:?}")
    })
}

/// Checks that an entry from before the clock was set has no time.
pub async fn an_unset_clock_is_no_time(fixture: &dyn HealthFixture) -> Result<(), String> {
    fixture.log_event_without_time().await;
    let entries = whole_log(fixture).await?;
    let last = entries.last().ok_or("expected the entry that was logged, found an empty log")?;
    same("the time of an entry without one", last.at, None)
}

/// Checks that pages of any size give every entry once, and that a later call goes on where the log ended.
pub async fn pages_join_to_the_whole_log(fixture: &dyn HealthFixture) -> Result<(), String> {
    log_some(fixture, 5).await;
    let truth = fixture.true_events().await;
    let mut last = None;
    for limit in [1, 2, 3, MANY] {
        let entries = in_pages_of(limit, fixture).await?;
        let read: Vec<_> = entries.iter().map(truth_of).collect();
        same(&format!("the log in pages of {limit}"), &read, &truth)?;
        let positions: BTreeSet<_> = entries.iter().map(|event| &event.position.0).collect();
        same("different positions", positions.len(), entries.len())?;
        last = entries.into_iter().last().map(|event| event.position);
    }
    let rest = page(fixture, last.as_ref(), MANY).await?;
    same("entries after the last", rest.entries.len(), 0)?;
    fixture.log_event().await;
    let rest = page(fixture, last.as_ref(), MANY).await?;
    let newest = fixture.true_events().await.split_off(truth.len());
    same("entries that came since", rest.entries.iter().map(truth_of).collect(), newest)
}

/// Checks that a page holds what was asked for at most, and that nothing cannot be asked for.
pub async fn a_page_is_bounded(fixture: &dyn HealthFixture) -> Result<(), String> {
    log_some(fixture, 3).await;
    for limit in [1, 2] {
        let page = page(fixture, None, limit).await?;
        let (found, goes_on) = (page.entries.len(), page.next.is_some());
        require((1..=limit).contains(&found) && goes_on, || {
            format!("expected 1 to {limit} entries and more to come, found {found}, more: {goes_on}")
        })?;
    }
    let none = fixture.plugin().events(&fixture.machine(), None, 0).await;
    refused("events with a limit of 0", ErrorKind::Invalid, none).map(drop)
}

/// Checks that an empty log has neither entries nor a next page.
pub async fn an_empty_log_is_an_empty_page(fixture: &dyn HealthFixture) -> Result<(), String> {
    fixture.erase_events().await;
    let page = page(fixture, None, MANY).await?;
    same("entries and next page of an empty log", (page.entries.len(), page.next), (0, None))
}

/// Checks that nothing goes by a position whose entry was erased, in an empty log and in one that filled anew.
pub async fn a_position_that_is_gone_is_a_conflict(fixture: &dyn HealthFixture) -> Result<(), String> {
    let (plugin, machine) = (fixture.plugin(), fixture.machine());
    fixture.erase_events().await;
    log_some(fixture, 3).await;
    let gone = last_position(fixture).await?;
    fixture.erase_events().await;
    for refilled in [0, 3, 1] {
        log_some(fixture, refilled).await;
        let read = plugin.events(&machine, Some(&gone), MANY).await;
        refused("events after a position that is gone", ErrorKind::Conflict, read)?;
        let before = fixture.true_events().await;
        let cleared = plugin.clear_events(&machine, &gone).await;
        refused("clear_events up to a position that is gone", ErrorKind::Conflict, cleared)?;
        same("the log", &fixture.true_events().await, &before)?;
    }
    Ok(())
}

/// Checks that nothing is left of what was seen, in truth and for the reader, and that the log goes on.
pub async fn clearing_erases_what_was_seen(fixture: &dyn HealthFixture) -> Result<(), String> {
    log_some(fixture, 3).await;
    let (seen, old) = (last_position(fixture).await?, fixture.true_events().await);
    done("clear_events", fixture.plugin().clear_events(&fixture.machine(), &seen).await)?;
    fixture.settle().await;
    let left = fixture.true_events().await;
    require(!left.iter().any(|event| old.contains(event)), || {
        format!("the log after a clearing: expected none of {old:?}, found {left:?}")
    })?;
    fixture.log_event().await;
    let read = whole_log(fixture).await?.iter().map(truth_of).collect();
    same("events after a clearing", read, fixture.true_events().await)
}

/// Checks that an entry which came after the one that was seen keeps the whole log.
pub async fn clearing_spares_what_was_not_seen(fixture: &dyn HealthFixture) -> Result<(), String> {
    log_some(fixture, 2).await;
    let seen = last_position(fixture).await?;
    fixture.log_event().await;
    let before = fixture.true_events().await;
    let cleared = fixture.plugin().clear_events(&fixture.machine(), &seen).await;
    refused("clear_events of more than was seen", ErrorKind::Conflict, cleared)?;
    fixture.settle().await;
    same("the log", &fixture.true_events().await, &before)
}

/// Checks that a device which says Ok and erases nothing is found out.
pub async fn a_log_that_stays_is_a_mismatch(fixture: &dyn HealthFixture) -> Result<(), String> {
    log_some(fixture, 2).await;
    let seen = last_position(fixture).await?;
    fixture.forget_clearings().await;
    let cleared = fixture.plugin().clear_events(&fixture.machine(), &seen).await;
    refused("clear_events on a device that forgets", ErrorKind::Mismatch, cleared).map(drop)
}

/// Checks that host, sensors and log are as before.
pub async fn reading_changes_nothing(fixture: &dyn HealthFixture) -> Result<(), String> {
    log_some(fixture, 2).await;
    let before = (fixture.host().await, fixture.true_sensors().await, fixture.true_events().await);
    sensors(fixture).await?;
    page(fixture, None, 1).await?;
    fixture.settle().await;
    let after = (fixture.host().await, fixture.true_sensors().await, fixture.true_events().await);
    same("host, sensors and log after reading", &after, &before)
}

/// Checks that a silent BMC is an error.
pub async fn silence_is_an_error(fixture: &dyn HealthFixture) -> Result<(), String> {
    log_some(fixture, 1).await;
    let seen = last_position(fixture).await?;
    device::silence(fixture, async || {
        let mut answers = reads(fixture).await;
        answers.push(("clear_events", fixture.plugin().clear_events(&fixture.machine(), &seen).await));
        answers
    })
    .await
}

/// Checks that a clearing without an answer may have happened.
pub async fn a_lost_answer_is_an_unknown_outcome(fixture: &dyn HealthFixture) -> Result<(), String> {
    log_some(fixture, 1).await;
    let seen = last_position(fixture).await?;
    fixture.lose_answers().await;
    let answer = fixture.plugin().clear_events(&fixture.machine(), &seen).await;
    device::unknown_outcome("clear_events", answer)
}

/// Checks that refused credentials are a permanent `Unauthorized` after one try.
pub async fn a_wrong_password_is_unauthorized(fixture: &dyn HealthFixture) -> Result<(), String> {
    device::unauthorized(fixture, async || reads(fixture).await).await
}

/// Checks that calls which were dropped while the device kept silent do not spoil later calls.
pub async fn a_dropped_call_leaves_the_plugin_usable(fixture: &dyn HealthFixture) -> Result<(), String> {
    let (plugin, machine) = (fixture.plugin(), fixture.machine());
    fixture.erase_events().await;
    log_some(fixture, 2).await;
    let seen = last_position(fixture).await?;
    stall_and_drop(fixture, async { plugin.sensors(&machine).await.map(drop) }).await?;
    stall_and_drop(fixture, async { plugin.events(&machine, None, MANY).await.map(drop) }).await?;
    alike(&sensors(fixture).await?, &fixture.true_sensors().await)?;
    same("events after a dropped call", whole_log(fixture).await?.len(), 2)?;
    stall_and_drop(fixture, plugin.clear_events(&machine, &seen)).await?;
    fixture.log_event().await;
    let read = whole_log(fixture).await?.iter().map(truth_of).collect();
    same("events after a dropped clearing", read, fixture.true_events().await)
}

/// Checks the errors of silence, of refused credentials and of a clearing that is refused.
pub async fn errors_have_a_remedy_and_show_no_secret(fixture: &dyn HealthFixture) -> Result<(), String> {
    device::errors(fixture, async || reads(fixture).await).await?;
    fixture.heal().await;
    log_some(fixture, 1).await;
    let seen = last_position(fixture).await?;
    fixture.log_event().await;
    let cleared = fixture.plugin().clear_events(&fixture.machine(), &seen).await;
    let error = failed("clear_events of more than was seen", cleared)?;
    advises_and_keeps_secrets("clear_events", &error, &fixture.secrets())
}

async fn reads(fixture: &dyn HealthFixture) -> Answers {
    let (plugin, machine) = (fixture.plugin(), fixture.machine());
    vec![
        ("sensors", plugin.sensors(&machine).await.map(drop)),
        ("events", plugin.events(&machine, None, MANY).await.map(drop)),
    ]
}

async fn sensors(fixture: &dyn HealthFixture) -> Checked<Vec<Sensor>> {
    done("sensors", fixture.plugin().sensors(&fixture.machine()).await)
}

async fn page(
    fixture: &dyn HealthFixture,
    after: Option<&EventPosition>,
    limit: usize,
) -> Checked<EventPage> {
    done("events", fixture.plugin().events(&fixture.machine(), after, limit).await)
}

async fn whole_log(fixture: &dyn HealthFixture) -> Checked<Vec<LogEvent>> {
    in_pages_of(MANY, fixture).await
}

/// Reads page after page, as many as there are entries at most.
async fn in_pages_of(limit: usize, fixture: &dyn HealthFixture) -> Checked<Vec<LogEvent>> {
    let pages_max = fixture.true_events().await.len().max(1);
    let mut entries: Vec<LogEvent> = Vec::new();
    let mut after = None;
    for _ in 0..pages_max {
        let page = page(fixture, after.as_ref(), limit).await?;
        entries.extend(page.entries);
        let Some(next) = page.next else { return Ok(entries) };
        after = Some(next);
    }
    Err(format!("the log in pages of {limit}: expected {pages_max} pages at most, found more"))
}

async fn last_position(fixture: &dyn HealthFixture) -> Checked<EventPosition> {
    let last = whole_log(fixture).await?.pop().map(|event| event.position);
    last.ok_or_else(|| "expected the entries that were logged, found an empty log".to_owned())
}

async fn log_some(fixture: &dyn HealthFixture, count: usize) {
    for _ in 0..count {
        fixture.log_event().await;
    }
}

/// Drops a call while it waits for its answer. One that gave up by itself is as good.
async fn stall_and_drop(
    fixture: &dyn HealthFixture,
    call: impl Future<Output = crate::error::Result<()>>,
) -> Checked {
    fixture.stall_call().await;
    tokio::select! {
        answer = call => drop(failed("a stalled call", answer)?),
        () = fixture.call_stalled() => {}
    }
    fixture.heal().await;
    Ok(())
}

fn truth_of(event: &LogEvent) -> EventTruth {
    EventTruth { at: event.at, change: event.change, raw: event.raw.clone() }
}

fn named<'a>(sensors: &'a [Sensor], name: &str) -> Checked<&'a Sensor> {
    let found = sensors.iter().find(|sensor| sensor.name == name);
    found.ok_or_else(|| format!("expected the sensor {name}, found {sensors:?}"))
}

/// Expects the same sensors, whatever their order and ids.
fn alike(found: &[Sensor], truth: &[Sensor]) -> Checked {
    let names = |sensors: &[Sensor]| -> Vec<_> {
        let mut names: Vec<_> = sensors.iter().map(|sensor| sensor.name.clone()).collect();
        names.sort_unstable();
        names
    };
    same("the names of the sensors", names(found), names(truth))?;
    truth.iter().try_for_each(|truth| {
        let found = named(found, &truth.name)?;
        require(is_like(found, truth), || format!("sensors: expected {truth:?}, found {found:?}"))
    })
}

fn is_like(found: &Sensor, truth: &Sensor) -> bool {
    let reading = match (&found.reading, &truth.reading) {
        (SensorReading::Number { value, unit }, SensorReading::Number { value: is, unit: in_unit }) => {
            near(*value, *is) && unit == in_unit
        }
        // Why is said in the driver's own words.
        (SensorReading::Unknown { .. }, SensorReading::Unknown { .. }) => true,
        (found, truth) => found == truth,
    };
    let limits = limits(&found.thresholds).into_iter().zip(limits(&truth.thresholds));
    let limits = limits.into_iter().all(|limits| match limits {
        (Some(found), Some(truth)) => near(found, truth),
        (found, truth) => found == truth,
    });
    reading && limits && found.kind == truth.kind && found.health == truth.health
}

fn limits(thresholds: &Thresholds) -> [Option<f64>; 6] {
    [
        thresholds.lower_non_recoverable,
        thresholds.lower_critical,
        thresholds.lower_non_critical,
        thresholds.upper_non_critical,
        thresholds.upper_critical,
        thresholds.upper_non_recoverable,
    ]
}

fn near(found: f64, truth: f64) -> bool {
    (found - truth).abs() <= ROUNDING * truth.abs().max(1.0)
}
