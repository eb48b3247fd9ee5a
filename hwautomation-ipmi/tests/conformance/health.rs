//! What the health suite asks of the rack.

use super::rack::RackFixture;
use async_trait::async_trait;
use hwautomation_core::plugin::{
    EventChange, Health, HealthReader, Sensor, SensorKind, SensorReading, Thresholds, Unit,
};
use hwautomation_core::testing::conformance::health::{EventTruth, HealthFixture};
use hwautomation_core::testing::conformance::power::PowerFixture;
use hwautomation_core::time::Timestamp;
use hwautomation_sim::{
    Action, Analog, Face, Fault, Reads, SelEntry, Sensor as TrueSensor, SensorKind as TrueKind,
    Unit as TrueUnit,
};
use std::sync::Arc;

/// Below this, a BMC counts seconds from its own start (IPMI 2.0, section 37.1).
const CLOCK_FROM: u32 = 0x2000_0000;
/// What a BMC's clock loses so that it counts from its own start.
const SECONDS_AHEAD_OF_NOTHING: i64 = -10_000_000_000;

impl RackFixture {
    /// The cover is opened or closed, which the BMC logs.
    fn use_cover(&self) {
        self.change(|machine| {
            let cover = machine.bmc.sensor_named("Chassis Intru").unwrap();
            let Reads::Discrete(states) = &cover.reads else { panic!("states") };
            let other = states.states ^ 1;
            cover.set_states(other);
        });
    }
}

#[async_trait]
impl HealthFixture for RackFixture {
    fn plugin(&self) -> Arc<dyn HealthReader> {
        self.driver.clone()
    }

    async fn true_sensors(&self) -> Vec<Sensor> {
        self.change(|machine| machine.bmc.sensors.clone()).iter().map(truth).collect()
    }

    async fn cross_a_limit(&self) -> String {
        self.change(|machine| machine.bmc.sensor_named("12V").unwrap().set_value(10.0));
        "12V".to_owned()
    }

    async fn blind_a_sensor(&self) -> String {
        self.change(|machine| machine.bmc.sensor_named("FAN1").unwrap().available = false);
        "FAN1".to_owned()
    }

    async fn true_events(&self) -> Vec<EventTruth> {
        self.truth().events.iter().map(event).collect()
    }

    async fn log_event(&self) {
        self.use_cover();
    }

    async fn log_event_without_time(&self) {
        self.change(|machine| machine.bmc.sel.clock_ahead = SECONDS_AHEAD_OF_NOTHING);
        self.use_cover();
    }

    async fn erase_events(&self) {
        self.change(|machine| machine.bmc.sel = Default::default());
    }

    async fn forget_clearings(&self) {
        self.inject(Fault::new(Action::AcceptWithoutEffect).face(Face::Bmc).command("clear sel"));
    }

    async fn stall_call(&self) {
        self.stall().await;
    }

    async fn call_stalled(&self) {
        self.stalled().await;
    }
}

fn event(entry: &SelEntry) -> EventTruth {
    let at = entry.time().filter(|seconds| *seconds >= CLOCK_FROM);
    let ended = entry.0[12] & 0x80 != 0;
    EventTruth {
        at: at.map(|seconds| Timestamp::from_micros(i64::from(seconds) * 1_000_000)),
        change: if ended { EventChange::Deasserted } else { EventChange::Asserted },
        raw: entry.0.to_vec(),
    }
}

/// What a sensor of a machine that has power reads.
fn truth(sensor: &TrueSensor) -> Sensor {
    let (reading, thresholds, said) = match &sensor.reads {
        Reads::Analog(analog) => (number(sensor, analog), limits(analog), Some(Health::Ok)),
        Reads::Discrete(discrete) => {
            let (states, health) = states(sensor.kind, discrete.states);
            (SensorReading::States { states }, Thresholds::default(), Some(health))
        }
    };
    let reading = match sensor.available && sensor.scanning {
        true => reading,
        false => SensorReading::Unknown { reason: "it cannot be read".to_owned() },
    };
    let health = Health::of(&reading, &thresholds, said);
    let (id, name) = (String::new(), sensor.name.clone());
    Sensor { id, name, kind: kind(sensor.kind), reading, thresholds, health }
}

fn number(sensor: &TrueSensor, analog: &Analog) -> SensorReading {
    let unit = match analog.unit {
        TrueUnit::CELSIUS => Unit::Celsius,
        TrueUnit::VOLTS => Unit::Volts,
        TrueUnit::RPM => Unit::Rpm,
        other => panic!("{other:?}"),
    };
    SensorReading::number(sensor.value().unwrap(), unit)
}

fn limits(analog: &Analog) -> Thresholds {
    let value = |raw: Option<u8>| raw.and_then(|raw| analog.factors.value(raw));
    Thresholds {
        lower_non_recoverable: value(analog.thresholds.lower_non_recoverable),
        lower_critical: value(analog.thresholds.lower_critical),
        lower_non_critical: value(analog.thresholds.lower_non_critical),
        upper_non_critical: value(analog.thresholds.upper_non_critical),
        upper_critical: value(analog.thresholds.upper_critical),
        upper_non_recoverable: value(analog.thresholds.upper_non_recoverable),
    }
}

/// The states that these tests bring about.
fn states(kind: TrueKind, states: u16) -> (Vec<String>, Health) {
    let (text, health) = match (kind, states) {
        (_, 0) => return (Vec::new(), Health::Ok),
        (TrueKind::POWER_SUPPLY, 1) => ("present", Health::Ok),
        (TrueKind::PHYSICAL_SECURITY, 1) => ("chassis open", Health::Warning),
        other => panic!("{other:?}"),
    };
    (vec![text.to_owned()], health)
}

fn kind(kind: TrueKind) -> SensorKind {
    match kind {
        TrueKind::TEMPERATURE => SensorKind::Temperature,
        TrueKind::VOLTAGE => SensorKind::Voltage,
        TrueKind::FAN => SensorKind::Fan,
        TrueKind::PHYSICAL_SECURITY => SensorKind::Intrusion,
        TrueKind::POWER_SUPPLY => SensorKind::PowerSupply,
        TrueKind::POWER_UNIT => SensorKind::PowerUnit,
        other => panic!("{other:?}"),
    }
}
