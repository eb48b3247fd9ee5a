//! Broken health readers.

use crate::broken;
use crate::rack_fixture::RackFixture;
use crate::spoil::Spoil;
use async_trait::async_trait;
use hwautomation_core::error::{Error, ErrorKind, Result};
use hwautomation_core::machine::Machine;
use hwautomation_core::plugin::{
    EventLog, EventPage, EventPosition, Health, HealthReader, Sensor, SensorReading, Thresholds, Unit,
};
use hwautomation_core::testing::fake::FakeRack;
use hwautomation_core::time::Timestamp;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Defect {
    ReadsOnce,
    LeavesASensorOut,
    ShowsNoLimits,
    GivesAllOneId,
    CountsItsCalls,
    AlwaysFine,
    UnknownIsZero,
    UnknownForNoReason,
    UnknownIsFine,
    UnknownSpoilsAll,
    NewestFirst,
    DropsBytes,
    SaysNothing,
    CountsOneMore,
    TakesTheEpoch,
    RepeatsThePosition,
    EndsEarly,
    NeverEnds,
    IgnoresTheLimit,
    NothingIsAPage,
    EmptyIsNotFound,
    GoneIsTheBeginning,
    ClearsUpToAnything,
    AcceptsOnly,
    ErasesOnReading,
    BootsOnReading,
    SilentHasNothing,
    TriesTwice,
    StaysBusyWhenDropped,
    Error(Spoil),
}

#[derive(Debug)]
struct Broken {
    rack: Arc<FakeRack>,
    defect: Defect,
    first: OnceLock<Vec<Sensor>>,
    calls: AtomicU64,
    busy: AtomicBool,
}

fn broken(defect: Defect) -> RackFixture {
    let mut fixture = RackFixture::running();
    fixture.health = Arc::new(Broken {
        rack: fixture.rack.clone(),
        defect,
        first: OnceLock::new(),
        calls: AtomicU64::new(0),
        busy: AtomicBool::new(false),
    });
    fixture
}

impl Broken {
    fn on<T>(&self, answer: Result<T>) -> Result<T> {
        if let Defect::Error(spoil) = self.defect { spoil.on(answer) } else { answer }
    }

