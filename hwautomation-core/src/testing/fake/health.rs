//! The fake's sensors and event log.

use super::gate::{Heed, To};
use super::{FakeCall, FakeMachine, FakeRack};
use crate::error::{Error, ErrorKind, Result};
use crate::machine::Machine;
use crate::plugin::{
    EventLog, EventPage, EventPosition, Health, HealthReader, LogEvent, Sensor, SensorKind, SensorReading,
    Thresholds, Unit,
};
use async_trait::async_trait;

/// How many entries an event log holds.
const ENTRIES_MAX: usize = 512;

#[async_trait]
impl HealthReader for FakeRack {
    async fn sensors(&self, machine: &Machine) -> Result<Vec<Sensor>> {
        let to = To::Bmc(machine, machine.bmc_address()?);
        self.read(FakeCall::SensorsRead, to, |truth, _| Ok(truth.sensors.clone())).await
    }

    async fn events(
        &self,
        machine: &Machine,
        after: Option<&EventPosition>,
        limit: usize,
    ) -> Result<EventPage> {
        if limit == 0 {
            return Err(Error::invalid("reading no entry of the event log")
                .with_remedy("ask for one entry or more at a time"));
        }
        let to = To::Bmc(machine, machine.bmc_address()?);
        self.read(FakeCall::EventsRead, to, |truth, _| truth.page(after, limit)).await
    }

    async fn clear_events(&self, machine: &Machine, seen: &EventPosition) -> Result<()> {
        let to = To::Bmc(machine, machine.bmc_address()?);
        let what = "clear the event log".to_owned();
        self.command(FakeCall::EventsClear, to, what, |inside, id, heed| {
            let truth = inside.of(id);
            truth.check_seen(seen)?;
            if heed == Heed::Yes {
                truth.events.clear();
                truth.log_overflowed = false;
            }
            Ok(())
        })
        .await?;
        // Accepted is not done: the contract asks for a look.
        let left = self.read(FakeCall::EventsRead, to, |truth, _| Ok(truth.place(seen).is_some())).await;
        if !left.map_err(Error::unknown_outcome)? {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Mismatch,
            format!("clearing the event log of {}: it did not take", machine.id),
        )
        .with_remedy("clear it again, or clear it by hand"))
    }
}

impl FakeMachine {
    /// Adds an entry to the event log, at a position that no other had. A full log drops it.
    pub fn log_event(&mut self, event: LogEvent) {
        self.events_logged += 1;
        let position = EventPosition(self.events_logged.to_string());
        if self.events.len() < ENTRIES_MAX {
            self.events.push(LogEvent { position, ..event });
        } else {
            self.log_overflowed = true;
        }
    }

    fn place(&self, position: &EventPosition) -> Option<usize> {
        self.events.iter().position(|event| event.position == *position)
    }

    fn page(&self, after: Option<&EventPosition>, limit: usize) -> Result<EventPage> {
        let begin = match after {
            None => 0,
            Some(after) => self.place(after).ok_or_else(|| gone(after))? + 1,
        };
        let entries: Vec<_> = self.events[begin..].iter().take(limit).cloned().collect();
        let has_more = begin + entries.len() < self.events.len();
        let next = entries.last().filter(|_| has_more).map(|last| last.position.clone());
        let (held, free) = (self.events.len() as u64, ENTRIES_MAX.saturating_sub(self.events.len()) as u64);
        let log =
            EventLog { entries: Some(held), entries_free: Some(free), overflowed: Some(self.log_overflowed) };
        Ok(EventPage { entries, next, log })
    }

    fn check_seen(&self, seen: &EventPosition) -> Result<()> {
        match self.place(seen) {
            None => Err(gone(seen)),
            Some(place) if place + 1 == self.events.len() => Ok(()),
            Some(_) => Err(Error::new(ErrorKind::Conflict, format!("entries came after position {seen}"))
                .with_remedy("read them, then clear the log up to the last of them")),
        }
    }
}

fn gone(position: &EventPosition) -> Error {
    Error::new(ErrorKind::Conflict, format!("the event log has no entry at position {position} any more"))
        .with_remedy("read the log from its beginning")
}

/// The sensors of every machine, as they are when nothing is wrong.
pub(super) fn sensors() -> Vec<Sensor> {
    let number = |value, unit| SensorReading::number(value, unit);
    let hot = Thresholds {
        upper_non_critical: Some(80.0),
        upper_critical: Some(90.0),
        upper_non_recoverable: Some(95.0),
        ..Thresholds::default()
    };
    let around_12 = Thresholds {
        lower_critical: Some(10.8),
        lower_non_critical: Some(11.4),
        upper_non_critical: Some(12.6),
        upper_critical: Some(13.2),
        ..Thresholds::default()
    };
    let slow = Thresholds { lower_critical: Some(500.0), ..Thresholds::default() };
    let present = SensorReading::States { states: vec!["presence detected".to_owned()] };
    vec![
        sensor(1, "CPU1 Temp", SensorKind::Temperature, number(42.0, Unit::Celsius), hot),
        sensor(2, "12V", SensorKind::Voltage, number(12.06, Unit::Volts), around_12),
        sensor(3, "FAN1", SensorKind::Fan, number(5400.0, Unit::Rpm), slow),
        sensor(4, "PSU1", SensorKind::PowerSupply, present, Thresholds::default()),
    ]
}

fn sensor(id: u8, name: &str, kind: SensorKind, reading: SensorReading, thresholds: Thresholds) -> Sensor {
    let health = Health::of(&reading, &thresholds, Some(Health::Ok));
    Sensor { id: id.to_string(), name: name.to_owned(), kind, reading, thresholds, health }
}
