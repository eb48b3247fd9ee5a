//! What the health suite asks of the rack.

use super::{RackFixture, YIELDS_MAX};
use async_trait::async_trait;
use hwautomation_core::device::Capability;
use hwautomation_core::plugin::{
    EventChange, EventPosition, Health, HealthReader, LogEvent, Sensor, SensorKind, SensorReading, Unit,
};
use hwautomation_core::testing::conformance::health::{EventTruth, HealthFixture};
use hwautomation_core::testing::fake::{FakeCall, FakeMachine, Fault, FaultAction};
use hwautomation_core::time::Timestamp;
use std::sync::Arc;

/// When the first entry of a log happened, in microseconds.
const BEGINNING: i64 = 1_700_000_000_000_000;

#[async_trait]
impl HealthFixture for RackFixture {
    fn plugin(&self) -> Arc<dyn HealthReader> {
        self.health.clone()
    }

    async fn true_sensors(&self) -> Vec<Sensor> {
        self.truth().sensors
    }

    async fn cross_a_limit(&self) -> String {
        self.change_sensor("CPU1 Temp", SensorReading::number(91.0, Unit::Celsius))
    }

    async fn blind_a_sensor(&self) -> String {
        self.change_sensor("FAN1", SensorReading::Unknown { reason: "scanning is off".to_owned() })
    }

    async fn true_events(&self) -> Vec<EventTruth> {
        let events = self.truth().events.into_iter();
        events.map(|event| EventTruth { at: event.at, change: event.change, raw: event.raw }).collect()
    }

    async fn log_event(&self) {
        self.change(|truth| truth.log_event(event(truth.events.len())));
    }

    async fn log_event_without_time(&self) {
        self.change(|truth| truth.log_event(LogEvent { at: None, ..event(truth.events.len()) }));
    }

    async fn erase_events(&self) {
        self.change(|truth| truth.events.clear());
    }

    async fn forget_clearings(&self) {
        self.rack.inject(Fault::always(FakeCall::EventsClear, FaultAction::Ignore));
    }

    async fn stall_call(&self) {
        self.rack.inject(Fault::once(Capability::Health, FaultAction::Hang));
    }

    async fn call_stalled(&self) {
        for _ in 0..YIELDS_MAX {
            if self.rack.faults_left() == 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("no call arrived");
    }
}

impl RackFixture {
    fn change_sensor(&self, name: &str, reading: SensorReading) -> String {
        self.change(|truth| change_sensor(truth, name, reading));
        name.to_owned()
    }
}

fn change_sensor(truth: &mut FakeMachine, name: &str, reading: SensorReading) {
    let sensor = truth.sensors.iter_mut().find(|sensor| sensor.name == name);
    let sensor = sensor.expect("the rack has this sensor");
    sensor.health = Health::of(&reading, &sensor.thresholds, None);
    sensor.reading = reading;
}

/// The entry at this place of a log, unlike every other of that log.
fn event(place: usize) -> LogEvent {
    let micros = i64::try_from(place).expect("a test logs few events") * 1_000_000;
    LogEvent {
        position: EventPosition(String::new()),
        at: Some(Timestamp::from_micros(BEGINNING + micros)),
        source: "CPU1 Temp".to_owned(),
        sensor: Some("1".to_owned()),
        kind: SensorKind::Temperature,
        severity: Health::Critical,
        change: if place.is_multiple_of(2) { EventChange::Asserted } else { EventChange::Deasserted },
        text: "at or above upper critical".to_owned(),
        raw: place.to_le_bytes().to_vec(),
    }
}
