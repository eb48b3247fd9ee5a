//! The sensors of a BMC that others wrote, and of the simulated one, as ipmi-sensors and ipmitool read them.

use crate::rack::RackFixture;
use crate::shelf::{lab_with_rare_sensors, lab_with_sensors};
use crate::support::presence;
use crate::tool::{JUDGES, Place};
use hwautomation_core::plugin::{Health, HealthReader, Sensor, SensorReading, Thresholds};
use hwautomation_core::testing::conformance::DeviceFixture;

/// Which columns ipmi-sensors prints, and that it prints what cannot be read.
const COLUMNS: &str = "--output-sensor-thresholds --output-sensor-state";

/// Compares with both programs: the same sensors in the same order, with the same values, limits and health.
async fn compare(sensors: &[Sensor], place: &Place) {
    let rows = place.table("ipmi-sensors", COLUMNS).await;
    let names = |rows: &[Vec<String>], at: usize| -> Vec<String> {
        rows.iter().map(|row| row[at].trim().to_owned()).collect()
    };
    let own: Vec<_> = sensors.iter().map(|sensor| sensor.name.clone()).collect();
    assert_eq!(names(&rows, 1), own);
    for (row, sensor) in rows.iter().zip(sensors) {
        assert_eq!(row[4], fixed(sensor.reading.value(), 2, "N/A"), "{row:?} {sensor:?}");
        if let SensorReading::Number { unit, .. } = &sensor.reading {
            assert_eq!(row[5], unit.as_str().trim_start_matches('°'), "{row:?} {sensor:?}");
        }
        let limits = limits(&sensor.thresholds).map(|limit| fixed(limit, 2, "N/A"));
        assert_eq!(row[6..12], limits, "{row:?} {sensor:?}");
        let health = match row[3].as_str() {
            "Nominal" => [Health::Ok, Health::Unknown],
            "Warning" => [Health::Warning; 2],
            "Critical" => [Health::Critical, Health::NonRecoverable],
            "N/A" => [Health::Unknown; 2],
            other => panic!("{other} {row:?}"),
        };
        assert!(health.contains(&sensor.health), "{row:?} {sensor:?}");
    }
    let text = place.ipmitool("sensor list").await;
    let row = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let rows: Vec<_> = text.lines().map(row).filter(|row| row.len() == 10).collect();
    assert_eq!(names(&rows, 0), own);
    for (row, sensor) in rows.iter().zip(sensors).filter(|(_, sensor)| sensor.reading.value().is_some()) {
        assert_eq!(row[1], fixed(sensor.reading.value(), 3, "na"), "{row:?} {sensor:?}");
        let limits = limits(&sensor.thresholds).map(|limit| fixed(limit, 3, "na"));
        assert_eq!(row[4..], limits, "{row:?} {sensor:?}");
    }
}

fn fixed(value: Option<f64>, places: usize, none: &str) -> String {
    value.map_or_else(|| none.to_owned(), |value| format!("{value:.places$}"))
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

#[tokio::test(flavor = "multi_thread")]
async fn every_sensor_of_ipmi_sim_is_read_as_others_read_it() {
    let Some(lab) = lab_with_sensors().await else { return };
    let sensors = lab.driver.sensors(&lab.machine()).await.unwrap();
    assert_eq!(sensors.len(), 12);
    compare(&sensors, &Place::of(&lab)).await;
    let of = |name: &str| sensors.iter().find(|sensor| sensor.name == name).unwrap();
    assert_eq!(of("Outlet").reading.value(), Some(-9.0), "one's complement");
    assert_eq!(of("PSU2").reading.to_string(), "present, failed");
    assert_eq!((of("PSU2").health, of("Hot").health), (Health::Critical, Health::Critical));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packed_name_is_read_and_a_formula_that_is_not_there_is_unknown() {
    let Some(lab) = lab_with_rare_sensors().await else { return };
    let sensors = lab.driver.sensors(&lab.machine()).await.unwrap();
    let [packed, nonlinear] = &sensors[..] else { panic!("{sensors:?}") };
    assert_eq!((packed.name.as_str(), packed.reading.value()), ("IPMI", Some(42.0)));
    assert!(nonlinear.reading.is_unknown() && nonlinear.health == Health::Unknown, "{nonlinear:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sensor_of_the_simulated_bmc_is_read_as_others_read_it() {
    if !presence::programs(&JUDGES) {
        return;
    }
    for (suite, id) in [(3, "3"), (17, "17")] {
        let rack = RackFixture::start(suite).await;
        let home = tempfile::tempdir().unwrap();
        let place = Place::of_rack(&rack, id, home.path().to_owned());
        compare(&rack.driver.sensors(&rack.machine()).await.unwrap(), &place).await;
        rack.change(|machine| machine.bmc.sensor_named("CPU1 Temp").unwrap().set_value(92.0));
        rack.change(|machine| machine.bmc.sensor_named("FAN2").unwrap().available = false);
        compare(&rack.driver.sensors(&rack.machine()).await.unwrap(), &place).await;
    }
}
