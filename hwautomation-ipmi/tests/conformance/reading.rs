//! How sensors and the log are read: how often the BMC is asked, and who waits meanwhile.

use super::rack::RackFixture;
use hwautomation_core::error::ErrorKind;
use hwautomation_core::plugin::{Health, HealthReader, PowerController, Sensor, SensorKind};
use hwautomation_core::testing::conformance::DeviceFixture;
use hwautomation_core::testing::conformance::health::HealthFixture;
use hwautomation_sim::{Action, Face, Fault, Power, Refusal, SdrReads, SensorKind as TrueKind, WhenOff};
use std::time::Duration;

/// Slow, and still before the driver asks again.
const SLOW: Duration = Duration::from_millis(40);

impl RackFixture {
    async fn sensors(&self) -> Vec<Sensor> {
        self.driver.sensors(&self.machine()).await.unwrap()
    }

    /// Counts records, thresholds and values that the BMC was asked for.
    fn asked(&self) -> [u64; 3] {
        let digit = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
        [
            self.count(|entry| entry.command.strip_prefix("get sdr ").is_some_and(digit)),
            self.count(|entry| entry.command.ends_with(": thresholds")),
            self.count(|entry| entry.command.ends_with(": reading")),
        ]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_call_reads_only_values() {
    let fixture = RackFixture::start(17).await;
    let first = fixture.sensors().await;
    let [records, thresholds, values] = fixture.asked();
    assert!(records >= values && thresholds > 0 && values == first.len() as u64);
    assert_eq!(fixture.sensors().await, first);
    assert_eq!(fixture.asked(), [records, thresholds, 2 * values]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_bad_in_a_machine_that_is_off_and_whose_bmc_compares_nothing() {
    let fixture = RackFixture::start(17).await;
    fixture.change(|machine| {
        let fans = machine.bmc.sensors.iter_mut().filter(|sensor| sensor.kind == TrueKind::FAN);
        fans.for_each(|fan| fan.when_off = WhenOff::Reads(0));
        machine.set_power(Power::Off);
    });
    let sensors = fixture.sensors().await;
    let stands = |sensor: &&Sensor| sensor.kind == SensorKind::Fan && sensor.reading.value() == Some(0.0);
    assert!(sensors.iter().find(stands).unwrap().thresholds.lower_critical.is_some());
    assert!(sensors.iter().all(|sensor| sensor.health <= Health::Unknown), "{sensors:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sensor_that_was_added_is_seen_by_the_next_call() {
    let fixture = RackFixture::start(17).await;
    let first = fixture.sensors().await;
    fixture.change(|machine| {
        let mut another = machine.bmc.sensors[0].clone();
        (another.name, another.number) = ("CPU3 Temp".to_owned(), 0x77);
        machine.bmc.sensors.push(another);
    });
    let second = fixture.sensors().await;
    assert_eq!(second.len(), first.len() + 1);
    assert!(second.iter().any(|sensor| sensor.name == "CPU3 Temp"), "{second:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bmc_that_sends_few_bytes_at_a_time_is_read_the_same() {
    let fixture = RackFixture::start(3).await;
    let whole = fixture.sensors().await;
    for refusal in [0xC7, 0xCA, 0xFF] {
        for bytes_max in [64, 32, 22, 16, 10] {
            let fixture = RackFixture::start(3).await;
            fixture.change(|machine| machine.bmc.sdr_reads = SdrReads { bytes_max, refusal });
            assert_eq!(fixture.sensors().await, whole, "{refusal:#x} {bytes_max}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_question_does_not_wait_for_all_sensors_of_a_slow_bmc() {
    let fixture = RackFixture::start(17).await;
    fixture.inject(Fault::new(Action::Delay(SLOW)).face(Face::Bmc).command("get s"));
    let machine = fixture.machine();
    let (sensors, power) =
        tokio::join!(fixture.driver.sensors(&machine), fixture.driver.power_state(&machine));
    assert!(sensors.is_ok() && power.is_ok());
    let log = fixture.rack.log();
    let place = |text: &str| log.iter().rposition(|entry| entry.command.contains(text)).unwrap();
    assert!(place("get chassis status") < place(": reading"), "the sensors were read to their end first");
    assert_eq!(fixture.count(|entry| entry.command == "rakp 3"), 1, "in one session");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_takes_a_while_to_erase_is_waited_for() {
    let fixture = RackFixture::start(17).await;
    fixture.change(|machine| machine.tempo.sel_erase = Duration::from_millis(250));
    fixture.log_event().await;
    let (driver, machine) = (&fixture.driver, fixture.machine());
    let page = driver.events(&machine, None, 10).await.unwrap();
    driver.clear_events(&machine, &page.entries.last().unwrap().position).await.unwrap();
    assert!(driver.events(&machine, None, 10).await.unwrap().entries.is_empty());
    assert!((2..10).contains(&fixture.count(|entry| entry.command == "get sel clear status")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hours_of_power_are_read() {
    let fixture = RackFixture::start(17).await;
    fixture.change(|machine| machine.bmc.meter.before_ms = 1_234 * 3_600_000);
    assert_eq!(fixture.driver.power_on_hours(&fixture.machine()).await.unwrap(), 1_234);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_may_not_read_sensors_is_told_so() {
    let fixture = RackFixture::start(17).await;
    let refuse = Action::Refuse(Refusal::Code(0xD4));
    fixture.inject(Fault::new(refuse).face(Face::Bmc).command("get sensor"));
    let error = fixture.driver.sensors(&fixture.machine()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden, "{error}");
}