    /// Marks the plugin busy, and forgets that a dropped call is over too.
    fn enter(&self) -> Result<()> {
        if self.defect == Defect::StaysBusyWhenDropped && self.busy.swap(true, Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Busy, "another call is under way").with_remedy("wait"));
        }
        Ok(())
    }

    fn leave(&self) {
        self.busy.store(false, Ordering::SeqCst);
    }

    fn spoil_sensors(&self, mut sensors: Vec<Sensor>) -> Result<Vec<Sensor>> {
        if self.defect == Defect::ReadsOnce {
            return Ok(self.first.get_or_init(|| sensors).clone());
        }
        if self.defect == Defect::LeavesASensorOut {
            sensors.pop();
        }
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        for sensor in &mut sensors {
            self.spoil_sensor(sensor, call)?;
        }
        Ok(sensors)
    }

    fn spoil_sensor(&self, sensor: &mut Sensor, call: u64) -> Result<()> {
        match self.defect {
            Defect::ShowsNoLimits => sensor.thresholds = Thresholds::default(),
            Defect::GivesAllOneId => sensor.id = "1".to_owned(),
            Defect::CountsItsCalls => sensor.id = format!("{call}.{}", sensor.id),
            Defect::AlwaysFine => sensor.health = Health::Ok,
            _ => {}
        }
        if let SensorReading::Unknown { reason } = &mut sensor.reading {
            match self.defect {
                Defect::UnknownForNoReason => reason.clear(),
                Defect::UnknownIsFine => sensor.health = Health::Ok,
                Defect::UnknownIsZero => sensor.reading = SensorReading::number(0.0, Unit::Rpm),
                Defect::UnknownSpoilsAll => {
                    return Err(Error::new(ErrorKind::Protocol, "a sensor gives nothing").with_remedy("look"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn spoil_page(&self, mut page: EventPage) -> EventPage {
        match self.defect {
            Defect::NewestFirst => page.entries.reverse(),
            Defect::DropsBytes => page.entries.iter_mut().for_each(|event| event.raw.clear()),
            Defect::SaysNothing => page.entries.iter_mut().for_each(|event| event.text.clear()),
            Defect::CountsOneMore => page.log.entries = page.log.entries.map(|entries| entries + 1),
            Defect::TakesTheEpoch => page.entries.iter_mut().for_each(|event| {
                event.at.get_or_insert(Timestamp::from_micros(0));
            }),
            Defect::EndsEarly => page.next = None,
            Defect::NeverEnds => page.next = page.entries.last().map(|event| event.position.clone()),
            _ => {}
        }
        page
    }

    async fn read(
        &self,
        machine: &Machine,
        after: Option<&EventPosition>,
        limit: usize,
    ) -> Result<EventPage> {
        match self.defect {
            Defect::IgnoresTheLimit => self.rack.events(machine, after, usize::MAX).await,
            Defect::NothingIsAPage => self.rack.events(machine, after, limit.max(1)).await,
            Defect::GoneIsTheBeginning => match self.rack.events(machine, after, limit).await {
                Err(error) if error.kind() == ErrorKind::Conflict => {
                    self.rack.events(machine, None, limit).await
                }
                answer => answer,
            },
            Defect::RepeatsThePosition if after.is_some() => {
                let whole = self.rack.events(machine, None, usize::MAX).await?;
                let from = whole.entries.iter().position(|event| Some(&event.position) == after);
                let entries: Vec<_> = whole.entries.into_iter().skip(from.unwrap_or(0)).take(limit).collect();
                Ok(EventPage { next: None, entries, log: whole.log })
            }
            _ => self.rack.events(machine, after, limit).await,
        }
    }

    async fn clear_anyway(&self, machine: &Machine) -> Result<()> {
        let last = self.rack.events(machine, None, usize::MAX).await?.entries.pop();
        match last {
            Some(last) => self.rack.clear_events(machine, &last.position).await,
            None => Ok(()),
        }
    }
}

#[async_trait]
impl HealthReader for Broken {
    async fn sensors(&self, machine: &Machine) -> Result<Vec<Sensor>> {
        self.enter()?;
        let mut answer = self.rack.sensors(machine).await;
        self.leave();
        match self.defect {
            Defect::TriesTwice if answer.is_err() => answer = self.rack.sensors(machine).await,
            Defect::SilentHasNothing if answer.is_err() => return Ok(Vec::new()),
            Defect::BootsOnReading => self.rack.change(&machine.id, |truth| truth.boots += 1),
            _ => {}
        }
        self.spoil_sensors(self.on(answer)?)
    }

    async fn events(
        &self,
        machine: &Machine,
        after: Option<&EventPosition>,
        limit: usize,
    ) -> Result<EventPage> {
        self.enter()?;
        let mut answer = self.read(machine, after, limit).await;
        self.leave();
        if self.defect == Defect::TriesTwice && answer.is_err() {
            answer = self.read(machine, after, limit).await;
        }
        let page = self.on(answer)?;
        match self.defect {
            Defect::ErasesOnReading => self.rack.change(&machine.id, |truth| truth.events.clear()),
            Defect::EmptyIsNotFound if page.log == EMPTY => {
                return Err(Error::not_found("the log is empty").with_remedy("wait"));
            }
            _ => {}
        }
        Ok(self.spoil_page(page))
    }

    async fn clear_events(&self, machine: &Machine, seen: &EventPosition) -> Result<()> {
        match self.defect {
            Defect::AcceptsOnly => Ok(()),
            Defect::ClearsUpToAnything => self.clear_anyway(machine).await,
            _ => self.on(self.rack.clear_events(machine, seen).await),
        }
    }
}

/// What the fake says of an empty log.
const EMPTY: EventLog = EventLog { entries: Some(0), entries_free: Some(512), overflowed: Some(false) };

broken! { health:
    sensors_read_as_they_are:
        broken(Defect::ReadsOnce) => "value: 91.0",
        broken(Defect::LeavesASensorOut) => "the names of the sensors: expected",
        broken(Defect::ShowsNoLimits) => "sensors: expected Sensor";
    a_sensor_is_told_from_all_others:
        broken(Defect::GivesAllOneId) => "expected an id of its own for each sensor",
        broken(Defect::CountsItsCalls) => "the ids in a second call";
    a_crossed_limit_shows:
        broken(Defect::AlwaysFine) => "expected CPU1 Temp at least critical, found ok",
        broken(Defect::ShowsNoLimits) => "expected CPU1 Temp beyond a limit";
    an_unknown_reading_is_no_number:
        broken(Defect::UnknownIsZero) => "FAN1: expected unknown with a reason, found Number",
        broken(Defect::UnknownForNoReason) => "FAN1: expected unknown with a reason, found Unknown",
        broken(Defect::UnknownIsFine) => "FAN1: expected not ok without a reading",
        broken(Defect::UnknownSpoilsAll) => "a sensor gives nothing";
    events_read_as_they_are:
        broken(Defect::NewestFirst) => "events: expected",
        broken(Defect::DropsBytes) => "events: expected",
        broken(Defect::SaysNothing) => "expected a text and a source",
        broken(Defect::CountsOneMore) => "the log's number of entries: expected 3 or nothing, found Some(4)";
    an_unset_clock_is_no_time: broken(Defect::TakesTheEpoch) => "expected None, found Some(1970-01-01";
    pages_join_to_the_whole_log:
        broken(Defect::RepeatsThePosition) => "the log in pages of 1: expected",
        broken(Defect::EndsEarly) => "the log in pages of 1: expected",
        broken(Defect::NeverEnds) => "expected 5 pages at most, found more";
    a_page_is_bounded:
        broken(Defect::IgnoresTheLimit) => "expected 1 to 1 entries and more to come, found 3",
        broken(Defect::NothingIsAPage) => "events with a limit of 0: expected the error Invalid";
    an_empty_log_is_an_empty_page: broken(Defect::EmptyIsNotFound) => "the log is empty";
    a_position_that_is_gone_is_a_conflict:
        broken(Defect::GoneIsTheBeginning) => "events after a position that is gone: expected the error Conflict",
        broken(Defect::ClearsUpToAnything) => "up to a position that is gone: expected the error Conflict";
    clearing_erases_what_was_seen: broken(Defect::AcceptsOnly) => "the log after a clearing: expected none of";
    clearing_spares_what_was_not_seen:
        broken(Defect::ClearsUpToAnything) => "clear_events of more than was seen: expected the error Conflict";
    a_log_that_stays_is_a_mismatch: broken(Defect::AcceptsOnly) => "expected the error Mismatch, found Ok(())";
    reading_changes_nothing:
        broken(Defect::ErasesOnReading) => "host, sensors and log after reading",
        broken(Defect::BootsOnReading) => "host, sensors and log after reading";
    silence_is_an_error:
        broken(Defect::SilentHasNothing) => "sensors: expected an error",
        broken(Defect::Error(Spoil::SilentForGood)) => "to be no permanent error";
    a_lost_answer_is_an_unknown_outcome:
        broken(Defect::Error(Spoil::SurelyNotDone)) => "the class unknown outcome";
    a_wrong_password_is_unauthorized:
        broken(Defect::TriesTwice) => "expected 1 to 2 log-ins for 2 calls, found 4",
        broken(Defect::Error(Spoil::TryAgain)) => "expected a permanent error";
    a_dropped_call_leaves_the_plugin_usable:
        broken(Defect::StaysBusyWhenDropped) => "another call is under way";
    errors_have_a_remedy_and_show_no_secret:
        broken(Defect::Error(Spoil::NoRemedy)) => "expected a remedy",
        broken(Defect::Error(Spoil::ShowSecret)) => "without a secret";
}
